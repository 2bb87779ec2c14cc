import type { State } from "../state/state.ts";
import type { Slice } from "../store/slice.ts";
import { CheckpointWriter } from "./checkpoint-writer.ts";

/** What is written to the base, and what is taken out of it: a slice at a time, in turns. */
export class Checkpoints {
  readonly #state: State;
  #writer: CheckpointWriter | undefined;

  /** The compaction of the oldest snapshot that is in use; Infinity for none. The host sets it. */
  oldestRetainedCompaction = -1;

  constructor(state: State) {
    this.#state = state;
  }

  /**
   * The manifest of the state as it is now; begins a checkpoint. Throws while one is in progress.
   * The snapshot may be recorded only when writeSlice has said that all its rows are written.
   */
  freeze(): Uint8Array<ArrayBuffer> {
    if (this.#writer !== undefined) throw new Error("a checkpoint is in progress");
    this.#writer = new CheckpointWriter(this.#state.store);
    return this.#state.encode();
  }

  /** Writes some of the frozen rows to the base. True when all are there. */
  writeSlice(slice: Slice): boolean {
    if (this.#writer === undefined) throw new Error("no checkpoint is in progress");
    return this.#writer.writeSlice(slice);
  }

  /** The snapshot record of this checkpoint was written in this same turn. */
  finish(): void {
    if (this.#writer === undefined) throw new Error("no checkpoint is in progress");
    if (!this.#writer.done) throw new Error("the checkpoint's rows are not all written");
    this.#writer = undefined;
  }

  /** Gives it up, if there is one. Rows that were written stay: they say what the log says. */
  cancel(): void {
    this.#writer = undefined;
  }

  // Physical compaction.

  /** Removes some rows that nothing needs. True when there are none left to remove now. */
  compactSlice(slice: Slice): boolean {
    const { current, holds } = this.#state;
    const oldestKept = Math.min(this.oldestRetainedCompaction, holds.oldest);
    return current.compactor.compactSlice(slice, oldestKept);
  }

  /**
   * Up to which compaction the base is free of what was compacted; for `physical: true`. What is
   * held is being read, and goes after that.
   */
  get physicalCompactRevision(): number {
    const { current, holds, store } = this.#state;
    const { compacted } = current.compactor;
    return compacted >= holds.oldest ? store.compactRevision : compacted;
  }

  /** Drops the tables of one generation that is no longer used. False when there was none. */
  releaseGeneration(): boolean {
    return this.#state.current.generations.release();
  }
}
