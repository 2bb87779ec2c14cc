/**
 * The number of items at the beginning of a list that `holds` is true of; it must be false of all
 * others. A binary search.
 */
export function partitionPoint<T>(list: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(list[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
