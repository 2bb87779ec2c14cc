/**
 * What one request may make a member do. Every walk, look-up and change that it asks for is charged
 * before it is done, by what it is and never by where the keys are: so the same request on the same
 * state costs the same on every member, and is refused by all of them or by none.
 */

import { errors, KvError } from "../../etcd/errors.ts";
import type { Limits } from "./limits.ts";

/**
 * Units: about a nanosecond each on one core of the machine that docs/limits.md tells of, where
 * what is asked for is on disk and in no cache. `npm run worst` holds them against the clock.
 */
export const cost = {
  /** One operation or comparison of a transaction, whether it runs or not. */
  operation: 5_000,
  /** To look one key up. */
  lookup: 20_000,
  /** To look up one of many that are looked up in a row. */
  lookupInRow: 4_000,
  /** To begin a walk over a range, or a count. */
  seek: 25_000,
  /** To walk past one key, whether it lives or not. */
  walk: 4_000,
  /** To walk past one of the transaction's own changes. */
  ownWalk: 800,
  /** To count one key without looking at it. */
  count: 300,
  /** To pass a version that is superseded or deleted, and each byte of its key. */
  dead: 700,
  deadKeyByte: 2,
  /** To change one key: its tombstone or new version, its event, and the fingerprint. */
  change: 5_000,
  /** Of a key, whatever is done with it. */
  keyByte: 6,
  /** To read a value that is too long to stand in its row, and each of its bytes. */
  largeValue: 12_000,
  valueByte: 3,
  /** To hold one key against what a user may do. */
  permission: 2_000,
  /** To put one item where it belongs among all others, and each byte that is compared for it. */
  sort: 3_000,
  sortByte: 8,
  /** To look whether an operation of a transaction writes what another one does. */
  overlap: 600,
} as const;

/** Values up to here come with their row. */
const smallValueBytes = 512;

/** To pass so many versions that may not live, with so many bytes of keys together. */
export function costOfPassing(count: number, keyBytes: number): number {
  return count * cost.dead + keyBytes * cost.deadKeyByte;
}

/** To read a value of so many bytes. */
export function costOfValue(bytes: number): number {
  return bytes <= smallValueBytes ? 0 : cost.largeValue + bytes * cost.valueByte;
}

/** To delete a key that was found: its value is read for the fingerprint. */
export function costOfDeletion(keyBytes: number, valueBytes: number): number {
  return cost.change + 2 * keyBytes * cost.keyByte + costOfValue(valueBytes);
}

/** What is bounded besides: all of it stays in memory. */
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

  /** Whether anything is refused: not where an entry is applied as older code would. */
  get bounded(): boolean {
    return this.#budget < Number.POSITIVE_INFINITY;
  }

  get spent(): number {
    return this.#spent;
  }

  /** Bytes of the values that were taken over from older versions. */
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

  /** For a value of so many bytes that is going to be read. */
  chargeValue(bytes: number): void {
    this.charge(costOfValue(bytes));
  }

  /** Throws errors.tooManyDeletes, too. */
  chargeDeletion(keyBytes: number, valueBytes: number): void {
    this.charge(costOfDeletion(keyBytes, valueBytes));
    this.#deletedKeyBytes += keyBytes;
    const { maxDeletedKeyBytes } = this.#limits;
    if (this.#deletedKeyBytes > maxDeletedKeyBytes) throw new KvError(errors.tooManyDeletes);
  }

  /**
   * For a new version that takes over an older one's value of so many bytes: it is held in memory
   * and stored once more, as if it had come with the request.
   */
  chargeKept(valueBytes: number): void {
    this.#keptBytes += valueBytes;
    if (this.#keptBytes > this.#limits.maxKeptBytes) throw new KvError(errors.tooMuchWork);
  }
}

/** Counts what is done, and refuses nothing. */
export function unboundedWork(): Work {
  return new Work(Number.POSITIVE_INFINITY, noLimits);
}
