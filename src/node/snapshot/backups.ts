import { holdIdleMs } from "../../kv/range/holds.ts";
import { TransferError } from "../../kv/transfer/errors.ts";
import type { ExportedChunk } from "../../kv/transfer/exporter.ts";
import type { Snapshot } from "../../proto/raftpb.ts";
import type { Core } from "../core.ts";
import type { Checkpointer } from "./checkpoints.ts";
import { compactRevisionOf, type RetainedSnapshots } from "./retained.ts";

interface AwaitedBackup {
  /** The applied index when the backup was requested: it holds at least that. */
  readonly index: number;
  readonly done: (snapshot: Snapshot | undefined) => void;
}

interface BackupHold {
  readonly snapshot: Snapshot;
  readonly compactRevision: number;
  /** Clients that have not read it to the end. */
  readers: number;
  idleTicks: number;
  ticks: number;
}

/** Backups that are read at a time. */
export const maxBackups = 4;
/** How long a backup's rows are held at most, however slowly it is read. */
export const backupMaxMs = 4 * 3_600_000;

/**
 * Backups that clients pull: a snapshot of the state at the request, and its rows chunk by chunk.
 * Rows that a client still needs are not compacted.
 */
export class Backups {
  readonly #core: Core;
  readonly #retained: RetainedSnapshots;
  readonly #checkpoint: Checkpointer;
  readonly #holds = new Map<number, BackupHold>();
  #waiting: AwaitedBackup[] = [];

  constructor(core: Core, retained: RetainedSnapshots, checkpoint: Checkpointer) {
    this.#core = core;
    this.#retained = retained;
    this.#checkpoint = checkpoint;
  }

  /** The lowest compact revision of a backup in progress; Infinity for none. */
  get heldCompaction(): number {
    return Math.min(...[...this.#holds.values()].map(({ compactRevision }) => compactRevision));
  }

  /** Passes on a snapshot of now; undefined where too many backups are in progress. */
  begin(done: (snapshot: Snapshot | undefined) => void): void {
    if (this.#holds.size + this.#waiting.length >= maxBackups) {
      done(undefined);
      return;
    }
    this.#waiting.push({ index: this.#core.machine.appliedIndex, done });
    this.taken();
    if (this.#waiting.length > 0) this.#ask();
  }

  /** Gives a new snapshot to the clients that waited for it. */
  taken(): void {
    const newest = this.#core.storage.raft.newest;
    const ready = this.#waiting.filter(({ index }) => index <= newest.index);
    this.#waiting = this.#waiting.filter(({ index }) => index > newest.index);
    if (this.#waiting.length > 0) this.#ask();
    if (ready.length === 0) return;
    const snapshot = this.#retained.find(newest);
    if (snapshot !== undefined) this.#hold(snapshot).readers += ready.length;
    for (const { done } of ready) done(snapshot);
  }

  /**
   * The rows from a cursor on; undefined where that backup is gone. A backup begun before a restart
   * continues as long as its snapshot is retained.
   */
  chunk(index: number, cursor: Uint8Array): ExportedChunk | undefined {
    const hold = this.#holds.get(index) ?? this.#again(index);
    if (hold === undefined) return undefined;
    hold.idleTicks = 0;
    try {
      const { machine, options } = this.#core;
      const chunk = machine.transfers.exportChunk(
        hold.snapshot.data,
        cursor,
        options.tuning.chunkBytes,
      );
      if (chunk.nextCursor === undefined) hold.readers -= 1;
      if (hold.readers <= 0) this.#holds.delete(index);
      return chunk;
    } catch (error) {
      if (!(error instanceof TransferError)) throw error;
      this.#holds.delete(index);
      return undefined;
    }
  }

  tick(): void {
    const { tickMs } = this.#core.options.tuning;
    for (const [index, hold] of this.#holds) {
      hold.idleTicks += 1;
      hold.ticks += 1;
      const over = hold.idleTicks * tickMs > holdIdleMs || hold.ticks * tickMs > backupMaxMs;
      if (over) this.#holds.delete(index);
    }
  }

  /** Ends all backups: the state was replaced, or the member ends. */
  reset(): void {
    this.#holds.clear();
    for (const { done } of this.#waiting.splice(0)) done(undefined);
  }

  /** Asks for a checkpoint at the end of the next turn that applies something. */
  #ask(): void {
    this.#checkpoint.ask();
    if (this.#checkpoint.due) this.#checkpoint.step();
  }

  #again(index: number): BackupHold | undefined {
    const snapshot = this.#holds.size < maxBackups ? this.#retained.at(index) : undefined;
    if (snapshot === undefined) return undefined;
    const hold = this.#hold(snapshot);
    hold.readers = 1;
    return hold;
  }

  #hold(snapshot: Snapshot): BackupHold {
    const { index } = snapshot.metadata;
    const compactRevision = compactRevisionOf(snapshot.data);
    const begun = { snapshot, compactRevision, readers: 0, idleTicks: 0, ticks: 0 };
    const hold = this.#holds.get(index) ?? begun;
    this.#holds.set(index, hold);
    return hold;
  }
}
