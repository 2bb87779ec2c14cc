import type { KeyValue } from "../../proto/generated/etcd.ts";
import type { Sql, SqlBinding, SqlValue } from "../../storage/sql.ts";
import { byteString, bytesOf, KEY_RANGE_INFINITY } from "../key-range.ts";
import type { Base, HistoryBlock, LeasedKey, RowPosition } from "./base.ts";
import { HistoryTable } from "./history-table.ts";
import { keyWithValueOnDisk } from "./large-value.ts";
import type { Scan } from "./overlay.ts";
import { type HistoryEntry, lastRankOf, type Row, rankOf } from "./version.ts";

/** Keys and values up to here together stay in the row itself; see the platform's space figures. */
const inlineBytes = 900;
const firstPageRows = 32;
const maxPageRows = 512;
const pageBytes = 128 * 1_024;
const rowPage = 128;

/**
 * SQLite looks at a bare `LIMIT ?` when it plans, and so prepares the statement anew for every
 * value bound to it: three times the cost of a short one. A sum is not looked at.
 */
const limited = "LIMIT ? + 0";

const columns = "key, rank, created, version, lease, value, large";
/** As many as the platform binds in one statement (100 parameters). */
const rowsPerInsert = 14;
/** The newest row of each key: MAX takes the other columns along (SQLite's bare columns). */
const newestColumns = "key, MAX(rank), created, version, lease, value, large";

type Columns = SqlValue[];

/**
 * A base in one generation of tables: `kv_<n>` has a row for each version, keyed by key and rank
 * (version.ts), and `large_<n>` the values too long for it; `history_<n>` is the order in time.
 */
export class SqlBase implements Base {
  readonly #sql: Sql;
  readonly #rows: string;
  readonly #large: string;
  readonly #insertOne: string;
  readonly #insertGroup: string;
  readonly #history: HistoryTable;
  #nextLarge: number;
  /** The last one that was looked at: who does looks again at once. */
  #loaded: { readonly id: number; readonly value: Uint8Array } | undefined;

  /** Opens the tables of a generation, which are made if they are not there. */
  constructor(sql: Sql, generation: number) {
    this.#sql = sql;
    this.#rows = `kv_${generation}`;
    this.#large = `large_${generation}`;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS ${this.#rows} (key BLOB NOT NULL, rank INTEGER NOT NULL,
       created INTEGER NOT NULL, version INTEGER NOT NULL, lease TEXT, value BLOB, large INTEGER,
       PRIMARY KEY (key, rank)) WITHOUT ROWID`,
    );
    sql.exec(
      `CREATE TABLE IF NOT EXISTS ${this.#large} (id INTEGER PRIMARY KEY, value BLOB NOT NULL)`,
    );
    const one = "(?, ?, ?, ?, ?, ?, ?)";
    this.#insertOne = `INSERT OR IGNORE INTO ${this.#rows} (${columns}) VALUES ${one}`;
    this.#insertGroup = this.#insertOne + `, ${one}`.repeat(rowsPerInsert - 1);
    this.#history = new HistoryTable(sql, `history_${generation}`);
    const [largest] = this.#query(`SELECT MAX(id) FROM ${this.#large}`);
    this.#nextLarge = Number(largest?.[0] ?? 0) + 1;
  }

  /** Drops the tables of a generation. */
  static drop(sql: Sql, generation: number): void {
    for (const name of ["kv", "large", "history"]) {
      sql.exec(`DROP TABLE IF EXISTS ${name}_${generation}`);
    }
  }

  get(key: string, revision: number): KeyValue | undefined {
    const [row] = this.#query(
      `SELECT ${columns} FROM ${this.#rows} WHERE key = ? AND rank <= ?
       ORDER BY rank DESC LIMIT 1`,
      bytesOf(key),
      lastRankOf(revision),
    );
    return row === undefined ? undefined : this.#keyValue(row);
  }

  version({ key, revision, second }: HistoryEntry): KeyValue | undefined {
    const [row] = this.#query(
      `SELECT ${columns} FROM ${this.#rows} WHERE key = ? AND rank = ?`,
      bytesOf(key),
      rankOf(revision, second),
    );
    return row === undefined ? undefined : this.#keyValue(row);
  }

  *scanLive(begin: string, end: string, revision: number, reverse: boolean): Scan {
    let [from, to] = [begin, end];
    let limit = firstPageRows;
    for (;;) {
      const range = rangeClause(from, to);
      const page = this.#query(
        `SELECT ${newestColumns} FROM ${this.#rows} WHERE ${range.where} AND rank <= ?
         GROUP BY key HAVING version > 0 ORDER BY key ${reverse ? "DESC" : "ASC"} ${limited}`,
        ...range.bindings,
        lastRankOf(revision),
        limit,
      );
      let bytes = 0;
      let key = "";
      for (const row of page) {
        key = byteString(blob(row[0]));
        bytes += key.length + (row[5] instanceof ArrayBuffer ? row[5].byteLength : 0);
        yield [key, this.#keyValue(row)];
      }
      if (page.length < limit) return;
      if (reverse) to = key;
      else from = `${key}\0`;
      const grown = bytes < pageBytes ? limit * 2 : limit >>> 1;
      limit = Math.max(1, Math.min(grown, maxPageRows));
    }
  }

  countLive(begin: string, end: string, revision: number, most: number): number {
    const range = rangeClause(begin, end);
    const [row] = this.#query(
      `SELECT COUNT(*) FROM (SELECT version, MAX(rank) FROM ${this.#rows}
       WHERE ${range.where} AND rank <= ? GROUP BY key HAVING version > 0 ${limited})`,
      ...range.bindings,
      lastRankOf(revision),
      Math.min(most, Number.MAX_SAFE_INTEGER),
    );
    return Number(row?.[0] ?? 0);
  }

  leased(after: string, revision: number, limit: number): readonly LeasedKey[] {
    const rows = this.#query(
      `SELECT key, lease, MAX(rank), length(value), large FROM ${this.#rows}
       WHERE key > ? AND rank <= ?
       GROUP BY key HAVING lease IS NOT NULL ORDER BY key ${limited}`,
      bytesOf(after),
      lastRankOf(revision),
      limit,
    );
    return rows.map(([key, lease, _, bytes, large]) => ({
      key: byteString(blob(key)),
      lease: BigInt(String(lease)),
      valueBytes: typeof large === "number" ? this.#largeBytes(large) : Number(bytes),
    }));
  }

  write(rows: readonly Row[]): void {
    const sorted = [...rows].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    for (let at = 0; at < sorted.length; ) {
      // What is left over goes one by one, so that there are two statements and no more.
      const whole = sorted.length - at >= rowsPerInsert;
      const group = sorted.slice(at, at + (whole ? rowsPerInsert : 1));
      const bindings = group.flatMap((row) => this.#bindingsOf(row));
      this.#sql.exec(whole ? this.#insertGroup : this.#insertOne, ...bindings);
      at += group.length;
    }
  }

  /** A row's columns; a value too long for it is written to its own table. */
  #bindingsOf({ kv, second }: Row): SqlBinding[] {
    const { key } = kv;
    const rank = rankOf(kv.modRevision, second);
    let value: Uint8Array | null = kv.value;
    let large: number | null = null;
    if (key.length + value.length > inlineBytes && value.length > 0) {
      large = this.#largeOf(key, rank) ?? this.#insertLarge(value);
      value = null;
    }
    const lease = kv.lease === 0n ? null : String(kv.lease);
    return [key, rank, kv.createRevision, kv.version, lease, value, large];
  }

  /** Where a value is that was written before. */
  #largeOf(key: Uint8Array, rank: number): number | undefined {
    const [found] = this.#query(
      `SELECT large FROM ${this.#rows} WHERE key = ? AND rank = ?`,
      key,
      rank,
    );
    return found === undefined ? undefined : Number(found[0]);
  }

  #insertLarge(value: Uint8Array): number {
    const id = this.#nextLarge++;
    this.#sql.exec(`INSERT INTO ${this.#large} (id, value) VALUES (?, ?)`, id, value);
    return id;
  }

  get blocks(): readonly HistoryBlock[] {
    return this.#history.blocks;
  }

  entries(block: HistoryBlock): readonly HistoryEntry[] {
    return this.#history.entries(block);
  }

  appendHistory(entries: readonly HistoryEntry[]): void {
    this.#history.append(entries);
  }

  dropHistoryAbove(revision: number): void {
    this.#history.dropAbove(revision);
  }

  dropFirstBlock(): void {
    this.#history.dropFirst();
  }

  compactKey(key: string, revision: number, maxRows: number): { removed: number; done: boolean } {
    const rows = this.#query(
      `SELECT rank, version, large FROM ${this.#rows} WHERE key = ? AND rank <= ?
       ORDER BY rank ${limited}`,
      bytesOf(key),
      lastRankOf(revision),
      maxRows + 1,
    );
    const complete = rows.length <= maxRows;
    // The last one read is the newest, or stands for it until the next call.
    const newest = rows.at(-1);
    const firstKept = rankOf(revision, false);
    let removed = 0;
    for (const [rank, version, large] of rows) {
      const superseded = rank !== newest?.[0];
      if (Number(rank) >= firstKept || !(superseded || (complete && version === 0))) continue;
      this.#sql.exec(
        `DELETE FROM ${this.#rows} WHERE key = ? AND rank = ?`,
        bytesOf(key),
        Number(rank),
      );
      if (large !== null && large !== undefined) {
        this.#sql.exec(`DELETE FROM ${this.#large} WHERE id = ?`, large);
        this.#loaded = undefined;
        removed++;
      }
      removed++;
    }
    // With nothing taken out the oldest one is kept, and so are all after it.
    return { removed, done: complete || removed === 0 };
  }

  *rowsAfter(after: RowPosition | undefined, revision: number): Generator<Row> {
    let [key, rank] = [bytesOf(after?.key ?? ""), after?.rank ?? 0];
    for (;;) {
      const page = this.#query(
        `SELECT ${columns} FROM ${this.#rows} WHERE (key, rank) > (?, ?) AND rank <= ?
         ORDER BY key, rank ${limited}`,
        key,
        rank,
        lastRankOf(revision),
        rowPage,
      );
      for (const row of page) {
        key = new Uint8Array(blob(row[0]));
        rank = Number(row[1]);
        yield { key: byteString(key), kv: this.#keyValue(row), second: rank % 2 === 1 };
      }
      if (page.length < rowPage) return;
    }
  }

  /** Whole pages only: no cursor stays open while another statement runs. */
  #query(query: string, ...bindings: SqlBinding[]): Columns[] {
    return [...this.#sql.exec(query, ...bindings).raw()];
  }

  #keyValue(row: Columns): KeyValue {
    const [key, rank, created, version, lease, value, large] = row;
    const kv = {
      key: blob(key),
      createRevision: Number(created),
      modRevision: Math.floor(Number(rank) / 2),
      version: Number(version),
      lease: typeof lease === "string" ? BigInt(lease) : 0n,
    };
    if (typeof large === "number") {
      return keyWithValueOnDisk(
        kv,
        () => this.#largeValue(large),
        () => this.#largeBytes(large),
      );
    }
    return { ...kv, value: blob(value) };
  }

  /** SQLite reads no more than the head of a row for it. */
  #largeBytes(id: number): number {
    if (this.#loaded?.id === id) return this.#loaded.value.length;
    const [row] = this.#query(`SELECT length(value) FROM ${this.#large} WHERE id = ?`, id);
    if (row === undefined) throw new Error(`${this.#large} has no value ${id}`);
    return Number(row[0]);
  }

  #largeValue(id: number): Uint8Array {
    if (this.#loaded?.id === id) return this.#loaded.value;
    const [row] = this.#query(`SELECT value FROM ${this.#large} WHERE id = ?`, id);
    if (row === undefined) throw new Error(`${this.#large} has no value ${id}`);
    const value = blob(row[0]);
    this.#loaded = { id, value };
    return value;
  }
}

const noBytes = new Uint8Array(0);

function blob(value: SqlValue | undefined): Uint8Array {
  if (value instanceof ArrayBuffer) return value.byteLength === 0 ? noBytes : new Uint8Array(value);
  throw new Error(`a blob was expected, not ${typeof value}`);
}

function rangeClause(begin: string, end: string): { where: string; bindings: SqlBinding[] } {
  if (end === KEY_RANGE_INFINITY) return { where: "key >= ?", bindings: [bytesOf(begin)] };
  return { where: "key >= ? AND key < ?", bindings: [bytesOf(begin), bytesOf(end)] };
}
