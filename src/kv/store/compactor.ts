import type { Generations } from "./generations.ts";
import type { Slice } from "./slice.ts";
import type { Store } from "./store.ts";

/**
 * Physical compaction: deletes rows of the base that may no longer be read. Only keys that changed
 * since the last run can have such rows, and the history names them.
 *
 * Kept are, of each key, the newest version at or below the compact revision, unless it is a
 * tombstone from below it, and all versions at that revision or above, which watchers may still ask
 * for.
 */
export class Compactor {
  readonly #store: Store;
  readonly #generations: Generations;
  /** The revision up to which the base is physically compacted, stored with the generation. */
  #compacted: number;
  /** The walk in progress: its goal, its block, and how many of the block's entries are done. */
  #walk: { readonly goal: number; sequence: number; entry: number } | undefined;
  #readableFrom: number;

  constructor(store: Store, generations: Generations) {
    this.#store = store;
    this.#generations = generations;
    this.#compacted = generations.compacted;
    // A walk cut short by a restart went no further than the snapshot that is restored now.
    this.#readableFrom = Math.max(this.#compacted, store.compactRevision);
  }

  get compacted(): number {
    return this.#compacted;
  }

  /** The base has every version from this revision on, whether or not it may still be read. */
  get readableFrom(): number {
    return this.#readableFrom;
  }

  /**
   * Continues towards the store's compact revision, but not past a retained or held revision, nor
   * into the overlay's. True when there is nothing left to do now.
   */
  compactSlice({ maxRows }: Slice, oldestKept: number): boolean {
    const { compactRevision, persistedRevision } = this.#store;
    const goal = Math.min(compactRevision, persistedRevision, oldestKept);
    this.#walk ??= goal > this.#compacted ? { goal, sequence: -1, entry: 0 } : undefined;
    if (this.#walk === undefined) return true;
    this.#readableFrom = Math.max(this.#readableFrom, this.#walk.goal);
    const done = this.#step(this.#walk, maxRows);
    if (!done) return false;
    this.#compacted = this.#walk.goal;
    this.#generations.compacted = this.#compacted;
    this.#walk = undefined;
    return goal <= this.#compacted;
  }

  /** Counts every entry and every removed row: an entry costs a little, a row a write. */
  #step(walk: { readonly goal: number; sequence: number; entry: number }, maxRows: number) {
    let left = maxRows;
    for (const block of [...this.#store.base.blocks]) {
      if (block.sequence < walk.sequence || block.last < this.#compacted) continue;
      if (block.first > walk.goal) break;
      if (block.sequence > walk.sequence) {
        walk.sequence = block.sequence;
        walk.entry = 0;
      }
      const entries = this.#store.base.entries(block);
      while ((entries[walk.entry]?.revision ?? this.#compacted) < this.#compacted) walk.entry++;
      for (let entry = entries[walk.entry]; entry !== undefined; entry = entries[walk.entry]) {
        if (left <= 0) return false;
        if (entry.revision > walk.goal) break;
        const { done, removed } = this.#store.base.compactKey(entry.key, walk.goal, left);
        left -= removed + 1;
        if (!done) return false;
        walk.entry++;
      }
    }
    this.#dropBlocks(walk.goal);
    return true;
  }

  #dropBlocks(goal: number): void {
    const { base } = this.#store;
    for (let first = base.blocks[0]; first && first.last < goal; first = base.blocks[0]) {
      base.dropFirstBlock();
    }
  }
}
