import { errors, KvError } from "../../etcd/errors.ts";
import { type Event, EventType, type KeyValue } from "../../proto/generated/etcd.ts";
import type { Fingerprint } from "../fingerprint/fingerprint.ts";
import { byteString } from "../keys/key-range.ts";
import type { Lessor } from "../lease/lessor.ts";
import { costOfPassing, type Work } from "../work/work.ts";
import type { Base } from "./base.ts";
import { isValueOnDisk, valueBytesOf } from "./large-value.ts";
import { Overlay } from "./overlay.ts";
import { PersistedCache } from "./persisted-cache.ts";
import { type Freed, Superseded } from "./superseded.ts";
import { type Change, isTombstone, lastRankOf, sizeOf } from "./version.ts";
import { ChargedView, RevisionView, type View } from "./view.ts";

const allHere = { above: -1, work: Number.POSITIVE_INFINITY, here: true };

/** What overlay and cache share; the overlay alone decides when a checkpoint is due. */
const memoryBytes = 8_000_000;

/** Where a store begins. */
export interface StoreState {
  readonly revision: number;
  readonly compactRevision: number;
  readonly keyCount: number;
  readonly liveBytes: number;
  /** What is stored beside what lives. */
  readonly superseded: readonly Freed[];
  /** What it costs to pass those versions: a group's bytes are units of work here. */
  readonly dead: readonly Freed[];
}

/** As etcd's: 1 with nothing in it, and -1 for nothing compacted. */
export const emptyStore: StoreState = {
  revision: 1,
  compactRevision: -1,
  keyCount: 0,
  liveBytes: 0,
  superseded: [],
  dead: [],
};

/**
 * The keys and values, with their history: a revision counter over an overlay in memory over a
 * base on disk. Changing it writes nothing to the base; a checkpoint does.
 *
 * Everything up to `persistedRevision` is in the base, and everything above it in the overlay; the
 * base may hold rows above it too (of a life that is replayed), which are never read.
 */
export class Store {
  readonly overlay = new Overlay();
  readonly base: Base;
  readonly #cache: PersistedCache;
  readonly #fingerprint: Fingerprint;
  readonly #leases: Lessor;
  #revision: number;
  #compactRevision: number;
  #persistedRevision: number;
  #keyCount: number;
  #liveBytes: number;
  readonly #superseded: Superseded;
  #dead: Superseded;

  constructor(base: Base, state: StoreState, fingerprint: Fingerprint, leases: Lessor) {
    this.base = base;
    this.#cache = new PersistedCache(base, () => memoryBytes - this.overlay.bytes);
    this.#fingerprint = fingerprint;
    this.#leases = leases;
    this.#revision = state.revision;
    this.#persistedRevision = state.revision;
    this.#compactRevision = state.compactRevision;
    this.#keyCount = state.keyCount;
    this.#liveBytes = state.liveBytes;
    this.#superseded = new Superseded(state.superseded);
    this.#dead = new Superseded(state.dead);
  }

  get revision(): number {
    return this.#revision;
  }

  get compactRevision(): number {
    return this.#compactRevision;
  }

  get persistedRevision(): number {
    return this.#persistedRevision;
  }

  get keyCount(): number {
    return this.#keyCount;
  }

  /** Live keys and values with the overhead of a row: comparable between members. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  /**
   * All versions that are not compacted, tombstones too, with the overhead of a row each: what the
   * quota counts. The same on every member, whenever each of them deletes what was compacted.
   */
  get storedBytes(): number {
    return this.#liveBytes + this.#superseded.bytes;
  }

  get superseded(): readonly Freed[] {
    return this.#superseded.groups;
  }

  get dead(): readonly Freed[] {
    return this.#dead.groups;
  }

  /** What was not counted alike by all members does not count: it goes with a compaction. */
  forgetDead(): void {
    this.#dead = new Superseded();
  }

  /** The lowest revision whose compaction frees so many bytes; undefined where none does. */
  revisionFreeing(bytes: number): number | undefined {
    return this.#superseded.revisionFreeing(bytes);
  }

  /** The keys as of `revision`, which is neither compacted nor to come. */
  at(revision: number): RevisionView {
    const { overlay, base } = this;
    const keyCount = revision === this.#revision ? this.#keyCount : undefined;
    const persisted = this.#persistedRevision;
    return new RevisionView(overlay, base, this.#cache, revision, persisted, keyCount);
  }

  now(): RevisionView {
    return this.at(this.#revision);
  }

  /** The live version of one key now. */
  get(key: string): KeyValue | undefined {
    const kv =
      this.overlay.get(key, this.#revision) ?? this.#cache.get(key, this.#persistedRevision);
    return kv === undefined || isTombstone(kv) ? undefined : kv;
  }

  /** The same, all that is read charged to `work`, alike by every member. */
  charged(revision: number, work: Work): View {
    const dead = { above: this.#compactRevision, work: this.#dead.bytes, here: false };
    return new ChargedView(this.at(revision), work, dead);
  }

  /** The same, also charged for what is compacted here and not removed yet. */
  chargedHere(revision: number, work: Work): View {
    return new ChargedView(this.at(revision), work, allHere);
  }

  /** The bytes of the value that a key has now; it is not read for it. */
  valueBytes(key: Uint8Array): number {
    const kv = this.get(byteString(key));
    return kv === undefined ? 0 : valueBytesOf(kv);
  }

  /**
   * Makes the changes of one entry the next revision, and returns their events; none make none. A
   * prevKv whose value is not in memory is left out: ask the history for it.
   * Every kv has the next revision as its mod revision.
   */
  commit(changes: readonly Change[]): Event[] {
    if (changes.length === 0) return [];
    const revision = this.#revision + 1;
    if (!Number.isSafeInteger(lastRankOf(revision))) {
      throw new Error(`revision ${revision} has no rank that is safe`);
    }
    const events: Event[] = [];
    // A compaction of this revision frees what was before it, one of the next what it made.
    let [before, within] = [0, 0];
    let [deadBefore, deadWithin] = [0, 0];
    for (const change of changes) {
      const { key, kv, prev } = change;
      if (kv.modRevision !== revision) {
        throw new Error(`a change of revision ${kv.modRevision} in revision ${revision}`);
      }
      const deleted = isTombstone(kv);
      const passing = costOfPassing(1, key.length);
      this.overlay.append(change);
      this.#cache.forget(key);
      this.#count(kv, prev, deleted);
      for (const dead of deleted ? [prev, kv] : [prev]) {
        if (dead === undefined) continue;
        if (dead.modRevision < revision) {
          before += sizeOf(dead);
          deadBefore += passing;
        } else {
          within += sizeOf(dead);
          deadWithin += passing;
        }
      }
      this.#follow(key, prev, kv);
      const prevKv = prev && isValueOnDisk(prev) ? undefined : prev;
      events.push({ type: deleted ? EventType.DELETE : EventType.PUT, kv, prevKv });
    }
    this.#superseded.add(revision, before);
    this.#superseded.add(revision + 1, within);
    this.#dead.add(revision, deadBefore);
    this.#dead.add(revision + 1, deadWithin);
    this.#revision = revision;
    return events;
  }

  #count(kv: KeyValue, prev: KeyValue | undefined, deleted: boolean): void {
    if (prev !== undefined) {
      this.#fingerprint.removeKey(prev);
      this.#keyCount--;
      this.#liveBytes -= sizeOf(prev);
    }
    if (!deleted) {
      this.#fingerprint.addKey(kv);
      this.#keyCount++;
      this.#liveBytes += sizeOf(kv);
    }
  }

  #follow(key: string, prev: KeyValue | undefined, kv: KeyValue): void {
    if (prev !== undefined && prev.lease !== 0n) {
      this.#leases.detach(prev.lease, key, valueBytesOf(prev));
    }
    if (kv.lease !== 0n) this.#leases.attach(kv.lease, key, kv.value.length);
  }

  /**
   * Reads at revisions below `revision` are over. Throws errors.compacted and
   * errors.futureRevision, in this order (etcd's mvcc/kvstore.go).
   */
  compact(revision: number): void {
    if (revision <= this.#compactRevision) throw new KvError(errors.compacted);
    if (revision > this.#revision) throw new KvError(errors.futureRevision);
    this.#compactRevision = revision;
    this.#superseded.free(revision);
    this.#dead.free(revision);
  }

  /** The revision that a range asks for: 0 and below are the newest. Throws as compact does. */
  readableRevision(revision: number): number {
    if (revision > this.#revision) throw new KvError(errors.futureRevision);
    if (revision <= 0) return this.#revision;
    if (revision < this.#compactRevision) throw new KvError(errors.compacted);
    return revision;
  }

  /** The base holds the `count` oldest versions of the overlay, whole revisions. */
  persisted(count: number, revision: number): void {
    this.#cache.advance(this.overlay.evict(count), (key) => this.overlay.has(key));
    this.#persistedRevision = revision;
  }
}
