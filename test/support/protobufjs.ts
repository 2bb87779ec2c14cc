/**
 * What the codecs are held against: protobufjs' own static code (generated/*.js), made from the
 * same .proto files, which never rounds an integer here.
 *
 * A 64-bit integer of these is a JS number, and safe: beyond 2^53 - 1 (below its negative for
 * signed ones) reading throws DecodeError and writing throws RangeError.
 */
import protobuf from "protobufjs/minimal.js";
import { DecodeError } from "../../src/proto/errors.ts";

/** A generated message class, as far as reading and writing need it. */
export interface MessageClass<Properties, Instance> {
  encode(message: Properties, writer?: protobuf.Writer): protobuf.Writer;
  decode(reader: protobuf.Reader | Uint8Array, length?: number): Instance;
}

const wordSize = 2 ** 32;

/** The next varint, if it is a safe integer read as unsigned; throws DecodeError otherwise. */
function safeUint64(reader: protobuf.Reader): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++) {
    const byte = nextByte(reader);
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) {
      if (value > Number.MAX_SAFE_INTEGER) throw new DecodeError(`integer beyond 2^53-1: ${value}`);
      return value;
    }
  }
  throw new DecodeError("varint longer than 10 bytes");
}

/** The next varint as two's complement, if it is a safe integer; throws DecodeError otherwise. */
function safeInt64(reader: protobuf.Reader): number {
  let low = 0;
  let high = 0;
  let shift = 0;
  for (let i = 0; i < 10; i++, shift += 7) {
    const byte = nextByte(reader);
    const bits = byte & 0x7f;
    if (shift < 28) low += bits * 2 ** shift;
    else if (shift === 28) {
      low += (bits & 0xf) * 2 ** 28;
      high = bits >>> 4;
    } else high = (high + bits * 2 ** (shift - 32)) % wordSize;
    if (byte < 0x80) {
      const value = (high >= wordSize / 2 ? high - wordSize : high) * wordSize + low;
      if (!Number.isSafeInteger(value)) throw new DecodeError(`integer beyond 2^53-1: ${value}`);
      return value;
    }
  }
  throw new DecodeError("varint longer than 10 bytes");
}

function nextByte(reader: protobuf.Reader): number {
  const byte = reader.pos < reader.len ? reader.buf[reader.pos++] : undefined;
  if (byte === undefined) throw new DecodeError(`truncated at byte ${reader.len}`);
  return byte;
}

function packed(reader: protobuf.Reader, into: number[] | undefined, next: typeof safeUint64) {
  const array = into ?? [];
  const outer = reader.len;
  const end = reader.uint32() + reader.pos;
  if (end > outer) throw new DecodeError(`truncated: ${end} bytes needed, ${outer} there`);
  reader.len = end;
  while (reader.pos < end) array.push(next(reader));
  reader.len = outer;
  return array;
}

function notHere(): never {
  throw new DecodeError("this kind of 64-bit field is not read here: declare it as bytes");
}

class StrictReader extends protobuf.Reader {}
// Not as methods of the class: protobufjs declares a type for them that --force-number does away.
Object.assign(StrictReader.prototype, {
  uint64(this: protobuf.Reader) {
    return safeUint64(this);
  },
  int64(this: protobuf.Reader) {
    return safeInt64(this);
  },
  uint64s(this: protobuf.Reader, into?: number[]) {
    return packed(this, into, safeUint64);
  },
  int64s(this: protobuf.Reader, into?: number[]) {
    return packed(this, into, safeInt64);
  },
  sint64: notHere,
  sint64s: notHere,
  fixed64: notHere,
  fixed64s: notHere,
  sfixed64: notHere,
  sfixed64s: notHere,
});

function safe(value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`cannot encode ${value}: not a safe integer of at least ${least}`);
  }
  return value;
}

class StrictWriter extends protobuf.Writer {
  override uint64(value: number): this {
    super.uint64(safe(value, 0));
    return this;
  }

  override int64(value: number): this {
    super.int64(safe(value, Number.MIN_SAFE_INTEGER));
    return this;
  }

  override uint64s(values: number[]): this {
    for (const value of values) safe(value, 0);
    super.uint64s(values);
    return this;
  }
}

/** The encoding of `message`. Throws RangeError where an integer is not a safe one. */
export function encode<P>(type: MessageClass<P, unknown>, message: P): Uint8Array<ArrayBuffer> {
  const bytes = type.encode(message, new StrictWriter()).finish();
  return Uint8Array.from(bytes);
}

/** The message that `bytes` are. Throws DecodeError where they are none. */
export function decode<I>(type: MessageClass<never, I>, bytes: Uint8Array): I {
  try {
    return type.decode(new StrictReader(bytes));
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    throw new DecodeError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
