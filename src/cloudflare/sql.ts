import type { Random } from "../node/world/environment.ts";
import { Histogram } from "../rpc/histogram.ts";
import type { Sql, SqlBinding, SqlRow } from "../storage/sql.ts";

/** The platform's limit of a row, 2 MB; local SQLite has none. */
const maxBindingBytes = 2_000_000;

/** A handle that counts billed rows. */
export interface CountedSql extends Sql {
  /** Rows written through this handle, as counted by the platform. */
  readonly rowsWritten: number;
}

/** The least milliseconds between commits that are measured: each measurement costs an event. */
const measureEveryMs = 100;

/**
 * Measures the time of some commits, one at a time. `sync` resolves when all writes so far are
 * durable.
 */
export function measured(
  sql: CountedSql,
  now: () => number,
  sync: () => Promise<void>,
): { readonly sql: CountedSql; readonly commits: Histogram } {
  const commits = new Histogram();
  let measuring = false;
  let measuredAtMs = Number.NEGATIVE_INFINITY;
  const measure = () => {
    const start = now();
    // Also right after the clock was set.
    if (Math.abs(start - measuredAtMs) < measureEveryMs) return;
    measuredAtMs = start;
    measuring = true;
    const done = () => {
      measuring = false;
    };
    sync().then(() => {
      commits.observe((now() - start) / 1_000);
      done();
    }, done);
  };
  const measuredSql: CountedSql = {
    exec<T extends SqlRow>(query: string, ...bindings: SqlBinding[]) {
      const before = sql.rowsWritten;
      const cursor = sql.exec<T>(query, ...bindings);
      if (!measuring && sql.rowsWritten > before) measure();
      return cursor;
    },
    get rowsWritten() {
      return sql.rowsWritten;
    },
    get databaseSize() {
      return sql.databaseSize;
    },
  };
  return { sql: measuredSql, commits };
}

/** The platform's SQL handle, which locally refuses what production refuses. */
export function boundedSql(sql: Sql): CountedSql {
  let rowsWritten = 0;
  return {
    get rowsWritten() {
      return rowsWritten;
    },
    exec<T extends SqlRow>(query: string, ...bindings: SqlBinding[]) {
      for (const value of bindings) {
        const size = sizeOf(value);
        if (size <= maxBindingBytes) continue;
        throw new RangeError(`a value of ${size} bytes, at most ${maxBindingBytes}: ${query}`);
      }
      const cursor = sql.exec<T>(query, ...bindings);
      // A statement without a result is done now; none here both writes and returns rows.
      rowsWritten += cursor.rowsWritten;
      return cursor;
    },
    get databaseSize() {
      return sql.databaseSize;
    },
  };
}

function sizeOf(value: SqlBinding): number {
  if (typeof value === "string") return value.length;
  return value === null || typeof value === "number" ? 0 : value.byteLength;
}

/** Random numbers from the platform's `crypto`. */
export function cryptoRandom(fill: (bytes: Uint8Array<ArrayBuffer>) => void): Random {
  const bytes = (length: number) => {
    const drawn = new Uint8Array(length);
    fill(drawn);
    return drawn;
  };
  return {
    bytes,
    below(bound) {
      // Values above the last multiple of the bound would favour small numbers.
      const range = 2 ** 32;
      const limit = range - (range % bound);
      for (;;) {
        const drawn = new DataView(bytes(4).buffer).getUint32(0);
        if (drawn < limit) return drawn % bound;
      }
    },
  };
}
