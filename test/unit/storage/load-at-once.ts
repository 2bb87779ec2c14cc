import { type LoadOptions, type LoadResult, loadMemberStorage } from "../../../src/storage/load.ts";
import type { Sql } from "../../../src/storage/sql.ts";

/** Loads all slices, one after the other. */
export function loadAtOnce(sql: Sql, options: LoadOptions = {}): LoadResult {
  const loading = loadMemberStorage(sql, options);
  for (;;) {
    const { done, value } = loading.next();
    if (done) return value;
  }
}
