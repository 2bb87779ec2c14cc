import type { Login } from "../../rpc/messages.ts";

/** So many at once, then so many a second. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * Attempts to log in that have not succeeded. To check a password takes 14 ms of a processor: those
 * of strangers together take a fourteenth of one at most.
 */
export const loginRates = {
  user: { burst: 100, perSecond: 2 },
  all: { burst: 200, perSecond: 5 },
  /** What a stranger at one place has for one user: too little to use up the user's own. */
  place: { burst: 20, perSecond: 0.2 },
} as const satisfies Record<string, Rate>;

/** An attempt whose password has not turned out right by then was a failure. */
const pendingMs = 60_000;
/** Only what may be attempted is remembered, and not for longer than it counts. */
export const maxRememberedLogins = 4_096;
const sweepMs = 10_000;

interface Bucket {
  readonly rate: Rate;
  /** What has been taken and not come back, as of `atMs`. */
  taken: number;
  atMs: number;
}

interface PendingLogin {
  readonly buckets: readonly Bucket[];
  readonly endsMs: number;
}

/**
 * Counts attempts to log in, where all of them come together: on the leader. A client with the
 * deployment's token is not counted among strangers, so that no stranger can keep them out; and a
 * stranger at one place has used up what is theirs long before the user's. No user is locked out:
 * with every second there is room for new attempts, and one that succeeds gives back what it took.
 */
export class Logins {
  readonly #buckets = new Map<string, Bucket>();
  readonly #pending = new Map<number, PendingLogin>();
  #sweptMs = Number.NEGATIVE_INFINITY;

  /** Whether this attempt may be made. The same one may be asked for again. */
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

  /** The password of that attempt was right. */
  succeeded(attempt: number): void {
    const pending = this.#pending.get(attempt);
    if (pending === undefined) return;
    this.#pending.delete(attempt);
    for (const bucket of pending.buckets) bucket.taken = Math.max(0, bucket.taken - 1);
  }

  /** How much is remembered. */
  get size(): number {
    return this.#buckets.size + this.#pending.size;
  }

  #bucket(name: string, rate: Rate, nowMs: number): Bucket {
    const bucket = this.#buckets.get(name) ?? { rate, taken: 0, atMs: nowMs };
    refill(bucket, nowMs);
    return bucket;
  }

  /**
   * Forgets whatever counts no more; looks every ten seconds, at what attempts of some minutes can
   * have left. To be called with every tick, since there may be no further attempt.
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
