import { errors, KvError } from "../../etcd/errors.ts";
import type { TxnRequest } from "../../proto/generated/etcd.ts";
import type { Query, Request } from "../../proto/generated/kv.ts";
import { everything } from "../txn/check.ts";

/** A key, and perhaps the end of a range. */
interface NamedRange {
  readonly key: Uint8Array;
  readonly rangeEnd?: Uint8Array | undefined;
}

/**
 * Throws errors.keyTooLong where a key of a request or a query has more than `maxBytes`. The end of
 * a range may have one byte more: it may be the key after the longest one.
 */
export function checkKeys(body: Partial<Request> & Partial<Query>, maxBytes: number): void {
  const { put, range, deleteRange, watchCreate, txn } = body;
  for (const one of [put, range, deleteRange, watchCreate]) if (one) checkRange(one, maxBytes);
  if (txn) checkTxn(txn, maxBytes);
  const { authRoleGrantPermission: granted } = body;
  if (granted?.perm) checkRange(granted.perm, maxBytes);
}

function checkTxn(txn: TxnRequest, maxBytes: number): void {
  for (const { compare, op } of everything(txn)) {
    if (compare !== undefined) checkRange(compare, maxBytes);
    const one = op?.requestPut ?? op?.requestRange ?? op?.requestDeleteRange;
    if (one !== undefined) checkRange(one, maxBytes);
  }
}

function checkRange(range: NamedRange, maxBytes: number): void {
  const isRange = range.rangeEnd !== undefined && range.rangeEnd.length > 0;
  // A list continues after a key with the next possible key, which is one byte longer.
  const tooLong = range.key.length > maxBytes + (isRange ? 1 : 0);
  if (tooLong || (range.rangeEnd?.length ?? 0) > maxBytes + 1) throw new KvError(errors.keyTooLong);
}
