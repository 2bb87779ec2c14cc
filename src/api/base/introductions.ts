/** What requests without credentials cost before it is known whether their cluster exists. */
import { errors } from "../../etcd/errors.ts";
import { Shares } from "../../kv/work/shares.ts";
import { ApiError } from "./error.ts";

/**
 * Clusters not known to exist for which one front asks a member within `introductionMs`: an object
 * that is asked is billed, and stays in memory that long.
 */
export const maxIntroductions = 128;
const introductionMs = 10_000;

interface Introduction {
  readonly origin: string;
  readonly untilMs: number;
}

export class Introductions {
  readonly #shares = new Shares(maxIntroductions);
  readonly #recent: Introduction[] = [];

  /** Counts one more for this client. Throws ApiError where it has had its share. */
  add(origin: string, nowMs: number): void {
    for (let first = this.#recent[0]; first !== undefined; first = this.#recent[0]) {
      if (first.untilMs > nowMs) break;
      this.#shares.release(first.origin, 1);
      this.#recent.shift();
    }
    if (!this.#shares.take(origin, 1)) throw ApiError.of(errors.tooManyIntroductions);
    this.#recent.push({ origin, untilMs: nowMs + introductionMs });
  }
}
