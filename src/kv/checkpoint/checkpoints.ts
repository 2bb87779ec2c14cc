import type { State } from "../state/state.ts";
import type { Slice } from "../store/slice.ts";
import { CheckpointWriter } from "./checkpoint-writer.ts";

/** Writes checkpoints to the base and compacts it, a slice a turn. */
export class Checkpoints {
  readonly #state: State;
  #writer: CheckpointWriter | undefined;

  /** The compact revision of the oldest snapshot in use; Infinity for none. Set by the host. */
  oldestRetainedCompaction = -1;

  constructor(state: State) {
    this.#state = state;
  }

  /**
   * Begins a checkpoint and returns the manifest of the current state. The manifest may be recorded
   * as a snapshot only after writeSlice returned true. Throws while a checkpoint is in progress.
   */
  freeze(): Uint8Array<ArrayBuffer> {
    if (this.#writer !== undefined) throw new Error("a checkpoint is in progress");
    this.#writer = new CheckpointWriter(this.#state.store);
    return this.#state.encode();
  }

  /** Writes one slice of the frozen rows to the base. True when all of them are written. */
  writeSlice(slice: Slice): boolean {
    if (this.#writer === undefined) throw new Error("no checkpoint is in progress");
    return this.#writer.writeSlice(slice);
  }

  /** Ends the checkpoint. Called in the turn that writes its snapshot record. */
  finish(): void {
    if (this.#writer === undefined) throw new Error("no checkpoint is in progress");
    if (!this.#writer.done) throw new Error("the checkpoint's rows are not all written");
    this.#writer = undefined;
  }

  /** Abandons a checkpoint in progress. Its written rows stay: they are as the log has them. */
  cancel(): void {
    this.#writer = undefined;
  }

  // Physical compaction.

  /** Physically removes one slice of compacted rows. True when none are left to remove now. */
  compactSlice(slice: Slice): boolean {
    const { current, holds } = this.#state;
    const oldestKept = Math.min(this.oldestRetainedCompaction, holds.oldest);
    return current.compactor.compactSlice(slice, oldestKept);
  }

  /**
   * The revision up to which the base is physically compacted, for `physical: true`. Rows of a held
   * revision are removed later.
   */
  get physicalCompactRevision(): number {
    const { current, holds, store } = this.#state;
    const { compacted } = current.compactor;
    return compacted >= holds.oldest ? store.compactRevision : compacted;
  }

  /** Drops the tables of one replaced generation. False when there was none. */
  releaseGeneration(): boolean {
    return this.#state.current.generations.release();
  }
}
