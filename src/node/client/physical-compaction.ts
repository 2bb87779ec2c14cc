import { leaderChanged, type Reason, timedOut } from "../../rpc/answers.ts";

/** A client whose compaction is applied, and that waits until the rows are gone. */
interface PhysicalWait {
  readonly revision: number;
  readonly deadlineTick: number;
  done(): void;
  failed(reason: Reason): void;
}

export interface PhysicalCompactionParts {
  readonly checkpoints: { readonly physicalCompactRevision: number };
  /** The compaction of the oldest snapshot that is kept. */
  oldestRetained(): number;
  readonly checkpoint: { readonly running: boolean; readonly due: boolean; ask(): void };
  leads(): boolean;
  /** An entry that says nothing; `ended` when it was applied, or never will be. */
  proposeEmpty(ended: () => void): void;
}

const maxWaiting = 1_024;

/**
 * Clients that asked for `physical: true`: they are answered when this leader's base holds no row
 * that they compacted. Retained snapshots need such rows, so snapshots are taken until all that
 * are kept are of after the compaction; a snapshot that is being sent still has its time.
 */
export class PhysicalCompaction {
  readonly #parts: PhysicalCompactionParts;
  #waiting: PhysicalWait[] = [];
  /** An empty entry is under way. */
  #proposed = false;

  constructor(parts: PhysicalCompactionParts) {
    this.#parts = parts;
  }

  /** Whether a client waits for rows to go. */
  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  add(waiting: PhysicalWait): void {
    if (this.#waiting.length < maxWaiting) this.#waiting.push(waiting);
    else waiting.failed(timedOut);
  }

  /** Before the end of every turn. */
  settle(): void {
    if (this.#waiting.length === 0) return;
    const { checkpoints, leads } = this.#parts;
    // The next leader has rows of its own to remove: the client's retry waits for those.
    if (!leads()) this.close(leaderChanged);
    const done = (each: PhysicalWait) => each.revision <= checkpoints.physicalCompactRevision;
    for (const each of this.#take(done)) each.done();
    if (this.#waiting.length > 0) this.#force();
  }

  tick(now: number): void {
    for (const each of this.#take(({ deadlineTick }) => deadlineTick <= now)) each.failed(timedOut);
  }

  close(reason: Reason): void {
    for (const each of this.#take(() => true)) each.failed(reason);
  }

  #force(): void {
    const { checkpoint, oldestRetained, proposeEmpty } = this.#parts;
    const revision = Math.max(...this.#waiting.map((each) => each.revision));
    if (checkpoint.running || oldestRetained() >= revision) return;
    checkpoint.ask();
    // No two snapshots are of one index: where nothing was applied since, something has to be.
    if (checkpoint.due || this.#proposed) return;
    this.#proposed = true;
    proposeEmpty(() => {
      this.#proposed = false;
    });
  }

  #take(which: (waiting: PhysicalWait) => boolean): readonly PhysicalWait[] {
    const taken = this.#waiting.filter(which);
    if (taken.length > 0) this.#waiting = this.#waiting.filter((each) => !taken.includes(each));
    return taken;
  }
}
