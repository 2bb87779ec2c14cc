/** Bytes of a request: etcd's --max-request-bytes. */
export const maxRequestBytes = 1_572_864;
/** Bytes of a message with a request, or of a fragment of an answer: as in etcd. */
export const maxMessageBytes = maxRequestBytes + 524_288;

/**
 * The cluster version (docs/architecture.md, Versions) from which entries are held to all limits.
 * Earlier entries are replayed with maxTxnOps, maxDeletes, maxLeaseKeys, maxCompared and maxCounted
 * alone.
 */
export const boundedVersion = 2;

/**
 * The highest revision that a restored cluster may begin at. A base orders versions by twice the
 * revision, which is exact up to 2^53: that leaves a million writes a second for 70 years.
 */
export const maxRestoredRevision = 2_251_799_813_685_248;

/**
 * Bounds and constants. A replicated one decides what an entry does and is the same on every
 * member: it bounds the time of a turn, on every member and in every replay.
 */
export interface Limits {
  /** Operations in one list of a transaction; replicated. */
  readonly maxTxnOps: number;
  /** Work that one request may cost, in the units of work.ts; replicated. */
  readonly maxWork: number;
  /**
   * Bytes of a key; replicated. The end of a range may have one more: the key after the longest.
   */
  readonly maxKeyBytes: number;
  /** Keys that one entry may delete, all of which stay in memory; replicated. */
  readonly maxDeletes: number;
  /** Bytes of those keys; replicated. */
  readonly maxDeletedKeyBytes: number;
  /** Bytes of older values that one entry may store again (ignore_value); replicated. */
  readonly maxKeptBytes: number;
  /** Keys attached to one lease, which are deleted in one entry; replicated. */
  readonly maxLeaseKeys: number;
  /** Memory of the index of all leases' keys in bytes; replicated. */
  readonly maxLeasedBytes: number;
  /** Leases in the cluster; replicated. */
  readonly maxLeases: number;
  /** Memory of users, roles and permissions in bytes; replicated. */
  readonly maxAuthBytes: number;
  /** Alarms that clients may raise; replicated. */
  readonly maxAlarms: number;
  /** Keys that the comparisons of one transaction look at; replicated. */
  readonly maxCompared: number;
  /** Keys that the ranges of one transaction count, or one range outside of it; replicated. */
  readonly maxCounted: number;
  /** Indexes for which request ids are remembered; replicated. */
  readonly requestWindow: number;
  /**
   * Bytes of the answer to a transaction or a deletion: beyond it, the request is applied but not
   * answered.
   */
  readonly maxTxnResponseBytes: number;
  /** Bytes of one page of a range. */
  readonly maxPageBytes: number;
  /** Keys that one page of a range, or another read, walks past. */
  readonly maxPageKeys: number;
}

export const defaultLimits: Limits = {
  maxTxnOps: 128,
  maxWork: 600_000_000,
  maxKeyBytes: 65_536,
  maxDeletes: 50_000,
  maxDeletedKeyBytes: 8_000_000,
  maxKeptBytes: 2_000_000,
  maxLeaseKeys: 50_000,
  maxLeasedBytes: 16_000_000,
  maxLeases: 50_000,
  maxAuthBytes: 4_000_000,
  maxAlarms: 1_000,
  maxCompared: 50_000,
  maxCounted: 4_000_000,
  requestWindow: 10_000,
  maxTxnResponseBytes: 8_000_000,
  maxPageBytes: 250_000,
  maxPageKeys: 20_000,
};
