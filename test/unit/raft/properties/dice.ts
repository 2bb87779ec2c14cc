import { seeded } from "../support/random.ts";

/** The random choices of one step, all of them given by one integer. */
export class Dice {
  readonly #next: (bound: number) => number;

  constructor(seed: number) {
    this.#next = seeded(seed);
  }

  /** An integer from 0 up to but without `bound`. */
  below(bound: number): number {
    return this.#next(bound);
  }

  /** True in so many of a hundred cases. */
  percent(chance: number): boolean {
    return this.#next(100) < chance;
  }

  /** One of the values, of which there must be some. */
  pick<T>(values: readonly T[]): T {
    if (values.length === 0) throw new Error("nothing to pick from");
    return values[this.#next(values.length)] as T;
  }
}
