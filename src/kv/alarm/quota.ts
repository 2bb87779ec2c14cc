import type { PutRequest, RequestOp, TxnRequest } from "../../proto/generated/etcd.ts";
import type { Request } from "../../proto/generated/kv.ts";

/** etcd: DefaultQuotaBytes, server/storage/quota.go. */
export const defaultQuotaBytes = 2 * 1024 ** 3;

/**
 * What a quota may be at most. An object's storage holds 10 GB: rows take up to 1.35 times their
 * bytes, a snapshot that is being taken over stands whole beside the state that it replaces, and
 * the log, what awaits its deletion and whatever is deleted while nothing else may be written need
 * room besides.
 */
export const maxQuotaBytes = 3 * 1024 ** 3;

const LEASE_COST_BYTES = 64;
const KEY_COST_BYTES = 256;

/** The bytes that a configured quota stands for: 0 is the default, a negative one the most. */
export function quotaBytes(configured: number): number {
  if (configured < 0) return maxQuotaBytes;
  return configured === 0 ? defaultQuotaBytes : Math.min(configured, maxQuotaBytes);
}

/** The bytes of the value that a key has now. */
type ValueBytes = (key: Uint8Array) => number;

/**
 * What a request may add to the store, in bytes as etcd estimates it, and unlike there with the
 * values that ignore_value stores again; 0 for what only reads, deletes or compacts. A store is
 * over its quota where its size and the cost reach the quota.
 */
export function costOf(
  request: Pick<Request, "put" | "txn" | "leaseGrant">,
  valueBytes: ValueBytes,
): number {
  if (request.put) return costOfPut(request.put, valueBytes);
  if (request.txn) return costOfTxn(request.txn, valueBytes);
  return request.leaseGrant ? LEASE_COST_BYTES : 0;
}

function costOfPut({ key, value, ignoreValue }: PutRequest, valueBytes: ValueBytes): number {
  return KEY_COST_BYTES + key.length + (ignoreValue ? valueBytes(key) : value.length);
}

/** The dearer branch. */
function costOfTxn({ success, failure }: TxnRequest, valueBytes: ValueBytes): number {
  return Math.max(costOfBranch(success, valueBytes), costOfBranch(failure, valueBytes));
}

function costOfBranch(operations: readonly RequestOp[], valueBytes: ValueBytes): number {
  return operations.reduce((sum, { requestPut, requestTxn }) => {
    if (requestPut) return sum + costOfPut(requestPut, valueBytes);
    return sum + (requestTxn ? costOfTxn(requestTxn, valueBytes) : 0);
  }, 0);
}
