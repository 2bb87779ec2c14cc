/** Bounds and constants. Those that change what an entry does are the same on every member. */
export interface Limits {
  /** Operations in one list of a transaction; part of the replicated behaviour. */
  readonly maxTxnOps: number;
  /** Keys that one entry may delete, all of which stay in memory; likewise. */
  readonly maxDeletes: number;
  /** Indexes for which request ids are remembered; likewise. */
  readonly requestWindow: number;
  /** Bytes of the answer to a transaction or a deletion: beyond it, it is done but not told. */
  readonly maxTxnResponseBytes: number;
  /** Bytes of one page of a range. */
  readonly maxPageBytes: number;
}

export const defaultLimits: Limits = {
  maxTxnOps: 128,
  maxDeletes: 50_000,
  requestWindow: 10_000,
  maxTxnResponseBytes: 8_000_000,
  maxPageBytes: 1_000_000,
};
