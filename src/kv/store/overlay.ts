import type { KeyValue } from "../../proto/generated/etcd.ts";
import { SortedMap } from "./sorted-map.ts";
import { type Change, type Row, sizeOf } from "./version.ts";

/** A version that is in memory only, between the older and the newer one of its key. */
class Version implements Row {
  readonly key: string;
  readonly kv: KeyValue;
  readonly second: boolean;
  older: Version | undefined;
  newer: Version | undefined = undefined;

  constructor(key: string, kv: KeyValue, older: Version | undefined) {
    this.key = key;
    this.kv = kv;
    this.second = older?.kv.modRevision === kv.modRevision;
    this.older = older;
  }
}

/**
 * The versions that the base does not hold yet, all of them newer than every version it holds for
 * good. By key, newest first; and as a queue in the order they were made, from whose front a
 * checkpoint takes them.
 */
export class Overlay {
  readonly #heads = new SortedMap<Version>();
  #queue: Version[] = [];
  #bytes = 0;

  /** Keys, values and the memory around them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The versions in the order they were made. Read only; changes with append and evict. */
  get queue(): readonly Row[] {
    return this.#queue;
  }

  append(change: Change): void {
    const { key, kv } = change;
    const older = this.#heads.get(key);
    if (older !== undefined && older.kv.modRevision >= kv.modRevision) {
      const twice = older.kv.modRevision === kv.modRevision && !older.second;
      if (!twice) throw new Error(`revision ${kv.modRevision} after ${older.kv.modRevision}`);
    }
    const version = new Version(key, kv, older);
    if (older !== undefined) older.newer = version;
    this.#heads.set(key, version);
    this.#queue.push(version);
    this.#bytes += sizeOf(kv);
  }

  /** Drops and returns the oldest `count` versions: the base holds them now. */
  evict(count: number): readonly Row[] {
    const evicted = this.#queue.slice(0, count);
    for (const version of evicted) {
      if (version.older !== undefined) throw new Error("an older version outlives its checkpoint");
      if (version.newer === undefined) this.#heads.delete(version.key);
      else version.newer.older = undefined;
      this.#bytes -= sizeOf(version.kv);
    }
    this.#queue = this.#queue.slice(count);
    return evicted;
  }

  clear(): void {
    this.#heads.clear();
    this.#queue = [];
    this.#bytes = 0;
  }

  /** Whether it holds any version of the key. */
  has(key: string): boolean {
    return this.#heads.get(key) !== undefined;
  }

  /** The newest version at or below `revision`, a tombstone included. */
  get(key: string, revision: number): KeyValue | undefined {
    return newest(this.#heads.get(key), revision)?.kv;
  }

  *scan(begin: string, end: string, revision: number, reverse: boolean): Scan {
    const heads = reverse ? this.#heads.descending(begin, end) : this.#heads.ascending(begin, end);
    for (const [key, head] of heads) {
      const version = newest(head, revision);
      if (version !== undefined) yield [key, version.kv];
    }
  }

  /**
   * How many more keys of the range live at `revision` than lived before all of the overlay's
   * versions: what to add to the base's count.
   */
  countBeyondBase(begin: string, end: string, revision: number): number {
    let more = 0;
    for (const [, head] of this.#heads.ascending(begin, end)) {
      const version = newest(head, revision);
      if (version === undefined) continue;
      let oldest = version;
      while (oldest.older !== undefined) oldest = oldest.older;
      // A key's first version is 1; a tombstone, or a later version, follows one that lived.
      const livedBefore = oldest.kv.version !== 1;
      more += (version.kv.version === 0 ? 0 : 1) - (livedBefore ? 1 : 0);
    }
    return more;
  }
}

/** Keys with their newest version, tombstones included, in key order. */
export type Scan = Generator<readonly [string, KeyValue]>;

function newest(head: Version | undefined, revision: number): Version | undefined {
  let version = head;
  while (version !== undefined && version.kv.modRevision > revision) version = version.older;
  return version;
}
