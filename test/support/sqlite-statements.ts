import { constants, type DatabaseSync, type StatementSync } from "node:sqlite";
import type { SqlBinding, SqlCursor, SqlRow, SqlValue } from "../../src/storage/sql.ts";
import { billedRows, type WritePlan } from "./sqlite-billing.ts";

/** Statements kept prepared; the oldest go first. */
const cachedBound = 512;

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
  /** By query. A statement is idle whenever another can run: rows are read as a whole. */
  readonly #prepared = new Map<string, Prepared>();
  /** Those that are not its guest's, by query too. */
  readonly #ofPlatform = new Map<string, StatementSync>();
  /** The schema that the statements were prepared for. */
  #schema = 0;
  readonly #prepareOwn = (query: string): StatementSync => this.#own(query);
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
    // There is no row to get, and unlike `run` it counts no changes.
    this.internally(() => this.#own(query).get());
  }

  /** The number that a query of the platform itself gives. */
  number(query: string): number {
    return Number(Object.values({ ...this.internally(() => this.#own(query).get()) })[0]);
  }

  /** A statement of the platform itself. */
  #own(query: string): StatementSync {
    let statement = this.#ofPlatform.get(query);
    if (statement === undefined) {
      statement = this.#database.prepare(query);
      if (this.#ofPlatform.size < cachedBound) this.#ofPlatform.set(query, statement);
    }
    return statement;
  }

  /** Forgets what the schema has changed under: SQLite itself prepares the others again. */
  forget(): void {
    const schema = this.#schemaVersion();
    if (schema === this.#schema) return;
    this.#schema = schema;
    for (const [query, { plan }] of this.#prepared) {
      if (query.includes("*")) this.#prepared.delete(query);
      else delete plan.entries;
    }
  }

  run<T extends SqlRow>(
    query: string,
    bindings: readonly SqlBinding[],
    hooks: { beforeWrite(): void; afterWrite(rows: number): void },
  ): SqlCursor<T> {
    if (bindings.length > parameterBound) {
      throw new RangeError(`${bindings.length} bound parameters, at most ${parameterBound}`);
    }
    const native: Native[] = [];
    for (const binding of bindings) native.push(toNative(binding));
    const prepared = this.#prepared.get(query) ?? this.#prepare(query);
    const { statement, columnNames, plan } = prepared;
    if (plan.kind === "read") return new Cursor<T>(columnNames, rowsOf(statement, native), 0);
    hooks.beforeWrite();
    const returning = columnNames.length > 0;
    const schemaBefore = plan.kind === "schema" ? this.#schemaVersion() : 0;
    const rows = returning ? rowsOf(statement, native) : [];
    const changes = returning ? this.#changes() : statement.run(...native).changes;
    let written: number;
    if (plan.kind === "schema") {
      const changed = this.#schemaVersion() !== schemaBefore;
      written = changed ? plan.rows : 0;
      this.forget();
    } else if (plan.entries !== undefined && plan.kind !== "delete") {
      written = Number(changes) * (1 + plan.entries);
    } else {
      written = this.internally(() => billedRows(this.#prepareOwn, plan, Number(changes)));
    }
    hooks.afterWrite(written);
    return new Cursor<T>(columnNames, rows, written);
  }

  #prepare(query: string): Prepared {
    refuseSecondStatement(query);
    const plan: WritePlan = { kind: "read", table: "", columns: new Set(), rows: 0 };
    this.#observed = plan;
    try {
      const statement = this.#database.prepare(query);
      statement.setReturnArrays(true);
      const columnNames = statement.columns().map(({ name }) => name);
      const prepared = { statement, columnNames, plan };
      // A change of the schema is made once.
      if (plan.kind !== "schema") this.#keep(query, prepared);
      return prepared;
    } finally {
      this.#observed = undefined;
    }
  }

  #keep(query: string, prepared: Prepared): void {
    this.#prepared.set(query, prepared);
    if (this.#prepared.size <= cachedBound) return;
    const oldest = this.#prepared.keys().next();
    if (!oldest.done) this.#prepared.delete(oldest.value);
  }

  #changes(): number {
    return this.number("SELECT changes()");
  }

  #schemaVersion(): number {
    return this.number("PRAGMA schema_version");
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
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  throw new TypeError(`a ${typeof value} cannot be bound`);
}

/** A BLOB is an ArrayBuffer of its own, as the platform hands it out. */
function fromNative(value: Native): SqlValue {
  if (!(value instanceof Uint8Array)) return typeof value === "bigint" ? Number(value) : value;
  const { buffer, byteLength } = value;
  if (byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) return buffer;
  return new Uint8Array(value).buffer;
}

/** node:sqlite would silently run the first statement only. */
function refuseSecondStatement(query: string): void {
  const bare = query.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*/g, "");
  if (/;\s*\S/.test(bare)) throw new SyntaxError(`more than one statement: ${query.slice(0, 80)}`);
}

function rowsOf(statement: StatementSync, bindings: Native[]): Native[][] {
  return statement.all(...bindings) as unknown as Native[][];
}

/** The rows of a statement that has run to its end. */
class Cursor<T extends SqlRow> implements SqlCursor<T> {
  readonly columnNames: string[];
  readonly rowsWritten: number;
  /** Those that nobody has read yet. */
  #rows: Native[][];
  #rowsRead = 0;

  constructor(columnNames: string[], rows: Native[][], rowsWritten: number) {
    this.columnNames = columnNames;
    this.rowsWritten = rowsWritten;
    this.#rows = rows;
  }

  get rowsRead(): number {
    return this.#rowsRead;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.toArray().values();
  }

  raw(): Iterable<SqlValue[]> {
    const rows = this.#rows;
    this.#rows = [];
    this.#rowsRead += rows.length;
    for (const row of rows as (Native | SqlValue)[][]) {
      for (let i = 0; i < row.length; i++) row[i] = fromNative((row[i] ?? null) as Native);
    }
    return rows as SqlValue[][];
  }

  toArray(): T[] {
    return Array.from(this.raw(), (row) => this.#object(row));
  }

  one(): T {
    const rows = this.toArray();
    const [row] = rows;
    if (!row || rows.length > 1) throw new Error(`expected one row, got ${rows.length}`);
    return row;
  }

  #object(row: SqlValue[]): T {
    const object: SqlRow = {};
    for (let i = 0; i < row.length; i++) object[this.columnNames[i] ?? ""] = row[i] ?? null;
    return object as T;
  }
}
