import type { BlockReader } from "../../storage/blocks/block-reader.ts";
import { comparePositions, type Entry, type Position } from "../../storage/blocks/entry.ts";
import { RunCursor } from "../../storage/blocks/run-cursor.ts";
import type { Run } from "./base-manifest.ts";

/** A walk over several runs at once, in order or in reverse. */
export class MergedCursor {
  readonly #cursors: readonly RunCursor[];
  readonly #reverse: boolean;
  #first: RunCursor | undefined;

  /** At no entry: seek first. */
  constructor(reader: BlockReader, runs: readonly Run[], reverse: boolean) {
    this.#cursors = runs.map((run) => new RunCursor(reader, run, reverse));
    this.#reverse = reverse;
  }

  /** Where the walk is; undefined at its end. */
  get head(): Entry | undefined {
    return this.#first?.head;
  }

  /** To the first entry at `position` or after it; in reverse, to the last one before it. */
  seek(position: Position): void {
    for (const cursor of this.#cursors) cursor.seek(position);
    this.#choose();
  }

  /** To the first entry of all; in reverse, to the last. */
  begin(): void {
    for (const cursor of this.#cursors) cursor.begin();
    this.#choose();
  }

  next(): void {
    this.#first?.next();
    this.#choose();
  }

  #choose(): void {
    let first: RunCursor | undefined;
    let head: Entry | undefined;
    for (const cursor of this.#cursors) {
      const other = cursor.head;
      if (other === undefined) continue;
      const order = head === undefined ? -1 : comparePositions(other, head);
      if (order === 0) throw new Error(`rank ${other.rank} of one key stands in two runs`);
      if (head === undefined || order < 0 !== this.#reverse) {
        first = cursor;
        head = other;
      }
    }
    this.#first = first;
  }
}
