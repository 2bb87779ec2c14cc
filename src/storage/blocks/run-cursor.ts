import { compareBytes } from "../../proto/bytes.ts";
import { partitionPoint } from "../partition-point.ts";
import type { BlockReader, OpenBlock } from "./block-reader.ts";
import type { Trailer } from "./data-block.ts";
import { comparePositions, type Entry, endsBefore, firstEndingAt, type Position } from "./entry.ts";
import { cutKey, type Unit } from "./unit.ts";
import type { Index } from "./unit-index.ts";

/** The first unit of a sorted run that ends at `position` or after it; their number for none. */
export function unitAt(reader: BlockReader, units: readonly Unit[], position: Position): number {
  const key = cutKey(position.key);
  // What the records' cut keys leave open is between these two.
  const low = partitionPoint(units, (unit) => compareBytes(unit.lastKey, key) < 0);
  const high = partitionPoint(units, (unit) => compareBytes(unit.lastKey, key) <= 0);
  const lastOf = (unit: Unit) => reader.index(unit.address).last;
  const open = units.slice(low, high);
  return low + partitionPoint(open, (unit) => endsBefore(lastOf(unit), position));
}

/**
 * A walk over a run: units in order, none of which reaches into another. It holds one data block
 * and the entries of one part of it.
 */
export class RunCursor {
  readonly #reader: BlockReader;
  readonly #units: readonly Unit[];
  readonly #reverse: boolean;
  #unit = 0;
  #index: Index | undefined;
  #block = 0;
  #trailer: Trailer | undefined;
  #open: OpenBlock | undefined;
  #part = 0;
  #entries: readonly Entry[] = [];
  #at = 0;

  /** At no entry: seek first. */
  constructor(reader: BlockReader, units: readonly Unit[], reverse: boolean) {
    this.#reader = reader;
    this.#units = units;
    this.#reverse = reverse;
  }

  /** Where the walk is; undefined at its end. */
  get head(): Entry | undefined {
    return this.#entries[this.#at];
  }

  /** To the first entry at `position` or after it; in reverse, to the last one before it. */
  seek(position: Position): void {
    const unit = unitAt(this.#reader, this.#units, position);
    if (unit === this.#units.length) {
      if (this.#reverse) this.#toUnit(unit - 1);
      else this.#toUnit(unit);
      return;
    }
    this.#loadIndex(unit);
    this.#loadTrailer(firstEndingAt(this.#index?.blocks ?? [], position));
    this.#loadPart(firstEndingAt(this.#trailer?.parts ?? [], position));
    this.#at = this.#entries.findIndex((entry) => comparePositions(entry, position) >= 0);
    if (this.#at < 0) throw new Error("a part ends before its fence");
    if (this.#reverse) this.next();
  }

  /** To the first entry of all; in reverse, to the last. */
  begin(): void {
    this.#toUnit(this.#reverse ? this.#units.length - 1 : 0);
  }

  next(): void {
    this.#at += this.#reverse ? -1 : 1;
    if (this.#entries[this.#at] === undefined) this.#toPart(this.#part + (this.#reverse ? -1 : 1));
  }

  /** To the near end of a unit, or past the far end of all. */
  #toUnit(at: number): void {
    if (!this.#loadIndex(at)) return;
    this.#toBlock(this.#reverse ? (this.#index?.blocks.length ?? 0) - 1 : 0);
  }

  #toBlock(at: number): void {
    if (this.#loadTrailer(at)) {
      this.#toPart(this.#reverse ? (this.#trailer?.parts.length ?? 0) - 1 : 0);
    } else this.#toUnit(this.#unit + (this.#reverse ? -1 : 1));
  }

  #toPart(at: number): void {
    if (!this.#loadPart(at)) this.#toBlock(this.#block + (this.#reverse ? -1 : 1));
  }

  /** False where there is no such unit, and nothing is left to walk. */
  #loadIndex(at: number): boolean {
    const unit = this.#units[at];
    this.#unit = at;
    this.#index = unit && this.#reader.index(unit.address);
    this.#entries = [];
    this.#open = undefined;
    return unit !== undefined;
  }

  #loadTrailer(at: number): boolean {
    this.#block = at;
    const block = this.#index?.blocks[at];
    if (block === undefined) return false;
    const { trailer, open } = this.#reader.trailer(block.address);
    this.#trailer = trailer;
    this.#open = open;
    return true;
  }

  #loadPart(at: number): boolean {
    this.#part = at;
    const address = this.#index?.blocks[this.#block]?.address;
    if (address === undefined || this.#trailer?.parts[at] === undefined) return false;
    let part = this.#reader.cached(address, at);
    if (part === undefined) {
      this.#open ??= this.#reader.open(address);
      part = this.#reader.part(this.#open, at);
    }
    this.#entries = part.entries();
    if (this.#entries.length === 0) throw new Error(`part ${at} of ${address} is empty`);
    this.#at = this.#reverse ? this.#entries.length - 1 : 0;
    return true;
  }
}
