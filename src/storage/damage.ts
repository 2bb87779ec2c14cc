/**
 * Stored data is missing or not what was written. Code that meets it must not continue as if there
 * were none: see damageOf.
 */
export class StorageDamagedError extends Error {
  override readonly name = "StorageDamagedError";
  /** The damaged table, or its row. */
  readonly where: string;

  constructor(where: string, text: string, options?: ErrorOptions) {
    super(`${where}: ${text}`, options);
    this.where = where;
  }
}

/**
 * SQLite's texts for a file that is not what it wrote (SQLITE_CORRUPT, SQLITE_NOTADB), and for a
 * missing table or column of ours. Compared as text, since the platform's errors have no code.
 *
 * Other errors are not damage: a full disk, an I/O error or a lack of memory may pass, and a new
 * instance tries again; a violated constraint or type is a bug.
 */
const texts = [
  "SQLITE_CORRUPT",
  "SQLITE_NOTADB",
  "malformed",
  "is not a database",
  "no such table",
  "no such column",
  "has no column named",
] as const;

/** The damage that SQLite reports; undefined for any other error. */
export function sqlDamage(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof StorageDamagedError) return undefined;
  return texts.some((text) => error.message.includes(text)) ? error.message : undefined;
}
