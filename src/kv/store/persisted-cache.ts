import type { KeyValue } from "../../proto/generated/etcd.ts";
import type { Base } from "./base.ts";
import { heldBytes, isValueOnDisk } from "./large-value.ts";
import { type Row, versionOverheadBytes } from "./version.ts";

/**
 * The newest base versions of some keys as of the persisted revision, and keys known to be absent:
 * a put needs the previous version, and should not ask SQLite each time.
 *
 * Two halves replace a list by age: when the young half is full the old one is dropped, and a key
 * that is read moves to the young half.
 */
export class PersistedCache {
  readonly #base: Base;
  /** Bytes for both halves: the budget may change between calls. */
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
   * Adds rows that are in the base now, oldest first; the last one's revision is the persisted one.
   * Skips keys with newer versions elsewhere.
   */
  advance(rows: readonly Row[], isSuperseded: (key: string) => boolean): void {
    for (const { key, kv } of rows) {
      this.forget(key);
      if (!isSuperseded(key)) this.#keep(key, kv);
    }
  }

  /** Drops a key that a newer version in the overlay hides. */
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
      // The budget shrinks as the overlay grows, so that it may leave no room for the old half.
      if (half < size) this.#old = new Map();
    }
    // A large value would push out all others. A key that is not kept must not stay with its old
    // version.
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
