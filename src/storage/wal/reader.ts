import type { Entry, HardState } from "../../proto/raftpb.ts";
import type { Sql } from "../sql.ts";
import { CrcMismatchError, DamagedRowError, IndexGapError } from "./errors.ts";
import type { LogIndex } from "./log-index.ts";
import { Replay } from "./replay.ts";
import { rowName, rowsFrom, type Segment, type StoredRow } from "./segment.ts";
import type { SleepRecord } from "./sleep-record.ts";
import type { SnapshotPosition } from "./wal-snapshot.ts";

/** Entries after the snapshot from some rows. */
export interface WalSlice {
  /** Without gaps. They replace earlier entries from their first index on. */
  readonly entries: readonly Entry[];
  /** Rows read so far, of `totalRows`. */
  readonly rows: number;
  readonly totalRows: number;
}

export interface WalEnd {
  readonly metadata: Uint8Array;
  readonly hardState: HardState;
  /** Of the last row: in an older one it is void. */
  readonly sleep: SleepRecord | undefined;
  readonly crc: number;
  readonly lastSeq: number;
}

/**
 * Reads segments row by row, checks that each row is intact and follows the one before it, and
 * plays them by the rules of Replay. Enters what it reads into `index`. Keeps no cursor open
 * between slices, since other code writes meanwhile.
 */
export function* readRows(
  sql: Sql,
  segments: readonly Segment[],
  start: SnapshotPosition,
  index: LogIndex,
  sliceBytes: number,
): Generator<WalSlice, WalEnd> {
  const totalRows = segments.reduce((sum, { rows }) => sum + rows, 0);
  let [bytes, rows] = [0, 0];
  let entries: Entry[] = [];
  let ofRow: Entry[] = [];
  const replay = new Replay(start, (entry) => ofRow.push(entry));
  let before: StoredRow | undefined;
  for (const { row, segment, isFirst } of rowsOf(sql, segments, sliceBytes)) {
    requireNext(before, row, segment, isFirst);
    ofRow = [];
    replayRow(replay, row);
    index.append(ofRow, segment, row.seq);
    before = row;
    const overrides = (ofRow[0]?.index ?? Infinity) <= (entries.at(-1)?.index ?? 0);
    if (entries.length > 0 && (overrides || bytes + row.bytes > sliceBytes)) {
      yield { entries, rows, totalRows };
      [entries, bytes] = [[], 0];
    }
    for (const entry of ofRow) entries.push(entry);
    bytes += row.bytes;
    rows += 1;
  }
  if (entries.length > 0) yield { entries, rows, totalRows };
  const end = endOf(replay, before);
  index.truncateAfter(replay.lastIndex);
  return end;
}

/** The rows of segments in order, some at a time: other code may write between two batches. */
function* rowsOf(
  sql: Sql,
  segments: readonly Segment[],
  maxBytes: number,
): Generator<{ row: StoredRow; segment: number; isFirst: boolean }> {
  let next = 0;
  for (const { number } of segments) {
    let isFirst = true;
    for (;;) {
      const rows = rowsFrom(sql, number, next, Math.min(maxBytes, 1_000_000));
      if (rows.length === 0) break;
      for (const row of rows) {
        next = row.seq + 1;
        yield { row, segment: number, isFirst };
        isFirst = false;
      }
    }
  }
}

function replayRow(replay: Replay, row: StoredRow): void {
  if (row.metadata) replay.metadataRecord(row.metadata, row.where);
  if (row.snapshot) replay.snapshot(row.snapshot, row.where);
  for (const entry of row.entries) replay.entry(entry, row.where);
  replay.state(row.hardState, row.where);
}

/**
 * Checks that a row follows the last one by number and CRC; only a segment's first has metadata.
 */
function requireNext(
  before: StoredRow | undefined,
  row: StoredRow,
  segment: number,
  isFirst: boolean,
): void {
  if (before && row.seq !== before.seq + 1) {
    throw new DamagedRowError(rowName(segment, before.seq + 1), "the row is missing");
  }
  if (before && row.crcBefore !== before.crcAfter) {
    const crcs = `${row.crcBefore.toString(16)} after ${before.crcAfter.toString(16)}`;
    throw new CrcMismatchError(row.where, `crc mismatch: goes on from ${crcs}`);
  }
  if (isFirst !== (row.metadata !== undefined)) {
    throw new DamagedRowError(
      row.where,
      isFirst ? "metadata is missing" : "metadata in the middle",
    );
  }
}

function endOf(replay: Replay, last: StoredRow | undefined): WalEnd {
  const where = last?.where ?? "wal";
  replay.end(where);
  const { metadata, hardState, lastIndex } = replay;
  if (!last || !metadata) throw new DamagedRowError(where, "no row was read");
  if (hardState.commit > lastIndex) {
    const indexes = `committed ${hardState.commit}, last entry ${lastIndex}`;
    throw new IndexGapError(where, `slice bounds out of range: ${indexes}`);
  }
  return { metadata, hardState, sleep: last.sleep, crc: last.crcAfter, lastSeq: last.seq };
}
