import type { Sql } from "../../storage/sql.ts";
import type { HistoryBlock } from "./base.ts";
import { decodeHistory, encodeHistory } from "./history-codec.ts";
import type { HistoryEntry } from "./version.ts";

/** What one row's entries may come to, keys and all: far below what a row may hold. */
const blockBytes = 256 * 1_024;
/** A key may be longer than a block: it then has one alone. */
const entryOverheadBytes = 16;

/**
 * Which keys changed in which order: packed, some thousand entries a row, since a row for each
 * would double what a put costs. The list of blocks is kept in memory.
 */
export class HistoryTable {
  readonly #sql: Sql;
  readonly #name: string;
  #blocks: HistoryBlock[];
  /** The block read last, decoded: catching up reads one again and again. */
  #decoded: { readonly sequence: number; readonly entries: readonly HistoryEntry[] } | undefined;

  constructor(sql: Sql, name: string) {
    this.#sql = sql;
    this.#name = name;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS ${name} (sequence INTEGER PRIMARY KEY, first INTEGER NOT NULL,
       last INTEGER NOT NULL, entries BLOB NOT NULL)`,
    );
    const rows = sql.exec<{ sequence: number; first: number; last: number }>(
      `SELECT sequence, first, last FROM ${name} ORDER BY sequence`,
    );
    this.#blocks = rows.toArray();
  }

  get blocks(): readonly HistoryBlock[] {
    return this.#blocks;
  }

  entries(block: HistoryBlock): readonly HistoryEntry[] {
    if (this.#decoded?.sequence === block.sequence) return this.#decoded.entries;
    const row = this.#sql
      .exec<{ entries: ArrayBuffer }>(
        `SELECT entries FROM ${this.#name} WHERE sequence = ?`,
        block.sequence,
      )
      .one();
    const entries = decodeHistory(new Uint8Array(row.entries));
    this.#decoded = { sequence: block.sequence, entries };
    return entries;
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
    this.#sql.exec(
      `INSERT INTO ${this.#name} (sequence, first, last, entries) VALUES (?, ?, ?, ?)`,
      sequence,
      first,
      last,
      encodeHistory(entries),
    );
    this.#blocks.push({ sequence, first, last });
  }
}
