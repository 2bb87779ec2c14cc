/**
 * What is stored is not what was written, or is gone. Code that meets it must not go on as if there
 * were nothing: see damageOf.
 */
export class StorageDamagedError extends Error {
  override readonly name = "StorageDamagedError";
  /** The table, or the row of it. */
  readonly where: string;

  constructor(where: string, text: string, options?: ErrorOptions) {
    super(`${where}: ${text}`, options);
    this.where = where;
  }
}

/**
 * What SQLite says where the file is not what it wrote (SQLITE_CORRUPT, SQLITE_NOTADB), and where a
 * table or column is gone that this code made. By text: the platform gives its errors no code.
 *
 * All else is none of the file's fault: a full disk, an I/O error or a lack of memory pass, and a
 * new instance tries again; a constraint or a type that does not hold is a mistake of the code.
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

/** What SQLite found damaged; undefined for any other error. */
export function sqlDamage(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof StorageDamagedError) return undefined;
  return texts.some((text) => error.message.includes(text)) ? error.message : undefined;
}
