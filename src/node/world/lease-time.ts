/** Clocks of two machines of the platform differ by less than this. */
const clockDifferenceMs = 1_000;

/**
 * The time of leases: milliseconds that have certainly passed on this leader. A clock may jump or
 * stand still, and must not end a lease early. A timer never fires early, so each tick counts at
 * least its length; it counts as much as the clock says if that is not much more, and just its
 * length otherwise.
 */
export class LeaseTime {
  readonly #now: () => number;
  readonly #tickMs: number;
  #clockMs: number;
  #passedMs = 0;
  /** What clocks may be wrong by between two lives, once one of them has told the time asleep. */
  #marginMs = 0;

  constructor(now: () => number, tickMs: number) {
    this.#now = now;
    this.#tickMs = tickMs;
    this.#clockMs = now();
  }

  /** The time as of the last tick. Comparable only with other values of this leader. */
  get nowMs(): number {
    return this.#passedMs;
  }

  /**
   * The time certainly passed since anything noted at `nowMs`: two ticks less, since it was noted
   * up to a tick later and a tick may be late; and less by what clocks may be wrong by.
   */
  get certainMs(): number {
    return this.grantedMs - this.#marginMs;
  }

  /** When the life of a lease begins that was granted since the last tick, or a little before. */
  get grantedMs(): number {
    return this.#passedMs - 2 * this.#tickMs;
  }

  /**
   * The member slept for so long, as clocks tell: its own, or that of an earlier life. What two
   * clocks differ by is held back once, however often it sleeps: the readings in between cancel.
   */
  slept(ms: number): void {
    this.#passedMs += ms;
    this.#clockMs = this.#now();
    this.#marginMs = clockDifferenceMs;
  }

  /** Called when a timer of a tick's length has fired. */
  tick(): void {
    const clockMs = this.#now();
    const stepMs = clockMs - this.#clockMs;
    this.#clockMs = clockMs;
    const plausible = stepMs >= this.#tickMs && stepMs <= 1.5 * this.#tickMs;
    this.#passedMs += plausible ? stepMs : this.#tickMs;
  }
}
