import type { ConfState, Snapshot } from "../../proto/raftpb.ts";
import type { Tuning } from "../world/tuning.ts";

/** The state machine's part in a checkpoint. */
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

/** The part of log and snapshot records in a checkpoint. */
export interface SnapshotLog {
  /** The index of the newest snapshot, taken or installed. */
  readonly snapshotIndex: number;
  /** The index of the older of two retained snapshots; the newest's where there is one. */
  readonly olderIndex: number;
  /** The first entry that a follower can still be sent. */
  readonly firstIndex: number;
  /** Bytes of the write-ahead log. */
  readonly logBytes: number;
  /** Writes the WAL's snapshot record and the snap record, in this turn. */
  saveSnapshot(snapshot: Snapshot): void;
  /** Drops entries up to `index`, which followers can then no longer be sent. */
  compact(index: number): void;
}

export interface CheckpointParts {
  readonly tuning: Tuning;
  readonly machine: Freezable;
  readonly log: SnapshotLog;
  /** The lowest snapshot index whose following log a transfer needs; Infinity for none. */
  heldIndex(): number;
  /** Runs `step` again, in a turn of its own. */
  later(): void;
  /** A snapshot was recorded: what it superseded may be deleted. */
  taken(snapshot: Snapshot): void;
}

/**
 * Takes snapshots: freezes the state, writes what changed to the base in slices over several turns,
 * and records the snapshot in the last one. All of it is captured when the state is frozen; later
 * entries belong to the next snapshot.
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
   * overlay or log exceed their bounds.
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
   * Entries between snapshots that are taken for the log's size: a tenth of snapshotCount, and a
   * hundredth if the log is far above its bound, because its entries are large.
   */
  get #entriesBetween(): number {
    const { log, tuning } = this.#parts;
    return tuning.snapshotCount / (log.logBytes > 4 * tuning.logBytes ? 100 : 10);
  }

  /**
   * Takes a snapshot as soon as possible, however little has changed (`physical: true`, a backup).
   */
  ask(): void {
    this.#asked = true;
  }

  /** Does one step of a checkpoint: freezes, writes a slice, or records the snapshot. */
  step(): void {
    if (this.#frozen !== undefined) this.#continue(this.#frozen);
    else if (this.due) this.#begin();
  }

  /**
   * Compacts the log to what followers may need below the newest snapshot: so many entries, or if
   * those exceed the log's bound, the entries after the older snapshot. Called again when a
   * transfer that held entries ends, since without writes no other snapshot would come.
   */
  compactLog(): void {
    const { log, tuning } = this.#parts;
    const byCount = log.snapshotIndex - tuning.snapshotCatchUpEntries;
    const byBytes = log.logBytes > tuning.logBytes ? log.olderIndex : 0;
    const index = Math.min(Math.max(byCount, byBytes), this.#parts.heldIndex());
    if (index >= log.firstIndex) log.compact(index);
  }

  /**
   * Forgets the checkpoint: an installed snapshot replaced the state, which cancelled it itself.
   */
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
