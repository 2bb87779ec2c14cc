import type { KeyValue } from "../../proto/generated/etcd.ts";
import type { Base } from "./base.ts";
import { heldBytes, isValueOnDisk } from "./large-value.ts";
import { type Row, versionOverheadBytes } from "./version.ts";

/**
 * The newest versions of some keys in the base, as of the persisted revision, and of some that it
 * has not: putting a key anew needs what was there before, and must not ask SQLite each time.
 *
 * Two halves instead of a list by age: when the young one is full the old one goes, and whatever is
 * asked for moves over. So entries are dropped without ever being walked.
 */
export class PersistedCache {
  readonly #base: Base;
  /** Bytes for both halves: it may change from call to call. */
  readonly #maxBytes: () => number;
  #young = new Map<string, KeyValue | undefined>();
  #old = new Map<string, KeyValue | undefined>();
  #youngBytes = 0;

  constructor(base: Base, maxBytes: () => number) {
    this.#base = base;
    this.#maxBytes = maxBytes;
  }

  /** As Base.get at the persisted revision. */
  get(key: string, persistedRevision: number): KeyValue | undefined {
    const young = this.#young.get(key);
    if (young !== undefined || this.#young.has(key)) return young;
    const isOld = this.#old.has(key);
    const kv = isOld ? this.#old.get(key) : this.#base.get(key, persistedRevision);
    this.#keep(key, kv);
    return kv;
  }

  /**
   * These are in the base now, and the persisted revision is that of the last. Oldest first. Of
   * keys that have newer versions elsewhere nothing is kept.
   */
  advance(rows: readonly Row[], isSuperseded: (key: string) => boolean): void {
    for (const { key, kv } of rows) {
      this.forget(key);
      if (!isSuperseded(key)) this.#keep(key, kv);
    }
  }

  /** A key that is asked for elsewhere first leaves its place to others. */
  forget(key: string): void {
    this.#old.delete(key);
    const before = this.#young.get(key);
    if (this.#young.delete(key)) this.#youngBytes -= weight(key, before);
  }

  #keep(key: string, kv: KeyValue | undefined): void {
    const half = this.#maxBytes() / 2;
    const size = weight(key, kv);
    if (this.#youngBytes + size > half) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
      // The budget shrinks while the overlay grows: then nothing may be left of the old half.
      if (half < size) this.#old = new Map();
    }
    // A large value would push out all others; what is not kept must not be found stale either.
    if (size > half / 8 || (kv !== undefined && isValueOnDisk(kv))) {
      this.#old.delete(key);
      return;
    }
    this.#young.set(key, kv);
    this.#youngBytes += size;
  }
}

function weight(key: string, kv: KeyValue | undefined): number {
  return versionOverheadBytes + (kv === undefined ? key.length : heldBytes(kv));
}
