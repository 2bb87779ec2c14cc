import { leaderChanged, type Reason, timedOut } from "../../rpc/answers.ts";
import { type Waiting, WaitList } from "../world/wait-list.ts";

/** A client whose compaction is applied and that waits for its rows to be deleted. */
interface PhysicalWait extends Waiting {
  readonly revision: number;
  done(): void;
}

export interface PhysicalCompactionParts {
  readonly checkpoints: { readonly physicalCompactRevision: number };
  /** The compact revision of the oldest retained snapshot. */
  oldestRetained(): number;
  readonly checkpoint: { readonly running: boolean; readonly due: boolean; ask(): void };
  leads(): boolean;
  /** Proposes an empty entry; `ended` is called when it is applied or lost. */
  proposeEmpty(ended: () => void): void;
}

const maxWaiting = 1_024;

/**
 * Clients that asked for `physical: true`: answered when this leader's base has no rows that they
 * compacted. Retained snapshots need such rows, so new snapshots are taken until all retained ones
 * are later than the compaction; a transfer under way still ends first.
 */
export class PhysicalCompaction {
  readonly #parts: PhysicalCompactionParts;
  readonly #waiting = new WaitList<PhysicalWait>({ count: maxWaiting });
  /** Whether an empty entry is proposed and not applied. */
  #proposed = false;

  constructor(parts: PhysicalCompactionParts) {
    this.#parts = parts;
  }

  /** Whether a client waits for rows to be deleted. */
  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  add(waiting: PhysicalWait): void {
    if (!this.#waiting.add(waiting)) waiting.failed(timedOut);
  }

  /** Called before the end of every turn. */
  settle(): void {
    if (this.#waiting.length === 0) return;
    const { checkpoints, leads } = this.#parts;
    // The next leader deletes rows of its own, and the client's retry waits for those.
    if (!leads()) this.close(leaderChanged);
    const done = (each: PhysicalWait) => each.revision <= checkpoints.physicalCompactRevision;
    for (const each of this.#waiting.take(done)) each.done();
    if (this.#waiting.length > 0) this.#force();
  }

  tick(now: number): void {
    for (const late of this.#waiting.takeLate(now)) late.failed(timedOut);
  }

  close(reason: Reason): void {
    this.#waiting.fail(reason);
  }

  #force(): void {
    const { checkpoint, oldestRetained, proposeEmpty } = this.#parts;
    const revision = Math.max(...this.#waiting.all.map((each) => each.revision));
    if (checkpoint.running || oldestRetained() >= revision) return;
    checkpoint.ask();
    // Two snapshots cannot have one index: if nothing was applied since the last, an empty entry
    // is.
    if (checkpoint.due || this.#proposed) return;
    this.#proposed = true;
    proposeEmpty(() => {
      this.#proposed = false;
    });
  }
}
