import { compareBytes } from "../../proto/bytes.ts";
import type { BlockSums } from "../../proto/generated/block.ts";
import type { Address } from "../../storage/blocks/address.ts";
import type { BlockReader } from "../../storage/blocks/block-reader.ts";
import { type Entry, firstEndingAt, firstRank } from "../../storage/blocks/entry.ts";
import { unitAt } from "../../storage/blocks/run-cursor.ts";
import type { Unit } from "../../storage/blocks/unit.ts";
import type { Run } from "./base-manifest.ts";

/** What sums over a range are added up by. */
export interface Summed {
  /** Whether it has all it wants of entries with these sums: otherwise it is shown each of them. */
  whole(sums: BlockSums): boolean;
  entry(entry: Entry): void;
  /** Whether it wants no more. */
  readonly full: boolean;
}

/**
 * Sums over the entries of a run with begin <= key < end, by the sums of units and blocks as far as
 * they lie within: entries are looked at at both ends, and where `to` wants to see them.
 */
export function sumRange(
  reader: BlockReader,
  run: Run,
  range: { readonly begin: Uint8Array; readonly end: Uint8Array | undefined },
  to: Summed,
): void {
  new RangeSum(reader, range.begin, range.end, to).run(run);
}

class RangeSum {
  readonly #reader: BlockReader;
  readonly #begin: Uint8Array;
  readonly #end: Uint8Array | undefined;
  readonly #to: Summed;

  constructor(reader: BlockReader, begin: Uint8Array, end: Uint8Array | undefined, to: Summed) {
    this.#reader = reader;
    this.#begin = begin;
    this.#end = end;
    this.#to = to;
  }

  run(run: Run): void {
    const from = unitAt(this.#reader, run, { key: this.#begin, rank: firstRank });
    for (const unit of run.slice(from)) {
      // A record's keys are cut: what they begin with is not above them.
      if (this.#to.full || this.#isPast(unit.firstKey)) return;
      if (this.#isWithin(unit) && this.#to.whole(unit.sums)) continue;
      if (!this.#unit(unit)) return;
    }
  }

  #isWithin({ firstKey, lastKey }: Unit): boolean {
    if (compareBytes(firstKey, this.#begin) < 0) return false;
    if (this.#end === undefined) return true;
    const cut = this.#end.subarray(0, lastKey.length);
    return compareBytes(lastKey, cut) < 0;
  }

  #isPast(key: Uint8Array): boolean {
    return this.#end !== undefined && compareBytes(key, this.#end) >= 0;
  }

  /** False where the range ends in the unit. */
  #unit({ address }: Unit): boolean {
    const { blocks, firstKey } = this.#reader.index(address);
    let before = firstKey;
    for (const block of blocks) {
      if (this.#to.full || this.#isPast(before)) return false;
      const begins = compareBytes(before, this.#begin) >= 0;
      before = block.lastKey;
      if (compareBytes(block.lastKey, this.#begin) < 0) continue;
      if (begins && !this.#isPast(block.lastKey) && this.#to.whole(block.sums)) continue;
      this.#block(block.address);
    }
    return true;
  }

  #block(address: Address): void {
    let { trailer, open } = this.#reader.trailer(address);
    const { parts } = trailer;
    for (let at = firstEndingAt(parts, { key: this.#begin, rank: firstRank }); ; at++) {
      if (parts[at] === undefined) return;
      let part = this.#reader.cached(address, at);
      if (part === undefined) {
        open ??= this.#reader.open(address);
        part = this.#reader.part(open, at);
      }
      for (const entry of part.entries()) {
        if (compareBytes(entry.key, this.#begin) < 0) continue;
        if (this.#to.full || this.#isPast(entry.key)) return;
        this.#to.entry(entry);
      }
    }
  }
}
