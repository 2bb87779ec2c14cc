import { TransferError } from "../../kv/transfer/errors.ts";
import type { ExportedChunk } from "../../kv/transfer/exporter.ts";
import type { Snapshot } from "../../proto/raftpb.ts";
import type { SnapshotPosition } from "../../storage/wal/wal-snapshot.ts";
import type { Tuning } from "../tuning.ts";
import { compactRevisionOf } from "./retained.ts";

export interface BackupsParts {
  readonly tuning: Tuning;
  readonly appliedIndex: () => number;
  /** The newest snapshot there is. */
  readonly newest: () => SnapshotPosition;
  readonly find: (position: SnapshotPosition) => Snapshot | undefined;
  /** A checkpoint is to be taken as soon as possible. */
  readonly ask: () => void;
  readonly exportChunk: (manifest: Uint8Array, cursor: Uint8Array) => ExportedChunk;
}

interface Waiting {
  /** Applied when the backup was asked for: it holds at least that. */
  readonly index: number;
  readonly done: (snapshot: Snapshot | undefined) => void;
}

interface Hold {
  readonly snapshot: Snapshot;
  readonly compactRevision: number;
  idleTicks: number;
}

const maxBackups = 4;

/**
 * Backups that clients pull: a snapshot of the state as it was when they asked, and its rows, chunk
 * by chunk. While somebody pulls, no row that he needs is compacted.
 */
export class Backups {
  readonly #parts: BackupsParts;
  readonly #holds = new Map<number, Hold>();
  #waiting: Waiting[] = [];

  constructor(parts: BackupsParts) {
    this.#parts = parts;
  }

  /** The lowest compaction of a backup under way; Infinity for none. */
  get heldCompaction(): number {
    return Math.min(...[...this.#holds.values()].map(({ compactRevision }) => compactRevision));
  }

  /** Gives a snapshot of now; undefined where there are too many already. */
  begin(done: (snapshot: Snapshot | undefined) => void): void {
    if (this.#holds.size + this.#waiting.length >= maxBackups) {
      done(undefined);
      return;
    }
    this.#waiting.push({ index: this.#parts.appliedIndex(), done });
    this.taken();
    if (this.#waiting.length > 0) this.#parts.ask();
  }

  /** A snapshot was recorded: those who waited for it get it, the others the next one. */
  taken(): void {
    const newest = this.#parts.newest();
    const ready = this.#waiting.filter(({ index }) => index <= newest.index);
    this.#waiting = this.#waiting.filter(({ index }) => index > newest.index);
    if (this.#waiting.length > 0) this.#parts.ask();
    if (ready.length === 0) return;
    const snapshot = this.#parts.find(newest);
    if (snapshot !== undefined) this.#hold(snapshot);
    for (const { done } of ready) done(snapshot);
  }

  /** The rows from a cursor on; undefined where that backup is no longer to be had. */
  chunk(index: number, cursor: Uint8Array): ExportedChunk | undefined {
    const hold = this.#holds.get(index);
    if (hold === undefined) return undefined;
    hold.idleTicks = 0;
    try {
      const chunk = this.#parts.exportChunk(hold.snapshot.data, cursor);
      if (chunk.nextCursor === undefined) this.#holds.delete(index);
      return chunk;
    } catch (error) {
      if (!(error instanceof TransferError)) throw error;
      this.#holds.delete(index);
      return undefined;
    }
  }

  tick(): void {
    const { transferIdleMs, tickMs } = this.#parts.tuning;
    for (const [index, hold] of this.#holds) {
      hold.idleTicks += 1;
      if (hold.idleTicks * tickMs > transferIdleMs) this.#holds.delete(index);
    }
  }

  /** The state was replaced, or the member ends. */
  reset(): void {
    this.#holds.clear();
    for (const { done } of this.#waiting.splice(0)) done(undefined);
  }

  #hold(snapshot: Snapshot): void {
    const compactRevision = compactRevisionOf(snapshot.data);
    this.#holds.set(snapshot.metadata.index, { snapshot, compactRevision, idleTicks: 0 });
  }
}
