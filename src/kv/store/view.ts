import type { KeyValue } from "../../proto/generated/etcd.ts";
import { isSingleKey, KEY_RANGE_INFINITY, type KeyRange } from "../key-range.ts";
import { cost, type Work } from "../work.ts";
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
  /** How many live there; where they are more than `most`, any number above it. */
  count(range: KeyRange, most: number): number;
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

  count(range: KeyRange, most: number): number {
    const { begin, end } = range;
    if (isSingleKey(range)) return this.get(begin) === undefined ? 0 : 1;
    if (begin >= end) return 0;
    // Clients that list everything page by page ask for it with every page.
    const all = begin <= firstKey && end === KEY_RANGE_INFINITY;
    if (all && this.#keyCount !== undefined) return this.#keyCount;
    const beyond = this.#overlay.countBeyondBase(begin, end, this.#revision);
    const enough = Math.max(0, most - beyond + 1);
    return this.#base.countLive(begin, end, this.#baseRevision, enough) + beyond;
  }
}

/** A view all of whose reads are charged before they are made. */
export class ChargedView implements View {
  readonly #below: View;
  readonly #work: Work;
  /** Versions that a walk over many keys may have to pass, and that do not live. */
  readonly #dead: number;

  constructor(below: View, work: Work, dead: number) {
    this.#below = below;
    this.#work = work;
    this.#dead = dead;
  }

  get(key: string): KeyValue | undefined {
    this.#work.chargeKey(cost.lookup, key.length);
    return this.#below.get(key);
  }

  *scan(range: KeyRange, reverse: boolean): Scan {
    if (isSingleKey(range)) {
      yield* one(range.begin, this.get(range.begin));
      return;
    }
    this.#seek(range);
    for (const entry of this.#below.scan(range, reverse)) {
      this.#work.chargeKey(cost.walk, entry[0].length);
      yield entry;
    }
  }

  count(range: KeyRange, most: number): number {
    if (isSingleKey(range)) return this.get(range.begin) === undefined ? 0 : 1;
    this.#seek(range);
    const affordable = Math.floor(Math.max(0, this.#work.left) / cost.count);
    const count = this.#below.count(range, Math.min(most, affordable));
    this.#work.charge(count * cost.count);
    return count;
  }

  #seek({ begin, end }: KeyRange): void {
    this.#work.chargeKey(cost.seek + this.#dead * cost.dead, begin.length + end.length);
  }
}

/**
 * A view with changes on top of it, which are nobody else's yet: what a transaction makes, or what
 * one once made, done again to answer for it.
 */
export class ChangedView implements View {
  readonly #below: View;
  readonly #revision: number;
  readonly #work: Work;
  readonly #newest = new SortedMap<Changed>();
  readonly #changes: Change[] = [];

  /**
   * @param revision that of the changes.
   * @param work what walks over the changes themselves are charged to.
   */
  constructor(below: View, revision: number, work: Work) {
    this.#below = below;
    this.#revision = revision;
    this.#work = work;
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
    const before = this.#newest.get(key);
    this.#newest.set(key, { kv, livedBelow: before?.livedBelow ?? prev !== undefined });
  }

  get(key: string): KeyValue | undefined {
    const kv = this.#newest.get(key)?.kv;
    if (kv === undefined) return this.#below.get(key);
    this.#work.charge(cost.ownWalk);
    return isTombstone(kv) ? undefined : kv;
  }

  scan(range: KeyRange, reverse: boolean): Scan {
    if (this.#newest.size === 0) return this.#below.scan(range, reverse);
    if (isSingleKey(range)) return one(range.begin, this.get(range.begin));
    return mergeLive([this.#own(range, reverse), this.#below.scan(range, reverse)], reverse);
  }

  count(range: KeyRange, most: number): number {
    if (isSingleKey(range)) return this.get(range.begin) === undefined ? 0 : 1;
    let more = 0;
    const { begin, end } = range;
    for (const [, { kv, livedBelow }] of this.#newest.ascending(begin, end)) {
      this.#work.charge(cost.ownWalk);
      more += (isTombstone(kv) ? 0 : 1) - (livedBelow ? 1 : 0);
    }
    return this.#below.count(range, most - more) + more;
  }

  *#own({ begin, end }: KeyRange, reverse: boolean): Scan {
    const own = reverse ? this.#newest.descending(begin, end) : this.#newest.ascending(begin, end);
    for (const [key, { kv }] of own) {
      this.#work.charge(cost.ownWalk);
      yield [key, kv];
    }
  }
}

/** The newest version of a key that was changed, and whether the key lived before. */
interface Changed {
  readonly kv: KeyValue;
  readonly livedBelow: boolean;
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
