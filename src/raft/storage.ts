import type { ConfState, Entry, HardState, Snapshot } from "../proto/raftpb.ts";

/** What a node starts from. */
export interface InitialState {
  readonly hardState: HardState;
  readonly confState: ConfState;
}

/**
 * Where raft reads what its host has made durable. Synchronous. An error that is not named here
 * ends the node. Source: etcd's storage.go.
 */
export interface Storage {
  /** The saved HardState (all zero if there is none) and configuration. */
  initialState(): InitialState;

  /**
   * Entries from `lo` to below `hi`: as many as fit `maxSize` encoded bytes, but at least one.
   * Neither caller nor storage changes them later.
   *
   * Throws CompactedError where lo is compacted, UnavailableError where an entry is missing.
   */
  entries(lo: number, hi: number, maxSize: number): readonly Entry[];

  /**
   * The term of entry `index`, from firstIndex - 1 (kept for matching, though that entry may be
   * gone) to lastIndex. Throws CompactedError below and UnavailableError above.
   */
  term(index: number): number;

  /** The index of the last entry, or of the snapshot if there is none. */
  lastIndex(): number;

  /** The index of the first entry that `entries` may return: a snapshot has the older ones. */
  firstIndex(): number;

  /**
   * The newest snapshot; throws SnapshotTemporarilyUnavailableError where it is not ready, and raft
   * asks again later.
   */
  snapshot(): Snapshot;
}
