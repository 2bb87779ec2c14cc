import { crc32c } from "../crc32c.ts";
import { StorageDamagedError } from "../damage.ts";
import type { Address } from "./address.ts";

/**
 * Version of every format in this room: of blocks, of what stands in them, and of the hash of their
 * filters. A new one is a new byte in the header, and both are read as long as a manifest may name
 * blocks of both.
 */
export const codecVersion = 1;

/** What a block is. In its first bytes, so that no value of a client's is taken for an index. */
export const blockKind = { data: 1, index: 2, value: 3 } as const;
export type BlockKind = (typeof blockKind)[keyof typeof blockKind];

/** Magic, kind, version, and a zero. */
export const headerBytes = 4;
const magic = 0xdb;

export function putHeader(block: Uint8Array, kind: BlockKind): void {
  block[0] = magic;
  block[1] = kind;
  block[2] = codecVersion;
}

/** What messages call a block. */
export function blockName(address: Address): string {
  return `block ${address}`;
}

/** Throws StorageDamagedError where the block is not of this kind, or of another version. */
export function checkHeader(block: Uint8Array, kind: BlockKind, where: string): void {
  const [first, found, version, last] = block;
  if (first === magic && found === kind && version === codecVersion && last === 0) return;
  const head = `${first} ${found} ${version} ${last}`;
  throw new StorageDamagedError(where, `it begins with ${head}, not as kind ${kind} does`);
}

/** Header, CRC-32C of header and body, body: of the blocks that are read whole. */
export function frameWhole(kind: BlockKind, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(headerBytes + 4 + body.length);
  putHeader(block, kind);
  block.set(body, headerBytes + 4);
  new DataView(block.buffer).setUint32(headerBytes, wholeSum(block));
  return block;
}

/** The body of such a block, a view of it. Throws StorageDamagedError. */
export function openWhole(address: Address, kind: BlockKind, block: Uint8Array): Uint8Array {
  const where = blockName(address);
  if (block.length < headerBytes + 4) {
    throw new StorageDamagedError(where, `it has ${block.length} bytes`);
  }
  checkHeader(block, kind, where);
  const stored = viewOf(block).getUint32(headerBytes);
  const sum = wholeSum(block);
  if (sum !== stored) throw new StorageDamagedError(where, `its sum is ${sum}, not ${stored}`);
  return block.subarray(headerBytes + 4);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function wholeSum(block: Uint8Array): number {
  return crc32c(block.subarray(headerBytes + 4), crc32c(block.subarray(0, headerBytes)));
}
