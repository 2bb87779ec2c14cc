import type { Address } from "./address.ts";
import { blockKind, frameWhole, openWhole } from "./block-format.ts";

/** A block that is one long value: entries name it by its address, and merges move the name. */
export function encodeValue(value: Uint8Array): Uint8Array<ArrayBuffer> {
  return frameWhole(blockKind.value, value);
}

/** The value. Throws StorageDamagedError. */
export function decodeValue(address: Address, block: Uint8Array): Uint8Array {
  return openWhole(address, blockKind.value, block);
}
