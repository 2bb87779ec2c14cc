/**
 * proto3-JSON to messages, as grpc-gateway v2 reads it: both spellings of a name, unknown names
 * ignored, 64-bit integers bare or quoted. Where the gateways differ, a duplicate's last value wins
 * and an enum name that does not exist is an error.
 */
import type { Field, Message } from "../../proto/message.ts";
import { fromBase64 } from "./base64.ts";
import { type Json, JsonNumber, JsonObject } from "./text.ts";

/** JSON that does not fit the message it should be. */
export class JsonMappingError extends Error {
  override readonly name = "JsonMappingError";
}

type Loose = Record<string, unknown>;

const integer = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

const limits = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
} as const;

const mostSafe = BigInt(Number.MAX_SAFE_INTEGER);

/** The message that `json` is. Null is the empty message. Throws JsonMappingError. */
export function readMessage<T extends object>(kind: Message<T>, json: Json): T {
  const message = kind.create();
  if (json === null) return message;
  if (!(json instanceof JsonObject)) throw new JsonMappingError(`unexpected token ${shown(json)}`);
  const values = message as Loose;
  const names = namesOf(kind);
  const oneofs = new Map<string, Field>();
  for (const [name, value] of json.members) {
    const field = names.get(name);
    if (field === undefined) continue;
    if (value === null) {
      values[field.property] = (kind.create() as Loose)[field.property];
      if (field.oneof !== undefined && oneofs.get(field.oneof) === field) {
        oneofs.delete(field.oneof);
      }
      continue;
    }
    if (field.oneof !== undefined) takeOneof(kind, oneofs, field.oneof, field, name);
    values[field.property] = field.repeated
      ? readList(field, name, value)
      : readOne(field, name, value);
  }
  return message;
}

const namesByKind = new WeakMap<object, ReadonlyMap<string, Field>>();

/** The fields of a kind by both spellings of their names. */
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

function readList(field: Field, name: string, json: Json): unknown[] {
  if (!Array.isArray(json)) throw wrong(field, name, json);
  return json.map((element: Json) => {
    if (element === null) throw wrong(field, name, element);
    return readOne(field, name, element);
  });
}

function readOne(field: Field, name: string, json: Json): unknown {
  if (field.message !== undefined) return readMessage(field.message(), json);
  const value = readScalar(field, json);
  if (value === undefined) throw wrong(field, name, json);
  return value;
}

function readScalar(field: Field, json: Json): unknown {
  switch (field.type) {
    case "bytes":
      return typeof json === "string" ? fromBase64(json) : undefined;
    case "string":
      return typeof json === "string" ? json : undefined;
    case "bool":
      return typeof json === "boolean" ? json : undefined;
    case "enum":
      return readEnum(field.values ?? {}, json);
    case "message":
      throw new Error(`${field.name} has no kind of message`);
    default: {
      const value = readInteger(json, limits[field.type]);
      if (value === undefined || field.wide) return value;
      // As the wire format's reader has it: what exceeds every value that exists saturates.
      if (value > mostSafe) return Number.MAX_SAFE_INTEGER;
      return value < -mostSafe ? Number.MIN_SAFE_INTEGER : Number(value);
    }
  }
}

function readEnum(values: Readonly<Record<string, number>>, json: Json): number | undefined {
  if (typeof json === "string") return Object.hasOwn(values, json) ? values[json] : undefined;
  if (!(json instanceof JsonNumber)) return undefined;
  const value = readInteger(json, limits.int32);
  return value === undefined ? undefined : Number(value);
}

function readInteger(json: Json, [least, most]: readonly [bigint, bigint]): bigint | undefined {
  const text = json instanceof JsonNumber ? json.text : json;
  if (typeof text !== "string" || !integer.test(text)) return undefined;
  const value = exactInteger(text);
  return value === undefined || value < least || value > most ? undefined : value;
}

/** The integer that a decimal text denotes: `10`, `1e1`, `10.0`, not `1.5`. */
function exactInteger(text: string): bigint | undefined {
  if (/^-?[0-9]{1,20}$/.test(text)) return BigInt(text);
  const parts = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text);
  if (parts === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] = parts;
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return 0n;
  const trimmed = digits.replace(/0+$/, "");
  const exponent = Number(exponentText) - fraction.length + (digits.length - trimmed.length);
  // 20 digits hold every 64-bit integer: more would only be built to be refused.
  if (exponent < 0 || trimmed.length + exponent > 20) return undefined;
  return BigInt(sign + trimmed + "0".repeat(exponent));
}

function wrong(field: Field, name: string, json: Json): JsonMappingError {
  return new JsonMappingError(`invalid value for ${field.type} field ${name}: ${shown(json)}`);
}

/** A value as an error shows it, cut where it is long. */
function shown(json: Json): string {
  if (json instanceof JsonObject) return "{";
  if (json instanceof JsonNumber) return json.text.slice(0, 40);
  if (Array.isArray(json)) return "[";
  const text = JSON.stringify(json);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
