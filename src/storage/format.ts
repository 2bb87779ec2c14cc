import type { Sql } from "./sql.ts";

/**
 * The format that this code writes, and the newest that it reads: 3 may have sleep records in the
 * log, 2 has a sum in every row of the base and its tables, 1 has none.
 */
const formatVersion = 3;

/** The oldest format whose code may open what this code writes: older code leaves sums stale. */
const oldestReader = 2;
/** The same of a log with sleep records, which others take for damage. */
const sleepReader = 3;

/** The storage has no format, or one that this code must not open. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

/** Writes the storage's format, with its first rows. */
export function writeFormat(sql: Sql, reader = oldestReader): void {
  sql.exec(
    "CREATE TABLE IF NOT EXISTS storage_format " +
      "(id INTEGER PRIMARY KEY, version INTEGER NOT NULL, oldest_reader INTEGER NOT NULL)",
  );
  const write =
    "INSERT OR REPLACE INTO storage_format (id, version, oldest_reader) VALUES (1, ?, ?)";
  sql.exec(write, formatVersion, reader);
}

/** Before a sleep record is written. */
export function forbidOlderReaders(sql: Sql): void {
  const query = "SELECT oldest_reader FROM storage_format WHERE id = 1";
  const { oldest_reader: reader } = sql.exec<{ oldest_reader: number }>(query).one();
  if (reader < sleepReader) writeFormat(sql, sleepReader);
}

/**
 * Checks the format, and raises an older one before anything is written. Throws FormatError where
 * this code must not open the storage.
 */
export function openFormat(sql: Sql): void {
  if (readableFormat(sql) < formatVersion) writeFormat(sql);
}

function readableFormat(sql: Sql): number {
  const tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'storage_format'";
  const exists = sql.exec(tables).toArray().length > 0;
  const query = "SELECT version, oldest_reader FROM storage_format WHERE id = 1";
  const [row] = exists ? sql.exec<{ version: number; oldest_reader: number }>(query).toArray() : [];
  if (!row) throw new FormatError("storage_format: the record of the format is missing");
  if (row.oldest_reader <= formatVersion) return row.version;
  const formats = `format ${row.version}, for readers of ${row.oldest_reader} and later`;
  throw new FormatError(`storage_format: ${formats}; this one reads ${formatVersion}`);
}
