import { sameBytes } from "../../proto/bytes.ts";
import type { Entry, Position } from "../../storage/blocks/entry.ts";
import type { Marks } from "../../storage/blocks/unit-writer.ts";
import type { TreeName } from "./base-manifest.ts";
import {
  changeOfEntry,
  isDeletion,
  type ValuePlace,
  valuePlaceOf,
  withChange,
} from "./version-entry.ts";

/** What one tree's entries mean to a merge. */
interface Kind {
  /** The revision below which all but a key's newest goes. */
  compaction(revision: number): number;
  /** Whether the entry only says that there is nothing: it goes where nothing lies below. */
  isDeletion(payload: Uint8Array): boolean;
  change(payload: Uint8Array): number;
  withChange(payload: Uint8Array, change: number): Uint8Array;
}

const unchanged = {
  change: () => 0,
  withChange: (payload: Uint8Array) => payload,
};

const kinds: Readonly<Record<TreeName, Kind>> = {
  versions: { compaction: (revision) => revision, isDeletion, change: changeOfEntry, withChange },
  // Every change goes when it is compacted.
  history: { compaction: (revision) => revision, isDeletion: () => true, ...unchanged },
  // Only the newest is ever asked for.
  leases: {
    compaction: () => Number.MAX_SAFE_INTEGER,
    isDeletion: (payload) => payload.length === 0,
    ...unchanged,
  },
};

/** An entry that stays, and what is summed up about it. */
export interface Kept {
  readonly entry: Entry;
  readonly marks: Marks;
}

interface Pending {
  readonly entry: Entry;
  readonly superseded: number;
  change: number;
}

/**
 * Takes entries in order and gives back those that stay. Of a key all versions stay that are at the
 * compaction or above it, and the newest of the others: unless that is a deletion, and nothing
 * older lies below. What goes hands its change of the count of keys on to the version that stays
 * for it, so that the changes of all entries sum to the number of keys that live.
 */
export class Keeper {
  readonly #kind: Kind;
  readonly #tree: TreeName;
  readonly #compaction: number;
  readonly #liesBelow: (key: Uint8Array) => boolean;
  #key: Uint8Array | undefined;
  /** The revision of the last one of this key that stays. */
  #newer = 0;
  #pending: Pending | undefined;

  /**
   * @param compaction nothing below it is read any more; 0 for none.
   * @param liesBelow whether older entries of a key may be in what is not merged.
   * @param after where a merge goes on that was broken off: the last entry that it wrote.
   */
  constructor(
    tree: TreeName,
    compaction: number,
    liesBelow: (key: Uint8Array) => boolean,
    after?: Position,
  ) {
    this.#tree = tree;
    this.#kind = kinds[tree];
    this.#compaction = this.#kind.compaction(compaction);
    this.#liesBelow = liesBelow;
    this.#key = after?.key;
    this.#newer = after === undefined ? 0 : revisionOf(after);
  }

  /** Returns the one before, if it stays: what comes after it decides what it stands for. */
  next(entry: Entry): Kept | undefined {
    const sameKey = this.#key !== undefined && sameBytes(this.#key, entry.key);
    const revision = revisionOf(entry);
    const change = this.#kind.change(entry.payload);
    if (sameKey && this.#newer <= this.#compaction && revision < this.#compaction) {
      if (this.#pending !== undefined) this.#pending.change += change;
      return undefined;
    }
    const before = this.#take(!sameKey);
    // It goes when the newer one is at the compaction or below it, and it itself is below.
    const superseded = sameKey ? Math.max(this.#newer, revision + 1) : 0;
    this.#key = entry.key;
    this.#newer = revision;
    this.#pending = { entry, superseded, change };
    return before;
  }

  /** The value that the one which waits names, if it does. */
  get pendingValue(): ValuePlace | undefined {
    return this.#pending && this.#valueOf(this.#pending.entry.payload);
  }

  /** The last one, if it stays. */
  end(): Kept | undefined {
    return this.#take(true);
  }

  /** @param isOldest whether nothing older of its key is in the merge. */
  #take(isOldest: boolean): Kept | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) return undefined;
    const { entry, change, superseded } = pending;
    const deletion = this.#kind.isDeletion(entry.payload);
    const compacted = revisionOf(entry) < this.#compaction;
    if (deletion && compacted && isOldest && !this.#liesBelow(entry.key)) {
      if (change === 0) return undefined;
      throw new Error(`a deletion of rank ${entry.rank} would change the count by ${change}`);
    }
    const deleted = deletion && this.#tree === "versions" ? revisionOf(entry) + 1 : 0;
    const value = this.#valueOf(entry.payload);
    const payload = this.#kind.withChange(entry.payload, change);
    return { entry: { ...entry, payload }, marks: { change, value, superseded, deleted } };
  }

  #valueOf(payload: Uint8Array): ValuePlace | undefined {
    return this.#tree === "versions" ? valuePlaceOf(payload) : undefined;
  }
}

function revisionOf({ rank }: Position): number {
  return Math.floor(rank / 2);
}
