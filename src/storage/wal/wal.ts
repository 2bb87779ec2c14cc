import type { Entry, HardState } from "../../proto/raftpb.ts";
import { entrySize } from "../../proto/raftpb-size.ts";
import { mustSync } from "../../raft/index.ts";
import { defaultLimits, type StorageLimits } from "../limits.ts";
import type { Sql } from "../sql.ts";
import { DamagedRowError } from "./errors.ts";
import { emptyHardState, stateFault } from "./hard-state.ts";
import { LogIndex } from "./log-index.ts";
import { readRows, type WalSlice } from "./reader.ts";
import { encodeRow, metadataBytesBound, type RowContents, rowRange, splitOverRows } from "./row.ts";
import {
  createSegment,
  dropSegment,
  hasSegments,
  insertRow,
  lastRow,
  loadSegments,
  rowName,
  rowsHolding,
  type Segment,
  segmentNumbers,
  snapshotRows,
} from "./segment.ts";
import type { SleepRecord } from "./sleep-record.ts";
import { origin, type SnapshotPosition, type WalSnapshot } from "./wal-snapshot.ts";

/** Bytes of rows read at once for entries below the cache; a single row may be larger. */
const rowReadBytes = 1_000_000;

/** What a WAL begins with. */
export interface WalBeginning {
  /** Identifies the WAL's owner; opaque here, at most 4,096 bytes. */
  readonly metadata: Uint8Array;
  /** The snapshot before the log's first entry. */
  readonly snapshot: WalSnapshot;
  readonly hardState: HardState;
}

/** The result of readAll, as in etcd. */
export interface WalContents {
  readonly metadata: Uint8Array;
  readonly hardState: HardState;
  /** The entries after the snapshot that the WAL was opened at. */
  readonly entries: readonly Entry[];
}

export interface WalSize {
  readonly segments: number;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * The write-ahead log of a member (server/storage/wal/wal.go of etcd), in rows instead of files.
 *
 * Writing methods are called in the turn that their writes belong to: there is no flush but the
 * turn's transaction. A WAL is created, begun from an installed snapshot, or opened at a snapshot;
 * an opened one must be read to its end before it is written.
 */
export class Wal {
  readonly #sql: Sql;
  readonly #segments: Segment[];
  readonly #start: SnapshotPosition;
  readonly #limits: StorageLimits;
  #metadata: Uint8Array;
  #index: LogIndex;
  /** The newest HardState, and the one in the last row. */
  #hardState = emptyHardState;
  #written = emptyHardState;
  /** That of the last row. */
  #sleep: SleepRecord | undefined;
  #nextSeq = 1;
  #bytesWritten = 0;
  #crc = 0;
  #isRead = false;

  private constructor(
    sql: Sql,
    segments: Segment[],
    start: SnapshotPosition,
    limits: StorageLimits,
    metadata: Uint8Array = new Uint8Array(0),
  ) {
    this.#sql = sql;
    this.#segments = segments;
    this.#start = start;
    this.#limits = limits;
    this.#metadata = metadata;
    this.#index = new LogIndex(start);
  }

  /** Whether there is a WAL: a member without one is new, or has lost its storage. */
  static exists(sql: Sql): boolean {
    return hasSegments(sql);
  }

  /** Creates a WAL from index 0 on. Throws where there is one already. */
  static create(sql: Sql, metadata: Uint8Array, limits = defaultLimits): Wal {
    if (Wal.exists(sql)) throw new Error("wal: there is a WAL already");
    return Wal.begin(sql, { metadata, snapshot: origin, hardState: emptyHardState }, limits);
  }

  /**
   * Begins a WAL from an installed snapshot, and drops the old one in the same turn: nothing is
   * replayed across the installation.
   */
  static begin(sql: Sql, beginning: WalBeginning, limits = defaultLimits): Wal {
    const { metadata, snapshot, hardState } = beginning;
    if (metadata.length > metadataBytesBound) {
      throw new RangeError(`metadata of ${metadata.length} bytes, at most ${metadataBytesBound}`);
    }
    requireCommitted(snapshot, hardState);
    const old = segmentNumbers(sql);
    const first = createSegment(sql, (old.at(-1) ?? 0) + 1);
    for (const number of old) dropSegment(sql, number);
    const wal = new Wal(sql, [first], snapshot, limits, metadata);
    wal.#hardState = hardState;
    wal.#isRead = true;
    wal.#writeRow({ metadata, snapshot, entries: [], hardState });
    return wal;
  }

  /**
   * Opens the existing WAL at a snapshot. Does not read the segments that end before it. Throws
   * DamagedRowError where a segment is missing.
   */
  static open(sql: Sql, start: SnapshotPosition, limits = defaultLimits): Wal {
    const segments = loadSegments(sql);
    if (segments.length === 0) throw new Error("wal: there is no WAL to open");
    return new Wal(sql, segments, start, limits);
  }

  /**
   * The snapshots above index 0 in the WAL, oldest first, up to the known commit index: reading can
   * only start from these. Throws for a damaged last row.
   */
  static validSnapshotEntries(sql: Sql): WalSnapshot[] {
    const numbers = segmentNumbers(sql);
    const newest = numbers.at(-1);
    const commit = newest === undefined ? 0 : (lastRow(sql, newest)?.hardState.commit ?? 0);
    return numbers
      .flatMap((number) => snapshotRows(sql, number))
      .flatMap(({ snapshot }) => snapshot ?? [])
      .filter(({ index }) => index <= commit);
  }

  /**
   * Reads and verifies the WAL to its end, in slices between which the caller may yield. A slice's
   * entries replace earlier ones from their first index on. Entries above `lastIndex` at the end
   * are cut off.
   *
   * Throws, at the slice with the fault: SnapshotNotFoundError, SnapshotMismatchError,
   * CrcMismatchError, MetadataConflictError, IndexGapError, DamagedRowError.
   * @param sliceBytes bytes of rows in a slice, about.
   */
  *read(sliceBytes = 4_000_000): Generator<WalSlice, void> {
    if (this.#isRead) throw new Error("wal: it has been read already");
    const begun = this.#segments.findLastIndex(
      ({ firstEntry }) => firstEntry !== undefined && firstEntry <= this.#start.index,
    );
    const segments = this.#segments.slice(Math.max(begun, 0));
    const end = yield* readRows(this.#sql, segments, this.#start, this.#index, sliceBytes);
    this.#metadata = end.metadata;
    this.#hardState = this.#written = end.hardState;
    this.#sleep = end.sleep;
    this.#crc = end.crc;
    this.#nextSeq = end.lastSeq + 1;
    this.#isRead = true;
  }

  /** Reads a small WAL to its end at once. Throws as `read` does. */
  readAll(): WalContents {
    const entries: Entry[] = [];
    for (const slice of this.read()) {
      const [first] = slice.entries;
      if (!first) continue;
      entries.length = first.index - this.#start.index - 1;
      for (const entry of slice.entries) entries.push(entry);
    }
    entries.length = Math.min(entries.length, this.lastIndex - this.#start.index);
    return { metadata: this.#metadata, hardState: this.#hardState, entries };
  }

  get metadata(): Uint8Array {
    return this.#metadata;
  }

  /** The newest HardState; its commit may be ahead of the stored one. */
  get hardState(): HardState {
    return this.#hardState;
  }

  /** The commit index that the last row carries: what a start knows. */
  get storedCommit(): number {
    return this.#written.commit;
  }

  /** The sleep record in force: the newest row's, where it has one. */
  get sleepRecord(): SleepRecord | undefined {
    return this.#sleep;
  }

  /** The index of the last entry, or of the snapshot before the log. */
  get lastIndex(): number {
    return this.#index.lastIndex;
  }

  /** The highest index whose entry can no longer be read. */
  get baseIndex(): number {
    return this.#index.baseIndex;
  }

  /** Bytes of the rows that this instance has written. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  get size(): WalSize {
    let rows = 0;
    let bytes = 0;
    for (const segment of this.#segments) {
      rows += segment.rows;
      bytes += segment.bytes;
    }
    return { segments: this.#segments.length, rows, bytes };
  }

  /**
   * Stores a Ready; returns the number of rows written: none, one, or more where one would be too
   * large. A HardState with only a new commit index is not written (raft's MustSync): it goes with
   * the next row.
   * @param hardState undefined if unchanged.
   * @param entries without gaps; they replace those from the first one's index on.
   */
  save(hardState: HardState | undefined, entries: readonly Entry[]): number {
    this.#requireRead();
    this.#requireConnected(entries);
    const lists = splitOverRows(entries);
    if (hardState) {
      const fault = stateFault(this.#hardState, hardState);
      if (fault) throw new Error(`wal: ${fault}`);
      this.#hardState = hardState;
    }
    if (!mustSync(this.#hardState, this.#written, entries.length)) return 0;
    for (const list of lists) this.#writeRow({ entries: list, hardState: this.#hardState });
    return lists.length;
  }

  /**
   * Stores that a snapshot was taken, in one row. Its index must be committed by the newest
   * HardState, which is written with it: a start accepts no other.
   */
  saveSnapshot(snapshot: WalSnapshot): void {
    this.#requireRead();
    requireCommitted(snapshot, this.#hardState);
    this.#writeRow({ snapshot, entries: [], hardState: this.#hardState });
  }

  /**
   * Writes a row with the HardState alone: when it is durable, so is everything before it. A sleep
   * record that is in force stays so.
   */
  fence(): void {
    this.#requireRead();
    this.#writeRow({ entries: [], sleep: this.#sleep, hardState: this.#hardState });
  }

  /** Writes a sleep record (one row). The next row of any other kind makes it void. */
  writeSleep(sleep: SleepRecord): void {
    this.#requireRead();
    const { term, commit } = this.#hardState;
    const { index } = sleep;
    const fits = index === this.lastIndex && index === commit && sleep.term === term;
    if (!fits || this.term(index) !== term) {
      const log = `a log up to ${this.lastIndex} of term ${this.term(this.lastIndex)}`;
      const state = `HardState ${JSON.stringify(this.#hardState)}`;
      throw new Error(`wal: sleep at ${index} of term ${sleep.term}, with ${log} and ${state}`);
    }
    this.#writeRow({ entries: [], sleep, hardState: this.#hardState });
  }

  /**
   * Drops segments that a start from a snapshot at `index` or later does not need. Keeps the
   * segment with `index` and all later ones.
   */
  releaseTo(index: number): void {
    this.#requireRead();
    const kept = this.#segments.findLastIndex(
      ({ firstEntry }) => firstEntry !== undefined && firstEntry <= index,
    );
    if (kept <= 0) return;
    for (const { number } of this.#segments.splice(0, kept)) dropSegment(this.#sql, number);
    const before = (this.#segments[0]?.firstEntry ?? 0) - 1;
    if (before > this.#index.baseIndex) this.#index.compact(before);
  }

  /** The term of an entry, without a read. Undefined outside of baseIndex..lastIndex. */
  term(index: number): number | undefined {
    return this.#index.term(index);
  }

  /**
   * Verified entries low <= index < high from the rows: as many as fit `maxBytes` encoded, and at
   * least one. Throws RangeError outside of the log, CrcMismatchError or DamagedRowError for a
   * damaged row.
   */
  entries(low: number, high: number, maxBytes: number): Entry[] {
    if (low <= this.baseIndex || low >= high || high > this.lastIndex + 1) {
      const held = `${this.baseIndex + 1}..${this.lastIndex}`;
      throw new RangeError(`wal: entries ${low}..${high - 1} of ${held}`);
    }
    const found: Entry[] = [];
    let bytes = 0;
    for (let index = low; index < high; ) {
      for (const entry of this.#entriesFrom(index, high, maxBytes - bytes)) {
        bytes += entrySize(entry);
        if (bytes > maxBytes && found.length > 0) return found;
        found.push(entry);
        index = entry.index + 1;
      }
    }
    return found;
  }

  /** At least one entry from `index` on, below `high`, from some rows. */
  #entriesFrom(index: number, high: number, maxBytes: number): readonly Entry[] {
    const located = this.#index.locate(index);
    if (!located) throw new Error(`entry ${index} of ${this.baseIndex}..${this.lastIndex} is lost`);
    const { segment, seq } = located.span;
    const range = { first: index, end: Math.min(located.end, high) };
    const rows = rowsHolding(this.#sql, segment, seq, range, Math.min(maxBytes, rowReadBytes));
    const entries = rows.flatMap((row) =>
      row.entries.filter((entry) => entry.index >= range.first && entry.index < range.end),
    );
    const gap = entries.findIndex((entry, i) => entry.index !== index + i);
    if (entries.length === 0 || gap >= 0) {
      const missing = `entry ${index + Math.max(gap, 0)} is not in it, nor in the rows after it`;
      throw new DamagedRowError(rowName(segment, seq), missing);
    }
    return entries;
  }

  #writeRow(contents: RowContents): void {
    const seq = this.#nextSeq;
    let segment = this.#segments.at(-1);
    if (!segment) throw new Error("a WAL without segments");
    let { data, crcAfter } = encodeRow(contents, this.#crc);
    const { segmentRows, segmentBytes } = this.#limits;
    const full = segment.rows >= segmentRows || segment.bytes + data.length > segmentBytes;
    if (full && segment.rows > 0) {
      segment = createSegment(this.#sql, segment.number + 1);
      this.#segments.push(segment);
      ({ data, crcAfter } = encodeRow({ ...contents, metadata: this.#metadata }, this.#crc));
    }
    insertRow(this.#sql, segment, seq, rowRange(contents), data);
    this.#bytesWritten += data.length;
    this.#index.append(contents.entries, segment.number, seq);
    this.#crc = crcAfter;
    this.#nextSeq = seq + 1;
    this.#written = contents.hardState;
    this.#sleep = contents.sleep;
  }

  #requireRead(): void {
    if (!this.#isRead) throw new Error("wal: it must be read to its end before it is written to");
  }

  #requireConnected(entries: readonly Entry[]): void {
    const first = entries[0]?.index;
    if (first === undefined) return;
    if (first <= this.baseIndex || first > this.lastIndex + 1) {
      const held = `${this.baseIndex}..${this.lastIndex}`;
      throw new Error(`wal: entry ${first} saved to a log of ${held}`);
    }
    for (const [i, { index }] of entries.entries()) {
      if (index !== first + i) throw new Error(`wal: entry ${index} saved as number ${first + i}`);
    }
  }
}

function requireCommitted({ index }: SnapshotPosition, { commit }: HardState): void {
  if (index <= commit) return;
  throw new Error(`wal: a snapshot at index ${index}, but only ${commit} is committed`);
}
