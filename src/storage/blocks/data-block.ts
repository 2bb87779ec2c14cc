import { BlockTrailer, PartFence } from "../../proto/generated/block.ts";
import { crc32c } from "../crc32c.ts";
import { StorageDamagedError } from "../damage.ts";
import type { Address } from "./address.ts";
import {
  blockKind,
  blockName,
  checkHeader,
  headerBytes,
  putHeader,
  viewOf,
} from "./block-format.ts";
import { decoded } from "./decoded.ts";
import type { Entry, Fence } from "./entry.ts";
import { Part, PartBuilder } from "./part.ts";

/**
 * A data block: header, parts, trailer (blockpb.BlockTrailer), CRC-32C of header and trailer, bytes
 * of the trailer. A read takes the trailer, and of the parts the one that it needs.
 */
const footerBytes = 8;
/** Of a fence in the trailer, beside its key. */
const fenceBytes = 20;

export class DataBlockBuilder {
  readonly #partBytes: number;
  readonly #part = new PartBuilder();
  #parts: Uint8Array[] = [];
  #fences: PartFence[] = [];
  #closedBytes = headerBytes + footerBytes;

  /** @param partBytes a part ends with the entry that brings it there. */
  constructor(partBytes: number) {
    this.#partBytes = partBytes;
  }

  get empty(): boolean {
    return this.#parts.length === 0 && this.#part.size === 0;
  }

  /** What the block takes as it is now, about: the same for the same entries. */
  get size(): number {
    return this.#closedBytes + this.#part.size;
  }

  add(entry: Entry): void {
    this.#part.add(entry);
    if (this.#part.size >= this.#partBytes) this.#closePart();
  }

  /** The bytes of the block, which ends here: the next one is empty. */
  take(): Uint8Array<ArrayBuffer> {
    this.#closePart();
    const trailer = BlockTrailer.encode({ parts: this.#fences });
    const parts = this.#parts.reduce((sum, { length }) => sum + length, 0);
    const block = new Uint8Array(headerBytes + parts + trailer.length + footerBytes);
    putHeader(block, blockKind.data);
    let at = headerBytes;
    for (const part of [...this.#parts, trailer]) {
      block.set(part, at);
      at += part.length;
    }
    const view = viewOf(block);
    view.setUint32(at, crc32c(trailer, crc32c(block.subarray(0, headerBytes))));
    view.setUint32(at + 4, trailer.length);
    this.#parts = [];
    this.#fences = [];
    this.#closedBytes = headerBytes + footerBytes;
    return block;
  }

  #closePart(): void {
    const { last } = this.#part;
    if (last === undefined) return;
    const part = this.#part.take();
    const { key: lastKey, rank: lastRank } = last;
    this.#parts.push(part);
    this.#fences.push(PartFence.create({ bytes: part.length, lastKey, lastRank }));
    this.#closedBytes += part.length + lastKey.length + fenceBytes;
  }
}

/** A part's place in its block, and its last entry. */
export interface PartPlace extends Fence {
  readonly start: number;
  readonly end: number;
}

/** What tells where the parts of a data block are. */
export interface Trailer {
  readonly parts: readonly PartPlace[];
  /** What it takes in memory, about. */
  readonly bytes: number;
}

/** Both ends of a data block: enough of it to know where its parts are. */
export interface BlockEnds {
  readonly length: number;
  /** The header. */
  readonly head: Uint8Array;
  /** The last bytes, as many as were read. */
  readonly tail: Uint8Array;
}

/** Bytes of a block that hold most trailers. */
export const tailBytes = 4_096;

export function endsOf(block: Uint8Array): BlockEnds {
  return { length: block.length, head: block.subarray(0, headerBytes), tail: block };
}

/**
 * Undefined where the trailer begins before the tail. Throws StorageDamagedError, which names the
 * block.
 */
export function readTrailer(address: Address, ends: BlockEnds): Trailer | undefined {
  const { length, head, tail } = ends;
  const where = blockName(address);
  if (head.length < headerBytes || tail.length < footerBytes) {
    throw new StorageDamagedError(where, `it has ${length} bytes`);
  }
  checkHeader(head, blockKind.data, where);
  const view = viewOf(tail);
  const footerAt = tail.length - footerBytes;
  const bytes = view.getUint32(footerAt + 4);
  const start = length - footerBytes - bytes;
  if (start < headerBytes) throw new StorageDamagedError(where, `its trailer begins at ${start}`);
  if (bytes > footerAt) return undefined;
  // A copy: fences are kept for longer than the block.
  const trailer = tail.slice(footerAt - bytes, footerAt);
  const sum = crc32c(trailer, crc32c(head));
  const stored = view.getUint32(footerAt);
  if (sum !== stored) throw new StorageDamagedError(where, `trailer's sum ${sum}, not ${stored}`);
  return placesIn(trailer, start, where);
}

function placesIn(trailer: Uint8Array, start: number, where: string): Trailer {
  const parts: PartPlace[] = [];
  let at = headerBytes;
  for (const { bytes, lastKey, lastRank } of decoded(where, BlockTrailer, trailer).parts) {
    parts.push({ start: at, end: at + bytes, lastKey, lastRank });
    at += bytes;
  }
  if (at !== start || parts.length === 0) {
    throw new StorageDamagedError(where, `${parts.length} parts end at ${at}, not at ${start}`);
  }
  return { parts, bytes: trailer.length + parts.length * 100 };
}

/** Where a part is in its block. */
export function placeOf(trailer: Trailer, part: number): PartPlace {
  const place = trailer.parts[part];
  if (place === undefined) throw new Error(`part ${part} of ${trailer.parts.length}`);
  return place;
}

/**
 * The part of a block that has these bytes, which are kept. Throws StorageDamagedError, which names
 * block and part, where they are not as they were written.
 */
export function readPart(address: Address, part: number, bytes: Uint8Array): Part {
  return new Part(bytes, `${blockName(address)} part ${part}`);
}
