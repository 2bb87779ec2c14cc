import type { KeyRange } from "../key-range.ts";

/** Which keys are in any of a set of ranges; asking costs no more than a binary search. */
export class KeyRangeSet {
  #added: KeyRange[] = [];
  /** Disjoint and ascending. */
  #merged: KeyRange[] = [];

  add(range: KeyRange): void {
    if (range.begin < range.end) this.#added.push(range);
  }

  addAll(other: KeyRangeSet): void {
    for (const range of other.#added) this.#added.push(range);
    for (const range of other.#merged) this.#added.push(range);
  }

  has(key: string): boolean {
    this.#merge();
    let low = 0;
    let high = this.#merged.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#merged[middle]?.begin ?? "") <= key) low = middle + 1;
      else high = middle;
    }
    const range = this.#merged[low - 1];
    return range !== undefined && key < range.end;
  }

  #merge(): void {
    if (this.#added.length === 0) return;
    const all = [...this.#merged, ...this.#added];
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
