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

/**
 * What a request may add to the store, in bytes as etcd estimates it; 0 for what only reads,
 * deletes or compacts. A store is over its quota where its size and the cost reach the quota.
 */
export function costOf(request: Pick<Request, "put" | "txn" | "leaseGrant">): number {
  if (request.put) return costOfPut(request.put);
  if (request.txn) return costOfTxn(request.txn);
  return request.leaseGrant ? LEASE_COST_BYTES : 0;
}

function costOfPut({ key, value }: PutRequest): number {
  return KEY_COST_BYTES + key.length + value.length;
}

/** The dearer branch. */
function costOfTxn({ success, failure }: TxnRequest): number {
  return Math.max(costOfBranch(success), costOfBranch(failure));
}

function costOfBranch(operations: readonly RequestOp[]): number {
  return operations.reduce((sum, { requestPut, requestTxn }) => {
    if (requestPut) return sum + costOfPut(requestPut);
    return sum + (requestTxn ? costOfTxn(requestTxn) : 0);
  }, 0);
}
