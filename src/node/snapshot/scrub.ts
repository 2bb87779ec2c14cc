import type { BaseAudit } from "../../kv/transfer/base-audit.ts";
import { TransferError } from "../../kv/transfer/errors.ts";
import type { Core } from "../core.ts";
import { compactRevisionOf, type RetainedSnapshots } from "./retained.ts";

interface Pass {
  readonly audit: BaseAudit;
  readonly compactRevision: number;
}

/**
 * Checks the whole base against its newest snapshot again and again: some milliseconds a tick, and
 * then a pause. Rows that no client reads get damaged too.
 */
export class Scrub {
  readonly #core: Core;
  readonly #retained: RetainedSnapshots;
  #pass: Pass | undefined;
  #waitTicks: number;
  /** Completed passes. */
  passes = 0;

  constructor(core: Core, retained: RetainedSnapshots) {
    this.#core = core;
    this.#retained = retained;
    this.#waitTicks = core.audited ? this.#pauseTicks : 0;
  }

  /**
   * The compact revision of the snapshot being checked: rows above it must stay. Infinity for none.
   */
  get heldCompaction(): number {
    return this.#pass?.compactRevision ?? Number.POSITIVE_INFINITY;
  }

  /** Checks a slice. Throws StorageDamagedError where the base does not match its snapshot. */
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

  /** Forgets the check, since the state was replaced. */
  reset(): void {
    this.#pass = undefined;
    this.#waitTicks = this.#pauseTicks;
  }

  get #pauseTicks(): number {
    const { scrubEveryMs, tickMs } = this.#core.options.tuning;
    return Math.ceil(scrubEveryMs / tickMs);
  }

  #begin(): Pass | undefined {
    const { storage, machine } = this.#core;
    const snapshot = this.#retained.find(storage.raft.newest);
    if (snapshot === undefined) return undefined;
    try {
      const audit = machine.transfers.audit(snapshot.data);
      return { audit, compactRevision: compactRevisionOf(snapshot.data) };
    } catch (error) {
      // The snapshot is no longer in the base; the next one will be.
      if (error instanceof TransferError) return undefined;
      throw error;
    }
  }
}
