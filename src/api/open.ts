/**
 * What one front keeps open for its clients: streams, sockets, waits for a lock or an election.
 * The platform may end a request without a word to the code that serves it, so that a place which
 * was not given back is only believed as long as its request's own timer says that it lives.
 */
import { errors } from "../kv/errors.ts";
import { Shares } from "../kv/watch/shares.ts";
import type { Clock } from "./cluster/client.ts";
import { ApiError } from "./status.ts";

/** Of all clients of a front together; one may have as many as are free. */
export const maxOpen = 2_048;
const beatMs = 30_000;
const deadMs = 4 * beatMs;

interface Place {
  readonly from: string;
  seenMs: number;
  /** Of the timer that says that the request lives. */
  cancel: () => void;
}

export class OpenRequests {
  readonly #shares = new Shares(maxOpen);
  readonly #places = new Set<Place>();

  get count(): number {
    return this.#places.size;
  }

  /**
   * A place for a client that comes from there, until what is returned is called. Throws ApiError
   * where there is none.
   */
  enter(from: string, clock: Clock): () => void {
    if (!this.#shares.take(from, 1)) {
      this.#forgetDead(clock.now());
      if (!this.#shares.take(from, 1)) throw ApiError.of(errors.tooManyOpen);
    }
    const place: Place = { from, seenMs: 0, cancel: () => undefined };
    this.#places.add(place);
    const beat = (): void => {
      place.seenMs = clock.now();
      place.cancel = clock.after(beatMs, beat);
    };
    beat();
    return () => {
      place.cancel();
      this.#leave(place);
    };
  }

  #leave(place: Place): void {
    if (this.#places.delete(place)) this.#shares.release(place.from, 1);
  }

  #forgetDead(nowMs: number): void {
    for (const place of this.#places) if (nowMs - place.seenMs > deadMs) this.#leave(place);
  }
}
