/** Writing messages by hand, as reader.ts reads them. */
export type Bytes = Uint8Array<ArrayBuffer>;

// Every put writes at `at` and returns where the next one writes: a position that is passed along
// stays in a register, where one that is kept in a variable of the module is stored for each byte.

export function putVarint(out: Bytes, at: number, value: number): number {
  if ((value & 0x7fffffff) !== value) return putLargeVarint(out, at, value);
  while (value >= 0x80) {
    out[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  out[at++] = value;
  return at;
}

function putLargeVarint(out: Bytes, at: number, value: number): number {
  checkNumber(value);
  while (value >= 0x80000000) {
    out[at++] = (value % 0x80) | 0x80;
    value = Math.floor(value / 0x80);
  }
  return putVarint(out, at, value);
}

/** Throws RangeError where it is not a safe integer of 0 or more. */
export function checkNumber(value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new RangeError(`cannot encode ${value}: not a safe integer of 0 or more`);
}

export function putUint(out: Bytes, at: number, tag: number, value: number): number {
  if (value === 0) return at;
  out[at++] = tag;
  return putVarint(out, at, value);
}

export function putBytes(out: Bytes, at: number, tag: number, bytes: Uint8Array): number {
  const start = putHead(out, at, tag, bytes.length);
  out.set(bytes, start);
  return start + bytes.length;
}

export function putHead(out: Bytes, at: number, tag: number, length: number): number {
  out[at++] = tag;
  return putVarint(out, at, length);
}

const poolSize = 65_536;
export const largestPooled = poolSize / 8;
let pool = new Uint8Array(poolSize);
let pooled = 0;

/**
 * The encoding of `value`, which takes at most `bound` bytes. Small ones share a buffer, a piece of
 * which is handed out once only: a buffer of its own costs a message more than all of its encoding.
 */
export function encoded<T>(
  bound: number,
  put: (out: Bytes, at: number, value: T) => number,
  value: T,
): Bytes {
  if (bound > largestPooled) {
    const own = new Uint8Array(bound);
    const end = put(own, 0, value);
    return end === bound ? own : own.slice(0, end);
  }
  if (pooled + bound > poolSize) {
    pool = new Uint8Array(poolSize);
    pooled = 0;
  }
  const start = pooled;
  pooled = put(pool, start, value);
  return new Uint8Array(pool.buffer, start, pooled - start);
}
