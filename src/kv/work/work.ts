/**
 * What one request costs a member. Every walk, look-up and change is charged before it is done, by
 * what it is and not by where its keys are stored: the same request on the same state costs the
 * same on every member, and is refused by all or by none.
 */

import { errors, KvError } from "../../etcd/errors.ts";
import type { Limits } from "./limits.ts";

/**
 * Units: about a nanosecond each on one core of the machine described in docs/limits.md, for data
 * on disk and in no cache. `npm run worst` checks them against the clock.
 */
export const cost = {
  /** One operation or comparison of a transaction, executed or not. */
  operation: 5_000,
  /** Looking up one key. */
  lookup: 20_000,
  /** Looking up one of many keys in a row. */
  lookupInRow: 4_000,
  /** Beginning a walk over a range, or a count. */
  seek: 25_000,
  /** Walking past one key, live or not. */
  walk: 4_000,
  /** Walking past one of the transaction's own changes. */
  ownWalk: 800,
  /** Counting one key without looking at it. */
  count: 300,
  /** Passing a superseded or deleted version, and each byte of its key. */
  dead: 700,
  deadKeyByte: 2,
  /** Changing one key: its tombstone or new version, its event, and the fingerprint. */
  change: 5_000,
  /** Each byte of a key, for any operation. */
  keyByte: 6,
  /** Reading a value that is stored outside its row, and each of its bytes. */
  largeValue: 12_000,
  valueByte: 3,
  /** Checking one key against a user's permissions. */
  permission: 2_000,
  /** Sorting one item among all others, and each byte compared for it. */
  sort: 3_000,
  sortByte: 8,
  /** Checking an operation of a transaction for overlap with another. */
  overlap: 600,
} as const;

/** Bytes up to which a value is read with its row. */
const smallValueBytes = 512;

/** The cost of passing so many dead versions, with so many bytes of keys together. */
export function costOfPassing(count: number, keyBytes: number): number {
  return count * cost.dead + keyBytes * cost.deadKeyByte;
}

/** The cost of reading a value of so many bytes. */
export function costOfValue(bytes: number): number {
  return bytes <= smallValueBytes ? 0 : cost.largeValue + bytes * cost.valueByte;
}

/** The cost of deleting a key that was found: its value is read for the fingerprint. */
export function costOfDeletion(keyBytes: number, valueBytes: number): number {
  return cost.change + 2 * keyBytes * cost.keyByte + costOfValue(valueBytes);
}

/** Further bounds on bytes that stay in memory. */
type WorkLimits = Pick<Limits, "maxDeletedKeyBytes" | "maxKeptBytes">;

const noLimits = {
  maxDeletedKeyBytes: Number.POSITIVE_INFINITY,
  maxKeptBytes: Number.POSITIVE_INFINITY,
};

/** The budget of one request. */
export class Work {
  readonly #budget: number;
  readonly #limits: WorkLimits;
  #spent = 0;
  #deletedKeyBytes = 0;
  #keptBytes = 0;

  /** @param budget in units. */
  constructor(budget: number, limits: WorkLimits) {
    this.#budget = budget;
    this.#limits = limits;
  }

  /** Whether anything is refused; false where an entry is applied as older code would. */
  get bounded(): boolean {
    return this.#budget < Number.POSITIVE_INFINITY;
  }

  get spent(): number {
    return this.#spent;
  }

  /** Bytes of values taken over from older versions. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  get left(): number {
    return this.#budget - this.#spent;
  }

  /** Throws errors.tooMuchWork beyond the budget. */
  charge(units: number): void {
    this.#spent += units;
    if (this.#spent > this.#budget) throw new KvError(errors.tooMuchWork);
  }

  chargeKey(units: number, keyBytes: number): void {
    this.charge(units + keyBytes * cost.keyByte);
  }

  /** Charges for reading a value of so many bytes. */
  chargeValue(bytes: number): void {
    this.charge(costOfValue(bytes));
  }

  /** Charges for a deletion. Throws errors.tooManyDeletes, too. */
  chargeDeletion(keyBytes: number, valueBytes: number): void {
    this.charge(costOfDeletion(keyBytes, valueBytes));
    this.#deletedKeyBytes += keyBytes;
    const { maxDeletedKeyBytes } = this.#limits;
    if (this.#deletedKeyBytes > maxDeletedKeyBytes) throw new KvError(errors.tooManyDeletes);
  }

  /**
   * Charges for a new version with an older one's value of so many bytes, which is held in memory
   * and stored again as if it had come with the request.
   */
  chargeKept(valueBytes: number): void {
    this.#keptBytes += valueBytes;
    if (this.#keptBytes > this.#limits.maxKeptBytes) throw new KvError(errors.tooMuchWork);
  }
}

/** Work that is counted and never refused. */
export function unboundedWork(): Work {
  return new Work(Number.POSITIVE_INFINITY, noLimits);
}
