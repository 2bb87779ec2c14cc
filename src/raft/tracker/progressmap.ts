import type { Progress } from "./progress.ts";

/** The progress of all members, by id. A configuration change makes a new map. */
export class ProgressMap implements Iterable<Progress> {
  static readonly empty = new ProgressMap([]);

  /** In ascending order of ids. For iteration on hot paths. */
  readonly list: readonly Progress[];
  readonly #byId: ReadonlyMap<number, Progress>;

  constructor(progress: Iterable<Progress>) {
    this.list = [...progress].sort((a, b) => a.id - b.id);
    this.#byId = new Map(this.list.map((pr) => [pr.id, pr]));
    if (this.#byId.size !== this.list.length) {
      throw new Error(`members ${this.list.map((pr) => pr.id).join(" ")} are not distinct`);
    }
  }

  get size(): number {
    return this.list.length;
  }

  get(id: number): Progress | undefined {
    const { list } = this;
    if (list.length > 8) return this.#byId.get(id);
    for (let i = 0; i < list.length; i++) {
      const pr = list[i] as Progress;
      if (pr.id === id) return pr;
    }
    return undefined;
  }

  has(id: number): boolean {
    return this.#byId.has(id);
  }

  [Symbol.iterator](): Iterator<Progress> {
    return this.list[Symbol.iterator]();
  }

  /** One line a member: `1: StateProbe match=0 next=1`. */
  toString(): string {
    return this.list.map((pr) => `${pr.id}: ${pr}\n`).join("");
  }
}
