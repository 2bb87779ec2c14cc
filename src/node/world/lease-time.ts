/**
 * The time that leases live by: milliseconds that have certainly passed on this leader. A member's
 * clock may jump or stand still, and a lease must not end early for that. A timer never fires too
 * soon, so each tick is worth at least its length; it is worth what the clock says where that is
 * not much more, and no more than its length where the clock says something else.
 */
export class LeaseTime {
  readonly #now: () => number;
  readonly #tickMs: number;
  #clockMs: number;
  #passedMs = 0;

  constructor(now: () => number, tickMs: number) {
    this.#now = now;
    this.#tickMs = tickMs;
    this.#clockMs = now();
  }

  /** As of the last tick. Compare with nothing but itself. */
  get nowMs(): number {
    return this.#passedMs;
  }

  /**
   * What has passed since anything that was noted at `nowMs`: less two ticks, since it was noted up
   * to a tick after that, and a tick may be late.
   */
  get certainMs(): number {
    return this.#passedMs - 2 * this.#tickMs;
  }

  /** A timer of a tick's length has fired. */
  tick(): void {
    const clockMs = this.#now();
    const stepMs = clockMs - this.#clockMs;
    this.#clockMs = clockMs;
    const plausible = stepMs >= this.#tickMs && stepMs <= 1.5 * this.#tickMs;
    this.#passedMs += plausible ? stepMs : this.#tickMs;
  }
}
