import type { Sql, SqlValue } from "../sql.ts";
import { DamagedRowError } from "./errors.ts";
import { type DecodedRow, decodeRow, type RowRange } from "./row.ts";

/** One table of rows, `wal_<number>`: only appended to, and dropped as a whole. */
export interface Segment {
  readonly number: number;
  rows: number;
  bytes: number;
  /** The index of its first entry; undefined while it has none. */
  firstEntry: number | undefined;
}

export interface StoredRow extends DecodedRow {
  readonly seq: number;
  readonly bytes: number;
  readonly where: string;
}

interface Columns {
  readonly seq: SqlValue;
  readonly first: SqlValue;
  readonly last: SqlValue;
  readonly data: SqlValue;
  readonly [column: string]: SqlValue;
}

const table = (number: number): string => `wal_${number}`;

export function rowName(number: number, seq: number): string {
  return `${table(number)} row ${seq}`;
}

/** Whether there is a WAL. */
export function hasSegments(sql: Sql): boolean {
  return segmentNumbers(sql).length > 0;
}

/** The numbers of all segments, ascending. */
export function segmentNumbers(sql: Sql): number[] {
  const query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'wal_[0-9]*'";
  const numbers = sql
    .exec<{ name: string }>(query)
    .toArray()
    .map(({ name }) => Number(name.slice("wal_".length)));
  return numbers.filter(Number.isSafeInteger).sort((a, b) => a - b);
}

/**
 * All segments, oldest first. Throws DamagedRowError where one between two others is missing or one
 * is empty: each is created with its first row.
 */
export function loadSegments(sql: Sql): Segment[] {
  const segments = segmentNumbers(sql).map((number) => loadSegment(sql, number));
  for (const [i, { number, rows }] of segments.entries()) {
    const expected = (segments[0]?.number ?? 0) + i;
    if (number !== expected) throw new DamagedRowError(table(expected), "the segment is missing");
    if (rows === 0) throw new DamagedRowError(table(number), "the segment is empty");
  }
  return segments;
}

function loadSegment(sql: Sql, number: number): Segment {
  const name = table(number);
  const size = `SELECT count(*) AS rows, ifnull(sum(length(data)), 0) AS bytes FROM ${name}`;
  const { rows, bytes } = sql.exec<{ rows: number; bytes: number }>(size).one();
  const query = `SELECT first FROM ${name} WHERE first > 0 ORDER BY seq LIMIT 1`;
  const [row] = sql.exec<{ first: number }>(query).toArray();
  return { number, rows, bytes, firstEntry: row?.first };
}

/** Billed as two rows, once in thousands. */
export function createSegment(sql: Sql, number: number): Segment {
  sql.exec(
    `CREATE TABLE ${table(number)} (seq INTEGER PRIMARY KEY, first INTEGER NOT NULL, ` +
      "last INTEGER NOT NULL, data BLOB NOT NULL)",
  );
  return { number, rows: 0, bytes: 0, firstEntry: undefined };
}

/** Billed as no row. */
export function dropSegment(sql: Sql, number: number): void {
  sql.exec(`DROP TABLE ${table(number)}`);
}

/** Billed as one row. */
export function insertRow(
  sql: Sql,
  segment: Segment,
  seq: number,
  range: RowRange,
  data: Uint8Array,
): void {
  const query = `INSERT INTO ${table(segment.number)} (seq, first, last, data) VALUES (?, ?, ?, ?)`;
  sql.exec(query, seq, range.first, range.last, data);
  segment.rows += 1;
  segment.bytes += data.length;
  if (range.first > 0) segment.firstEntry ??= range.first;
}

/** The most rows read by one query. */
const rowsPerQuery = 256;

/**
 * Verified rows of a segment from `seq` on: as many as fit `maxBytes`, but at least one if there is
 * one.
 */
export function rowsFrom(sql: Sql, number: number, seq: number, maxBytes: number): StoredRow[] {
  return someRows(sql, number, "seq >= ?", [seq], maxBytes);
}

/** As rowsFrom, only rows that hold any of the entries first <= index < end. */
export function rowsHolding(
  sql: Sql,
  number: number,
  seq: number,
  entries: { readonly first: number; readonly end: number },
  maxBytes: number,
): StoredRow[] {
  const condition = "seq >= ? AND first > 0 AND first < ? AND last >= ?";
  return someRows(sql, number, condition, [seq, entries.end, entries.first], maxBytes);
}

/**
 * Reads the sizes first (SQLite does not read a BLOB for its length), then the rows that fit: no
 * cursor stays open, and nothing is read in vain.
 */
function someRows(
  sql: Sql,
  number: number,
  condition: string,
  bindings: number[],
  maxBytes: number,
): StoredRow[] {
  const query = `SELECT seq, length(data) AS bytes FROM ${table(number)} WHERE ${condition}`;
  let last: number | undefined;
  let total = 0;
  for (const { seq, bytes } of sql
    .exec<{ seq: number; bytes: number }>(
      `${query} ORDER BY seq LIMIT ${rowsPerQuery}`,
      ...bindings,
    )
    .toArray()) {
    total += bytes;
    if (last !== undefined && total > maxBytes) break;
    last = seq;
  }
  if (last === undefined) return [];
  const columns = select(sql, number, `${condition} AND seq <= ? ORDER BY seq`, ...bindings, last);
  return columns.map((row) => verified(number, row));
}

/** The last row of a segment, verified. */
export function lastRow(sql: Sql, number: number): StoredRow | undefined {
  const [row] = select(sql, number, "1 ORDER BY seq DESC LIMIT 1");
  return row && verified(number, row);
}

/** The intact rows with a snapshot record above index 0. */
export function snapshotRows(sql: Sql, number: number): StoredRow[] {
  const rows: StoredRow[] = [];
  for (const columns of select(sql, number, "first = 0 AND last > 0 ORDER BY seq")) {
    try {
      rows.push(verified(number, columns));
    } catch (error) {
      // Skips a damaged row: reading the WAL from an earlier snapshot will report it.
      if (!(error instanceof Error) || !isDamage(error)) throw error;
    }
  }
  return rows;
}

function isDamage(error: Error): boolean {
  return error.name === "CrcMismatchError" || error.name === "DamagedRowError";
}

function select(sql: Sql, number: number, condition: string, ...bindings: number[]): Columns[] {
  const query = `SELECT seq, first, last, data FROM ${table(number)} WHERE ${condition}`;
  return sql.exec<Columns>(query, ...bindings).toArray();
}

function verified(number: number, { seq, first, last, data }: Columns): StoredRow {
  const where = rowName(number, Number(seq));
  if (!(data instanceof ArrayBuffer) || typeof first !== "number" || typeof last !== "number") {
    throw new DamagedRowError(where, "a column of the wrong type");
  }
  const row = decodeRow(new Uint8Array(data), { first, last }, where);
  return { ...row, seq: Number(seq), bytes: data.byteLength, where };
}
