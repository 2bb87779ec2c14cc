/**
 * Where a table reports its canonical records as they come and go: the fingerprint is kept by
 * sums. Each table has a sink of its own, so equal bytes of two tables are two records.
 */
export interface RecordSink {
  add(record: Uint8Array): void;
  remove(record: Uint8Array): void;
}

/** One of the small replicated tables. Made empty, with its sink. */
export interface Table {
  /** Its name in the manifest. */
  readonly name: string;
  /** All of it, canonical: equal tables give equal bytes. */
  encode(): Uint8Array;
  /**
   * Replaces all of it, without a word to the sink (the manifest brings the sum). No bytes at all
   * are the empty table. Throws DecodeError and then leaves it as it was.
   */
  decode(data: Uint8Array): void;
  /** The records that were added to the sink and not removed: the sum from scratch. */
  records(): Iterable<Uint8Array>;
}
