/**
 * What can be wrong with a WAL. Each is an error of its own, since each asks for something else of
 * the operator. The texts after the place are etcd's.
 */
export abstract class WalError extends Error {
  /** Where it was found: a row ("wal_3 row 17"), a file's byte, or the WAL as a whole. */
  readonly where: string;

  constructor(where: string, text: string, options?: ErrorOptions) {
    super(`${where}: ${text}`, options);
    this.where = where;
  }
}

/** No record of the snapshot from which the WAL was to be read: it belongs to another one. */
export class SnapshotNotFoundError extends WalError {
  override readonly name = "SnapshotNotFoundError";
}

/** The WAL's snapshot record at this index has another term. */
export class SnapshotMismatchError extends WalError {
  override readonly name = "SnapshotMismatchError";
}

/** The bytes are not those that were written, or a row between two others is gone. */
export class CrcMismatchError extends WalError {
  override readonly name = "CrcMismatchError";
}

/** Two metadata records that differ: parts of two WALs. */
export class MetadataConflictError extends WalError {
  override readonly name = "MetadataConflictError";
}

/** An entry that does not follow the ones before it: some are missing. */
export class IndexGapError extends WalError {
  override readonly name = "IndexGapError";
}

/** Framed or put together as nothing that was ever written. */
export class DamagedRowError extends WalError {
  override readonly name = "DamagedRowError";
}
