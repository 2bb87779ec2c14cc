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
  /** By cluster, in the order in which they end. */
  readonly #recent = new Map<string, Introduction>();

  /**
   * Counts the cluster for this client, unless it was counted lately. Throws ApiError where the
   * client has had its share.
   */
  add(cluster: string, origin: string, nowMs: number): void {
    for (const [name, recent] of this.#recent) {
      if (recent.untilMs > nowMs) break;
      this.#shares.release(recent.origin, 1);
      this.#recent.delete(name);
    }
    if (this.#recent.has(cluster)) return;
    if (!this.#shares.take(origin, 1)) throw ApiError.of(errors.tooManyIntroductions);
    this.#recent.set(cluster, { origin, untilMs: nowMs + introductionMs });
  }
}
