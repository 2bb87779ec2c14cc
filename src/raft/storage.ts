import type { ConfState, Entry, HardState, Snapshot } from "../proto/raftpb.ts";

/** What a node finds when it starts. */
export interface InitialState {
  readonly hardState: HardState;
  readonly confState: ConfState;
}

/**
 * Where raft reads what its host has made durable. Everything is synchronous. An error that is not
 * named here ends the node. Source: etcd's storage.go.
 */
export interface Storage {
  /** The saved HardState (all zero where none was) and configuration. */
  initialState(): InitialState;

  /**
   * Entries from `lo` up to but without `hi`: as many as fit `maxSize` bytes (as encoded), but at
   * least one. Neither the caller nor the storage changes them afterwards.
   *
   * Throws CompactedError where lo is compacted, UnavailableError where one of them is missing.
   */
  entries(lo: number, hi: number, maxSize: number): readonly Entry[];

  /**
   * The term of entry `index`, from firstIndex - 1 (kept for matching although that entry may be
   * gone) to lastIndex. Throws CompactedError below and UnavailableError above that.
   */
  term(index: number): number;

  /** The index of the last entry, or of the snapshot where there is no entry. */
  lastIndex(): number;

  /** The index of the first entry that `entries` may return: older ones are in the snapshot. */
  firstIndex(): number;

  /**
   * The newest snapshot; throws SnapshotTemporarilyUnavailableError where it is not ready, and raft
   * asks again later.
   */
  snapshot(): Snapshot;
}
