/** Bytes of a request: etcd's --max-request-bytes. */
export const maxRequestBytes = 1_572_864;
/** Bytes of a message that carries one, or an answer in fragments: as in etcd. */
export const maxMessageBytes = maxRequestBytes + 524_288;

/**
 * The cluster version (docs/architecture.md, Versions) from which on entries are held to all of
 * the limits. What was applied before is applied again as it was: to maxTxnOps, maxDeletes,
 * maxLeaseKeys, maxCompared and maxCounted alone.
 */
export const boundedVersion = 2;

/**
 * The highest revision that a cluster may begin at. A base orders what it holds by twice a
 * revision, which is exact up to 2^53: from here on there is room for a million writes a second for
 * 70 years.
 */
export const maxRestoredRevision = 2_251_799_813_685_248;

/**
 * Bounds and constants. Those that change what an entry does are the same on every member: what one
 * entry may do is bounded by the time that a turn may take, on every member and in every replay.
 */
export interface Limits {
  /** Operations in one list of a transaction; part of the replicated behaviour. */
  readonly maxTxnOps: number;
  /** What one request may make a member do, in the units of work.ts; likewise. */
  readonly maxWork: number;
  /** Bytes of a key; likewise. The end of a range may have one more: the key after the longest. */
  readonly maxKeyBytes: number;
  /** Keys that one entry may delete, all of which stay in memory; likewise. */
  readonly maxDeletes: number;
  /** Bytes of those keys; likewise. */
  readonly maxDeletedKeyBytes: number;
  /** Bytes of older values that one entry may store again (ignore_value); likewise. */
  readonly maxKeptBytes: number;
  /** Keys that hang on one lease, and go with it in one entry; likewise. */
  readonly maxLeaseKeys: number;
  /** What the index of all leases' keys may take in memory; likewise. */
  readonly maxLeasedBytes: number;
  /** Leases that there may be; likewise. */
  readonly maxLeases: number;
  /** What users, roles and permissions may take in memory; likewise. */
  readonly maxAuthBytes: number;
  /** Alarms that clients may raise; likewise. */
  readonly maxAlarms: number;
  /** Keys that the comparisons of one transaction look at; likewise. */
  readonly maxCompared: number;
  /** Keys that the ranges of one transaction count; likewise. Of a range outside of one, too. */
  readonly maxCounted: number;
  /** Indexes for which request ids are remembered; likewise. */
  readonly requestWindow: number;
  /** Bytes of the answer to a transaction or a deletion: beyond it, it is done but not returned. */
  readonly maxTxnResponseBytes: number;
  /** Bytes of one page of a range. */
  readonly maxPageBytes: number;
  /** Keys that one page of a range, or any other read, walks past. */
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
