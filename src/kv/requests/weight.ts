import type { DeleteRangeRequest, TxnRequest } from "../../proto/generated/etcd.ts";
import type { Request } from "../../proto/generated/kv.ts";
import { keyRange } from "../key-range.ts";
import type { Store } from "../store/store.ts";
import type { Leases } from "../tables.ts";

/** From so many keys on a deletion is heavy: its turn takes long, and memory notices. */
export const heavyDeletes = 1_000;

interface Weighed {
  readonly store: Store;
  readonly leases: Leases;
}

/**
 * Whether a request that is not applied yet may delete very much, as the state is now. Looks at no
 * more keys than it takes to know.
 */
export function isHeavy(request: Request, { store, leases }: Weighed): boolean {
  const { deleteRange, txn, leaseRevoke } = request;
  let left = heavyDeletes;
  const takes = ({ key, rangeEnd }: DeleteRangeRequest): boolean => {
    if (rangeEnd.length === 0) return false;
    for (const _ of store.scanNow(keyRange(key, rangeEnd))) {
      left -= 1;
      if (left === 0) return true;
    }
    return false;
  };
  const deletes = ({ success, failure }: TxnRequest): boolean =>
    [...success, ...failure].some(({ requestDeleteRange, requestTxn }) => {
      if (requestDeleteRange !== undefined) return takes(requestDeleteRange);
      return requestTxn !== undefined && deletes(requestTxn);
    });
  if (leaseRevoke !== undefined) return leases.keyCount(leaseRevoke.ID) >= heavyDeletes;
  if (deleteRange !== undefined) return takes(deleteRange);
  return txn !== undefined && deletes(txn);
}
