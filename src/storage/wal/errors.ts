/**
 * Faults of a WAL, each an error of its own, since each asks something else of the operator. After
 * the place the texts are etcd's.
 */
export abstract class WalError extends Error {
  /** Where the fault is: a row ("wal_3 row 17"), a byte of a file, or the WAL. */
  readonly where: string;

  constructor(where: string, text: string, options?: ErrorOptions) {
    super(`${where}: ${text}`, options);
    this.where = where;
  }
}

/** The WAL has no record of the snapshot that reading starts from: it belongs to another one. */
export class SnapshotNotFoundError extends WalError {
  override readonly name = "SnapshotNotFoundError";
}

/** The WAL's snapshot record at this index has another term. */
export class SnapshotMismatchError extends WalError {
  override readonly name = "SnapshotMismatchError";
}

/** Bytes differ from those that were written, or a row between two others is missing. */
export class CrcMismatchError extends WalError {
  override readonly name = "CrcMismatchError";
}

/** Two metadata records differ: parts of two WALs. */
export class MetadataConflictError extends WalError {
  override readonly name = "MetadataConflictError";
}

/** Entries are missing before this one. */
export class IndexGapError extends WalError {
  override readonly name = "IndexGapError";
}

/** A row is framed or composed as none that was ever written. */
export class DamagedRowError extends WalError {
  override readonly name = "DamagedRowError";
}
