/**
 * What watches may do in one turn, in units of about a nanosecond as in work.ts. Unlike a request's
 * work it may differ between members: what does not fit is done in later turns, and nothing is
 * refused.
 */
export const maxTurnWork = 100_000_000;

export const watchCost = {
  /** To find out who watches the key of one event. */
  find: 2_000,
  /** To set one event down for one watch. */
  visit: 300,
  /** To read one event from history. */
  read: 8_000,
  /** To read the value that a key had before, and each of its bytes. */
  previous: 9_000,
  previousByte: 3,
  /** To send one response, each of its events, and each byte of them. */
  response: 5_000,
  event: 700,
  byte: 2,
} as const;

/** The work of one turn. It may be exceeded once by what cannot be divided: one revision. */
export class TurnWork {
  readonly #most: number;
  #left: number;

  constructor(most: number = maxTurnWork) {
    this.#most = most;
    this.#left = most;
  }

  /** Nothing, or less, where no more should be begun. */
  get left(): number {
    return this.#left;
  }

  charge(units: number): void {
    this.#left -= units;
  }

  /** Another turn begins. */
  renew(): void {
    this.#left = this.#most;
  }
}
