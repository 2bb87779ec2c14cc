import { constants, type DatabaseSync, type StatementSync } from "node:sqlite";
import type { SqlBinding, SqlCursor, SqlRow, SqlValue } from "../../src/storage/sql.ts";
import { billedRows, type WritePlan } from "./sqlite-billing.ts";

/** Statements kept prepared; the least recently used go first. */
const cachedBound = 512;
/** Cursors of one query that are remembered to be closed by a crash. */
const openCursorBound = 10_000;

const parameterBound = 100;

/** A statement, and what it does as far as SQLite's authorizer told. */
interface Prepared {
  readonly statement: StatementSync;
  readonly columnNames: string[];
  readonly plan: WritePlan;
}

type Native = null | number | bigint | string | Uint8Array;

/**
 * Prepares, keeps and runs statements with the manners of a Durable Object: what may be bound, what
 * comes back, which statements are refused, and how many rows are billed.
 */
export class StatementCache {
  readonly #database: DatabaseSync;
  /** Idle statements by query. One with an open cursor is not idle. */
  readonly #idle = new Map<string, Prepared[]>();
  /** Statements about savepoints. */
  readonly #control = new Map<string, StatementSync>();
  readonly #openCursors = new Set<OpenCursor>();
  #internal = false;
  #observed: WritePlan | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.setAuthorizer((action, first, second) => this.#authorize(action, first, second));
  }

  /** Runs what the platform itself may do and its guest may not, such as savepoints. */
  internally<T>(work: () => T): T {
    const before = this.#internal;
    this.#internal = true;
    try {
      return work();
    } finally {
      this.#internal = before;
    }
  }

  /** Runs a statement about savepoints. */
  control(query: string): void {
    this.internally(() => {
      let statement = this.#control.get(query);
      if (statement === undefined) {
        statement = this.#database.prepare(query);
        if (this.#control.size < cachedBound) this.#control.set(query, statement);
      }
      statement.run();
    });
  }

  /** Forgets what the schema may have changed under: SQLite itself prepares the others again. */
  forget(): void {
    for (const [query, idle] of this.#idle) {
      if (query.includes("*")) this.#idle.delete(query);
      else for (const { plan } of idle) delete plan.entries;
    }
  }

  closeCursors(): void {
    for (const cursor of this.#openCursors) cursor.close();
    this.#openCursors.clear();
  }

  run<T extends SqlRow>(
    query: string,
    bindings: readonly SqlBinding[],
    hooks: { beforeWrite(): void; afterWrite(rows: number): void },
  ): SqlCursor<T> {
    if (bindings.length > parameterBound) {
      throw new RangeError(`${bindings.length} bound parameters, at most ${parameterBound}`);
    }
    const native = bindings.map(toNative);
    const prepared = this.#take(query);
    if (prepared.plan.kind === "read") return this.#read<T>(query, prepared, native);
    hooks.beforeWrite();
    const returning = prepared.columnNames.length > 0;
    const schemaBefore = prepared.plan.kind === "schema" ? this.#schemaVersion() : 0;
    const rows = returning ? (prepared.statement.all(...native) as unknown as Native[][]) : [];
    const changes = returning ? this.#changes() : prepared.statement.run(...native).changes;
    let written: number;
    if (prepared.plan.kind === "schema") {
      const changed = this.#schemaVersion() !== schemaBefore;
      written = changed ? prepared.plan.rows : 0;
      this.forget();
    } else {
      written = this.internally(() => billedRows(this.#database, prepared.plan, Number(changes)));
      this.#giveBack(query, prepared);
    }
    hooks.afterWrite(written);
    return new Cursor<T>(prepared.columnNames, rows.values(), written);
  }

  #read<T extends SqlRow>(query: string, prepared: Prepared, native: Native[]): SqlCursor<T> {
    const rows = prepared.statement.iterate(...native) as unknown as Iterator<Native[]>;
    const cursor = new Cursor<T>(prepared.columnNames, rows, 0, (ended) => {
      this.#openCursors.delete(ended);
      this.#giveBack(query, prepared);
    });
    if (!cursor.closed) this.#openCursors.add(cursor);
    if (this.#openCursors.size > openCursorBound) {
      throw new RangeError(`${this.#openCursors.size} cursors left open: read each to its end`);
    }
    return cursor;
  }

  #take(query: string): Prepared {
    const idle = this.#idle.get(query)?.pop();
    if (idle) return idle;
    refuseSecondStatement(query);
    const plan: WritePlan = { kind: "read", table: "", columns: new Set(), rows: 0 };
    this.#observed = plan;
    try {
      const statement = this.#database.prepare(query);
      statement.setReturnArrays(true);
      const columnNames = statement.columns().map(({ name }) => name);
      return { statement, columnNames, plan };
    } finally {
      this.#observed = undefined;
    }
  }

  #giveBack(query: string, prepared: Prepared): void {
    const idle = this.#idle.get(query) ?? [];
    this.#idle.delete(query);
    this.#idle.set(query, idle);
    if (idle.length < 4) idle.push(prepared);
    if (this.#idle.size <= cachedBound) return;
    const oldest = this.#idle.keys().next();
    if (!oldest.done) this.#idle.delete(oldest.value);
  }

  #changes(): number {
    const row = this.internally(() => this.#database.prepare("SELECT changes() AS n").get());
    const { n } = { ...row };
    return Number(n);
  }

  #schemaVersion(): number {
    const row = this.internally(() => this.#database.prepare("PRAGMA schema_version").get());
    const { schema_version } = { ...row };
    return Number(schema_version);
  }

  #authorize(action: number, first: string | null, second: string | null): number {
    if (this.#internal) return constants.SQLITE_OK;
    if (refused(action, first, second)) return constants.SQLITE_DENY;
    const plan = this.#observed;
    if (!plan) return constants.SQLITE_OK;
    const schemaRows = schemaCosts.get(action);
    if (schemaRows !== undefined) {
      plan.kind = "schema";
      plan.rows = Math.max(plan.rows, schemaRows);
    } else if (plan.kind !== "schema") {
      if (action === constants.SQLITE_INSERT) plan.kind = "insert";
      else if (action === constants.SQLITE_UPDATE && plan.kind !== "insert") plan.kind = "update";
      else if (action === constants.SQLITE_DELETE && plan.kind === "read") plan.kind = "delete";
      else return constants.SQLITE_OK;
      plan.table = first ?? "";
      if (action === constants.SQLITE_UPDATE && second) plan.columns.add(second);
    }
    return constants.SQLITE_OK;
  }
}

/** What a change of the schema bills, as tried on the platform (an index's entries apart). */
const schemaCosts = new Map<number, number>([
  [constants.SQLITE_CREATE_TABLE, 2],
  [constants.SQLITE_CREATE_INDEX, 2],
  [constants.SQLITE_ALTER_TABLE, 3],
  [constants.SQLITE_DROP_TABLE, 0],
  [constants.SQLITE_DROP_INDEX, 0],
]);

const refusedActions = new Set<number>([
  constants.SQLITE_TRANSACTION,
  constants.SQLITE_SAVEPOINT,
  constants.SQLITE_ATTACH,
  constants.SQLITE_DETACH,
  constants.SQLITE_CREATE_TEMP_TABLE,
  constants.SQLITE_CREATE_TEMP_INDEX,
  constants.SQLITE_CREATE_TEMP_TRIGGER,
  constants.SQLITE_CREATE_TEMP_VIEW,
]);

const allowedPragmas = new Set([
  "table_info",
  "table_xinfo",
  "index_list",
  "index_info",
  "optimize",
]);

function refused(action: number, first: string | null, second: string | null): boolean {
  if (refusedActions.has(action)) return true;
  if (action === constants.SQLITE_PRAGMA) return !allowedPragmas.has(first ?? "");
  return [first, second].some((name) => name?.toLowerCase().startsWith("_cf_"));
}

function toNative(value: SqlBinding): Native {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "number") return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  throw new TypeError(`a ${typeof value} cannot be bound`);
}

/** A BLOB is an ArrayBuffer of its own, as the platform hands it out. */
function fromNative(value: Native): SqlValue {
  if (!(value instanceof Uint8Array)) return typeof value === "bigint" ? Number(value) : value;
  const whole = value.byteOffset === 0 && value.byteLength === value.buffer.byteLength;
  if (whole && value.buffer instanceof ArrayBuffer) return value.buffer;
  return new Uint8Array(value).buffer;
}

/** node:sqlite would silently run the first statement only. */
function refuseSecondStatement(query: string): void {
  const bare = query.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*/g, "");
  if (/;\s*\S/.test(bare)) throw new SyntaxError(`more than one statement: ${query.slice(0, 80)}`);
}

interface OpenCursor {
  close(): void;
}

/** Rows as they come; the first step has been made, so that errors show where they arise. */
class Cursor<T extends SqlRow> implements SqlCursor<T>, OpenCursor {
  readonly columnNames: string[];
  readonly rowsWritten: number;
  #rowsRead = 0;
  readonly #rows: Iterator<Native[]>;
  readonly #onClose: (cursor: OpenCursor) => void;
  #next: Native[] | undefined;
  #closed = false;

  constructor(
    columnNames: string[],
    rows: Iterator<Native[]>,
    rowsWritten: number,
    onClose: (cursor: OpenCursor) => void = () => undefined,
  ) {
    this.columnNames = columnNames;
    this.rowsWritten = rowsWritten;
    this.#rows = rows;
    this.#onClose = onClose;
    this.#step();
  }

  get rowsRead(): number {
    return this.#rowsRead;
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#next = undefined;
    this.#rows.return?.();
  }

  #step(): void {
    const { done, value } = this.#rows.next();
    this.#next = done ? undefined : value;
    if (!done) this.#rowsRead += 1;
    if (!done || this.#closed) return;
    this.#closed = true;
    this.#onClose(this);
  }

  #take(): SqlValue[] | undefined {
    const row = this.#next;
    if (row) this.#step();
    return row?.map(fromNative);
  }

  #object(row: SqlValue[]): T {
    const object: SqlRow = {};
    for (let i = 0; i < row.length; i++) object[this.columnNames[i] ?? ""] = row[i] ?? null;
    return object as T;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let row = this.#take(); row; row = this.#take()) yield this.#object(row);
  }

  *raw(): Iterable<SqlValue[]> {
    for (let row = this.#take(); row; row = this.#take()) yield row;
  }

  toArray(): T[] {
    return [...this];
  }

  one(): T {
    const rows = this.toArray();
    const [row] = rows;
    if (!row || rows.length > 1) throw new Error(`expected one row, got ${rows.length}`);
    return row;
  }
}
