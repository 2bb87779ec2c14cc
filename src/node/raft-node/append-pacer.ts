/** How long the lowest commit latency counts, in milliseconds. */
const windowMs = 10_000;
/** Latency above this multiple of the lowest is queueing: further appends would only wait. */
const queueingFactor = 1.5;
const queueingMs = 2;
/** Commits without queueing before the limit is raised; doubled each time that fails. */
const firstPatience = 8;
const mostPatience = 128;
/** After this multiple of its latency an append counts as lost: later ones do not wait for it. */
const stallFactor = 3;
const stallMs = 50;
/** While appends queue, a batch waits for this part of the recently active clients ... */
const clientsShare = 0.75;
/** ... whose number is the highest seen lately, decayed with each commit ... */
const clientsDecay = 0.75;
/** ... but not for more commits than this, nor longer than this multiple of `gatherMs`. */
const gatherCommits = 2;
const gatherFactor = 4;

interface SentAppend {
  readonly atMs: number;
  readonly proposals: number;
}

/**
 * How many appends a leader has in flight, and how large a batch is worth waiting for. Limited by
 * the network, more appends in flight cost nothing and save clients a round trip. Limited by
 * processors or disks, latency grows with appends in flight, and larger batches are better. The
 * algorithm is additive increase: while commit latency stays near the lowest of a 10 s window, the
 * limit rises by one now and then; when latency exceeds it, the limit falls to one.
 *
 * While appends queue, a batch also waits for clients that the last commit answered: they return
 * one by one, and the first would otherwise be sent alone while the rest wait. Each append is then
 * shared by more clients, and all are answered sooner.
 */
export class AppendPacer {
  readonly #most: number;
  readonly #gatherMs: number;
  #limit: number;
  /** Appends in flight, oldest first. */
  #sent: SentAppend[] = [];
  /** How many clients were active lately. */
  #recentClients = 0;
  #gatherSinceMs = 0;
  #lowestMs = Number.POSITIVE_INFINITY;
  /** The lowest latency since `#windowBeganMs`, which becomes `#lowestMs` at the window's end. */
  #nextLowestMs = Number.POSITIVE_INFINITY;
  #windowBeganMs = 0;
  /** Smoothed latency since the limit changed; 0 before a commit. */
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

  /** The `count` oldest appends have committed; `gathered` proposals wait since they were sent. */
  committed(count: number, gathered: number, nowMs: number): void {
    const committed = this.#sent.splice(0, count);
    const newest = committed.at(-1);
    if (newest === undefined) return;
    const seen = committed.reduce((sum, { proposals }) => sum + proposals, gathered);
    this.#recentClients = Math.max(seen, this.#recentClients * clientsDecay);
    this.#gatherSinceMs = nowMs;
    const latencyMs = nowMs - newest.atMs;
    // The clock was set back, so this latency is meaningless.
    if (latencyMs < 0) return;
    this.#remember(latencyMs, nowMs);
    this.#smoothMs = this.#smoothMs === 0 ? latencyMs : this.#smoothMs * 0.7 + latencyMs * 0.3;
    if (this.#smoothMs > this.#lowestMs * queueingFactor + queueingMs) this.#tooMany();
    else this.#fine();
  }

  /**
   * Milliseconds until so many gathered proposals may be sent as one more append; Infinity: not
   * before a commit.
   */
  waitMs(gathered: number, nowMs: number): number {
    const oldest = this.#sent[0];
    if (oldest === undefined) return this.#gatherMoreMs(gathered, nowMs);
    const { inFlight } = this;
    if (inFlight >= this.#most) return Number.POSITIVE_INFINITY;
    // A commit that comes sooner than gathering would take is worth waiting for.
    if (inFlight < this.#limit && this.#lowestMs >= this.#gatherMs) return 0;
    return remainingMs(oldest.atMs, Math.max(stallMs, this.#smoothMs * stallFactor), nowMs);
  }

  /** How long to gather with nothing in flight. */
  #gatherMoreMs(gathered: number, nowMs: number): number {
    const queueing = this.#limit === 1 && this.#most > 1;
    if (!queueing || gathered >= this.#recentClients * clientsShare) return 0;
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

  /** Forgets appends in flight, which will not commit here. */
  reset(): void {
    this.#sent = [];
  }
}

/**
 * Whole milliseconds until `periodMs` have passed since then; at most `periodMs`, even if the clock
 * jumped.
 */
function remainingMs(sinceMs: number, periodMs: number, nowMs: number): number {
  return Math.ceil(Math.min(Math.max(0, periodMs - (nowMs - sinceMs)), periodMs));
}
