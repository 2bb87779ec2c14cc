import { toHex } from "../proto/bytes.ts";
import { DecodeError } from "../proto/errors.ts";

/**
 * Cluster and instance ids: 64 random bits as 16 lower-case hex digits, which a JS number cannot
 * hold. "" stands for none.
 */
export type Id64 = string;

/** A new random id; never zero, which means none in the API. */
export function newId64(random: { bytes(length: number): Uint8Array }): Id64 {
  for (;;) {
    const id = bytesToId64(random.bytes(8));
    if (!/^0+$/.test(id)) return id;
  }
}

/** The id in eight bytes; "" in none. Throws DecodeError for another length. */
export function bytesToId64(bytes: Uint8Array): Id64 {
  if (bytes.length === 0) return "";
  checkIdLength(bytes.length);
  return toHex(bytes);
}

/** @throws DecodeError for a length that is no id's. */
export function checkIdLength(length: number): void {
  if (length !== 8) throw new DecodeError(`an id has 8 bytes, not ${length}`);
}

/** Eight bytes, big-endian; none for "". Other hex digits give a byte for each pair. */
export function id64ToBytes(id: Id64): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(id.length / 2);
  putDigits(bytes, 0, id);
  return bytes;
}

/** Ids read lately, indexed by their low bits: the same few come again and again. */
const recent = new Array<{ high: number; low: number; id: Id64 } | undefined>(64).fill(undefined);

/** The id of two 32-bit halves. */
export function id64Of(high: number, low: number): Id64 {
  const known = recent[low & 63];
  if (known !== undefined && known.low === low && known.high === high) return known.id;
  const id = hex32(high) + hex32(low);
  recent[low & 63] = { high, low, id };
  return id;
}

function hex32(word: number): string {
  return word.toString(16).padStart(8, "0");
}

/** Writes a field with a one-byte tag; nothing for "". Returns where the next field begins. */
export function putId64(out: Uint8Array, at: number, tag: number, id: Id64): number {
  if (id === "") return at;
  out[at++] = tag;
  out[at++] = id.length / 2;
  return putDigits(out, at, id);
}

function putDigits(out: Uint8Array, at: number, id: Id64): number {
  for (let i = 0; i < id.length; i += 2) {
    out[at++] = 16 * digit(id.charCodeAt(i)) + digit(id.charCodeAt(i + 1));
  }
  return at;
}

/** The value of a lower-case hex digit; fast, since every frame has three ids. */
function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}

/** The unsigned integer in the API; 0n for "". */
export function id64ToBigInt(id: Id64): bigint {
  return id === "" ? 0n : BigInt(`0x${id}`);
}
