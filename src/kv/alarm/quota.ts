import type { PutRequest, RequestOp, TxnRequest } from "../../proto/generated/etcd.ts";
import type { Request } from "../../proto/generated/kv.ts";

/** etcd: DefaultQuotaBytes, server/storage/quota.go. */
export const defaultQuotaBytes = 2 * 1024 ** 3;

/**
 * The largest quota in bytes. An object's storage holds 10 GB: rows take up to 1.35 times their
 * bytes, an installing snapshot stands beside the state that it replaces, and the log, garbage and
 * deletions on a full disk need room besides.
 */
export const maxQuotaBytes = 3 * 1024 ** 3;

const LEASE_COST_BYTES = 64;
const KEY_COST_BYTES = 256;

/** A configured quota in bytes: 0 means the default, a negative number the largest. */
export function quotaBytes(configured: number): number {
  if (configured < 0) return maxQuotaBytes;
  return configured === 0 ? defaultQuotaBytes : Math.min(configured, maxQuotaBytes);
}

/** The bytes of the value that a key has now. */
type ValueBytes = (key: Uint8Array) => number;

/**
 * Bytes that a request may add to the store, as etcd estimates them; unlike in etcd, values that
 * ignore_value stores again count. 0 for requests that only read, delete or compact. A store is
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

/** The cost of the more expensive branch. */
function costOfTxn({ success, failure }: TxnRequest, valueBytes: ValueBytes): number {
  return Math.max(costOfBranch(success, valueBytes), costOfBranch(failure, valueBytes));
}

function costOfBranch(operations: readonly RequestOp[], valueBytes: ValueBytes): number {
  return operations.reduce((sum, { requestPut, requestTxn }) => {
    if (requestPut) return sum + costOfPut(requestPut, valueBytes);
    return sum + (requestTxn ? costOfTxn(requestTxn, valueBytes) : 0);
  }, 0);
}
