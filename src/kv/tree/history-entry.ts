import { viewOf } from "../../storage/blocks/block-format.ts";
import type { Entry, Position } from "../../storage/blocks/entry.ts";
import { StorageDamagedError } from "../../storage/damage.ts";
import { byteString, bytesOf } from "../keys/key-range.ts";
import { type HistoryEntry, rankOf } from "../store/version.ts";

/**
 * One change in the order of time as an entry of a block: which key changed. Its key is its
 * revision (8 bytes) and its place in it (4 bytes), both big-endian, its payload is the key that
 * changed.
 */
const keyBytes = 12;

export function historyEntry({ key, revision, second }: HistoryEntry, place: number): Entry {
  const rank = rankOf(revision, second);
  return { key: historyKey(revision, place), rank, payload: bytesOf(key) };
}

/** Where the history from a revision on begins. */
export function historyPosition(revision: number): Position {
  return { key: historyKey(revision, 0), rank: Number.MAX_SAFE_INTEGER };
}

function historyKey(revision: number, place: number): Uint8Array {
  const key = new Uint8Array(keyBytes);
  const view = viewOf(key);
  view.setUint32(0, Math.floor(revision / 0x1_0000_0000));
  view.setUint32(4, revision >>> 0);
  view.setUint32(8, place);
  return key;
}

export function changeOfHistory({ key, rank, payload }: Entry): HistoryEntry {
  const revision = Math.floor(rank / 2);
  const view = viewOf(key);
  const stored = key.length === keyBytes && view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4);
  if (stored !== revision) {
    throw new StorageDamagedError("history in a block", `revision ${revision} under ${stored}`);
  }
  return { key: byteString(payload), revision, second: rank % 2 === 1 };
}
