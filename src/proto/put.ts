/** Writers for messages coded by hand, on every hot path; reader.ts has the readers. */
export type Bytes = Uint8Array<ArrayBuffer>;

// Each put writes at `at` and returns where the next one writes: a position passed along stays in a
// register, while one in a module's variable is stored for each byte.

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

/** Bytes of `value` as a varint. Throws RangeError unless it is a safe integer of 0 or more. */
export function varintSize(value: number): number {
  if ((value & 0x7fffffff) === value) {
    if (value < 0x80) return 1;
    if (value < 0x4000) return 2;
    if (value < 0x200000) return 3;
    return value < 0x10000000 ? 4 : 5;
  }
  checkNumber(value);
  let size = 5;
  for (let rest = value / 0x800000000; rest >= 1; rest /= 0x80) size++;
  return size;
}

/** Throws RangeError unless it is a safe integer of 0 or more. */
function checkNumber(value: number): void {
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

/** Writes a nested message, whose length is known once it is written. */
export function putNested<T>(out: Bytes, at: number, tag: number, put: Put<T>, value: T): number {
  const start = putHead(out, at, tag, 0);
  const end = put(out, start, value);
  const length = end - start;
  if (length < 0x80) {
    out[start - 1] = length;
    return end;
  }
  const moved = start - 1 + varintSize(length);
  out.copyWithin(moved, start, end);
  putVarint(out, start - 1, length);
  return moved + length;
}

/** An upper bound of the text's bytes. */
export function textBound(text: string): number {
  return 3 * text.length;
}

function textSize(text: string): number {
  let size = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) size++;
    else if (unit < 0x800) size += 2;
    else if (isPairAt(text, i)) {
      size += 4;
      i++;
    } else size += 3;
  }
  return size;
}

/** Whether the two units at `at` are one character, a surrogate pair. */
function isPairAt(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
}

/** Writes UTF-8. A lone surrogate is written as it is, and refused by the reader. */
export function putText(out: Bytes, at: number, tag: number, text: string): number {
  at = putHead(out, at, tag, textSize(text));
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) out[at++] = unit;
    else if (unit < 0x800) {
      out[at++] = 0xc0 | (unit >> 6);
      out[at++] = 0x80 | (unit & 0x3f);
    } else if (isPairAt(text, i)) {
      const point = text.codePointAt(i++) as number;
      out[at++] = 0xf0 | (point >> 18);
      out[at++] = 0x80 | ((point >> 12) & 0x3f);
      out[at++] = 0x80 | ((point >> 6) & 0x3f);
      out[at++] = 0x80 | (point & 0x3f);
    } else {
      out[at++] = 0xe0 | (unit >> 12);
      out[at++] = 0x80 | ((unit >> 6) & 0x3f);
      out[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return at;
}

const poolSize = 65_536;
export const largestPooled = poolSize / 8;
let pool = new Uint8Array(poolSize);
let pooled = 0;

/** Writes `value` at `at`; returns where it ends. */
type Put<T> = (out: Bytes, at: number, value: T) => number;

/**
 * Encodes `value`, which takes at most `bound` bytes. Small messages share a buffer, each piece of
 * which is handed out once: a buffer of its own costs more than encoding a message.
 */
export function encoded<T>(bound: number, put: Put<T>, value: T): Bytes {
  if (bound > largestPooled) return encodedLarge(bound, put, value);
  refill(bound);
  const start = pooled;
  pooled = put(pool, start, value);
  return new Uint8Array(pool.buffer, start, pooled - start);
}

/** Encodes `value` into its own buffer: cloning a view may copy its whole buffer. */
export function encodedAlone<T>(bound: number, put: Put<T>, value: T): Bytes {
  if (bound > largestPooled) return encodedLarge(bound, put, value);
  refill(bound);
  return pool.slice(pooled, put(pool, pooled, value));
}

function encodedLarge<T>(bound: number, put: Put<T>, value: T): Bytes {
  const own = new Uint8Array(bound);
  const end = put(own, 0, value);
  return end === bound ? own : own.slice(0, end);
}

function refill(bound: number): void {
  if (pooled + bound <= poolSize) return;
  pool = new Uint8Array(poolSize);
  pooled = 0;
}
