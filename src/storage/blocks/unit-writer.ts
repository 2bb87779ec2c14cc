import { sameBytes, toHex } from "../../proto/bytes.ts";
import { BlockSums, type UnitIndex } from "../../proto/generated/block.ts";
import { type Address, addressBytes, bytesOfAddress } from "./address.ts";
import type { BlockTable } from "./block-table.ts";
import { DataBlockBuilder } from "./data-block.ts";
import { comparePositions, type Entry } from "./entry.ts";
import { KeyFilterBuilder } from "./key-filter.ts";
import { cutKey, sumOf, type Unit } from "./unit.ts";
import { Index } from "./unit-index.ts";

/** What decides where parts, blocks and units end. */
export interface Shape {
  readonly partBytes: number;
  readonly blockBytes: number;
  readonly unitBlocks: number;
  /** 0 for no filter. */
  readonly filterBitsPerKey: number;
}

/** Fences and names of values in one index: an index block stays far below what a row may hold. */
const maxIndexBytes = 256 * 1_024;
/** Values that are named by one unit may come to so many times what its data blocks hold. */
const valuesPerUnit = 8;

/** What is summed up about an entry beside the entry itself. */
export interface Marks {
  /** What it adds to the count of what lives: -1, 0 or 1. */
  readonly change: number;
  /** Where its value is, if that is a block of its own. */
  readonly value: { readonly address: Address; readonly bytes: number } | undefined;
  /** The compaction that lets it go because a newer entry of this key is here; 0 for none. */
  readonly superseded: number;
  /** The compaction that lets it go because it is a deletion; 0 for none. */
  readonly deleted: number;
}

/**
 * Makes units of sorted entries. Where one ends is decided by the entries alone, however many come
 * at once: the same ones give the same blocks.
 */
export class UnitWriter {
  readonly #table: BlockTable;
  readonly #shape: Shape;
  readonly #block: DataBlockBuilder;
  readonly #filter = new KeyFilterBuilder();
  #sums: Summing | undefined;
  #blocks: UnitIndex["blocks"][number][] = [];
  #values: Uint8Array[] = [];
  #first: Entry | undefined;
  #last: Entry | undefined;
  #indexBytes = 0;
  #bytes = 0;
  #valueBytes = 0;
  #superseded = { bytes: 0, until: 0 };
  #deleted = { bytes: 0, until: 0 };

  constructor(table: BlockTable, shape: Shape) {
    this.#table = table;
    this.#shape = shape;
    this.#block = new DataBlockBuilder(shape.partBytes);
  }

  /** Returns the unit that ends with this entry, if one does. */
  add(entry: Entry, marks: Marks): Unit | undefined {
    const last = this.#last;
    if (last !== undefined && comparePositions(last, entry) >= 0) {
      throw new Error(`rank ${entry.rank} is not after ${last.rank} of the entry before`);
    }
    if (last === undefined || !sameBytes(last.key, entry.key) || this.#first === undefined) {
      if (this.#shape.filterBitsPerKey > 0) this.#filter.add(entry.key);
    }
    this.#first ??= entry;
    this.#last = entry;
    this.#block.add(entry);
    this.#count(entry, marks);
    if (this.#block.size < this.#shape.blockBytes && !this.#isFull) return undefined;
    this.#closeBlock();
    return this.#blocks.length >= this.#shape.unitBlocks || this.#isFull
      ? this.#close()
      : undefined;
  }

  /** The last unit; undefined where nothing is left for one. */
  finish(): Unit | undefined {
    if (this.#first === undefined) return undefined;
    this.#closeBlock();
    return this.#close();
  }

  /** Blocks that the unit under way names so far: what is not in a finished one. */
  get pending(): readonly Address[] {
    const blocks = this.#blocks.map(({ address }) => toHex(address));
    return [...blocks, ...this.#values.map(toHex)];
  }

  get #isFull(): boolean {
    const { unitBlocks, blockBytes } = this.#shape;
    return (
      this.#indexBytes > maxIndexBytes || this.#valueBytes > valuesPerUnit * unitBlocks * blockBytes
    );
  }

  #count({ key, rank, payload }: Entry, marks: Marks): void {
    this.#sums ??= new Summing();
    this.#sums.add(key.length, rank, marks.change);
    let bytes = key.length + payload.length;
    if (marks.value !== undefined) {
      this.#values.push(bytesOfAddress(marks.value.address));
      this.#indexBytes += addressBytes;
      this.#valueBytes += marks.value.bytes;
      bytes += marks.value.bytes;
    }
    note(this.#superseded, marks.superseded, bytes);
    note(this.#deleted, marks.deleted, bytes);
  }

  #closeBlock(): void {
    if (this.#block.empty) return;
    const { key: lastKey, rank: lastRank } = this.#last ?? nothing();
    const block = this.#block.take();
    const address = bytesOfAddress(this.#table.put(block));
    const sums = (this.#sums ?? nothing()).take();
    this.#sums = undefined;
    this.#blocks.push({ address, lastKey, lastRank, sums });
    this.#bytes += block.length;
    this.#indexBytes += lastKey.length;
  }

  #close(): Unit {
    const { key: firstKey } = this.#first ?? nothing();
    const { key: lastKey } = this.#last ?? nothing();
    const { filterBitsPerKey } = this.#shape;
    const filter = filterBitsPerKey > 0 ? this.#filter.take(filterBitsPerKey) : new Uint8Array(0);
    const blocks = this.#blocks;
    const index = Index.encode({ firstKey, blocks, values: this.#values, filter });
    const unit = {
      address: this.#table.put(index),
      firstKey: cutKey(firstKey),
      lastKey: cutKey(lastKey),
      blocks: blocks.length,
      bytes: this.#bytes,
      valueBytes: this.#valueBytes,
      sums: sumOf(blocks.map(({ sums }) => sums ?? nothing())),
      supersededBytes: this.#superseded.bytes,
      supersededUntil: this.#superseded.until,
      deletedBytes: this.#deleted.bytes,
      deletedUntil: this.#deleted.until,
    };
    this.#blocks = [];
    this.#values = [];
    this.#first = undefined;
    this.#indexBytes = 0;
    this.#bytes = 0;
    this.#valueBytes = 0;
    this.#superseded = { bytes: 0, until: 0 };
    this.#deleted = { bytes: 0, until: 0 };
    return unit;
  }
}

/** The sums of a block that is not closed. */
class Summing {
  #entries = 0;
  #keyBytes = 0;
  #minRank = Number.MAX_SAFE_INTEGER;
  #maxRank = 0;
  #added = 0;
  #removed = 0;

  add(keyBytes: number, rank: number, change: number): void {
    this.#entries++;
    this.#keyBytes += keyBytes;
    this.#minRank = Math.min(this.#minRank, rank);
    this.#maxRank = Math.max(this.#maxRank, rank);
    if (change > 0) this.#added += change;
    else this.#removed -= change;
  }

  take(): BlockSums {
    return BlockSums.create({
      entries: this.#entries,
      keyBytes: this.#keyBytes,
      minRank: this.#minRank,
      maxRank: this.#maxRank,
      added: this.#added,
      removed: this.#removed,
    });
  }
}

function note(to: { bytes: number; until: number }, until: number, bytes: number): void {
  if (until === 0) return;
  to.bytes += bytes;
  to.until = Math.max(to.until, until);
}

function nothing(): never {
  throw new Error("a unit of nothing");
}
