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

/** Throws StorageDamagedError, which names the block. */
export function readTrailer(address: Address, block: Uint8Array): Trailer {
  const where = blockName(address);
  if (block.length < headerBytes + footerBytes) {
    throw new StorageDamagedError(where, `it has ${block.length} bytes`);
  }
  checkHeader(block, blockKind.data, where);
  const view = viewOf(block);
  const footerAt = block.length - footerBytes;
  const start = footerAt - view.getUint32(footerAt + 4);
  if (start < headerBytes) throw new StorageDamagedError(where, `its trailer begins at ${start}`);
  // A copy: fences are kept for longer than the block.
  const trailer = block.slice(start, footerAt);
  const sum = crc32c(trailer, crc32c(block.subarray(0, headerBytes)));
  const stored = view.getUint32(footerAt);
  if (sum !== stored) throw new StorageDamagedError(where, `trailer's sum ${sum}, not ${stored}`);
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

/**
 * The part, which is as it was written. Throws StorageDamagedError, which names block and part.
 *
 * @param keep whether the part is kept for longer than the block: then it is a copy.
 */
export function readPart(
  address: Address,
  block: Uint8Array,
  trailer: Trailer,
  part: number,
  keep: boolean,
): Part {
  const place = trailer.parts[part];
  if (place === undefined) throw new Error(`part ${part} of ${trailer.parts.length}`);
  const { start, end } = place;
  const bytes = keep ? block.slice(start, end) : block.subarray(start, end);
  return new Part(bytes, `${blockName(address)} part ${part}`);
}
