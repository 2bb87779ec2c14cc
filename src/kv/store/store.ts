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

/** Bytes that overlay and cache share; the overlay alone decides when a checkpoint is due. */
const memoryBytes = 8_000_000;

/** What a store is restored from. */
export interface StoreState {
  readonly revision: number;
  readonly compactRevision: number;
  readonly keyCount: number;
  readonly liveBytes: number;
  /** Bytes of versions that are superseded or deleted but not compacted. */
  readonly superseded: readonly Freed[];
  /** The cost of passing those versions: `bytes` of a group are units of work here. */
  readonly dead: readonly Freed[];
}

/** The state of a new store: revision 1, compact revision -1, as in etcd. */
export const emptyStore: StoreState = {
  revision: 1,
  compactRevision: -1,
  keyCount: 0,
  liveBytes: 0,
  superseded: [],
  dead: [],
};

/**
 * Keys and values with their history: a revision counter, and an overlay in memory above a base on
 * disk. Changes go to the overlay; a checkpoint writes them to the base.
 *
 * Everything up to `persistedRevision` is in the base, everything above it in the overlay. The base
 * may also hold higher rows, of entries that are being replayed; they are never read.
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

  /** Bytes of live keys and values with their rows' overhead: comparable between members. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  /**
   * Bytes of all versions that are not compacted, tombstones included, with their rows' overhead:
   * what the quota bounds. The same on every member, whenever each deletes compacted rows.
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

  /**
   * Drops the cost of the dead versions so far, which members may have counted differently; a
   * compaction will remove the versions themselves.
   */
  forgetDead(): void {
    this.#dead = new Superseded();
  }

  /** The lowest revision whose compaction frees so many bytes; undefined where none does. */
  revisionFreeing(bytes: number): number | undefined {
    return this.#superseded.revisionFreeing(bytes);
  }

  /** The keys as of `revision`, which must be neither compacted nor in the future. */
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

  /** As `at`, with all reads charged to `work`, alike on every member. */
  charged(revision: number, work: Work): View {
    const dead = { above: this.#compactRevision, work: this.#dead.bytes, here: false };
    return new ChargedView(this.at(revision), work, dead);
  }

  /** As `charged`, with compacted versions that are not removed yet charged as well. */
  chargedHere(revision: number, work: Work): View {
    return new ChargedView(this.at(revision), work, allHere);
  }

  /** The length of a key's current value, found without reading it. */
  valueBytes(key: Uint8Array): number {
    const kv = this.get(byteString(key));
    return kv === undefined ? 0 : valueBytesOf(kv);
  }

  /**
   * Makes the changes of one entry the next revision and returns their events; no changes make no
   * revision. A prevKv whose value is on disk is left out: ask the history for it. Every kv must
   * have the next revision as its mod revision.
   */
  commit(changes: readonly Change[]): Event[] {
    if (changes.length === 0) return [];
    const revision = this.#revision + 1;
    if (!Number.isSafeInteger(lastRankOf(revision))) {
      throw new Error(`revision ${revision} has no rank that is safe`);
    }
    const events: Event[] = [];
    // Compacting this revision frees what was before it; compacting the next, what it made itself.
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
   * Compacts: reads below `revision` fail from now on. Throws errors.compacted and
   * errors.futureRevision, in this order (etcd's mvcc/kvstore.go).
   */
  compact(revision: number): void {
    if (revision <= this.#compactRevision) throw new KvError(errors.compacted);
    if (revision > this.#revision) throw new KvError(errors.futureRevision);
    this.#compactRevision = revision;
    this.#superseded.free(revision);
    this.#dead.free(revision);
  }

  /** The revision that a range reads: 0 and below mean the current one. Throws as compact does. */
  readableRevision(revision: number): number {
    if (revision > this.#revision) throw new KvError(errors.futureRevision);
    if (revision <= 0) return this.#revision;
    if (revision < this.#compactRevision) throw new KvError(errors.compacted);
    return revision;
  }

  /** Called when the base holds the `count` oldest versions of the overlay, whole revisions. */
  persisted(count: number, revision: number): void {
    this.#cache.advance(this.overlay.evict(count), (key) => this.overlay.has(key));
    this.#persistedRevision = revision;
  }
}
