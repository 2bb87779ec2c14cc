/**
 * What one front keeps open for its clients: streams, sockets, waits for a lock or an election.
 * The platform may end a request without a word to the code that serves it, so that a place which
 * was not given back is only believed as long as its request's own timer says that it lives.
 */
import { errors } from "../../etcd/errors.ts";
import { Shares } from "../../kv/watch/shares.ts";
import type { Clock } from "./clock.ts";
import { ApiError } from "./error.ts";

/** Of all known clients of a front together; one may have as many as are free. */
export const maxOpen = 2_048;
/** The same of those who have not shown yet who they are: they take no known client's place. */
export const maxOpenStrangers = 512;
const beatMs = 30_000;
const deadMs = 4 * beatMs;

/** Something that is open. */
export interface Place {
  /** Gives it back; again: nothing. */
  leave(): void;
  /** A stranger has shown who it is. Throws ApiError where there is no place for one more. */
  trust(): void;
}

interface OpenEntry {
  readonly from: string;
  /** Whose places it is one of. */
  shares: Shares;
  seenMs: number;
  /** Of the timer that says that the request lives. */
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
   * A place for a client that comes from there, until it is given back. Throws ApiError where there
   * is none.
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
