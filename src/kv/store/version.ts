import type { KeyValue } from "../../proto/generated/etcd.ts";

/**
 * One change of a key: a put, or a deletion whose `kv` is a tombstone (key, mod revision, and
 * version 0). `prev` is the version that lived before.
 */
export interface Change {
  readonly key: string;
  readonly kv: KeyValue;
  readonly prev: KeyValue | undefined;
}

export function isTombstone(kv: KeyValue): boolean {
  return kv.version === 0;
}

/**
 * The order of a version among those of its key. A revision changes a key at most twice: a put in a
 * nested transaction, and its deletion by a later one.
 */
export function rankOf(modRevision: number, second: boolean): number {
  return modRevision * 2 + (second ? 1 : 0);
}

/** The highest rank that a version of this revision may have. */
export function lastRankOf(revision: number): number {
  return rankOf(revision, true);
}

/** One version as the base stores it. */
export interface Row {
  readonly key: string;
  readonly kv: KeyValue;
  /** Whether it is the second change of this key in its revision. */
  readonly second: boolean;
}

/** Versions that a walk or a count passes, live or not. */
export interface Passed {
  readonly count: number;
  /** Bytes of their keys together. */
  readonly keyBytes: number;
}

/** One change in the store's history, which a watcher that starts late reads. */
export interface HistoryEntry {
  readonly key: string;
  readonly revision: number;
  readonly second: boolean;
}

/** Bytes reckoned for a version in memory beside its key and value. */
export const versionOverheadBytes = 256;

export function sizeOf(kv: KeyValue): number {
  return kv.key.length + kv.value.length + versionOverheadBytes;
}
