/**
 * Where a table reports the canonical records it adds and removes, for the fingerprint's sum. Each
 * table has its own sink, so that equal bytes of two tables are two records.
 */
export interface RecordSink {
  add(record: Uint8Array): void;
  remove(record: Uint8Array): void;
}

/** One of the small replicated tables. Constructed empty, with its sink. */
export interface Table {
  /** Its name in the manifest. */
  readonly name: string;
  /** The whole table, canonical: equal tables give equal bytes. */
  encode(): Uint8Array;
  /**
   * Replaces the whole table without telling the sink (the manifest has the sum). No bytes mean the
   * empty table. Throws DecodeError, and then leaves the table as it was.
   */
  decode(data: Uint8Array): void;
  /** All records that the sink should hold, to sum them from scratch. */
  records(): Iterable<Uint8Array>;
}
