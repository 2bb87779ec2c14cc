import { DecodeError } from "../proto/errors.ts";

/**
 * MurmurHash3, 32-bit x86 variant with 128 bits (Austin Appleby, public domain), and sums of its
 * hashes. Runs at about a gigabyte a second on every runtime; a cryptographic hash would cost more
 * for its call alone than this one for a put.
 */

const c1 = 0x239b961b;
const c2 = 0xab0e9789;
const c3 = 0x38b34ae5;
const c4 = 0xa1e38b93;

/** A 128-bit number as four words, the least significant first. Mutable, to be reused. */
export class Word128 {
  a = 0;
  b = 0;
  c = 0;
  d = 0;

  /** Adds modulo 2^128. */
  add(other: Word128): void {
    const a = this.a + other.a;
    const b = this.b + other.b + (a > 0xffffffff ? 1 : 0);
    const c = this.c + other.c + (b > 0xffffffff ? 1 : 0);
    this.a = a >>> 0;
    this.b = b >>> 0;
    this.c = c >>> 0;
    this.d = (this.d + other.d + (c > 0xffffffff ? 1 : 0)) >>> 0;
  }

  /** Subtracts modulo 2^128. */
  subtract(other: Word128): void {
    const a = this.a - other.a;
    const b = this.b - other.b - (a < 0 ? 1 : 0);
    const c = this.c - other.c - (b < 0 ? 1 : 0);
    this.a = a >>> 0;
    this.b = b >>> 0;
    this.c = c >>> 0;
    this.d = (this.d - other.d - (c < 0 ? 1 : 0)) >>> 0;
  }

  /** 16 bytes, big-endian. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, this.d);
    view.setUint32(4, this.c);
    view.setUint32(8, this.b);
    view.setUint32(12, this.a);
    return bytes;
  }

  /** The number in 16 big-endian bytes; 0 for no bytes. Throws DecodeError for other lengths. */
  static fromBytes(bytes: Uint8Array): Word128 {
    const word = new Word128();
    if (bytes.length === 0) return word;
    if (bytes.length !== 16) throw new DecodeError(`a sum of ${bytes.length} bytes, not 16`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
    word.d = view.getUint32(0);
    word.c = view.getUint32(4);
    word.b = view.getUint32(8);
    word.a = view.getUint32(12);
    return word;
  }

  /** 32 hex digits. */
  toHex(): string {
    return [this.d, this.c, this.b, this.a].map((w) => w.toString(16).padStart(8, "0")).join("");
  }

  equals(other: Word128): boolean {
    return this.a === other.a && this.b === other.b && this.c === other.c && this.d === other.d;
  }
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Up to four bytes from `at` on, little-endian; what lies at or beyond `end` counts as zero. */
function word(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = 0; i < 4 && at + i < end; i++) value |= (bytes[at + i] ?? 0) << (8 * i);
  return value;
}

/** The hash of the first `length` of `bytes` into `out`. */
export function hash128(bytes: Uint8Array, length: number, out: Word128, seed = 0): void {
  let h1 = seed;
  let h2 = seed;
  let h3 = seed;
  let h4 = seed;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const whole = length - (length % 16);
  for (let i = 0; i < whole; i += 16) {
    h1 ^= Math.imul(rotate(Math.imul(view.getInt32(i, true), c1), 15), c2);
    h1 = (Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(view.getInt32(i + 4, true), c2), 16), c3);
    h2 = (Math.imul(rotate(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotate(Math.imul(view.getInt32(i + 8, true), c3), 17), c4);
    h3 = (Math.imul(rotate(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotate(Math.imul(view.getInt32(i + 12, true), c4), 18), c1);
    h4 = (Math.imul(rotate(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  h4 ^= Math.imul(rotate(Math.imul(word(bytes, whole + 12, length), c4), 18), c1);
  h3 ^= Math.imul(rotate(Math.imul(word(bytes, whole + 8, length), c3), 17), c4);
  h2 ^= Math.imul(rotate(Math.imul(word(bytes, whole + 4, length), c2), 16), c3);
  h1 ^= Math.imul(rotate(Math.imul(word(bytes, whole, length), c1), 15), c2);
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = finish(h1);
  h2 = finish(h2);
  h3 = finish(h3);
  h4 = finish(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  out.a = h1 >>> 0;
  out.b = (h2 + h1) >>> 0;
  out.c = (h3 + h1) >>> 0;
  out.d = (h4 + h1) >>> 0;
}
