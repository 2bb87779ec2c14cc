import { putVarint, varintSize } from "../../proto/put.ts";
import { Reader } from "../../proto/reader.ts";
import type { Entry } from "../../storage/blocks/entry.ts";
import { StorageDamagedError } from "../../storage/damage.ts";

/**
 * Which lease a key hangs on, by key: what a member that starts must know, and what it would have
 * to walk over all keys for. The payload is the lease (8 bytes) and the value's length (a varint);
 * an empty one says that the key hangs on none any more.
 */
const leaseBytes = 8;

/** The lease of a key's newest version, and its value's length. */
export interface Attachment {
  readonly lease: bigint;
  readonly valueBytes: number;
}

export function leaseEntry(key: Uint8Array, rank: number, attached: Attachment | undefined): Entry {
  if (attached === undefined) return { key, rank, payload: new Uint8Array(0) };
  const payload = new Uint8Array(leaseBytes + varintSize(attached.valueBytes));
  new DataView(payload.buffer).setBigInt64(0, attached.lease);
  putVarint(payload, leaseBytes, attached.valueBytes);
  return { key, rank, payload };
}

const reader = new Reader();

/** Undefined where the entry says that the key hangs on no lease any more. */
export function attachmentOf({ payload }: Entry): Attachment | undefined {
  if (payload.length === 0) return undefined;
  if (payload.length <= leaseBytes) {
    throw new StorageDamagedError("a lease in a block", `it has ${payload.length} bytes`);
  }
  const lease = new DataView(payload.buffer, payload.byteOffset).getBigInt64(0);
  const valueBytes = reader.readAll(payload.subarray(leaseBytes), (from) => from.uint());
  return { lease, valueBytes };
}
