import { compareBytes } from "../../proto/bytes.ts";

/** Where an entry stands: by key, and those of one key by rank, the highest first. */
export interface Position {
  readonly key: Uint8Array;
  /** A safe integer of 0 or more. */
  readonly rank: number;
}

/** What blocks hold, sorted. No two have one position. */
export interface Entry extends Position {
  readonly payload: Uint8Array;
}

/** Below 0 where `a` stands before `b`. */
export function comparePositions(a: Position, b: Position): number {
  const byKey = compareBytes(a.key, b.key);
  return byKey !== 0 ? byKey : b.rank - a.rank;
}

/** The rank before all others of a key. */
export const firstRank = Number.MAX_SAFE_INTEGER;

/** The last entry of something that is sorted. */
export interface Fence {
  readonly lastKey: Uint8Array;
  readonly lastRank: number;
}

/** The first of them that ends at `position` or after it; their number where none does. */
export function firstEndingAt(fences: readonly Fence[], position: Position): number {
  let low = 0;
  let high = fences.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (endsBefore(fences[middle], position)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether all of it stands before `position`. */
export function endsBefore(fence: Fence | undefined, position: Position): boolean {
  if (fence === undefined) throw new Error("a fence that is not there");
  const byKey = compareBytes(fence.lastKey, position.key);
  return byKey !== 0 ? byKey < 0 : fence.lastRank > position.rank;
}
