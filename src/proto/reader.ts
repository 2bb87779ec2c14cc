import { DecodeError } from "./errors.ts";
import { noBytes } from "./raftpb.ts";

/** More than any message read by hand needs: raft's responses do not contain responses. */
const maxDepth = 8;

/** Bytes of a 64-bit integer. */
const maxVarint = 10;

const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;
const fixed32 = 5;

/** Bytes up to which an ASCII text is read faster by hand. */
const shortText = 64;

const strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads messages, one buffer after another; a nested message narrows `end` while it is read. For
 * the messages coded by hand: raft's, the frames with them, the log's records, and Workers'
 * requests.
 */
export class Reader {
  #bytes: Uint8Array = noBytes;
  at = 0;
  end = 0;
  depth = 0;

  /** Reads the whole of `bytes`. */
  readAll<T>(bytes: Uint8Array, read: (reader: Reader) => T): T {
    this.#bytes = bytes;
    this.at = 0;
    this.end = bytes.length;
    this.depth = 0;
    const value = read(this);
    this.#bytes = noBytes;
    return value;
  }

  /** The next varint as an unsigned, safe integer. */
  uint(): number {
    const { at } = this;
    const byte = this.#bytes[at] as number;
    if (byte >= 0x80 || at >= this.end) return this.#longUint();
    this.at = at + 1;
    return byte;
  }

  #longUint(): number {
    let value = 0;
    let scale = 1;
    for (let at = this.at; at < this.end && at < this.at + maxVarint; at++) {
      const byte = this.#bytes[at] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) {
          throw new DecodeError(`integer beyond 2^53-1: ${value}`);
        }
        this.at = at + 1;
        return value;
      }
      scale *= 0x80;
    }
    return this.#noVarint();
  }

  #noVarint(): never {
    const cut = this.end - this.at < maxVarint;
    throw new DecodeError(
      cut ? `truncated at byte ${this.end}` : `varint longer than ${maxVarint} bytes`,
    );
  }

  /** The next varint's low 32 bits, as for every field of that size. */
  uint32(): number {
    const { at } = this;
    let value = 0;
    for (let i = 0; i < maxVarint && at + i < this.end; i++) {
      const byte = this.#bytes[at + i] as number;
      if (i < 5) value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        this.at = at + i + 1;
        return value >>> 0;
      }
    }
    return this.#noVarint();
  }

  bool(): boolean {
    return this.uint() !== 0;
  }

  /** The length of what follows, checked to be available. */
  length(): number {
    const length = this.uint();
    if (length > this.end - this.at) {
      throw new DecodeError(`truncated: ${length} bytes needed, ${this.end - this.at} there`);
    }
    return length;
  }

  bytes(): Uint8Array {
    const length = this.length();
    const start = this.at;
    this.at += length;
    return length === 0 ? noBytes : this.#bytes.subarray(start, this.at);
  }

  /** Throws DecodeError for invalid UTF-8. */
  text(): string {
    const length = this.length();
    if (length === 0) return "";
    const start = this.at;
    this.at += length;
    if (length <= shortText) {
      const text = this.#ascii(start, this.at);
      if (text !== undefined) return text;
    }
    try {
      return strictText.decode(this.#bytes.subarray(start, this.at));
    } catch (cause) {
      throw new DecodeError("text that is no UTF-8", { cause });
    }
  }

  /** The text, if it is all ASCII; reads four units at once. */
  #ascii(at: number, stop: number): string | undefined {
    const bytes = this.#bytes;
    let text = "";
    for (; at + 3 < stop; at += 4) {
      const a = bytes[at] as number;
      const b = bytes[at + 1] as number;
      const c = bytes[at + 2] as number;
      const d = bytes[at + 3] as number;
      if ((a | b | c | d) >= 0x80) return undefined;
      text += String.fromCharCode(a, b, c, d);
    }
    for (; at < stop; at++) {
      const unit = bytes[at] as number;
      if (unit >= 0x80) return undefined;
      text += String.fromCharCode(unit);
    }
    return text;
  }

  /** The next four bytes, big-endian. */
  word(): number {
    const { at } = this;
    this.#pass(4);
    let word = 0;
    for (let i = at; i < this.at; i++) word = (word << 8) | (this.#bytes[i] as number);
    return word >>> 0;
  }

  /** Reads a nested message. */
  nested<T>(read: (reader: Reader) => T): T {
    const length = this.length();
    const outer = this.end;
    if (++this.depth > maxDepth) throw new DecodeError(`nested deeper than ${maxDepth}`);
    this.end = this.at + length;
    const value = read(this);
    this.depth--;
    this.end = outer;
    return value;
  }

  /** Reads a repeated integer, packed or not, into `list`. */
  uints(wireType: number, list: number[]): void {
    if (wireType === varint) {
      list.push(this.uint());
      return;
    }
    const stop = this.length() + this.at;
    const outer = this.end;
    this.end = stop;
    while (this.at < stop) list.push(this.uint());
    this.end = outer;
  }

  skip(tag: number): void {
    switch (tag & 7) {
      case varint:
        this.#skipVarint();
        return;
      case fixed64:
        this.#pass(8);
        return;
      case lengthDelimited:
        this.#pass(this.length());
        return;
      case fixed32:
        this.#pass(4);
        return;
      default:
        throw new DecodeError(`wire type ${tag & 7} of field ${tag >>> 3} is not known`);
    }
  }

  #skipVarint(): void {
    const stop = Math.min(this.end, this.at + maxVarint);
    for (let at = this.at; at < stop; at++) {
      if ((this.#bytes[at] as number) >= 0x80) continue;
      this.at = at + 1;
      return;
    }
    this.#noVarint();
  }

  #pass(count: number): void {
    if (count > this.end - this.at) throw new DecodeError(`truncated at byte ${this.end}`);
    this.at += count;
  }
}

/** Skips the field of `tag`. Throws for a field in `known`, which was misread. */
export function skipUnknown(reader: Reader, tag: number, known: number): void {
  const field = Math.floor(tag / 8);
  if (field === 0) throw new DecodeError("field number 0");
  if (field <= known) throw new DecodeError(`wire type ${tag & 7} is wrong for field ${field}`);
  reader.skip(tag);
}
