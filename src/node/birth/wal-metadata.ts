import { bytesToId64, type Id64, id64ToBytes } from "../../rpc/id64.ts";

/** The WAL's metadata: the ids of member and cluster, 8 bytes each, big-endian. */
export function walMetadata(clusterId: Id64, memberId: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(memberId));
  bytes.set(id64ToBytes(clusterId), 8);
  return bytes;
}

/** The metadata as text for an error. */
export function describeWalMetadata(metadata: Uint8Array): string {
  if (metadata.length !== 16) return `metadata of ${metadata.length} bytes`;
  const member = new DataView(metadata.buffer, metadata.byteOffset).getBigUint64(0);
  return `member ${member} of cluster ${bytesToId64(metadata.slice(8))}`;
}
