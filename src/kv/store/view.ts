import { errors, KvError } from "../../etcd/errors.ts";
import type { KeyValue } from "../../proto/generated/etcd.ts";
import { isSingleKey, KEY_RANGE_INFINITY, type KeyRange } from "../keys/key-range.ts";
import { cost, costOfPassing, type Work } from "../work/work.ts";
import type { Base } from "./base.ts";
import { mergeAll, mergeLive } from "./merge.ts";
import type { Overlay, Scan, Walk } from "./overlay.ts";
import type { PersistedCache } from "./persisted-cache.ts";
import { SortedMap } from "./sorted-map.ts";
import { type Change, isTombstone, type Passed } from "./version.ts";

/** The keys as of one revision. */
export interface View {
  get(key: string): KeyValue | undefined;
  /** Live keys in key order. The view must not change during the walk. */
  scan(range: KeyRange, reverse: boolean): Scan;
  /** How many keys of the range live; if more than `most`, any number above it. */
  count(range: KeyRange, most: number): number;
}

const firstKey = "\0";

/** The store as of one revision. */
export class RevisionView implements View {
  readonly #overlay: Overlay;
  readonly #base: Base;
  readonly #revision: number;
  /** The base may have versions of the overlay or of the future: it is read up to this revision. */
  readonly #baseRevision: number;
  readonly #persistedRevision: number;
  /** A cache of the base at the persisted revision. */
  readonly #cache: PersistedCache | undefined;
  /** The count of all live keys, where it is known without counting. */
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
    this.#persistedRevision = persistedRevision;
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
    const known = this.#knownCount(range);
    if (known !== undefined) return known;
    const beyond = this.#overlay.countBeyondBase(begin, end, this.#revision);
    const enough = Math.max(0, most - beyond + 1);
    return this.#base.countLive(begin, end, this.#baseRevision, enough) + beyond;
  }

  /** As `count`. Throws errors.tooMuchWork where it would look at more than `most`. */
  countUpTo(range: KeyRange, most: number): number {
    const known = this.#knownCount(range);
    if (known !== undefined) return known;
    const count = this.count(range, most);
    if (count > most) throw new KvError(errors.tooMuchWork);
    return count;
  }

  /** Clients that list all keys page by page ask for this count with every page. */
  #knownCount({ begin, end }: KeyRange): number | undefined {
    return begin <= firstKey && end === KEY_RANGE_INFINITY ? this.#keyCount : undefined;
  }

  /** As `scan`, with keys that are deleted and keys without a version yet. */
  walk({ begin, end }: KeyRange, above: number, reverse: boolean): Walk {
    const at = { revision: this.#baseRevision, persisted: this.#persistedRevision, above };
    return mergeAll(
      [
        this.#overlay.walk(begin, end, this.#revision, above, reverse),
        this.#base.walk(begin, end, at, reverse),
      ],
      reverse,
    );
  }

  /** The versions that a count of the range passes, whatever revision it reads. */
  passed({ begin, end }: KeyRange, { above, here }: Dead, most: number): Passed {
    if (begin >= end) return { count: 0, keyBytes: 0 };
    const overlay = this.#overlay.passed(begin, end, above, most);
    const left = most - overlay.count;
    if (left <= 0) return overlay;
    const until = here ? Number.POSITIVE_INFINITY : this.#persistedRevision;
    const base = this.#base.passed(begin, end, above, until, left);
    return { count: overlay.count + base.count, keyBytes: overlay.keyBytes + base.keyBytes };
  }
}

/** A view for reads that come in pages, whose counting has its own bound. */
export class PagedView implements View {
  readonly #below: RevisionView;
  readonly #maxCounted: number;

  constructor(below: RevisionView, maxCounted: number) {
    this.#below = below;
    this.#maxCounted = maxCounted;
  }

  get(key: string): KeyValue | undefined {
    return this.#below.get(key);
  }

  scan(range: KeyRange, reverse: boolean): Scan {
    return this.#below.scan(range, reverse);
  }

  /** Throws errors.tooMuchWork. */
  count(range: KeyRange): number {
    return this.#below.countUpTo(range, this.#maxCounted);
  }
}

/** Versions that walks and counts pass beside the live ones, and are charged for. */
export interface Dead {
  /** Versions above this revision, since the others are compacted; below 0 means all. */
  readonly above: number;
  /** The cost of passing all superseded and deleted versions. */
  readonly work: number;
  /** Whether compacted versions that this member has not removed yet count as well. */
  readonly here: boolean;
}

/** A cost this low is charged without looking at the range, which would cost as much. */
const littleDeadWork = cost.seek;

/** A view whose reads are charged before they are made. */
export class ChargedView implements View {
  readonly #below: RevisionView;
  readonly #work: Work;
  readonly #dead: Dead;

  constructor(below: RevisionView, work: Work, dead: Dead) {
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
    const { above, work } = this.#dead;
    this.#work.chargeKey(cost.seek, range.begin.length + range.end.length);
    // The versions in a page are not known before it is read: the whole range must be affordable.
    if (work > this.#work.left) {
      if (this.#deadWork(range) > this.#work.left) throw new KvError(errors.tooMuchWork);
      this.#count(range, Number.POSITIVE_INFINITY);
    }
    for (const [key, kv, versions] of this.#below.walk(range, above, reverse)) {
      const lives = kv !== undefined && !isTombstone(kv);
      // A compacted version may already be removed on another member, so it is free.
      if (lives || versions > 0) this.#work.chargeKey(cost.walk, key.length);
      // One version is charged with its key.
      const others = versions - 1;
      if (others > 0) this.#work.charge(costOfPassing(others, others * key.length));
      if (lives) yield [key, kv];
    }
  }

  count(range: KeyRange, most: number): number {
    if (isSingleKey(range)) return this.get(range.begin) === undefined ? 0 : 1;
    this.#work.chargeKey(cost.seek, range.begin.length + range.end.length);
    this.#work.charge(this.#deadWork(range));
    return this.#count(range, most);
  }

  #count(range: KeyRange, most: number): number {
    const affordable = Math.floor(Math.max(0, this.#work.left) / cost.count);
    const count = this.#below.count(range, Math.min(most, affordable));
    this.#work.charge(count * cost.count);
    return count;
  }

  /** The cost of passing the dead versions of a range. */
  #deadWork(range: KeyRange): number {
    const { work } = this.#dead;
    if (!this.#work.bounded || work <= littleDeadWork) return work;
    this.#work.charge(cost.seek);
    // Counting stops one above what may be passed: that is already too many.
    const most = Math.floor(Math.min(work, Math.max(0, this.#work.left)) / cost.dead) + 1;
    const { count, keyBytes } = this.#below.passed(range, this.#dead, most);
    return Math.min(work, costOfPassing(count, keyBytes));
  }
}

/**
 * A view with changes on top that no other reader sees yet: those of a transaction, or of an
 * earlier one that is executed again for its answer.
 */
export class ChangedView implements View {
  readonly #below: View;
  readonly #revision: number;
  readonly #work: Work;
  readonly #newest = new SortedMap<Changed>();
  readonly #changes: Change[] = [];

  /**
   * @param revision the revision of the changes.
   * @param work charged for walks over the changes themselves.
   */
  constructor(below: View, revision: number, work: Work) {
    this.#below = below;
    this.#revision = revision;
    this.#work = work;
  }

  /** The changes in order. */
  get changes(): readonly Change[] {
    return this.#changes;
  }

  /** The mod revision of every change. */
  get changeRevision(): number {
    return this.#revision;
  }

  /** `kv` is the next version after `prev`, the key's live one if any. */
  put(key: string, kv: KeyValue, prev: KeyValue | undefined): void {
    this.#change(key, prev, kv);
  }

  /** Deletes a live key; `prev` is its live version. */
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

/** The newest version of a changed key, and whether the key lived before the changes. */
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
  // An empty range has no live keys.
}
