import { putVarint } from "../../proto/put.ts";
import { crc32c } from "../crc32c.ts";
import { StorageDamagedError } from "../damage.ts";
import { viewOf } from "./block-format.ts";
import { comparePositions, type Entry, type Position } from "./entry.ts";

/**
 * A part of a data block: what a read of one key decodes and checks.
 *
 *   entry*  restart*  count of restarts  CRC-32C of all before
 *
 * An entry is four varints (bytes that its key shares with the one before, the others, its rank,
 * bytes of its payload), the rest of its key, and its payload. Every sixteenth shares nothing, and
 * its place is a restart: four bytes, little-endian, as are count and sum.
 */
const restartInterval = 16;
const restartBytes = 4;
/** Count and sum. */
const tailBytes = 8;
/** Four varints of at most 8 bytes. */
const entryHeadBytes = 32;

export class PartBuilder {
  #bytes = new Uint8Array(8_192);
  #at = 0;
  #count = 0;
  #restarts: number[] = [];
  #last: Entry | undefined;

  /** Of the part as it is now; 0 with nothing in it. */
  get size(): number {
    return this.#count === 0 ? 0 : this.#at + this.#restarts.length * restartBytes + tailBytes;
  }

  get last(): Entry | undefined {
    return this.#last;
  }

  add(entry: Entry): void {
    const { key, rank, payload } = entry;
    const restarts = this.#count % restartInterval === 0;
    const shared = restarts || this.#last === undefined ? 0 : sharedBytes(this.#last.key, key);
    this.#makeRoom(entryHeadBytes + key.length + payload.length);
    if (restarts) this.#restarts.push(this.#at);
    const bytes = this.#bytes;
    let at = putVarint(bytes, this.#at, shared);
    at = putVarint(bytes, at, key.length - shared);
    at = putVarint(bytes, at, rank);
    at = putVarint(bytes, at, payload.length);
    bytes.set(shared === 0 ? key : key.subarray(shared), at);
    at += key.length - shared;
    bytes.set(payload, at);
    this.#at = at + payload.length;
    this.#last = entry;
    this.#count++;
  }

  /** The bytes of the part, which ends here: the next one is empty. */
  take(): Uint8Array {
    const part = new Uint8Array(this.size);
    part.set(this.#bytes.subarray(0, this.#at));
    const view = viewOf(part);
    let at = this.#at;
    for (const restart of this.#restarts) {
      view.setUint32(at, restart, true);
      at += restartBytes;
    }
    view.setUint32(at, this.#restarts.length, true);
    view.setUint32(at + 4, crc32c(part.subarray(0, at + 4)), true);
    this.#at = 0;
    this.#count = 0;
    this.#restarts = [];
    this.#last = undefined;
    return part;
  }

  #makeRoom(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#at + bytes));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}

/** A part that is as it was written. */
export class Part {
  readonly #bytes: Uint8Array;
  readonly #where: string;
  readonly #view: DataView;
  readonly #restarts: number;
  /** Where the entries end. */
  readonly #end: number;

  /**
   * Throws StorageDamagedError where the sum does not hold.
   *
   * @param bytes kept, and so are views of them in what is read.
   */
  constructor(bytes: Uint8Array, where: string) {
    this.#bytes = bytes;
    this.#where = where;
    this.#view = viewOf(bytes);
    if (bytes.length < tailBytes) this.#damaged(`it has ${bytes.length} bytes`);
    const stored = this.#view.getUint32(bytes.length - 4, true);
    const sum = crc32c(bytes.subarray(0, bytes.length - 4));
    if (sum !== stored) this.#damaged(`its sum is ${sum}, ${stored} is stored`);
    this.#restarts = this.#view.getUint32(bytes.length - tailBytes, true);
    this.#end = bytes.length - tailBytes - this.#restarts * restartBytes;
    if (this.#restarts === 0 || this.#end < 0) this.#damaged(`${this.#restarts} restarts`);
  }

  get bytes(): number {
    return this.#bytes.length;
  }

  /** The first entry at `position` or after it. */
  find(position: Position): Entry | undefined {
    let low = 0;
    let high = this.#restarts;
    // The last restart that does not stand after it, or the first.
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      const entry = this.#reader(this.#restart(middle)).next();
      if (entry !== undefined && comparePositions(entry, position) <= 0) low = middle;
      else high = middle;
    }
    const reader = this.#reader(this.#restart(low));
    for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
      if (comparePositions(entry, position) >= 0) return entry;
    }
    return undefined;
  }

  /** All of them. Throws StorageDamagedError where they are not in order. */
  entries(): Entry[] {
    const entries: Entry[] = [];
    const reader = this.#reader(0);
    let last: Entry | undefined;
    for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
      if (last !== undefined && comparePositions(last, entry) >= 0) {
        this.#damaged(`entry ${entries.length} is not after the one before`);
      }
      entries.push(entry);
      last = entry;
    }
    return entries;
  }

  #restart(at: number): number {
    const restart = this.#view.getUint32(this.#end + at * restartBytes, true);
    if (restart >= this.#end) this.#damaged(`restart ${at} at byte ${restart}`);
    return restart;
  }

  #reader(at: number): EntryReader {
    return new EntryReader(this.#bytes, at, this.#end, this.#where);
  }

  #damaged(text: string): never {
    throw new StorageDamagedError(this.#where, text);
  }
}

const noBytes = new Uint8Array(0);

class EntryReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #where: string;
  #at: number;
  #key: Uint8Array = noBytes;

  constructor(bytes: Uint8Array, at: number, end: number, where: string) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
    this.#where = where;
  }

  next(): Entry | undefined {
    if (this.#at === this.#end) return undefined;
    const shared = this.#varint();
    const rest = this.#varint();
    const rank = this.#varint();
    const length = this.#varint();
    const payloadAt = this.#at + rest;
    const end = payloadAt + length;
    if (shared > this.#key.length || end > this.#end) {
      throw new StorageDamagedError(this.#where, `an entry that ends at byte ${end}`);
    }
    const key = new Uint8Array(shared + rest);
    if (shared > 0) key.set(this.#key.subarray(0, shared));
    key.set(this.#bytes.subarray(this.#at, payloadAt), shared);
    this.#key = key;
    this.#at = end;
    return { key, rank, payload: this.#bytes.subarray(payloadAt, end) };
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; this.#at < this.#end && scale <= 2 ** 49; scale *= 0x80) {
      const byte = this.#bytes[this.#at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80 && value <= Number.MAX_SAFE_INTEGER) return value;
    }
    throw new StorageDamagedError(this.#where, `no integer ends at byte ${this.#at}`);
  }
}

function sharedBytes(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < most && a[shared] === b[shared]) shared++;
  return shared;
}
