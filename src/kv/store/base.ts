import type { KeyValue } from "../../proto/generated/etcd.ts";
import type { Scan, Walk } from "./overlay.ts";
import type { HistoryEntry, Passed, Row } from "./version.ts";

/** Where a walk over all rows of a base stands: after this row. */
export interface RowPosition {
  readonly key: string;
  readonly rank: number;
}

/** A block of history, as it is stored: whole entries in the order they were made. */
export interface HistoryBlock {
  readonly sequence: number;
  readonly first: number;
  readonly last: number;
}

/**
 * The part of the store that is on disk: versions of keys, and the history that leads to them by
 * revision. It may hold more than the state does (rows of a future that is replayed, or rows that
 * are compacted), so that every read names the revision it reads at.
 *
 * Writing what is there already changes nothing: one revision of one log says one thing.
 */
export interface Base {
  /** The newest version at or below `revision`; tombstones included. */
  get(key: string, revision: number): KeyValue | undefined;
  /** Exactly this version. */
  version(entry: HistoryEntry): KeyValue | undefined;
  /** The keys with begin <= key < end that live at `revision`. Reads ahead in bounded pages. */
  scanLive(begin: string, end: string, revision: number, reverse: boolean): Scan;
  /** How many they are; where they are more than `most`, any number above or at it. */
  countLive(begin: string, end: string, revision: number, most: number): number;
  /**
   * All keys, with the newest version at or below the revision, and how many versions a walk
   * passes. Reads ahead as scanLive does.
   */
  walk(begin: string, end: string, at: WalkAt, reverse: boolean): Walk;
  /** The versions of the range above `above`, up to `revision`; `most` where there are more. */
  passed(begin: string, end: string, above: number, revision: number, most: number): Passed;
  /** The live keys that have a lease, in key order, from after `after` on. */
  leased(after: string, revision: number, limit: number): readonly LeasedKey[];

  /** Rows whose versions are all of one checkpoint slice. */
  write(rows: readonly Row[]): void;

  // History.
  readonly blocks: readonly HistoryBlock[];
  entries(block: HistoryBlock): readonly HistoryEntry[];
  appendHistory(entries: readonly HistoryEntry[]): void;
  /** Forgets the blocks above `revision`: of a future that will be written again. */
  dropHistoryAbove(revision: number): void;

  // Physical compaction; see compactor.ts.
  /** Removes what nobody reads at or above `revision`, of this key. Returns the rows removed. */
  compactKey(key: string, revision: number, maxRows: number): { removed: number; done: boolean };
  /** Drops the first block, which is compacted. */
  dropFirstBlock(): void;

  // Transfer.
  /** Rows in (key, rank) order after `after`, up to `revision`. Reads ahead in bounded pages. */
  rowsAfter(after: RowPosition | undefined, revision: number): Generator<Row>;
}

/** Which of a base's versions a walk looks at. */
export interface WalkAt {
  readonly revision: number;
  /** Versions from after this revision on are counted: those below may be removed already. */
  readonly above: number;
  /** Up to here. */
  readonly persisted: number;
}

export interface LeasedKey {
  readonly key: string;
  readonly lease: bigint;
  readonly valueBytes: number;
}
