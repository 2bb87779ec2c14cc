import type { Sql } from "../../storage/sql.ts";
import { SqlBase } from "./sql-base.ts";

/** A generation that is being filled, and whatever its owner notes beside it. */
export interface Staging {
  readonly id: number;
  /** Whose it is. */
  readonly owner: Uint8Array;
  /** How far it is. */
  readonly progress: Uint8Array;
}

const current = "current";
const staging = "staging";
const dropped = "dropped";

interface GenerationRow extends Record<string, number | string | ArrayBuffer | null> {
  readonly id: number;
  readonly state: string;
  readonly owner: ArrayBuffer | null;
  readonly progress: ArrayBuffer | null;
}

/**
 * The generations of the base's tables: one is current, one may be filled from another member, and
 * those that were replaced wait to be dropped. Which is which is one table, so that a switch is two
 * rows in one turn.
 */
export class Generations {
  readonly #sql: Sql;
  #current: number;

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS kv_generations (id INTEGER PRIMARY KEY, state TEXT NOT NULL,
       compacted INTEGER NOT NULL, owner BLOB, progress BLOB)`,
    );
    const found = this.#inState(current)[0];
    this.#current = found?.id ?? this.#add(current, null);
  }

  get current(): number {
    return this.#current;
  }

  openCurrent(): SqlBase {
    return new SqlBase(this.#sql, this.#current);
  }

  /** Up to where the current generation is free of what was compacted. */
  get compacted(): number {
    const { compacted } = this.#sql
      .exec<{ compacted: number }>(
        "SELECT compacted FROM kv_generations WHERE id = ?",
        this.#current,
      )
      .one();
    return compacted;
  }

  set compacted(revision: number) {
    this.#sql.exec("UPDATE kv_generations SET compacted = ? WHERE id = ?", revision, this.#current);
  }

  get staging(): Staging | undefined {
    const row = this.#inState(staging)[0];
    if (row === undefined) return undefined;
    const { id, owner, progress } = row;
    return { id, owner: bytes(owner), progress: bytes(progress) };
  }

  /** A new one, in place of any there was. */
  beginStaging(owner: Uint8Array, progress: Uint8Array): Staging {
    this.dropStaging();
    const id = this.#add(staging, owner);
    this.note(progress);
    return { id, owner, progress };
  }

  /** Notes how far the staging generation is. */
  note(progress: Uint8Array): void {
    this.#sql.exec("UPDATE kv_generations SET progress = ? WHERE state = ?", progress, staging);
  }

  openStaging({ id }: Staging): SqlBase {
    return new SqlBase(this.#sql, id);
  }

  dropStaging(): void {
    this.#sql.exec("UPDATE kv_generations SET state = ? WHERE state = ?", dropped, staging);
  }

  /** Makes the staging generation the current one. */
  install(compacted: number): void {
    const installed = this.staging;
    if (installed === undefined) throw new Error("there is no staging generation to install");
    this.#sql.exec("UPDATE kv_generations SET state = ? WHERE state = ?", dropped, current);
    this.#sql.exec(
      `UPDATE kv_generations SET state = ?, owner = NULL, progress = NULL, compacted = ?
       WHERE id = ?`,
      current,
      compacted,
      installed.id,
    );
    this.#current = installed.id;
  }

  /** Drops the tables of one generation that nobody uses. False when there was none. */
  release(): boolean {
    const row = this.#inState(dropped)[0];
    if (row === undefined) return false;
    SqlBase.drop(this.#sql, row.id);
    this.#sql.exec("DELETE FROM kv_generations WHERE id = ?", row.id);
    return true;
  }

  #inState(state: string): GenerationRow[] {
    return this.#sql
      .exec<GenerationRow>(
        "SELECT id, state, owner, progress FROM kv_generations WHERE state = ? ORDER BY id",
        state,
      )
      .toArray();
  }

  #add(state: string, owner: Uint8Array | null): number {
    const { id } = this.#sql
      .exec<{ id: number }>("SELECT COALESCE(MAX(id), 0) + 1 AS id FROM kv_generations")
      .one();
    this.#sql.exec(
      "INSERT INTO kv_generations (id, state, compacted, owner) VALUES (?, ?, -1, ?)",
      id,
      state,
      owner,
    );
    return id;
  }
}

function bytes(value: ArrayBuffer | null): Uint8Array {
  return value === null ? new Uint8Array(0) : new Uint8Array(value);
}
