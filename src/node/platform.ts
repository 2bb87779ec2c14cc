import type { Sql, SqlBinding, SqlRow } from "../storage/sql.ts";
import type { Random } from "./environment.ts";

/** A row in production holds at most 2 MB; locally SQLite would take more. */
const maxBindingBytes = 2_000_000;

/** Counts what is billed. */
export interface CountedSql extends Sql {
  /** Rows written through this handle so far, by the platform's own count. */
  readonly rowsWritten: number;
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
