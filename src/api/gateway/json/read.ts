/**
 * proto3-JSON to messages, as grpc-gateway v2 reads it: both spellings of a name, unknown names
 * ignored, 64-bit integers bare or quoted. Where gateways differ, the last duplicate wins and an
 * unknown enum name is an error.
 *
 * The text is read straight into the message: unknown members create nothing, known ones a bounded
 * number of values, so that time and memory stay within a small multiple of the text's length.
 */
import type { Field, Message } from "../../../proto/message.ts";
import { InputError } from "../../base/error.ts";
import { fromBase64 } from "../../http/base64.ts";
import { JsonReader } from "./text.ts";

/** JSON that does not fit the expected message. */
export class JsonMappingError extends InputError {
  override readonly name = "JsonMappingError";
}

/** Members and elements in one message, at all depths: far more than a valid request has. */
export const maxJsonValues = 50_000;

type Loose = Record<string, unknown>;

const integer = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

const limits = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
} as const;

const mostSafe = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Reads the first value of `text` as a message, and ignores the rest. Null or an empty text is the
 * empty message. Throws JsonSyntaxError and JsonMappingError.
 */
export function readMessage<T extends object>(kind: Message<T>, text: string): T {
  const reader = new JsonReader(text);
  if (reader.atEnd()) return kind.create();
  // A syntax error anywhere in the value is reported first: half a request is not decoded.
  return new MessageReader(new JsonReader(reader.raw())).message(kind);
}

class MessageReader {
  readonly #json: JsonReader;
  #values = 0;

  constructor(json: JsonReader) {
    this.#json = json;
  }

  message<T extends object>(kind: Message<T>): T {
    const message = kind.create();
    if (this.#takeNull()) return message;
    if (this.#json.peek() !== "{") throw new JsonMappingError(`unexpected token ${this.#shown()}`);
    const values = message as Loose;
    const names = namesOf(kind);
    const oneofs = new Map<string, Field>();
    this.#json.object((name) => {
      const field = names.get(name);
      if (field === undefined) this.#json.skip();
      else this.#member(kind, values, oneofs, field, name);
    });
    return message;
  }

  #member<T extends object>(
    kind: Message<T>,
    values: Loose,
    oneofs: Map<string, Field>,
    field: Field,
    name: string,
  ): void {
    this.#count();
    if (this.#takeNull()) {
      values[field.property] = (kind.create() as Loose)[field.property];
      if (field.oneof !== undefined && oneofs.get(field.oneof) === field) {
        oneofs.delete(field.oneof);
      }
      return;
    }
    if (field.oneof !== undefined) takeOneof(kind, oneofs, field.oneof, field, name);
    values[field.property] = field.repeated ? this.#list(field, name) : this.#one(field, name);
  }

  #list(field: Field, name: string): unknown[] {
    if (this.#json.peek() !== "[") throw this.#wrong(field, name);
    const list: unknown[] = [];
    this.#json.array(() => {
      this.#count();
      if (this.#json.peek() === "n") throw this.#wrong(field, name);
      list.push(this.#one(field, name));
    });
    return list;
  }

  #one(field: Field, name: string): unknown {
    if (field.message !== undefined) return this.message(field.message());
    const first = this.#json.peek();
    const isText = first === '"';
    if (first === "{" || first === "[") throw this.#wrong(field, name);
    const source = this.#json.scalar();
    const value = scalarOf(field, source, isText);
    if (value === undefined)
      throw wrongValue(field, name, isText ? JSON.stringify(source) : source);
    return value;
  }

  #takeNull(): boolean {
    if (this.#json.peek() !== "n") return false;
    this.#json.scalar();
    return true;
  }

  #count(): void {
    this.#values += 1;
    if (this.#values > maxJsonValues) throw new JsonMappingError("too many values in one request");
  }

  #wrong(field: Field, name: string): JsonMappingError {
    return wrongValue(field, name, this.#shown());
  }

  /** The next value as an error shows it. */
  #shown(): string {
    const first = this.#json.peek();
    return first === "{" || first === "[" ? first : this.#json.raw();
  }
}

const namesByKind = new WeakMap<object, ReadonlyMap<string, Field>>();

/** The fields of a message by both spellings of their names. */
function namesOf(kind: Message<never> | Message<object>): ReadonlyMap<string, Field> {
  const known = namesByKind.get(kind);
  if (known !== undefined) return known;
  const names = new Map<string, Field>();
  for (const field of kind.fields) names.set(field.name, field).set(field.property, field);
  namesByKind.set(kind, names);
  return names;
}

function takeOneof(
  kind: { readonly name: string },
  taken: Map<string, Field>,
  oneof: string,
  field: Field,
  name: string,
): void {
  const other = taken.get(oneof);
  if (other !== undefined && other !== field) {
    throw new JsonMappingError(
      `error parsing "${name}", oneof ${kind.name}.${oneof} is already set`,
    );
  }
  taken.set(oneof, field);
}

/**
 * The value of a scalar field from a string's text or another value's source; undefined if invalid.
 */
function scalarOf(field: Field, source: string, isText: boolean): unknown {
  switch (field.type) {
    case "bytes":
      return isText ? fromBase64(source) : undefined;
    case "string":
      return isText ? source : undefined;
    case "bool":
      if (isText || (source !== "true" && source !== "false")) return undefined;
      return source === "true";
    case "enum":
      return isText ? enumOf(field.values ?? {}, source) : toNumber(source, limits.int32);
    case "message":
      throw new Error(`${field.name} has no kind of message`);
    default: {
      const value = readInteger(source, limits[field.type]);
      if (value === undefined || field.wide) return value;
      // As in the wire format's reader, a number above any that exists becomes the largest.
      if (value > mostSafe) return Number.MAX_SAFE_INTEGER;
      return value < -mostSafe ? Number.MIN_SAFE_INTEGER : Number(value);
    }
  }
}

function enumOf(values: Readonly<Record<string, number>>, name: string): number | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

type Bounds = readonly [bigint, bigint];

function toNumber(source: string, bounds: Bounds): number | undefined {
  const value = readInteger(source, bounds);
  return value === undefined ? undefined : Number(value);
}

function readInteger(source: string, [least, most]: Bounds): bigint | undefined {
  if (!integer.test(source)) return undefined;
  const value = exactInteger(source);
  return value === undefined || value < least || value > most ? undefined : value;
}

/** The integer that a decimal text denotes: that of `10`, `1e1` and `10.0`, but not of `1.5`. */
function exactInteger(text: string): bigint | undefined {
  if (/^-?[0-9]{1,20}$/.test(text)) return BigInt(text);
  const parts = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text);
  if (parts === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] = parts;
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return 0n;
  const trimmed = withoutLastZeros(digits);
  const exponent = Number(exponentText) - fraction.length + (digits.length - trimmed.length);
  // 20 digits hold every 64-bit integer; a longer one would be refused in any case.
  if (exponent < 0 || trimmed.length + exponent > 20) return undefined;
  return BigInt(sign + trimmed + "0".repeat(exponent));
}

/** A loop, since /0+$/ takes quadratic time on long runs of zeros. */
function withoutLastZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === "0") end -= 1;
  return digits.slice(0, end);
}

function wrongValue(field: Field, name: string, value: string): JsonMappingError {
  const shown = value.length > 40 ? `${value.slice(0, 40)}...` : value;
  return new JsonMappingError(`invalid value for ${field.type} field ${name}: ${shown}`);
}
