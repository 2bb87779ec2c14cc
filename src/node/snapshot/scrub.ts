import type { BaseAudit } from "../../kv/transfer/base-audit.ts";
import { TransferError } from "../../kv/transfer/errors.ts";
import type { Snapshot } from "../../proto/raftpb.ts";
import type { Tuning } from "../world/tuning.ts";
import { compactRevisionOf } from "./retained.ts";

export interface ScrubParts {
  readonly tuning: Tuning;
  /** The newest snapshot of this member. */
  newest(): Snapshot | undefined;
  audit(manifest: Uint8Array): BaseAudit;
}

interface Pass {
  readonly audit: BaseAudit;
  readonly compactRevision: number;
}

/**
 * Reads the whole base against its newest snapshot, again and again: a slice of some milliseconds a
 * tick, and then a pause. What nobody asks for is damaged as easily as what everybody does.
 */
export class Scrub {
  readonly #parts: ScrubParts;
  #pass: Pass | undefined;
  #waitTicks: number;
  /** Passes that came to their end. */
  passes = 0;

  /** @param audited whether the base was read as the member started. */
  constructor(parts: ScrubParts, audited: boolean) {
    this.#parts = parts;
    this.#waitTicks = audited ? this.#pauseTicks : 0;
  }

  /** The compaction of what is being read: nothing above it may go. Infinity for none. */
  get heldCompaction(): number {
    return this.#pass?.compactRevision ?? Number.POSITIVE_INFINITY;
  }

  /** Throws StorageDamagedError where the base is not what its snapshot says. */
  tick(): void {
    if (this.#waitTicks > 0) {
      this.#waitTicks -= 1;
      return;
    }
    this.#pass ??= this.#begin();
    if (this.#pass !== undefined && !this.#pass.audit.step()) return;
    if (this.#pass !== undefined) this.passes += 1;
    this.reset();
  }

  /** The state was replaced: what was read is no longer of use. */
  reset(): void {
    this.#pass = undefined;
    this.#waitTicks = this.#pauseTicks;
  }

  get #pauseTicks(): number {
    return Math.ceil(this.#parts.tuning.scrubEveryMs / this.#parts.tuning.tickMs);
  }

  #begin(): Pass | undefined {
    const snapshot = this.#parts.newest();
    if (snapshot === undefined) return undefined;
    try {
      const audit = this.#parts.audit(snapshot.data);
      return { audit, compactRevision: compactRevisionOf(snapshot.data) };
    } catch (error) {
      // It is not in the base any more: the next one will be.
      if (error instanceof TransferError) return undefined;
      throw error;
    }
  }
}
