import { partitionPoint } from "../../storage/partition-point.ts";
import type { KeyRange } from "../keys/key-range.ts";
import { cost, type Work } from "../work/work.ts";

/** A set of key ranges; whether it has a key is a binary search. */
export class KeyRangeSet {
  #added: KeyRange[] = [];
  /** Disjoint and ascending. */
  #merged: KeyRange[] = [];
  readonly #work: Work;

  /** @param work charged for merging the ranges. */
  constructor(work: Work) {
    this.#work = work;
  }

  get empty(): boolean {
    return this.#added.length + this.#merged.length === 0;
  }

  add(range: KeyRange): void {
    if (range.begin < range.end) this.#added.push(range);
  }

  addAll(other: KeyRangeSet): void {
    this.#work.charge((other.#added.length + other.#merged.length) * cost.overlap);
    for (const range of other.#added) this.#added.push(range);
    for (const range of other.#merged) this.#added.push(range);
  }

  has(key: string): boolean {
    this.#merge();
    const range = this.#merged[partitionPoint(this.#merged, ({ begin }) => begin <= key) - 1];
    return range !== undefined && key < range.end;
  }

  #merge(): void {
    if (this.#added.length === 0) return;
    const all = [...this.#merged, ...this.#added];
    this.#work.charge(all.length * cost.sort);
    all.sort((a, b) => (a.begin < b.begin ? -1 : a.begin > b.begin ? 1 : 0));
    const merged: KeyRange[] = [];
    for (const range of all) {
      const last = merged.at(-1);
      if (last === undefined || range.begin > last.end) merged.push(range);
      else if (range.end > last.end) merged[merged.length - 1] = { ...last, end: range.end };
    }
    this.#merged = merged;
    this.#added = [];
  }
}
