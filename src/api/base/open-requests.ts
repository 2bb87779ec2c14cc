/**
 * Requests that one front keeps open: streams, sockets, waits for a lock or an election. The
 * platform may end a request without telling its code, so a place that was not given back counts
 * only as long as its request's timer renews it.
 */
import { errors } from "../../etcd/errors.ts";
import { Shares } from "../../kv/work/shares.ts";
import type { Clock } from "./clock.ts";
import { ApiError } from "./error.ts";

/** Places of all known clients together; a client may have as many as are free. */
export const maxOpen = 2_048;
/** Places of all strangers (clients not authenticated yet): they take no known client's place. */
export const maxOpenStrangers = 512;
const beatMs = 30_000;
const deadMs = 4 * beatMs;

/** A place for one open request. */
export interface Place {
  /** Gives the place back; a second call does nothing. */
  leave(): void;
  /** Makes it a known client's place. Throws ApiError where there is none left. */
  trust(): void;
}

interface OpenEntry {
  readonly from: string;
  /** The shares that the place was taken from. */
  shares: Shares;
  seenMs: number;
  /** Stops the timer that renews the place. */
  cancel: () => void;
}

export class OpenRequests {
  readonly #known = new Shares(maxOpen);
  readonly #strangers = new Shares(maxOpenStrangers);
  readonly #entries = new Set<OpenEntry>();

  get count(): number {
    return this.#entries.size;
  }

  /**
   * A place for a client at `from`, until it is given back. Throws ApiError where there is none.
   */
  enter(from: string, clock: Clock, stranger = false): Place {
    const shares = stranger ? this.#strangers : this.#known;
    this.#take(shares, from, clock);
    const entry: OpenEntry = { from, shares, seenMs: 0, cancel: () => undefined };
    this.#entries.add(entry);
    const beat = (): void => {
      entry.seenMs = clock.now();
      entry.cancel = clock.after(beatMs, beat);
    };
    beat();
    return {
      leave: () => {
        entry.cancel();
        this.#leave(entry);
      },
      trust: () => {
        if (entry.shares === this.#known || !this.#entries.has(entry)) return;
        this.#take(this.#known, from, clock);
        entry.shares.release(from, 1);
        entry.shares = this.#known;
      },
    };
  }

  #take(shares: Shares, from: string, clock: Clock): void {
    if (shares.take(from, 1)) return;
    this.#forgetDead(clock.now());
    if (!shares.take(from, 1)) throw ApiError.of(errors.tooManyOpen);
  }

  #leave(entry: OpenEntry): void {
    if (this.#entries.delete(entry)) entry.shares.release(entry.from, 1);
  }

  #forgetDead(nowMs: number): void {
    for (const entry of this.#entries) if (nowMs - entry.seenMs > deadMs) this.#leave(entry);
  }
}
