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
import { origin, type SnapshotPosition, type WalSnapshot } from "./wal-snapshot.ts";

/** Bytes of rows that are read at once below the cache: at most, or a single row. */
const rowReadBytes = 1_000_000;

/** What a WAL begins with. */
export interface WalBeginning {
  /** Whose WAL it is, opaque here: at most 4,096 bytes. */
  readonly metadata: Uint8Array;
  /** From which snapshot the log goes on. */
  readonly snapshot: WalSnapshot;
  readonly hardState: HardState;
}

/** What readAll answers, as etcd's. */
export interface WalContents {
  readonly metadata: Uint8Array;
  readonly hardState: HardState;
  /** Those after the snapshot that the WAL was opened at. */
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
 * Every method that writes must be called in the turn whose writes it belongs to: there is no
 * flush, the transaction of the turn is it. A WAL is created, begun from an installed snapshot, or
 * opened at a snapshot's position; one that was opened is read to its end before it takes more.
 */
export class Wal {
  readonly #sql: Sql;
  readonly #segments: Segment[];
  readonly #start: SnapshotPosition;
  readonly #limits: StorageLimits;
  #metadata: Uint8Array;
  #index: LogIndex;
  /** The newest HardState there is, and the one that the last row carries. */
  #hardState = emptyHardState;
  #written = emptyHardState;
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

  /** A new WAL from index 0 on. Throws where there is one already. */
  static create(sql: Sql, metadata: Uint8Array, limits = defaultLimits): Wal {
    if (Wal.exists(sql)) throw new Error("wal: there is a WAL already");
    return Wal.begin(sql, { metadata, snapshot: origin, hardState: emptyHardState }, limits);
  }

  /**
   * A new WAL from an installed snapshot on. What was there before is dropped in the same turn, so
   * that nothing ever replays across the installation.
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
   * The WAL that is there, to be read from this snapshot on. Rows of segments that end before it
   * are not touched. Throws DamagedRowError where a segment is missing.
   */
  static open(sql: Sql, start: SnapshotPosition, limits = defaultLimits): Wal {
    const segments = loadSegments(sql);
    if (segments.length === 0) throw new Error("wal: there is no WAL to open");
    return new Wal(sql, segments, start, limits);
  }

  /**
   * The snapshots above index 0 that the WAL knows of, oldest first, not above the index that is
   * known to be committed: only from these can it be read. Throws for a damaged last row.
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
   * entries may begin at or below what came before: then they replace it from there on. What is
   * above `lastIndex` at the end had been cut off.
   *
   * Throws, at the slice that meets it: SnapshotNotFoundError, SnapshotMismatchError,
   * CrcMismatchError, MetadataConflictError, IndexGapError, DamagedRowError.
   *
   * @param sliceBytes about as many bytes of rows a slice.
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
    this.#crc = end.crc;
    this.#nextSeq = end.lastSeq + 1;
    this.#isRead = true;
  }

  /** Reads the WAL to its end at once: for what is known to be small. Throws as `read` does. */
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

  /** The newest HardState: its commit may be ahead of what is stored. */
  get hardState(): HardState {
    return this.#hardState;
  }

  /** Index of the last entry, or of the snapshot that the log goes on from. */
  get lastIndex(): number {
    return this.#index.lastIndex;
  }

  /** The index up to which entries can no longer be read. */
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
   * Stores what one Ready asks for; returns the number of rows that took: one, or more where one
   * would grow too large, or none. A HardState that differs in its commit alone is not worth a row
   * (raft's MustSync): it is remembered, and goes with the next one.
   *
   * @param hardState undefined where it has not changed.
   * @param entries without gaps; they replace what is at and above the first's index.
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
   * Stores that a snapshot was taken (one row). Its index must be committed as far as the newest
   * HardState knows, which goes with it: a start accepts no other.
   */
  saveSnapshot(snapshot: WalSnapshot): void {
    this.#requireRead();
    requireCommitted(snapshot, this.#hardState);
    this.#writeRow({ snapshot, entries: [], hardState: this.#hardState });
  }

  /** Writes a row with nothing but the HardState: once it is durable, so is all before it. */
  fence(): void {
    this.#requireRead();
    this.#writeRow({ entries: [], hardState: this.#hardState });
  }

  /**
   * Drops the segments that a start from a snapshot at `index`, or a later one, does not need.
   * Entries from the segment in which `index` lies stay.
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
   * Entries low <= index < high from the rows, verified: as many as stay within `maxBytes` of their
   * encoding, and at least one. Throws RangeError outside of what the log holds, CrcMismatchError
   * or DamagedRowError for a damaged row.
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

  /** Entries from `index` on, none at or above `high`: at least one, from some rows. */
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
