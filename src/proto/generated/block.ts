// Generated from block.proto by `npm run proto`. Do not edit.
import { field as f, Message, noBytes, noItems } from "../message.ts";

/** What stands at the end of a data block. */
export interface BlockTrailer {
  readonly parts: readonly PartFence[];
}
export const BlockTrailer: Message<BlockTrailer> = new Message("BlockTrailer", [
  f("parts", "parts", 1, "message", { repeated: true, message: () => PartFence }),
], () => ({
  parts: noItems,
}));

export interface PartFence {
  /** Bytes of the part, its sum included. */
  readonly bytes: number;
  /** The last entry. */
  readonly lastKey: Uint8Array;
  readonly lastRank: number;
}
export const PartFence: Message<PartFence> = new Message("PartFence", [
  f("bytes", "bytes", 1, "uint32"),
  f("last_key", "lastKey", 2, "bytes"),
  f("last_rank", "lastRank", 3, "uint64", { strict: true }),
], () => ({
  bytes: 0,
  lastKey: noBytes,
  lastRank: 0,
}));

/** An index block: what one unit holds. */
export interface UnitIndex {
  readonly firstKey: Uint8Array;
  readonly blocks: readonly BlockFence[];
  /**
   * Addresses of the values that are blocks of their own, in the order of the entries that name
   * them.
   */
  readonly values: readonly Uint8Array[];
  /** A bit field over the keys; empty where there is none. */
  readonly filter: Uint8Array;
}
export const UnitIndex: Message<UnitIndex> = new Message("UnitIndex", [
  f("first_key", "firstKey", 1, "bytes"),
  f("blocks", "blocks", 2, "message", { repeated: true, message: () => BlockFence }),
  f("values", "values", 3, "bytes", { repeated: true }),
  f("filter", "filter", 4, "bytes"),
], () => ({
  firstKey: noBytes,
  blocks: noItems,
  values: noItems,
  filter: noBytes,
}));

export interface BlockFence {
  readonly address: Uint8Array;
  readonly lastKey: Uint8Array;
  readonly lastRank: number;
  readonly sums: BlockSums | undefined;
}
export const BlockFence: Message<BlockFence> = new Message("BlockFence", [
  f("address", "address", 1, "bytes"),
  f("last_key", "lastKey", 2, "bytes"),
  f("last_rank", "lastRank", 3, "uint64", { strict: true }),
  f("sums", "sums", 4, "message", { message: () => BlockSums }),
], () => ({
  address: noBytes,
  lastKey: noBytes,
  lastRank: 0,
  sums: undefined,
}));

/** Of some entries. */
export interface BlockSums {
  readonly entries: number;
  /** Of their keys, each as often as it stands there. */
  readonly keyBytes: number;
  readonly minRank: number;
  readonly maxRank: number;
  /** What they add to and take from a count, as whoever wrote them says. */
  readonly added: number;
  readonly removed: number;
}
export const BlockSums: Message<BlockSums> = new Message("BlockSums", [
  f("entries", "entries", 1, "uint64", { strict: true }),
  f("key_bytes", "keyBytes", 2, "uint64", { strict: true }),
  f("min_rank", "minRank", 3, "uint64", { strict: true }),
  f("max_rank", "maxRank", 4, "uint64", { strict: true }),
  f("added", "added", 5, "uint64", { strict: true }),
  f("removed", "removed", 6, "uint64", { strict: true }),
], () => ({
  entries: 0,
  keyBytes: 0,
  minRank: 0,
  maxRank: 0,
  added: 0,
  removed: 0,
}));

/** One unit, as a manifest names it. Keys are cut to their first 128 bytes. */
export interface UnitRecord {
  readonly address: Uint8Array;
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
  readonly blocks: number;
  /** Of its data blocks. */
  readonly bytes: number;
  /** Of the values that are blocks of their own, each as often as it is named. */
  readonly valueBytes: number;
  readonly sums: BlockSums | undefined;
  /**
   * Bytes of entries that a newer one in this unit supersedes, and the compaction that lets all of
   * them go.
   */
  readonly supersededBytes: number;
  readonly supersededUntil: number;
  /** The same of deletions, which go where nothing lies below them. */
  readonly deletedBytes: number;
  readonly deletedUntil: number;
}
export const UnitRecord: Message<UnitRecord> = new Message("UnitRecord", [
  f("address", "address", 1, "bytes"),
  f("first_key", "firstKey", 2, "bytes"),
  f("last_key", "lastKey", 3, "bytes"),
  f("blocks", "blocks", 4, "uint32"),
  f("bytes", "bytes", 5, "uint64", { strict: true }),
  f("value_bytes", "valueBytes", 6, "uint64", { strict: true }),
  f("sums", "sums", 7, "message", { message: () => BlockSums }),
  f("superseded_bytes", "supersededBytes", 8, "uint64", { strict: true }),
  f("superseded_until", "supersededUntil", 9, "uint64", { strict: true }),
  f("deleted_bytes", "deletedBytes", 10, "uint64", { strict: true }),
  f("deleted_until", "deletedUntil", 11, "uint64", { strict: true }),
], () => ({
  address: noBytes,
  firstKey: noBytes,
  lastKey: noBytes,
  blocks: 0,
  bytes: 0,
  valueBytes: 0,
  sums: undefined,
  supersededBytes: 0,
  supersededUntil: 0,
  deletedBytes: 0,
  deletedUntil: 0,
}));
