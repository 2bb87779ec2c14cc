import type { KeyValue } from "../../proto/generated/etcd.ts";

/**
 * One change of one key: a put, or a deletion whose `kv` is a tombstone (key and mod revision, and
 * version 0). `prev` is what lived before it.
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
 * Where a version stands among those of its key. One revision changes a key at most twice: a put
 * in a nested transaction, and its deletion by a later one.
 */
export function rankOf(modRevision: number, second: boolean): number {
  return modRevision * 2 + (second ? 1 : 0);
}

/** The highest rank that a revision may have. */
export function lastRankOf(revision: number): number {
  return rankOf(revision, true);
}

/** One version as the base keeps it. */
export interface Row {
  readonly key: string;
  readonly kv: KeyValue;
  /** The second change of this key in its revision. */
  readonly second: boolean;
}

/** Versions that a walk or a count passes, whether they live or not. */
export interface Passed {
  readonly count: number;
  /** Of their keys together. */
  readonly keyBytes: number;
}

/** One change in the history of the store: what a watcher that starts late walks over. */
export interface HistoryEntry {
  readonly key: string;
  readonly revision: number;
  readonly second: boolean;
}

/** What the memory of one version is reckoned at beside its key and value. */
export const versionOverheadBytes = 256;

export function sizeOf(kv: KeyValue): number {
  return kv.key.length + kv.value.length + versionOverheadBytes;
}
