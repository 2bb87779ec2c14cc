import { toHex } from "../../proto/bytes.ts";
import { DecodeError } from "../../proto/errors.ts";
import type { BlockSums, UnitRecord } from "../../proto/generated/block.ts";
import { type Address, addressBytes, bytesOfAddress } from "./address.ts";

/** Bytes of a key that a manifest keeps: enough to tell most units apart. */
export const fenceKeyBytes = 128;

/** A unit, as manifests name it: some data blocks and their index, which it is named by. */
export interface Unit extends Omit<UnitRecord, "address" | "sums"> {
  readonly address: Address;
  readonly sums: BlockSums;
}

export function encodeUnit(unit: Unit): UnitRecord {
  return { ...unit, address: bytesOfAddress(unit.address) };
}

/** Throws DecodeError. */
export function decodeUnit(record: UnitRecord): Unit {
  const { address, sums } = record;
  if (address.length !== addressBytes || sums === undefined) {
    throw new DecodeError(`a unit with an address of ${address.length} bytes`);
  }
  return { ...record, address: toHex(address), sums };
}

/** A key as a unit's record has it. A cut is never above its key, and keeps their order. */
export function cutKey(key: Uint8Array): Uint8Array {
  return key.length <= fenceKeyBytes ? key : key.subarray(0, fenceKeyBytes);
}

/** The sums of all of them. */
export function sumOf(sums: readonly BlockSums[]): BlockSums {
  const [first] = sums;
  if (first === undefined) throw new Error("the sums of nothing");
  return sums.slice(1).reduce(
    (sum, next) => ({
      entries: sum.entries + next.entries,
      keyBytes: sum.keyBytes + next.keyBytes,
      minRank: Math.min(sum.minRank, next.minRank),
      maxRank: Math.max(sum.maxRank, next.maxRank),
      added: sum.added + next.added,
      removed: sum.removed + next.removed,
    }),
    first,
  );
}
