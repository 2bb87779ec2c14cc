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

/** What raft's storage needs of the WAL: entries that are in it, and their terms. */
export interface LogReader {
  readonly lastIndex: number;
  term(index: number): number | undefined;
  entries(low: number, high: number, maxBytes: number): readonly Entry[];
}

/**
 * raft's Storage (storage.go of etcd's raft) over the WAL: the tail from memory, what is below it
 * from rows, terms always from memory.
 *
 * The WAL comes first: what is appended here has been saved there in the same turn. Invariant:
 * compacted.index <= lastIndex(), which is the WAL's unless that ends before a snapshot.
 */
export class RaftStorage implements Storage {
  #log: LogReader;
  readonly #cache: TailCache;
  #hardState: HardState = emptyHardState;
  /** Of the newest snapshot; its data is in its record. */
  #newest = newSnapshot().metadata;
  /** The entry before the first that can be had; its term is kept. */
  #compacted: SnapshotPosition = { index: 0, term: 0 };
  #supply: (newest: SnapshotPosition) => Snapshot;

  /** @param supply reads a snapshot that was saved or applied; see `supplySnapshots`. */
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
   * Entries lo <= index < hi, as many as stay within `maxSize` bytes of encoding, at least one.
   * Throws CompactedError below firstIndex, and what the WAL throws for a damaged row.
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

  /** The newest snapshot, or what `supplySnapshots` was given answers. */
  snapshot(): Snapshot {
    return this.#newest.index === 0 ? newSnapshot() : this.#supply(this.#newest);
  }

  /** Of the newest snapshot that this member has taken or installed; index 0 where none is. */
  get newest(): SnapshotMetadata {
    return this.#newest;
  }

  /**
   * Lets the host say which snapshot raft sends to a follower, given the newest. It may throw
   * SnapshotTemporarilyUnavailableError.
   */
  supplySnapshots(supply: (newest: SnapshotPosition) => Snapshot): void {
    this.#supply = supply;
  }

  /**
   * Goes on from a snapshot, with the log that follows it (for an installed one, a new log). Throws
   * SnapshotOutOfDateError where it is not newer than the one there is.
   */
  applySnapshot(snapshot: Snapshot, log: LogReader = this.#log): void {
    const { index, term } = snapshot.metadata;
    this.requireNewer(snapshot);
    this.#log = log;
    this.#newest = snapshot.metadata;
    this.#compacted = { index, term };
    this.#cache.clear();
  }

  /** A snapshot of this member's own state was saved. The log stays until `compact`. */
  snapshotSaved(snapshot: Snapshot): void {
    this.requireNewer(snapshot);
    const { index } = snapshot.metadata;
    if (index > this.lastIndex()) {
      throw new InvariantError(`snapshot ${index} is out of bound lastindex(${this.lastIndex()})`);
    }
    this.#newest = snapshot.metadata;
  }

  /** Throws SnapshotOutOfDateError where the snapshot is not newer than the newest there is. */
  requireNewer(snapshot: Snapshot): void {
    if (snapshot.metadata.index <= this.#newest.index) throw new SnapshotOutOfDateError();
  }

  /** Entries that the WAL has. Those at and above the first's index are replaced. */
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
   * Forgets the entries up to `index`, which must be applied; rows go when segments are released.
   * Throws CompactedError where that has been done.
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
