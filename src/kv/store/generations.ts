import { StorageDamagedError } from "../../storage/damage.ts";
import type { Sql, SqlRow } from "../../storage/sql.ts";
import { Base } from "./base.ts";
import { rowSum, verifyRow } from "./row-sum.ts";

/** A generation that is being filled, with its owner's notes. */
export interface Staging {
  readonly id: number;
  /** The encoded key of the snapshot that it belongs to. */
  readonly owner: Uint8Array;
  /** The encoded progress of the transfer. */
  readonly progress: Uint8Array;
}

const current = "current";
const staging = "staging";
const dropped = "dropped";

const table = "kv_generations";

interface GenerationRow extends SqlRow {
  readonly id: number;
  readonly state: string;
  readonly compacted: number;
  readonly owner: ArrayBuffer | null;
  readonly progress: ArrayBuffer | null;
}

/**
 * Generations of the base's tables: one current, at most one being filled from another member, and
 * replaced ones to be dropped. One table says which is which, so that a switch is two rows in one
 * turn.
 */
export class Generations {
  readonly #sql: Sql;
  #current: number;

  /** Throws StorageDamagedError where generations exist but none is current. */
  constructor(sql: Sql) {
    this.#sql = sql;
    const made = this.#prepare();
    const found = this.#inState(current)[0];
    if (found === undefined && !made) throw new StorageDamagedError(table, "none is current");
    this.#current = found?.id ?? this.#add(current, null);
  }

  /** Creates the table in new storage; returns whether it did. */
  #prepare(): boolean {
    const query = "SELECT name FROM sqlite_master WHERE type = 'table'";
    const names = new Set([...this.#sql.exec<{ name: string }>(query)].map(({ name }) => name));
    if (names.has(table)) {
      const { columnNames } = this.#sql.exec(`SELECT * FROM ${table} LIMIT 0`);
      if (columnNames.includes("sum")) return false;
      // A table of an earlier version has no column for row sums.
      this.#sql.exec(`ALTER TABLE ${table} ADD COLUMN sum INTEGER`);
      return false;
    }
    if ([...names].some((name) => /^kv_\d+$/.test(name))) {
      throw new StorageDamagedError(table, "the table is missing");
    }
    this.#sql.exec(
      `CREATE TABLE ${table} (id INTEGER PRIMARY KEY, state TEXT NOT NULL,
       compacted INTEGER NOT NULL, owner BLOB, progress BLOB, sum INTEGER NOT NULL)`,
    );
    return true;
  }

  openCurrent(): Base {
    return new Base(this.#sql, this.#current);
  }

  /** The revision up to which the current generation is physically compacted. */
  get compacted(): number {
    return this.#row(this.#current).compacted;
  }

  set compacted(compacted: number) {
    this.#write({ ...this.#row(this.#current), compacted });
  }

  get staging(): Staging | undefined {
    const row = this.#inState(staging)[0];
    if (row === undefined) return undefined;
    const { id, owner, progress } = row;
    return { id, owner: bytes(owner), progress: bytes(progress) };
  }

  /** Begins a staging generation, in place of any other. */
  beginStaging(owner: Uint8Array, progress: Uint8Array): Staging {
    this.dropStaging();
    const id = this.#add(staging, owner);
    this.note(progress);
    return { id, owner, progress };
  }

  /** Stores the progress of the staging generation. */
  note(progress: Uint8Array): void {
    for (const row of this.#inState(staging)) this.#write({ ...row, progress: copyOf(progress) });
  }

  openStaging({ id }: Staging): Base {
    return new Base(this.#sql, id);
  }

  dropStaging(): void {
    this.#retire(staging);
  }

  /** Makes the staging generation the current one. */
  install(compacted: number): void {
    const installed = this.staging;
    if (installed === undefined) throw new Error("there is no staging generation to install");
    this.#retire(current);
    const { id } = installed;
    this.#write({ id, state: current, compacted, owner: null, progress: null });
    this.#current = installed.id;
  }

  /** Drops the tables of one replaced generation. False when there was none. */
  release(): boolean {
    const row = this.#inState(dropped)[0];
    if (row === undefined) return false;
    Base.drop(this.#sql, row.id);
    this.#sql.exec("DELETE FROM kv_generations WHERE id = ?", row.id);
    return true;
  }

  #retire(state: string): void {
    for (const row of this.#inState(state)) this.#write({ ...row, state: dropped });
  }

  #inState(state: string): GenerationRow[] {
    return this.#rows().filter((row) => row.state === state);
  }

  #row(id: number): GenerationRow {
    const found = this.#rows().find((row) => row.id === id);
    if (found === undefined) throw new StorageDamagedError(`${table} row ${id}`, "it is missing");
    return found;
  }

  /** All rows, which are few. Throws StorageDamagedError for one that was changed. */
  #rows(): GenerationRow[] {
    const query = `SELECT id, state, compacted, owner, progress, sum FROM ${table} ORDER BY id`;
    const rows = this.#sql.exec<GenerationRow>(query).toArray();
    for (const row of rows) verifyRow(`${table} row ${row.id}`, Object.values(row));
    return rows;
  }

  #write({ id, state, compacted, owner, progress }: GenerationRow): void {
    const row = [id, state, compacted, owner, progress];
    const columns = "id, state, compacted, owner, progress, sum";
    const write = `INSERT OR REPLACE INTO ${table} (${columns}) VALUES (?, ?, ?, ?, ?, ?)`;
    this.#sql.exec(write, ...row, rowSum(row));
  }

  #add(state: string, owner: Uint8Array | null): number {
    const id = Math.max(0, ...this.#rows().map((row) => row.id)) + 1;
    const copied = owner && copyOf(owner);
    this.#write({ id, state, compacted: -1, owner: copied, progress: null });
    Base.create(this.#sql, id);
    return id;
  }
}

function bytes(value: ArrayBuffer | null): Uint8Array {
  return value === null ? new Uint8Array(0) : new Uint8Array(value);
}

function copyOf(value: Uint8Array): ArrayBuffer {
  return new Uint8Array(value).buffer;
}
