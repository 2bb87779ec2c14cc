/**
 * Sets of member ids as sorted arrays that never change in place. They have a handful of ids, are
 * read for every message and replaced by configuration changes alone, so a plain array is fastest.
 */
export type Ids = readonly number[];

/** The distinct ids in ascending order. */
export function idsOf(ids: Iterable<number>): Ids {
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** `(1 2 3)`, as etcd prints a set of ids. */
export function idsText(ids: Ids): string {
  return `(${ids.join(" ")})`;
}
