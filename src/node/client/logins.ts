import type { Random } from "../environment.ts";

/** Attempts that one user may have at once, and how many come back in a second. */
export const userBurst = 100;
const userPerSecond = 1;
/** The same of all users together. */
export const totalBurst = 200;
const totalPerSecond = 20;

/** Names share a bucket where they fall into the same one, so that memory has a bound. */
const buckets = 4_096;

/**
 * Attempts to log in, each of which costs a password's derivation: token buckets, for every name
 * (whether there is such a user or not, or the difference would tell) and for all together. Only
 * failures count in the end, so that clients who know their password are not held back by each
 * other. Lives on the leader, where every attempt comes by.
 */
export class Logins {
  readonly #now: () => number;
  /** Unknown to clients, so that none can choose names that fall together. */
  readonly #seed: number;
  readonly #users = new Float64Array(buckets).fill(userBurst);
  readonly #usersAtMs = new Float64Array(buckets);
  #total = totalBurst;
  #totalAtMs = 0;

  /** @param now milliseconds of this member's clock, which may jump */
  constructor(now: () => number, random: Random) {
    this.#now = now;
    this.#seed = random.below(2 ** 32);
  }

  /** Whether that name may try now; counts it. */
  take(name: string): boolean {
    const nowMs = this.#now();
    const bucket = this.#bucketOf(name);
    const user = refilled(
      this.#users[bucket] ?? 0,
      nowMs - (this.#usersAtMs[bucket] ?? 0),
      userPerSecond,
      userBurst,
    );
    const total = refilled(this.#total, nowMs - this.#totalAtMs, totalPerSecond, totalBurst);
    const may = user >= 1 && total >= 1;
    this.#users[bucket] = may ? user - 1 : user;
    this.#usersAtMs[bucket] = nowMs;
    this.#total = may ? total - 1 : total;
    this.#totalAtMs = nowMs;
    return may;
  }

  /** The password was right: it does not count. */
  succeeded(name: string): void {
    const bucket = this.#bucketOf(name);
    this.#users[bucket] = Math.min(userBurst, (this.#users[bucket] ?? 0) + 1);
    this.#total = Math.min(totalBurst, this.#total + 1);
  }

  /** FNV-1a, from the seed on. */
  #bucketOf(name: string): number {
    let hash = this.#seed;
    for (let i = 0; i < name.length; i += 1) {
      hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    }
    return (hash ^ (hash >>> 16)) & (buckets - 1);
  }
}

function refilled(left: number, passedMs: number, perSecond: number, burst: number): number {
  return Math.min(burst, left + (Math.max(0, passedMs) / 1_000) * perSecond);
}
