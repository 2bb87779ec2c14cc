import { toHex } from "../../proto/bytes.ts";

/** The SHA-256 of `bytes`, 32 bytes: injected, like the rest of the platform. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** Bytes of an address: as much of a SHA-256 as nobody finds two inputs for. */
export const addressBytes = 20;

/** What a block is named by, as lower-case hex digits: its content and nothing else. */
export type Address = string;

export function addressOf(block: Uint8Array, sha256: Sha256): Address {
  return toHex(sha256(block).subarray(0, addressBytes));
}

export function bytesOfAddress(address: Address): Uint8Array {
  if (address.length !== 2 * addressBytes)
    throw new Error(`an address of ${address.length} digits`);
  const bytes = new Uint8Array(addressBytes);
  for (let i = 0; i < addressBytes; i++) {
    bytes[i] = Number.parseInt(address.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}
