/**
 * Messages described by tables (generated/*.ts): one small codec for all, exact for every 64-bit
 * integer, and the same tables for writing JSON.
 *
 * In memory a message is a plain object with every field of its kind: a zero, an empty string,
 * bytes or list where nothing was set; undefined for an absent message, member of a oneof, or
 * optional field.
 */
import protobuf from "protobufjs/minimal.js";
import { DecodeError, messageOf } from "./errors.ts";
import { SpareWriter } from "./spare-writer.ts";

export type FieldType =
  | "bool"
  | "bytes"
  | "string"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "enum"
  | "message";

export interface Field {
  /** The name in the .proto file, which etcd's JSON gateway writes. */
  readonly name: string;
  /** The name in lowerCamelCase: the property's, and the other spelling in JSON. */
  readonly property: string;
  readonly number: number;
  /** The field's number with the wire type of one value. */
  readonly tag: number;
  readonly type: FieldType;
  readonly repeated: boolean;
  /** Whether a 64-bit integer is a bigint in memory; otherwise it is a number. */
  readonly wide: boolean;
  /**
   * Whether a 64-bit integer must be a safe integer of 0 or more, in both directions; otherwise a
   * larger one becomes the largest safe integer when read.
   */
  readonly strict: boolean;
  /** proto2's optional: undefined if absent, and written even if zero. */
  readonly optional: boolean;
  readonly oneof: string | undefined;
  /** The kind of a message field, as a function, because messages may contain themselves. */
  readonly message: (() => Message<object>) | undefined;
  /** Names and numbers of an enum field. */
  readonly values: Readonly<Record<string, number>> | undefined;
}

const lengthDelimited: ReadonlySet<FieldType> = new Set(["bytes", "string", "message"]);

/** Makes a row of a table; flags that `more` omits are false. */
export function field(
  name: string,
  property: string,
  number: number,
  type: FieldType,
  more: Partial<Field> = {},
): Field {
  return {
    name,
    property,
    number,
    tag: (number << 3) | (lengthDelimited.has(type) ? 2 : 0),
    type,
    repeated: more.repeated ?? false,
    wide: more.wide ?? false,
    strict: more.strict ?? false,
    optional: more.optional ?? false,
    oneof: more.oneof,
    message: more.message,
    values: more.values,
  };
}

/** Enough for a transaction nested as deep as 128 operations allow; deeper is an attack. */
const maxDepth = 320;

const writers = new SpareWriter();

type Loose = Record<string, unknown>;

class TableReader extends protobuf.Reader {
  /** Elements of lists that may still come. */
  #room = Number.POSITIVE_INFINITY;

  /** From here on, more elements than that are refused. */
  bound(elements: number): this {
    this.#room = elements;
    return this;
  }

  takeRoom(): void {
    this.#room -= 1;
    if (this.#room < 0) throw new DecodeError("too many elements");
  }

  /** The length of a bytes field or a message. */
  length(): number {
    return this.uint32();
  }

  skipField(tag: number): void {
    this.skipType(tag & 7);
  }
}

/** A reader that also refuses invalid texts, lengths and field numbers. */
class StrictReader extends TableReader {
  override string(): string {
    return this.stringVerify();
  }

  override length(): number {
    return this.size();
  }

  override skipField(tag: number): void {
    this.skipType(tag & 7, 0, tag >>> 3);
  }
}

/** One kind of message. */
export class Message<T extends object> {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly #byNumber: (Field | undefined)[] = [];
  readonly #empty: () => T;

  /** @param empty a literal, so that all messages of the kind share one shape. */
  constructor(name: string, fields: readonly Field[], empty: () => T) {
    this.name = name;
    this.fields = fields;
    this.#empty = empty;
    for (const field of fields) this.#byNumber[field.number] = field;
  }

  /** A message with the fields given, and the default in every other. */
  create(fields?: Partial<T>): T {
    return fields === undefined ? this.#empty() : Object.assign(this.#empty(), fields);
  }

  encode(message: T): Uint8Array<ArrayBuffer> {
    const writer = writers.take();
    this.write(message, writer);
    return writers.finish(writer);
  }

  /**
   * Decodes a message. Its bytes fields are views of `bytes`: copy what is kept for long. Skips
   * unknown fields. Throws DecodeError.
   */
  decode(bytes: Uint8Array): T {
    return this.#decode(new TableReader(bytes), bytes.length);
  }

  /**
   * As `decode`, with a bound on the elements of all lists together, nested ones included: an
   * element of two bytes takes fifty times as much memory.
   */
  decodeBounded(bytes: Uint8Array, maxElements: number): T {
    return this.#decode(new TableReader(bytes).bound(maxElements), bytes.length);
  }

  /**
   * Decodes a message from outside: also throws DecodeError for invalid UTF-8, which `decode` would
   * replace, and for an impossible field number or length.
   */
  decodeStrict(bytes: Uint8Array): T {
    return this.#decode(new StrictReader(bytes), bytes.length);
  }

  #decode(reader: TableReader, length: number): T {
    try {
      return this.read(reader, length, 0);
    } catch (error) {
      if (error instanceof DecodeError) throw error;
      const reason = messageOf(error);
      throw new DecodeError(`${this.name}: ${reason}`, { cause: error });
    }
  }

  /** Writes a nested message; use encode for a whole one. */
  write(message: T, writer: protobuf.Writer): void {
    const values = message as Loose;
    for (const field of this.fields) {
      const value = values[field.property];
      if (value === undefined) continue;
      if (field.repeated) {
        for (const item of value as unknown[]) writeField(field, item, writer);
      } else if (field.optional || field.oneof !== undefined || !isDefault(value)) {
        writeField(field, value, writer);
      }
    }
  }

  /** Reads a nested message; use decode for a whole one. */
  read(reader: TableReader, end: number, depth: number): T {
    if (depth > maxDepth) throw new DecodeError(`${this.name}: nested deeper than ${maxDepth}`);
    const message = this.#empty();
    const values = message as Loose;
    /** The oneof's member that is set: no message has two oneofs. */
    let chosen: Field | undefined;
    while (reader.pos < end) {
      const tag = reader.tag();
      const field = this.#byNumber[tag >>> 3];
      if (field === undefined || field.tag !== tag) {
        if (field?.repeated && isVarint(field) && (tag & 7) === 2)
          readPacked(field, values, reader);
        else reader.skipField(tag);
      } else {
        const value = readField(field, reader, end, depth);
        if (field.repeated) append(values, field, value, reader);
        else {
          if (field.oneof !== undefined) {
            if (chosen !== undefined) values[chosen.property] = undefined;
            chosen = field;
          }
          values[field.property] = value;
        }
      }
    }
    if (reader.pos !== end) throw new DecodeError(`${this.name}: runs past its end`);
    return message;
  }
}

/** The value of an empty bytes field and, below, of an empty list. */
export const noBytes: Uint8Array = new Uint8Array(0);
export const noItems: readonly never[] = Object.freeze([]);

function isDefault(value: unknown): boolean {
  if (typeof value === "object") return value instanceof Uint8Array && value.length === 0;
  return value === 0 || value === "" || value === false || value === 0n;
}

function isVarint(field: Field): boolean {
  return (field.tag & 7) === 0;
}

function append(values: Loose, field: Field, value: unknown, reader: TableReader): void {
  reader.takeRoom();
  const list = values[field.property];
  if (list === noItems) values[field.property] = [value];
  else (list as unknown[]).push(value);
}

function writeField(field: Field, value: unknown, writer: protobuf.Writer): void {
  writer.uint32(field.tag);
  switch (field.type) {
    case "bool":
      writer.bool(value as boolean);
      return;
    case "bytes":
      writer.bytes(value as Uint8Array);
      return;
    case "string":
      writer.string(value as string);
      return;
    case "uint32":
      writer.uint32(value as number);
      return;
    case "int32":
    case "enum":
      writer.int32(value as number);
      return;
    case "int64":
    case "uint64":
      writeInt64(field, value as number | bigint, writer);
      return;
    case "message": {
      const kind = kindOf(field);
      writer.fork();
      kind.write(value as object, writer);
      writer.ldelim();
    }
  }
}

function kindOf(field: Field): Message<object> {
  if (field.message === undefined) throw new Error(`field ${field.name} has no kind of message`);
  return field.message();
}

function writeInt64(field: Field, value: number | bigint, writer: protobuf.Writer): void {
  if (typeof value === "bigint") {
    const low = Number(value & 0xffffffffn);
    const high = Number((value >> 32n) & 0xffffffffn);
    writer.uint64({ low, high, unsigned: true } as never);
    return;
  }
  if (!Number.isSafeInteger(value) || (field.strict && value < 0)) {
    throw new RangeError(`${field.name}: cannot encode ${value}: not a safe integer`);
  }
  writer.int64(value);
}

function readPacked(field: Field, values: Loose, reader: TableReader): void {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new DecodeError(`${field.name}: truncated`);
  while (reader.pos < end) append(values, field, readField(field, reader, end, 0), reader);
  if (field.strict && reader.pos !== end) throw new DecodeError(`${field.name}: truncated`);
}

function readField(field: Field, reader: TableReader, end: number, depth: number): unknown {
  switch (field.type) {
    case "bool":
      return reader.bool();
    case "uint32":
      return reader.uint32();
    case "int32":
    case "enum":
      return reader.int32();
    case "int64":
    case "uint64":
      return readInt64(field, reader);
    case "string":
      return reader.string();
    default: {
      const length = reader.length();
      const start = reader.pos;
      if (start + length > end) throw new DecodeError(`${field.name}: truncated`);
      if (field.type === "message") return kindOf(field).read(reader, start + length, depth + 1);
      reader.pos = start + length;
      return reader.buf.subarray(start, start + length);
    }
  }
}

const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

function readInt64(field: Field, reader: TableReader): number | bigint {
  // Most integers are small: up to seven bytes are read without a bigint.
  let small = 0;
  let scale = 1;
  const start = reader.pos;
  for (let i = 0; i < 7; i++) {
    const byte = nextByte(reader);
    small += (byte & 0x7f) * scale;
    if (byte < 0x80) return field.wide ? BigInt(small) : small;
    scale *= 0x80;
  }
  reader.pos = start;
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = nextByte(reader);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) {
      if (field.strict && value > maxSafe) {
        throw new DecodeError(`${field.name}: integer beyond 2^53-1: ${value}`);
      }
      const exact = field.type === "int64" ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
      if (field.wide) return exact;
      if (exact > maxSafe) return Number.MAX_SAFE_INTEGER;
      return exact < -maxSafe ? Number.MIN_SAFE_INTEGER : Number(exact);
    }
  }
  throw new DecodeError(`${field.name}: varint longer than 10 bytes`);
}

function nextByte(reader: TableReader): number {
  const byte = reader.pos < reader.len ? reader.buf[reader.pos++] : undefined;
  if (byte === undefined) throw new DecodeError(`truncated at byte ${reader.len}`);
  return byte;
}
