import type { ConfState, Snapshot } from "../../proto/raftpb.ts";
import type { Tuning } from "../world/tuning.ts";

/** The state machine, as a checkpoint sees it. */
export interface Freezable {
  readonly appliedIndex: number;
  readonly appliedTerm: number;
  readonly confState: ConfState;
  readonly status: { readonly overlayBytes: number };
  readonly checkpoints: {
    freeze(): Uint8Array;
    writeSlice(slice: { readonly maxBytes: number; readonly maxRows: number }): boolean;
    finish(): void;
  };
}

/** The member's log and snapshot records, as a checkpoint sees them. */
export interface SnapshotLog {
  /** Index of the newest snapshot that was taken or installed. */
  readonly snapshotIndex: number;
  /** That of the older one of the two that are kept; the same where there is one. */
  readonly olderIndex: number;
  /** The first entry that a follower can still be sent. */
  readonly firstIndex: number;
  /** Bytes of the write-ahead log. */
  readonly logBytes: number;
  /** The WAL's snapshot record and the snap record, in this turn. */
  saveSnapshot(snapshot: Snapshot): void;
  /** Drops entries up to `index`: no follower can be sent them any more. */
  compact(index: number): void;
}

export interface CheckpointParts {
  readonly tuning: Tuning;
  readonly machine: Freezable;
  readonly log: SnapshotLog;
  /** The lowest snapshot index that a transfer still needs the log from; Infinity for none. */
  heldIndex(): number;
  /** Runs `step` again, in a turn of its own. */
  later(): void;
  /** A snapshot was recorded: what it superseded may go. */
  taken(snapshot: Snapshot): void;
}

/**
 * Takes raft's snapshots: freezes the state, writes what changed to the base in slices over several
 * turns, and records the snapshot in the last of them. Everything of the snapshot is captured in
 * the turn that freezes; what is applied meanwhile belongs to the next one.
 */
export class Checkpointer {
  readonly #parts: CheckpointParts;
  #frozen: Snapshot | undefined;
  #asked = false;

  constructor(parts: CheckpointParts) {
    this.#parts = parts;
  }

  get running(): boolean {
    return this.#frozen !== undefined;
  }

  /**
   * Whether a snapshot is due: more than snapshotCount entries were applied since the last one, or
   * the overlay or the log have outgrown their bounds.
   */
  get due(): boolean {
    const { machine, log, tuning } = this.#parts;
    const behind = machine.appliedIndex - log.snapshotIndex;
    if (behind <= 0 || this.#frozen !== undefined) return false;
    return (
      this.#asked ||
      behind > tuning.snapshotCount ||
      machine.status.overlayBytes > tuning.overlayBytes ||
      (log.logBytes > tuning.logBytes && behind > this.#entriesBetween)
    );
  }

  /**
   * A log that only a snapshot of another index can shrink asks once for each of them; sooner where
   * its entries are so large that it has outgrown its bound by far.
   */
  get #entriesBetween(): number {
    const { log, tuning } = this.#parts;
    return tuning.snapshotCount / (log.logBytes > 4 * tuning.logBytes ? 100 : 10);
  }

  /** Takes one as soon as possible, however little has changed (`physical: true`, a backup). */
  ask(): void {
    this.#asked = true;
  }

  /** One step of a checkpoint: freezes, or writes a slice, or records the snapshot. */
  step(): void {
    if (this.#frozen !== undefined) this.#continue(this.#frozen);
    else if (this.due) this.#begin();
  }

  /**
   * Cuts the log to what the newest snapshot leaves followers to need: so many entries, or where
   * those outgrow the log's bound, what came after the older snapshot. What a transfer held back
   * can go once that has ended: where nothing more is written, no other snapshot would come.
   */
  compactLog(): void {
    const { log, tuning } = this.#parts;
    const byCount = log.snapshotIndex - tuning.snapshotCatchUpEntries;
    const byBytes = log.logBytes > tuning.logBytes ? log.olderIndex : 0;
    const index = Math.min(Math.max(byCount, byBytes), this.#parts.heldIndex());
    if (index >= log.firstIndex) log.compact(index);
  }

  /** An installed snapshot has replaced the state. The state machine has cancelled by itself. */
  forget(): void {
    this.#frozen = undefined;
    this.#asked = false;
  }

  #begin(): void {
    const { machine } = this.#parts;
    const { appliedIndex: index, appliedTerm: term, confState } = machine;
    this.#frozen = { data: machine.checkpoints.freeze(), metadata: { index, term, confState } };
    this.#asked = false;
    this.#parts.later();
  }

  #continue(snapshot: Snapshot): void {
    const { machine, tuning } = this.#parts;
    const slice = { maxBytes: tuning.checkpointSliceBytes, maxRows: tuning.checkpointSliceRows };
    if (machine.checkpoints.writeSlice(slice)) this.#finish(snapshot);
    else this.#parts.later();
  }

  #finish(snapshot: Snapshot): void {
    const { machine, log } = this.#parts;
    log.saveSnapshot(snapshot);
    machine.checkpoints.finish();
    this.#frozen = undefined;
    this.compactLog();
    this.#parts.taken(snapshot);
  }
}
