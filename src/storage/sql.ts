/** What SQLite hands back for a column: BLOBs come as ArrayBuffer (as in a Durable Object). */
export type SqlValue = ArrayBuffer | string | number | null;

/** What may be bound. No BigInt (a Durable Object refuses it); numbers bind as REAL. */
export type SqlBinding = ArrayBuffer | ArrayBufferView | string | number | null;

export type SqlRow = Record<string, SqlValue>;

/** The result of one statement, consumed by iterating or by one of the helpers. */
export interface SqlCursor<T extends SqlRow = SqlRow> extends Iterable<T> {
  toArray(): T[];
  /** The only row. Throws where there is none, or more than one. */
  one(): T;
  /** Rows as arrays in column order. */
  raw(): Iterable<SqlValue[]>;
  readonly columnNames: string[];
  readonly rowsRead: number;
  /** Billed rows: docs/operating.md, What it costs. Complete once the cursor is consumed. */
  readonly rowsWritten: number;
}

/**
 * The SQL handle everything below the Durable Object's shell is written against: `ctx.storage.sql`
 * has this shape, and so has the adapter over `node:sqlite` that tests and the simulator use.
 *
 * Synchronous. All writes between two awaits of a handler are one transaction (platform fact), so
 * no code here begins or commits one.
 */
export interface Sql {
  exec<T extends SqlRow = SqlRow>(query: string, ...bindings: SqlBinding[]): SqlCursor<T>;
  /** Bytes of the database file. */
  readonly databaseSize: number;
}
