/**
 * Work of watches in one turn, in units of about a nanosecond as in work.ts. Unlike a request's it
 * may differ between members: what exceeds it is done in later turns, and nothing is refused.
 */
export const maxTurnWork = 100_000_000;

export const watchCost = {
  /** Finding the watchers of one event's key. */
  find: 2_000,
  /** Adding one event for one watch. */
  visit: 300,
  /** Reading one event from history. */
  read: 8_000,
  /** Reading the previous value of a key, and each of its bytes. */
  previous: 9_000,
  previousByte: 3,
  /** Sending one response, each of its events, and each byte of them. */
  response: 5_000,
  event: 700,
  byte: 2,
} as const;

/** The work left in a turn. One revision, which is not divided, may exceed it. */
export class TurnWork {
  readonly #most: number;
  #left: number;

  constructor(most: number = maxTurnWork) {
    this.#most = most;
    this.#left = most;
  }

  /** Where 0 or less, nothing more should be begun. */
  get left(): number {
    return this.#left;
  }

  charge(units: number): void {
    this.#left -= units;
  }

  /** Begins another turn. */
  renew(): void {
    this.#left = this.#most;
  }
}
