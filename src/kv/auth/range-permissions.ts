import { partitionPoint } from "../../storage/partition-point.ts";
import type { KeyRange } from "../keys/key-range.ts";

/**
 * The union of some ranges, as the fewest disjoint intervals in order: overlapping and adjacent
 * ones are merged, empty ones left out.
 */
export function unionOf(ranges: Iterable<KeyRange>): readonly KeyRange[] {
  const sorted = [...ranges].filter(({ begin, end }) => begin < end);
  sorted.sort((a, b) => (a.begin < b.begin ? -1 : a.begin > b.begin ? 1 : 0));
  const union: KeyRange[] = [];
  for (const range of sorted) {
    const last = union.at(-1);
    if (!last || last.end < range.begin) union.push(range);
    else if (last.end < range.end) union[union.length - 1] = { begin: last.begin, end: range.end };
  }
  return union;
}

/**
 * Whether all of `range` lies in the union (made by unionOf). A reversed range holds no key, and is
 * allowed where its begin is, as in etcd's interval tree.
 */
export function covers(union: readonly KeyRange[], range: KeyRange): boolean {
  const found = union[partitionPoint(union, ({ begin }) => begin <= range.begin) - 1];
  return found !== undefined && range.begin < found.end && range.end <= found.end;
}
