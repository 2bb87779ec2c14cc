import type { Login } from "../../rpc/messages.ts";

/** A token bucket: `burst` attempts at once, then `perSecond`. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * Bounds of log-in attempts that have not succeeded. Checking a password takes 14 ms of CPU, so
 * strangers (clients without the deployment's token) together take a fourteenth of a processor.
 */
export const loginRates = {
  user: { burst: 100, perSecond: 2 },
  all: { burst: 200, perSecond: 5 },
  /** For a stranger's address and one user: too few to use up the user's own attempts. */
  place: { burst: 20, perSecond: 0.2 },
} as const satisfies Record<string, Rate>;

/** An attempt without success in this time has failed. */
const pendingMs = 60_000;
/** Attempts that are remembered; more are refused. */
export const maxRememberedLogins = 4_096;
const sweepMs = 10_000;

interface Bucket {
  readonly rate: Rate;
  /** Attempts used up as of `atMs`. */
  taken: number;
  atMs: number;
}

interface PendingLogin {
  readonly buckets: readonly Bucket[];
  readonly endsMs: number;
}

/**
 * Counts log-in attempts on the leader, where all of them arrive. Clients with the deployment's
 * token have buckets of their own, which strangers cannot use up, and a stranger's address runs out
 * long before the user's bucket. No user is locked out: buckets refill, and a success gives its
 * attempts back.
 */
export class Logins {
  readonly #buckets = new Map<string, Bucket>();
  readonly #pending = new Map<number, PendingLogin>();
  #sweptMs = Number.NEGATIVE_INFINITY;

  /** Whether this attempt may be made; true again for an attempt already begun. */
  begin({ attempt, user, source }: Login, stranger: boolean, nowMs: number): boolean {
    this.sweep(nowMs);
    if (this.#pending.has(attempt)) return true;
    if (this.#pending.size >= maxRememberedLogins) return false;
    const who = stranger ? "stranger" : "trusted";
    const wanted: [string, Rate][] = [
      [who, loginRates.all],
      [`${who} ${user}`, loginRates.user],
    ];
    if (stranger && source !== "") wanted.push([`at ${source} ${user}`, loginRates.place]);
    const buckets = wanted.map(([name, rate]) => this.#bucket(name, rate, nowMs));
    if (buckets.some(({ taken, rate }) => taken + 1 > rate.burst)) return false;
    for (const [i, [name]] of wanted.entries()) {
      const bucket = buckets[i];
      if (bucket === undefined) throw new Error(`no bucket for ${name}`);
      bucket.taken += 1;
      this.#buckets.set(name, bucket);
    }
    this.#pending.set(attempt, { buckets, endsMs: nowMs + pendingMs });
    return true;
  }

  /** Gives back what a successful attempt took. */
  succeeded(attempt: number): void {
    const pending = this.#pending.get(attempt);
    if (pending === undefined) return;
    this.#pending.delete(attempt);
    for (const bucket of pending.buckets) bucket.taken = Math.max(0, bucket.taken - 1);
  }

  /** How many attempts and buckets are remembered. */
  get size(): number {
    return this.#buckets.size + this.#pending.size;
  }

  #bucket(name: string, rate: Rate, nowMs: number): Bucket {
    const bucket = this.#buckets.get(name) ?? { rate, taken: 0, atMs: nowMs };
    refill(bucket, nowMs);
    return bucket;
  }

  /**
   * Forgets full buckets and failed attempts, every ten seconds. Called with every tick, since no
   * further attempt may come.
   */
  sweep(nowMs: number): void {
    if (nowMs < this.#sweptMs + sweepMs && nowMs >= this.#sweptMs) return;
    this.#sweptMs = nowMs;
    for (const [attempt, { endsMs }] of this.#pending) {
      if (endsMs <= nowMs) this.#pending.delete(attempt);
    }
    for (const [name, bucket] of this.#buckets) {
      refill(bucket, nowMs);
      if (bucket.taken === 0) this.#buckets.delete(name);
    }
  }
}

function refill(bucket: Bucket, nowMs: number): void {
  const back = (Math.max(0, nowMs - bucket.atMs) / 1_000) * bucket.rate.perSecond;
  bucket.taken = Math.max(0, bucket.taken - back);
  bucket.atMs = nowMs;
}
