import type { KeyValue } from "../../proto/generated/etcd.ts";
import { isSingleKey, KEY_RANGE_INFINITY, type KeyRange } from "../key-range.ts";
import type { Base } from "./base.ts";
import { mergeLive } from "./merge.ts";
import type { Overlay, Scan } from "./overlay.ts";
import type { PersistedCache } from "./persisted-cache.ts";
import { SortedMap } from "./sorted-map.ts";
import { type Change, isTombstone } from "./version.ts";

/** The keys of one moment. */
export interface View {
  get(key: string): KeyValue | undefined;
  /** Live keys in key order. The view must not change while one is walked. */
  scan(range: KeyRange, reverse: boolean): Scan;
  count(range: KeyRange): number;
}

const firstKey = "\0";

/** The store as of one revision. */
export class RevisionView implements View {
  readonly #overlay: Overlay;
  readonly #base: Base;
  readonly #revision: number;
  /** The base may know a future, or what the overlay knows too: it is asked up to here only. */
  readonly #baseRevision: number;
  /** Knows the base at the persisted revision. */
  readonly #cache: PersistedCache | undefined;
  /** Of all keys, where that is known without counting. */
  readonly #keyCount: number | undefined;

  constructor(
    overlay: Overlay,
    base: Base,
    cache: PersistedCache,
    revision: number,
    persistedRevision: number,
    keyCount?: number,
  ) {
    this.#overlay = overlay;
    this.#base = base;
    this.#revision = revision;
    this.#baseRevision = Math.min(revision, persistedRevision);
    this.#cache = revision < persistedRevision ? undefined : cache;
    this.#keyCount = keyCount;
  }

  get(key: string): KeyValue | undefined {
    const kv = this.#overlay.get(key, this.#revision) ?? this.#inBase(key);
    return kv === undefined || isTombstone(kv) ? undefined : kv;
  }

  #inBase(key: string): KeyValue | undefined {
    return (this.#cache ?? this.#base).get(key, this.#baseRevision);
  }

  scan(range: KeyRange, reverse: boolean): Scan {
    const { begin, end } = range;
    if (isSingleKey(range)) return one(begin, this.get(begin));
    if (begin >= end) return none();
    return mergeLive(
      [
        this.#overlay.scan(begin, end, this.#revision, reverse),
        this.#base.scanLive(begin, end, this.#baseRevision, reverse),
      ],
      reverse,
    );
  }

  count(range: KeyRange): number {
    const { begin, end } = range;
    if (isSingleKey(range)) return this.get(begin) === undefined ? 0 : 1;
    if (begin >= end) return 0;
    // Clients that list everything page by page ask for it with every page.
    const all = begin <= firstKey && end === KEY_RANGE_INFINITY;
    if (all && this.#keyCount !== undefined) return this.#keyCount;
    const inBase = this.#base.countLive(begin, end, this.#baseRevision);
    return inBase + this.#overlay.countBeyondBase(begin, end, this.#revision);
  }
}

/**
 * A view with changes on top of it, which are nobody else's yet: what a transaction makes, or what
 * one once made, done again to answer for it.
 */
export class ChangedView implements View {
  readonly #below: View;
  readonly #revision: number;
  readonly #newest = new SortedMap<KeyValue>();
  readonly #changes: Change[] = [];

  /** @param revision that of the changes. */
  constructor(below: View, revision: number) {
    this.#below = below;
    this.#revision = revision;
  }

  /** In the order they were made. */
  get changes(): readonly Change[] {
    return this.#changes;
  }

  /** The mod revision of every change. */
  get changeRevision(): number {
    return this.#revision;
  }

  /** `kv` is the next version of what is `prev` here. */
  put(key: string, kv: KeyValue, prev: KeyValue | undefined): void {
    this.#change(key, prev, kv);
  }

  /** Of a key that lives, with what lives. */
  delete(key: string, prev: KeyValue): void {
    this.#change(key, prev, tombstone(prev.key, this.#revision));
  }

  #change(key: string, prev: KeyValue | undefined, kv: KeyValue): void {
    this.#changes.push({ key, kv, prev });
    this.#newest.set(key, kv);
  }

  get(key: string): KeyValue | undefined {
    const kv = this.#newest.get(key);
    if (kv === undefined) return this.#below.get(key);
    return isTombstone(kv) ? undefined : kv;
  }

  scan(range: KeyRange, reverse: boolean): Scan {
    if (this.#newest.size === 0) return this.#below.scan(range, reverse);
    if (isSingleKey(range)) return one(range.begin, this.get(range.begin));
    const { begin, end } = range;
    const own = reverse ? this.#newest.descending(begin, end) : this.#newest.ascending(begin, end);
    return mergeLive([own, this.#below.scan(range, reverse)], reverse);
  }

  count(range: KeyRange): number {
    if (isSingleKey(range)) return this.get(range.begin) === undefined ? 0 : 1;
    let count = this.#below.count(range);
    const { begin, end } = range;
    for (const [key, kv] of this.#newest.ascending(begin, end)) {
      const livedBelow = this.#below.get(key) !== undefined;
      count += (isTombstone(kv) ? 0 : 1) - (livedBelow ? 1 : 0);
    }
    return count;
  }
}

const noBytes = new Uint8Array(0);

export function tombstone(key: Uint8Array, modRevision: number): KeyValue {
  return { key, createRevision: 0, modRevision, version: 0, value: noBytes, lease: 0n };
}

function* one(key: string, kv: KeyValue | undefined): Scan {
  if (kv !== undefined) yield [key, kv];
}

function* none(): Scan {
  // Nothing lives in an empty range.
}
