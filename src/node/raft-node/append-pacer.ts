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
/** Where appends queue, a batch waits for this part of the clients that seem to be about ... */
const companyShare = 0.75;
/** ... which are the most of late: what was seen counts for less with each commit. */
const companyDecay = 0.75;
/** ... but no longer than this many commits take, nor this many times `gatherMs`. */
const gatherCommits = 2;
const gatherFactor = 4;

interface SentAppend {
  readonly atMs: number;
  readonly proposals: number;
}

/**
 * How many appends a leader should have in flight, and how large a batch is worth waiting for.
 * Where the network is what takes the time, more of them cost nothing and no client waits a whole
 * round trip before being sent. Where processors or disks are, latency grows with what is in
 * flight, and larger batches are the better use of them: then one at a time. Which of the two it is
 * shows in the commit latency, held against the lowest of the last seconds: while it stays there
 * one more is tried, now and then; when it has grown, it is one again.
 *
 * While appends queue, a batch also waits for those whom the last commit has answered: they come
 * again one by one, and the first of them would otherwise go alone and the rest wait for it. What
 * each append costs is then shared by more, and everybody is answered sooner.
 */
export class AppendPacer {
  readonly #most: number;
  readonly #gatherMs: number;
  #limit: number;
  /** Appends in flight, oldest first. */
  #sent: SentAppend[] = [];
  /** How many clients seem to be about. */
  #company = 0;
  #gatherSinceMs = 0;
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
    return this.#sent.length;
  }

  get limit(): number {
    return this.#limit;
  }

  sent(proposals: number, nowMs: number): void {
    this.#sent.push({ atMs: nowMs, proposals });
  }

  /** The oldest `count` appends have committed; so many proposals gathered since they were sent. */
  committed(count: number, gathered: number, nowMs: number): void {
    const committed = this.#sent.splice(0, count);
    const newest = committed.at(-1);
    if (newest === undefined) return;
    const seen = committed.reduce((sum, { proposals }) => sum + proposals, gathered);
    this.#company = Math.max(seen, this.#company * companyDecay);
    this.#gatherSinceMs = nowMs;
    const latencyMs = nowMs - newest.atMs;
    // The clock was set back: this one says nothing.
    if (latencyMs < 0) return;
    this.#remember(latencyMs, nowMs);
    this.#smoothMs = this.#smoothMs === 0 ? latencyMs : this.#smoothMs * 0.7 + latencyMs * 0.3;
    if (this.#smoothMs > this.#lowestMs * queueingFactor + queueingMs) this.#tooMany();
    else this.#fine();
  }

  /**
   * Milliseconds until so many proposals may be sent as one more append, as it looks now; Infinity:
   * not before a commit.
   */
  waitMs(gathered: number, nowMs: number): number {
    const oldest = this.#sent[0];
    if (oldest === undefined) return this.#gatherMoreMs(gathered, nowMs);
    const { inFlight } = this;
    if (inFlight >= this.#most) return Number.POSITIVE_INFINITY;
    // A commit that comes sooner than proposals would be gathered for is worth waiting for.
    if (inFlight < this.#limit && this.#lowestMs >= this.#gatherMs) return 0;
    return remainingMs(oldest.atMs, Math.max(stallMs, this.#smoothMs * stallFactor), nowMs);
  }

  /** Nothing is in flight. */
  #gatherMoreMs(gathered: number, nowMs: number): number {
    const queueing = this.#limit === 1 && this.#most > 1;
    if (!queueing || gathered >= this.#company * companyShare) return 0;
    const mostMs = Math.min(this.#smoothMs * gatherCommits, this.#gatherMs * gatherFactor);
    return remainingMs(this.#gatherSinceMs, mostMs, nowMs);
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
    this.#sent = [];
  }
}

/** Whole milliseconds until `periodMs` have passed since then, whatever the clock was set to. */
function remainingMs(sinceMs: number, periodMs: number, nowMs: number): number {
  return Math.ceil(Math.min(Math.max(0, periodMs - (nowMs - sinceMs)), periodMs));
}
