import { compareBytes } from "../../proto/bytes.ts";
import { partitionPoint } from "../partition-point.ts";

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
  return partitionPoint(fences, (fence) => endsBefore(fence, position));
}

/** Whether all of it stands before `position`. */
export function endsBefore(fence: Fence, position: Position): boolean {
  const byKey = compareBytes(fence.lastKey, position.key);
  return byKey !== 0 ? byKey < 0 : fence.lastRank > position.rank;
}
