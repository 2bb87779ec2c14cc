import type { Random } from "../node/world/environment.ts";
import { Histogram } from "../rpc/histogram.ts";
import type { Sql, SqlBinding, SqlRow } from "../storage/sql.ts";

/** A row in production holds at most 2 MB; locally SQLite would take more. */
const maxBindingBytes = 2_000_000;

/** Counts what is billed. */
export interface CountedSql extends Sql {
  /** Rows written through this handle so far, by the platform's own count. */
  readonly rowsWritten: number;
}

/** One commit of so many milliseconds is measured: each costs an event of its own. */
const measureEveryMs = 100;

/**
 * Measures how long commits take: one at a time, and not all of them. `sync` resolves when all
 * that was written is durable.
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
    // Wherever the clock was set to meanwhile.
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

/** The platform's SQL handle, which refuses locally what production refuses. */
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
      // A statement without a result is done by now; none here both writes and returns rows.
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

/** Randomness of the platform's `crypto`. */
export function cryptoRandom(fill: (bytes: Uint8Array<ArrayBuffer>) => void): Random {
  const bytes = (length: number) => {
    const drawn = new Uint8Array(length);
    fill(drawn);
    return drawn;
  };
  return {
    bytes,
    below(bound) {
      // What is above the last whole multiple of the bound would favour small numbers.
      const range = 2 ** 32;
      const limit = range - (range % bound);
      for (;;) {
        const drawn = new DataView(bytes(4).buffer).getUint32(0);
        if (drawn < limit) return drawn % bound;
      }
    },
  };
}
