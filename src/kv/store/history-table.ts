import { DecodeError } from "../../proto/errors.ts";
import { StorageDamagedError } from "../../storage/damage.ts";
import type { Sql } from "../../storage/sql.ts";
import { decodeHistory, encodeHistory } from "./history-codec.ts";
import { rowSum, verifyRow } from "./row-sum.ts";
import type { HistoryEntry } from "./version.ts";

/** Bytes of the entries in one row, keys included: far below a row's limit. */
const blockBytes = 256 * 1_024;
/** Bytes reckoned for an entry beside its key. A key longer than a block has one alone. */
const entryOverheadBytes = 16;

/** A stored block of history: whole entries in the order of changes. */
export interface HistoryBlock {
  readonly sequence: number;
  readonly first: number;
  readonly last: number;
}

/**
 * The order in which keys changed, packed into some thousand entries a row: a row each would double
 * the cost of a put. The list of blocks is kept in memory.
 */
export class HistoryTable {
  readonly #sql: Sql;
  readonly #name: string;
  #blocks: HistoryBlock[];
  /** The block decoded last: a watcher that catches up reads one again and again. */
  #decoded: { readonly sequence: number; readonly entries: readonly HistoryEntry[] } | undefined;

  /** Throws StorageDamagedError where a block between two others is missing. */
  constructor(sql: Sql, name: string) {
    this.#sql = sql;
    this.#name = name;
    const rows = sql.exec<{ sequence: number; first: number; last: number }>(
      `SELECT sequence, first, last FROM ${name} ORDER BY sequence`,
    );
    this.#blocks = rows.toArray();
    for (const [i, { sequence, first }] of this.#blocks.entries()) {
      const before = this.#blocks[i - 1];
      if (before === undefined || (sequence === before.sequence + 1 && first >= before.last)) {
        continue;
      }
      throw new StorageDamagedError(`${name} row ${sequence}`, "it does not follow the one before");
    }
  }

  /** Makes the table of a new generation. */
  static create(sql: Sql, name: string): void {
    sql.exec(
      `CREATE TABLE ${name} (sequence INTEGER PRIMARY KEY, first INTEGER NOT NULL,
       last INTEGER NOT NULL, entries BLOB NOT NULL, sum INTEGER NOT NULL)`,
    );
  }

  get blocks(): readonly HistoryBlock[] {
    return this.#blocks;
  }

  /** Throws StorageDamagedError where the block was changed on disk. */
  entries(block: HistoryBlock): readonly HistoryEntry[] {
    const { sequence } = block;
    if (this.#decoded?.sequence === sequence) return this.#decoded.entries;
    const entries = this.#read(block);
    this.#decoded = { sequence, entries };
    return entries;
  }

  #read({ sequence, first, last }: HistoryBlock): readonly HistoryEntry[] {
    const where = `${this.#name} row ${sequence}`;
    const query = `SELECT sequence, first, last, entries, sum FROM ${this.#name}`;
    const [row] = this.#sql.exec(`${query} WHERE sequence = ?`, sequence).raw();
    if (row === undefined) throw new StorageDamagedError(where, "it is missing");
    verifyRow(where, row);
    const stored = row[3];
    const entries = decoded(where, stored instanceof ArrayBuffer ? stored : undefined);
    if (entries[0]?.revision === first && entries.at(-1)?.revision === last) return entries;
    throw new StorageDamagedError(where, `it does not go from revision ${first} to ${last}`);
  }

  append(entries: readonly HistoryEntry[]): void {
    let from = 0;
    while (from < entries.length) {
      let bytes = 0;
      let to = from;
      for (let entry = entries[to]; entry !== undefined; entry = entries[++to]) {
        bytes += entry.key.length + entryOverheadBytes;
        if (bytes > blockBytes && to > from) break;
      }
      this.#appendBlock(entries.slice(from, to));
      from = to;
    }
  }

  dropAbove(revision: number): void {
    const first = this.#blocks.find((block) => block.first > revision);
    if (first === undefined) return;
    this.#sql.exec(`DELETE FROM ${this.#name} WHERE sequence >= ?`, first.sequence);
    this.#blocks = this.#blocks.filter((block) => block.sequence < first.sequence);
    this.#decoded = undefined;
  }

  dropFirst(): void {
    const first = this.#blocks[0];
    if (first === undefined) throw new Error(`${this.#name} has no block to drop`);
    this.#sql.exec(`DELETE FROM ${this.#name} WHERE sequence = ?`, first.sequence);
    this.#blocks = this.#blocks.slice(1);
    if (this.#decoded?.sequence === first.sequence) this.#decoded = undefined;
  }

  #appendBlock(entries: readonly HistoryEntry[]): void {
    const sequence = (this.#blocks.at(-1)?.sequence ?? 0) + 1;
    const first = entries[0]?.revision;
    const last = entries.at(-1)?.revision;
    if (first === undefined || last === undefined) throw new Error("a block of no entries");
    const row = [sequence, first, last, encodeHistory(entries)];
    const columns = "sequence, first, last, entries, sum";
    const insert = `INSERT INTO ${this.#name} (${columns}) VALUES (?, ?, ?, ?, ?)`;
    this.#sql.exec(insert, ...row, rowSum(row));
    this.#blocks.push({ sequence, first, last });
  }
}

function decoded(where: string, entries: ArrayBuffer | undefined): HistoryEntry[] {
  if (entries === undefined) throw new StorageDamagedError(where, "its entries are no blob");
  try {
    return decodeHistory(new Uint8Array(entries));
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new StorageDamagedError(where, cause.message, { cause });
  }
}
