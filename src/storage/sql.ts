/** A column's value as SQLite returns it: a BLOB is an ArrayBuffer, as in a Durable Object. */
export type SqlValue = ArrayBuffer | string | number | null;

/** A value to bind. No BigInt, which a Durable Object refuses; numbers bind as REAL. */
export type SqlBinding = ArrayBuffer | ArrayBufferView | string | number | null;

export type SqlRow = Record<string, SqlValue>;

/** The result of one statement, consumed by iterating or by a helper. */
export interface SqlCursor<T extends SqlRow = SqlRow> extends Iterable<T> {
  toArray(): T[];
  /** The only row. Throws where there is none, or more than one. */
  one(): T;
  /** Rows as arrays in column order. */
  raw(): Iterable<SqlValue[]>;
  readonly columnNames: string[];
  readonly rowsRead: number;
  /** Rows written, which are billed: docs/operating.md, What it costs. Complete when consumed. */
  readonly rowsWritten: number;
}

/**
 * The SQL handle of all code below the Durable Object's shell. `ctx.storage.sql` has this shape,
 * and so has the adapter over `node:sqlite` in tests and the simulator.
 *
 * Synchronous. The platform makes all writes between two awaits one transaction, so no code here
 * begins or commits one.
 */
export interface Sql {
  exec<T extends SqlRow = SqlRow>(query: string, ...bindings: SqlBinding[]): SqlCursor<T>;
  /** Bytes of the database file. */
  readonly databaseSize: number;
}
