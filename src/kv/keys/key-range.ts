/**
 * Ranges of keys as half-open intervals of byte strings.
 *
 * A byte string is a JS string in which each code unit is one byte (0..255), so that `<` on two of
 * them compares the bytes as etcd does, and that one can be the key of a Map.
 */

/** An interval [begin, end) of byte strings. Empty when `end <= begin`. */
export interface KeyRange {
  readonly begin: string;
  readonly end: string;
}

/** Greater than every byte string: the end of a range that has none. */
export const KEY_RANGE_INFINITY = "\u0100";

const CHUNK_BYTES = 8192;

/** The byte string of `bytes`. */
export function byteString(bytes: Uint8Array): string {
  if (bytes.length <= CHUNK_BYTES) return fromCharCodes(bytes);
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    text += fromCharCodes(bytes.subarray(at, at + CHUNK_BYTES));
  }
  return text;
}

/** By apply: spreading would walk an iterator, at five times the cost. */
function fromCharCodes(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

/** The bytes of a byte string; the inverse of byteString. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) throw new Error(`code unit ${unit} at ${i} is no byte`);
    bytes[i] = unit;
  }
  return bytes;
}

/**
 * The interval that etcd's pair (key, range_end) names: no end is the key alone, the end `00` is
 * every key from `key` on, anything else is [key, range_end).
 */
export function keyRange(key: Uint8Array, rangeEnd: Uint8Array | null | undefined): KeyRange {
  const begin = byteString(key);
  if (!rangeEnd || rangeEnd.length === 0) return { begin, end: `${begin}\0` };
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return { begin, end: KEY_RANGE_INFINITY };
  return { begin, end: byteString(rangeEnd) };
}

/** Whether the interval holds `begin` alone, as one key. */
export function isSingleKey(range: KeyRange): boolean {
  return range.end.length === range.begin.length + 1 && range.end === `${range.begin}\0`;
}
