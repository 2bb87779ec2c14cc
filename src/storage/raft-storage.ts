import {
  type Entry,
  type HardState,
  newSnapshot,
  type Snapshot,
  type SnapshotMetadata,
} from "../proto/raftpb.ts";
import {
  CompactedError,
  type InitialState,
  InvariantError,
  limitSize,
  SnapshotOutOfDateError,
  type Storage,
  UnavailableError,
} from "../raft/index.ts";
import { defaultLimits } from "./limits.ts";
import { TailCache } from "./tail-cache.ts";
import { emptyHardState } from "./wal/hard-state.ts";
import type { SnapshotPosition } from "./wal/wal-snapshot.ts";

/** What raft's storage reads from the WAL: entries and their terms. */
export interface LogReader {
  readonly lastIndex: number;
  term(index: number): number | undefined;
  entries(low: number, high: number, maxBytes: number): readonly Entry[];
}

/**
 * raft's Storage (storage.go of etcd's raft) over the WAL: the newest entries from memory, older
 * ones from rows, all terms from memory.
 *
 * Entries are saved in the WAL before they are appended here, in one turn. Invariant:
 * compacted.index <= lastIndex(), which is the WAL's unless that ends before a snapshot.
 */
export class RaftStorage implements Storage {
  #log: LogReader;
  readonly #cache: TailCache;
  #hardState: HardState = emptyHardState;
  /** The metadata of the newest snapshot; its data is in its record. */
  #newest = newSnapshot().metadata;
  /** The position before the first available entry; its term is kept. */
  #compacted: SnapshotPosition = { index: 0, term: 0 };
  #supply: (newest: SnapshotPosition) => Snapshot;

  /** @param supply reads a saved or installed snapshot; see `supplySnapshots`. */
  constructor(
    log: LogReader,
    supply: (newest: SnapshotPosition) => Snapshot,
    cacheBytes = defaultLimits.cacheBytes,
  ) {
    this.#log = log;
    this.#supply = supply;
    this.#cache = new TailCache(cacheBytes);
  }

  /** The saved HardState, and the configuration of the newest snapshot. */
  initialState(): InitialState {
    return { hardState: this.#hardState, confState: this.#newest.confState };
  }

  setHardState(state: HardState): void {
    this.#hardState = state;
  }

  /**
   * Entries lo <= index < hi, as many as fit `maxSize` encoded bytes, at least one. Throws
   * CompactedError below firstIndex, and the WAL's error for a damaged row.
   */
  entries(lo: number, hi: number, maxSize: number): readonly Entry[] {
    if (lo <= this.#compacted.index) throw new CompactedError();
    const last = this.lastIndex();
    if (hi > last + 1) throw new InvariantError(`entries' hi(${hi}) > lastindex(${last}) + 1`);
    if (lo >= hi) return [];
    const cached = this.#cache.first;
    if (lo >= cached) return limitSize(this.#cache.slice(lo, hi), maxSize);
    const stored = this.#log.entries(lo, Math.min(hi, cached), maxSize);
    const next = (stored.at(-1)?.index ?? lo) + 1;
    if (next < cached || next >= hi) return stored;
    return limitSize([...stored, ...this.#cache.slice(next, hi)], maxSize);
  }

  /** The term of an entry, from firstIndex - 1 on. Throws CompactedError and UnavailableError. */
  term(index: number): number {
    if (index < this.#compacted.index) throw new CompactedError();
    if (index === this.#compacted.index) return this.#compacted.term;
    const term = this.#log.term(index);
    if (term === undefined) throw new UnavailableError();
    return term;
  }

  lastIndex(): number {
    return Math.max(this.#log.lastIndex, this.#compacted.index);
  }

  firstIndex(): number {
    return this.#compacted.index + 1;
  }

  /** The newest snapshot, or the one that `supplySnapshots` chooses. */
  snapshot(): Snapshot {
    return this.#newest.index === 0 ? newSnapshot() : this.#supply(this.#newest);
  }

  /** The newest snapshot taken or installed; index 0 for none. */
  get newest(): SnapshotMetadata {
    return this.#newest;
  }

  /**
   * Lets the host choose the snapshot that raft sends to a follower, given the newest. It may throw
   * SnapshotTemporarilyUnavailableError.
   */
  supplySnapshots(supply: (newest: SnapshotPosition) => Snapshot): void {
    this.#supply = supply;
  }

  /**
   * Continues from a snapshot with the log after it (for an installed one, a new log). Throws
   * SnapshotOutOfDateError unless it is newer than the current one.
   */
  applySnapshot(snapshot: Snapshot, log: LogReader = this.#log): void {
    const { index, term } = snapshot.metadata;
    this.requireNewer(snapshot);
    this.#log = log;
    this.#newest = snapshot.metadata;
    this.#compacted = { index, term };
    this.#cache.clear();
  }

  /** Notes that a snapshot of this member's state was saved. The log stays until `compact`. */
  snapshotSaved(snapshot: Snapshot): void {
    this.requireNewer(snapshot);
    const { index } = snapshot.metadata;
    if (index > this.lastIndex()) {
      throw new InvariantError(`snapshot ${index} is out of bound lastindex(${this.lastIndex()})`);
    }
    this.#newest = snapshot.metadata;
  }

  /** Throws SnapshotOutOfDateError unless the snapshot is newer than the newest. */
  requireNewer(snapshot: Snapshot): void {
    if (snapshot.metadata.index <= this.#newest.index) throw new SnapshotOutOfDateError();
  }

  /** Adds entries that are in the WAL; they replace those from the first one's index on. */
  append(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (!last) return;
    if (last.index !== this.#log.lastIndex) {
      const ends = `the WAL at ${this.#log.lastIndex}, what is appended at ${last.index}`;
      throw new InvariantError(`not in the WAL: ${ends}`);
    }
    const skip = Math.max(0, this.firstIndex() - (entries[0]?.index ?? 0));
    this.#cache.append(skip === 0 ? entries : entries.slice(skip));
  }

  /**
   * Drops entries up to `index`, which must be applied; their rows go when segments are released.
   * Throws CompactedError where they are dropped already.
   */
  compact(index: number): void {
    if (index <= this.#compacted.index) throw new CompactedError();
    if (index > this.lastIndex()) {
      throw new InvariantError(`compact ${index} is out of bound lastindex(${this.lastIndex()})`);
    }
    this.#compacted = { index, term: this.term(index) };
    this.#cache.compact(index);
  }

  /** Encoded bytes of the entries in memory. */
  get cachedBytes(): number {
    return this.#cache.bytes;
  }
}
