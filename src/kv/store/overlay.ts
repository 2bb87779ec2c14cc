import type { KeyValue } from "../../proto/generated/etcd.ts";
import { SortedMap } from "./sorted-map.ts";
import { type Change, type Passed, type Row, sizeOf } from "./version.ts";

/** The versions of one key that are only in memory, at least one. */
class Versions {
  /** Oldest first; those before `#from` are evicted. */
  #rows: Row[];
  #from = 0;

  constructor(row: Row) {
    this.#rows = [row];
  }

  get count(): number {
    return this.#rows.length - this.#from;
  }

  get oldest(): Row {
    return this.#row(this.#from);
  }

  get newest(): Row {
    return this.#row(this.#rows.length - 1);
  }

  add(row: Row): void {
    this.#rows.push(row);
  }

  /** Not to be called on the last version. */
  dropOldest(): void {
    this.#from += 1;
    // Evicted rows are cut off when they are half of all, so that each row moves about once.
    if (this.#from * 2 < this.#rows.length) return;
    this.#rows = this.#rows.slice(this.#from);
    this.#from = 0;
  }

  /** The newest version at or below `revision`. */
  at(revision: number): Row | undefined {
    const end = this.#endOf(revision);
    return end === this.#from ? undefined : this.#row(end - 1);
  }

  /** How many versions are above `revision`. */
  countAbove(revision: number): number {
    return this.#rows.length - this.#endOf(revision);
  }

  /** The position after the versions at or below `revision`. */
  #endOf(revision: number): number {
    let high = this.#rows.length;
    if (this.#row(high - 1).kv.modRevision <= revision) return high;
    let low = this.#from;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#row(middle).kv.modRevision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #row(at: number): Row {
    const row = this.#rows[at];
    if (row === undefined)
      throw new Error(`version ${at} of ${this.#from} to ${this.#rows.length}`);
    return row;
  }
}

/**
 * The versions that the base does not hold yet, all newer than those it holds for good. By key,
 * newest first; and as a queue in order of change, from whose front a checkpoint takes them.
 */
export class Overlay {
  readonly #heads = new SortedMap<Versions>();
  #queue: Row[] = [];
  #bytes = 0;

  /** Bytes of keys, values and the memory around them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The versions in order of change. Read only; append and evict change it. */
  get queue(): readonly Row[] {
    return this.#queue;
  }

  append(change: Change): void {
    const { key, kv } = change;
    const versions = this.#heads.get(key);
    const older = versions?.newest;
    const second = older?.kv.modRevision === kv.modRevision;
    if (older !== undefined && older.kv.modRevision >= kv.modRevision) {
      const twice = second && !older.second;
      if (!twice) throw new Error(`revision ${kv.modRevision} after ${older.kv.modRevision}`);
    }
    const row = { key, kv, second };
    if (versions === undefined) this.#heads.set(key, new Versions(row));
    else versions.add(row);
    this.#queue.push(row);
    this.#bytes += sizeOf(kv);
  }

  /** Drops and returns the `count` oldest versions, which the base now holds. */
  evict(count: number): readonly Row[] {
    const evicted = this.#queue.slice(0, count);
    for (const row of evicted) {
      const versions = this.#heads.get(row.key);
      if (versions?.oldest !== row) throw new Error("an older version outlives its checkpoint");
      if (versions.count === 1) this.#heads.delete(row.key);
      else versions.dropOldest();
      this.#bytes -= sizeOf(row.kv);
    }
    this.#queue = this.#queue.slice(count);
    return evicted;
  }

  /** Whether it holds any version of the key. */
  has(key: string): boolean {
    return this.#heads.get(key) !== undefined;
  }

  /** The newest version at or below `revision`, or its tombstone. */
  get(key: string, revision: number): KeyValue | undefined {
    return this.#heads.get(key)?.at(revision)?.kv;
  }

  *scan(begin: string, end: string, revision: number, reverse: boolean): Scan {
    const heads = reverse ? this.#heads.descending(begin, end) : this.#heads.ascending(begin, end);
    for (const [key, versions] of heads) {
      const row = versions.at(revision);
      if (row !== undefined) yield [key, row.kv];
    }
  }

  /**
   * As `scan`, with keys that have no version yet, and each key's count of versions above `above`.
   */
  *walk(begin: string, end: string, revision: number, above: number, reverse: boolean): Walk {
    const heads = reverse ? this.#heads.descending(begin, end) : this.#heads.ascending(begin, end);
    for (const [key, versions] of heads) {
      yield [key, versions.at(revision)?.kv, versions.countAbove(above)];
    }
  }

  /**
   * How many more keys of the range live at `revision` than before the overlay's first versions:
   * what to add to the base's count.
   */
  countBeyondBase(begin: string, end: string, revision: number): number {
    let more = 0;
    for (const [, versions] of this.#heads.ascending(begin, end)) {
      const row = versions.at(revision);
      if (row === undefined) continue;
      // A key's first version is 1; a tombstone or a later version has a live predecessor.
      const livedBefore = versions.oldest.kv.version !== 1;
      more += (row.kv.version === 0 ? 0 : 1) - (livedBefore ? 1 : 0);
    }
    return more;
  }

  /** The versions of the range above `revision`; stops when they are more than `most`. */
  passed(begin: string, end: string, revision: number, most: number): Passed {
    let [count, keyBytes] = [0, 0];
    for (const [key, versions] of this.#heads.ascending(begin, end)) {
      const above = versions.countAbove(revision);
      count += above;
      keyBytes += above * key.length;
      if (count > most) break;
    }
    return { count, keyBytes };
  }
}

/** Keys with their newest version or tombstone, in key order. */
export type Scan = Generator<readonly [string, KeyValue]>;

/**
 * All keys in key order, each with its newest version, undefined if it has none yet, and how many
 * of its versions the walk passes.
 */
export type Walk = Generator<readonly [key: string, kv: KeyValue | undefined, versions: number]>;
