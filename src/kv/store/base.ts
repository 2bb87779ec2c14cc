import type { KeyValue } from "../../proto/generated/etcd.ts";
import { StorageDamagedError } from "../../storage/damage.ts";
import type { Sql, SqlBinding, SqlValue } from "../../storage/sql.ts";
import { byteString, bytesOf, KEY_RANGE_INFINITY } from "../keys/key-range.ts";
import { type HistoryBlock, HistoryTable } from "./history-table.ts";
import { keyWithValueOnDisk, valueBytesOf } from "./large-value.ts";
import type { Scan, Walk } from "./overlay.ts";
import { rowSum, verifyRow } from "./row-sum.ts";
import { type HistoryEntry, lastRankOf, type Passed, type Row, rankOf } from "./version.ts";

/** Bytes up to which key and value together stay in the row: the platform's space figures. */
const inlineBytes = 900;
const firstPageRows = 32;
const maxPageRows = 512;
const pageBytes = 128 * 1_024;
const rowPage = 128;

/**
 * SQLite looks at a bare `LIMIT ?` while planning, and so prepares the statement anew for every
 * value, at three times the cost of a short query. It does not look at a sum.
 */
const limited = "LIMIT ? + 0";

const columns = "key, rank, created, version, lease, value, large, sum";
/** The platform binds at most 100 parameters in one statement. */
const rowsPerInsert = 12;
/** The newest row of each key: MAX selects the other columns' row (SQLite's bare columns). */
const newestColumns = "key, MAX(rank), created, version, lease, value, large, sum";

type Columns = SqlValue[];

/** The row after which a walk over all rows of a base continues. */
export interface RowPosition {
  readonly key: string;
  readonly rank: number;
}

/** The versions that a walk over a base looks at. */
export interface WalkAt {
  readonly revision: number;
  /** Versions above this revision are counted: lower ones may be removed already. */
  readonly above: number;
  /** Versions up to this revision are counted. */
  readonly persisted: number;
}

export interface LeasedKey {
  readonly key: string;
  readonly lease: bigint;
  readonly valueBytes: number;
}

/**
 * The part of the store on disk: versions of keys, and their history by revision. It may hold more
 * than the state (rows of entries that are being replayed, and compacted rows), so every read names
 * its revision. Writing a row again changes nothing, since one log gives a revision one content.
 *
 * One Base is one generation of tables: `kv_<n>` has a row for each version, keyed by key and rank
 * (version.ts), `large_<n>` values too long for it, `history_<n>` the changes in order.
 */
export class Base {
  readonly #sql: Sql;
  readonly #rows: string;
  readonly #large: string;
  readonly #insertOne: string;
  readonly #insertGroup: string;
  readonly #history: HistoryTable;
  #nextLarge: number;
  /** The large value read last, which is often read again at once. */
  #loaded: { readonly id: number; readonly value: Uint8Array } | undefined;

  /**
   * Opens the tables of a generation. Missing tables are damage, reported by SQLite; tables of
   * versions without row sums get a column for them.
   */
  constructor(sql: Sql, generation: number) {
    this.#sql = sql;
    this.#rows = `kv_${generation}`;
    this.#large = `large_${generation}`;
    for (const table of [this.#rows, this.#large, `history_${generation}`]) addSum(sql, table);
    const one = "(?, ?, ?, ?, ?, ?, ?, ?)";
    this.#insertOne = `INSERT OR IGNORE INTO ${this.#rows} (${columns}) VALUES ${one}`;
    this.#insertGroup = this.#insertOne + `, ${one}`.repeat(rowsPerInsert - 1);
    this.#history = new HistoryTable(sql, `history_${generation}`);
    const [largest] = this.#query(`SELECT MAX(id) FROM ${this.#large}`);
    this.#nextLarge = Number(largest?.[0] ?? 0) + 1;
  }

  /** Makes the tables of a new generation. */
  static create(sql: Sql, generation: number): void {
    sql.exec(
      `CREATE TABLE kv_${generation} (key BLOB NOT NULL, rank INTEGER NOT NULL,
       created INTEGER NOT NULL, version INTEGER NOT NULL, lease TEXT, value BLOB, large INTEGER,
       sum INTEGER NOT NULL, PRIMARY KEY (key, rank)) WITHOUT ROWID`,
    );
    sql.exec(
      `CREATE TABLE large_${generation} (id INTEGER PRIMARY KEY, value BLOB NOT NULL,
       sum INTEGER NOT NULL)`,
    );
    HistoryTable.create(sql, `history_${generation}`);
  }

  /** Drops the tables of a generation. */
  static drop(sql: Sql, generation: number): void {
    for (const name of ["kv", "large", "history"]) {
      sql.exec(`DROP TABLE IF EXISTS ${name}_${generation}`);
    }
  }

  /** The newest version at or below `revision`; tombstones included. */
  get(key: string, revision: number): KeyValue | undefined {
    const [row] = this.#query(
      `SELECT ${columns} FROM ${this.#rows} WHERE key = ? AND rank <= ?
       ORDER BY rank DESC LIMIT 1`,
      bytesOf(key),
      lastRankOf(revision),
    );
    return row === undefined ? undefined : this.#keyValue(row);
  }

  /** Exactly this version; undefined if it is not there. */
  version({ key, revision, second }: HistoryEntry): KeyValue | undefined {
    const [row] = this.#query(
      `SELECT ${columns} FROM ${this.#rows} WHERE key = ? AND rank = ?`,
      bytesOf(key),
      rankOf(revision, second),
    );
    return row === undefined ? undefined : this.#keyValue(row);
  }

  /** The keys with begin <= key < end that live at `revision`. Reads ahead in bounded pages. */
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
        const kv = this.#keyValue(row);
        key = byteString(kv.key);
        bytes += key.length + (row[5] instanceof ArrayBuffer ? row[5].byteLength : 0);
        yield [key, kv];
      }
      if (page.length < limit) return;
      if (reverse) to = key;
      else from = `${key}\0`;
      limit = nextLimit(limit, bytes);
    }
  }

  /**
   * All keys with their newest version at or below the revision, and how many versions the walk
   * passes. Reads ahead as scanLive does.
   */
  *walk(begin: string, end: string, at: WalkAt, reverse: boolean): Walk {
    let [from, to] = [begin, end];
    let limit = firstPageRows;
    for (;;) {
      const range = rangeClause(from, to);
      const page = this.#query(
        `SELECT SUM(rank > ?), MAX(CASE WHEN rank <= ? THEN rank END), ${columns}
         FROM ${this.#rows} WHERE ${range.where} AND rank <= ?
         GROUP BY key ORDER BY key ${reverse ? "DESC" : "ASC"} ${limited}`,
        rankAbove(at.above),
        lastRankOf(at.revision),
        ...range.bindings,
        lastRankOf(at.persisted),
        limit,
      );
      let bytes = 0;
      let key = "";
      for (const [versions, newest, ...row] of page) {
        key = byteString(this.#blob(row[0]));
        bytes += key.length + (row[5] instanceof ArrayBuffer ? row[5].byteLength : 0);
        yield [key, newest === null ? undefined : this.#keyValue(row), Number(versions)];
      }
      if (page.length < limit) return;
      if (reverse) to = key;
      else from = `${key}\0`;
      limit = nextLimit(limit, bytes);
    }
  }

  /** How many keys live; if more than `most`, any number from `most` on. */
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

  /** The versions of the range above `above` and up to `revision`; `most` if there are more. */
  passed(begin: string, end: string, above: number, revision: number, most: number): Passed {
    const range = rangeClause(begin, end);
    // SQLite finds a key's length in the head of its row, without reading a long key.
    const [row] = this.#query(
      `SELECT COUNT(*), SUM(bytes) FROM (SELECT length(key) AS bytes FROM ${this.#rows}
       WHERE ${range.where} AND rank > ? AND rank <= ? ${limited})`,
      ...range.bindings,
      rankAbove(above),
      revision === Number.POSITIVE_INFINITY ? Number.MAX_SAFE_INTEGER : lastRankOf(revision),
      Math.min(most, Number.MAX_SAFE_INTEGER),
    );
    return { count: Number(row?.[0] ?? 0), keyBytes: Number(row?.[1] ?? 0) };
  }

  /** The live keys after `after` that have a lease, in key order. */
  leased(after: string, revision: number, limit: number): readonly LeasedKey[] {
    const rows = this.#query(
      `SELECT ${newestColumns} FROM ${this.#rows} WHERE key > ? AND rank <= ?
       GROUP BY key HAVING lease IS NOT NULL ORDER BY key ${limited}`,
      bytesOf(after),
      lastRankOf(revision),
      limit,
    );
    return rows.map((row) => {
      const kv = this.#keyValue(row);
      return { key: byteString(kv.key), lease: kv.lease, valueBytes: valueBytesOf(kv) };
    });
  }

  /** Writes rows, all of one checkpoint slice. */
  write(rows: readonly Row[]): void {
    const sorted = [...rows].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    for (let at = 0; at < sorted.length; ) {
      // Remaining rows go one by one, so that there are only two statements to prepare.
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
      // Work is charged by this length, so it is stored and summed like the rest of the row.
      value = fourBytes(value.length);
    }
    const lease = kv.lease === 0n ? null : String(kv.lease);
    const row = [key, rank, kv.createRevision, kv.version, lease, value, large];
    return [...row, rowSum(row)];
  }

  /** The id of a large value that an earlier write of this row stored. */
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
    const sum = rowSum([id, value]);
    this.#sql.exec(`INSERT INTO ${this.#large} (id, value, sum) VALUES (?, ?, ?)`, id, value, sum);
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

  /** Drops the blocks above `revision`, which are written again. */
  dropHistoryAbove(revision: number): void {
    this.#history.dropAbove(revision);
  }

  /** Drops the first block, which is compacted. */
  dropFirstBlock(): void {
    this.#history.dropFirst();
  }

  /**
   * Removes the versions of this key that no read at or above `revision` needs. Returns the rows
   * removed.
   */
  compactKey(key: string, revision: number, maxRows: number): { removed: number; done: boolean } {
    const rows = this.#query(
      `SELECT ${columns} FROM ${this.#rows} WHERE key = ? AND rank <= ? ORDER BY rank ${limited}`,
      bytesOf(key),
      lastRankOf(revision),
      maxRows + 1,
    );
    const complete = rows.length <= maxRows;
    // The last row read is the newest version, or is kept as if it were until the next call.
    const newest = rows.at(-1);
    const firstKept = rankOf(revision, false);
    let removed = 0;
    for (const row of rows) {
      verifyRow(this.#rows, row);
      const [, rank, , version, , , large] = row;
      const superseded = rank !== newest?.[1];
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
    // If none was removed, the oldest version is kept, and so are all after it.
    return { removed, done: complete || removed === 0 };
  }

  /** Rows in (key, rank) order after `after`, up to `revision`. Reads ahead in bounded pages. */
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
        const kv = this.#keyValue(row);
        key = new Uint8Array(kv.key);
        rank = Number(row[1]);
        yield { key: byteString(key), kv, second: rank % 2 === 1 };
      }
      if (page.length < rowPage) return;
    }
  }

  /** Reads whole pages: no cursor stays open while another statement runs. */
  #query(query: string, ...bindings: SqlBinding[]): Columns[] {
    return [...this.#sql.exec(query, ...bindings).raw()];
  }

  /** Throws StorageDamagedError for a row that is not as it was written. */
  #keyValue(row: Columns): KeyValue {
    verifyRow(this.#rows, row);
    const [key, rank, created, version, lease, value, large] = row;
    const kv = {
      key: this.#blob(key),
      createRevision: this.#number(created),
      modRevision: Math.floor(this.#number(rank) / 2),
      version: this.#number(version),
      lease: lease === null ? 0n : this.#lease(lease),
    };
    if (typeof large === "number") {
      return keyWithValueOnDisk(
        kv,
        () => this.#largeValue(large),
        () => this.#largeBytes(large, value),
      );
    }
    return { ...kv, value: this.#blob(value) };
  }

  /** The length in the row; rows of the first release have none, so SQLite is asked. */
  #largeBytes(id: number, length: SqlValue | undefined): number {
    if (length instanceof ArrayBuffer) return new DataView(length).getUint32(0);
    const [row] = this.#query(`SELECT length(value) FROM ${this.#large} WHERE id = ?`, id);
    return row === undefined ? this.#missing(id) : Number(row[0]);
  }

  #missing(id: number): never {
    throw new StorageDamagedError(`${this.#large} row ${id}`, "it is missing");
  }

  #largeValue(id: number): Uint8Array {
    if (this.#loaded?.id === id) return this.#loaded.value;
    const [row] = this.#query(`SELECT id, value, sum FROM ${this.#large} WHERE id = ?`, id);
    if (row === undefined) return this.#missing(id);
    verifyRow(`${this.#large} row ${id}`, row);
    const value = this.#blob(row[1]);
    this.#loaded = { id, value };
    return value;
  }

  // Nothing is known of the columns of a row without a sum.

  #blob(value: SqlValue | undefined): Uint8Array {
    if (value instanceof ArrayBuffer) return blob(value);
    return this.#wrongType(value);
  }

  #number(value: SqlValue | undefined): number {
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
      ? value
      : this.#wrongType(value);
  }

  #lease(value: SqlValue | undefined): bigint {
    return typeof value === "string" && /^-?\d+$/.test(value)
      ? BigInt(value)
      : this.#wrongType(value);
  }

  #wrongType(value: SqlValue | undefined): never {
    throw new StorageDamagedError(this.#rows, `a column of type ${typeof value} that is no such`);
  }
}

/** The rank that all versions after a revision exceed. */
function rankAbove(revision: number): number {
  return revision < 0 ? -1 : lastRankOf(revision);
}

/** How many rows to read next, after a page of so many bytes. */
function nextLimit(limit: number, bytes: number): number {
  const grown = bytes < pageBytes ? limit * 2 : limit >>> 1;
  return Math.max(1, Math.min(grown, maxPageRows));
}

/** Adds the column for row sums to a table of an earlier version. */
function addSum(sql: Sql, table: string): void {
  const { columnNames } = sql.exec(`SELECT * FROM ${table} LIMIT 0`);
  if (!columnNames.includes("sum")) sql.exec(`ALTER TABLE ${table} ADD COLUMN sum INTEGER`);
}

const noBytes = new Uint8Array(0);

function fourBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function blob(value: ArrayBuffer): Uint8Array {
  return value.byteLength === 0 ? noBytes : new Uint8Array(value);
}

function rangeClause(begin: string, end: string): { where: string; bindings: SqlBinding[] } {
  if (end === KEY_RANGE_INFINITY) return { where: "key >= ?", bindings: [bytesOf(begin)] };
  return { where: "key >= ? AND key < ?", bindings: [bytesOf(begin), bytesOf(end)] };
}
