import type { Generations } from "./generations.ts";
import type { Slice } from "./slice.ts";
import type { Store } from "./store.ts";

/**
 * Physical compaction: takes out of the base what may no longer be read. Only keys that changed
 * since the last time can have anything to give, and the history names them.
 *
 * What is kept: of each key the newest version at or below the compaction, unless it is a tombstone
 * from below it; and everything at the compaction itself or above: watchers may still ask for it.
 */
export class Compactor {
  readonly #store: Store;
  readonly #generations: Generations;
  /** Up to where the base is free of what was compacted, as the generation says. */
  #compacted: number;
  /** The walk under way: its goal, its block, and how many of the block's entries are done. */
  #walk: { readonly goal: number; sequence: number; entry: number } | undefined;
  #readableFrom: number;

  constructor(store: Store, generations: Generations) {
    this.#store = store;
    this.#generations = generations;
    this.#compacted = generations.compacted;
    // A walk that a restart broke off went no further than the snapshot that is restored now.
    this.#readableFrom = Math.max(this.#compacted, store.compactRevision);
  }

  get compacted(): number {
    return this.#compacted;
  }

  /** From this revision on the base has all that was, whatever may be read of it. */
  get readableFrom(): number {
    return this.#readableFrom;
  }

  /**
   * Goes on, up to the store's compaction, but not beyond what is retained or held nor into what
   * only the overlay has. True when there is nothing left to do now.
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

  /** Every entry costs a little, every row removed a write: both count. */
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
