/** How long the lowest commit latency is believed, milliseconds. */
const windowMs = 10_000;
/** Latency this much above the lowest is queueing: what is added only waits longer. */
const queueingFactor = 1.5;
const queueingMs = 2;
/** Commits without queueing before one more is tried; twice as many each time that fails. */
const firstPatience = 8;
const mostPatience = 128;
/** An append that takes so long is lost or its follower is: the rest must not wait for it. */
const stallFactor = 3;
const stallMs = 50;

/**
 * How many appends a leader should have in flight. Where the network is what takes the time, more
 * of them cost nothing and nobody waits a whole round trip before being sent. Where processors or
 * disks are, latency grows with what is in flight, and larger batches are the better use of them:
 * then one at a time. Which of the two it is shows in the commit latency, held against the lowest
 * of the last seconds: while it stays there one more is tried, now and then; when it has grown, it
 * is one again.
 */
export class AppendPacer {
  readonly #most: number;
  readonly #gatherMs: number;
  #limit: number;
  /** When each append in flight was sent, oldest first. */
  #sentMs: number[] = [];
  #lowestMs = Number.POSITIVE_INFINITY;
  /** The lowest since `#windowBeganMs`, which will be the next one believed. */
  #nextLowestMs = Number.POSITIVE_INFINITY;
  #windowBeganMs = 0;
  /** Latency since the limit last changed, smoothed; 0 where nothing has committed since. */
  #smoothMs = 0;
  #good = 0;
  #patience = firstPatience;

  constructor(most: number, gatherMs: number) {
    this.#most = most;
    this.#gatherMs = gatherMs;
    this.#limit = most;
  }

  get inFlight(): number {
    return this.#sentMs.length;
  }

  get limit(): number {
    return this.#limit;
  }

  sent(nowMs: number): void {
    this.#sentMs.push(nowMs);
  }

  /** The oldest `count` appends have committed. */
  committed(count: number, nowMs: number): void {
    const newest = this.#sentMs.splice(0, count).at(-1);
    if (newest === undefined) return;
    const latencyMs = nowMs - newest;
    // The clock was set back: this one says nothing.
    if (latencyMs < 0) return;
    this.#remember(latencyMs, nowMs);
    this.#smoothMs = this.#smoothMs === 0 ? latencyMs : this.#smoothMs * 0.7 + latencyMs * 0.3;
    if (this.#smoothMs > this.#lowestMs * queueingFactor + queueingMs) this.#tooMany();
    else this.#fine();
  }

  /** Milliseconds until one more may be sent, as it looks now; Infinity: not before a commit. */
  waitMs(nowMs: number): number {
    const { inFlight } = this;
    if (inFlight === 0) return 0;
    if (inFlight >= this.#most) return Number.POSITIVE_INFINITY;
    // A commit that comes sooner than proposals would be gathered for is worth waiting for.
    if (inFlight < this.#limit && this.#lowestMs >= this.#gatherMs) return 0;
    const stalledMs = Math.max(stallMs, this.#smoothMs * stallFactor);
    const oldestMs = nowMs - (this.#sentMs[0] ?? nowMs);
    // Where the clock was set back, what is left is not believed beyond the whole.
    return Math.min(Math.max(0, Math.floor(stalledMs - oldestMs) + 1), Math.ceil(stalledMs));
  }

  #remember(latencyMs: number, nowMs: number): void {
    this.#nextLowestMs = Math.min(this.#nextLowestMs, latencyMs);
    this.#lowestMs = Math.min(this.#lowestMs, latencyMs);
    const ageMs = nowMs - this.#windowBeganMs;
    if (ageMs >= 0 && ageMs < windowMs) return;
    this.#lowestMs = this.#nextLowestMs;
    this.#nextLowestMs = Number.POSITIVE_INFINITY;
    this.#windowBeganMs = nowMs;
  }

  #tooMany(): void {
    this.#good = 0;
    if (this.#limit === 1) return;
    this.#limit = 1;
    this.#smoothMs = 0;
    this.#patience = Math.min(mostPatience, this.#patience * 2);
  }

  #fine(): void {
    this.#good += 1;
    if (this.#good < this.#patience) return;
    this.#good = 0;
    if (this.#limit === this.#most) {
      this.#patience = firstPatience;
      return;
    }
    this.#limit += 1;
    this.#smoothMs = 0;
  }

  /** Nothing is in flight any more, and what was will not commit here. */
  reset(): void {
    this.#sentMs = [];
  }
}
