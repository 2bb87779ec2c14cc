import { errors, KvError } from "../../etcd/errors.ts";
import { compareBytes } from "../../proto/bytes.ts";
import {
  type Compare,
  CompareResult,
  CompareTarget,
  type KeyValue,
  type TxnRequest,
} from "../../proto/generated/etcd.ts";
import { keyRange } from "../keys/key-range.ts";
import { valueBytesOf } from "../store/large-value.ts";
import type { View } from "../store/view.ts";
import type { Work } from "../work/work.ts";

/**
 * The branch of each transaction, true for success: the outermost first, then the nested ones of
 * the chosen branches in order. All are decided before anything is written (etcdserver/txn/txn.go,
 * compareToPath).
 *
 * Throws errors.tooManyLooks where the comparisons would look at more than `maxCompared` keys, and
 * errors.tooMuchWork.
 * @param view charged to `work`, as are the values that are compared.
 */
export function branchesOf(
  view: View,
  request: TxnRequest,
  maxCompared: number,
  work: Work,
): boolean[] {
  const branches: boolean[] = [];
  choose(view, request, { left: maxCompared, work }, branches);
  return branches;
}

interface Looks {
  left: number;
  readonly work: Work;
}

function choose(view: View, request: TxnRequest, looks: Looks, branches: boolean[]): void {
  const succeeded = request.compare.every((compare) => holds(view, compare, looks));
  branches.push(succeeded);
  for (const { requestTxn } of succeeded ? request.success : request.failure) {
    if (requestTxn !== undefined) choose(view, requestTxn, looks, branches);
  }
}

function holds(view: View, compare: Compare, looks: Looks): boolean {
  let found = false;
  for (const [, kv] of view.scan(keyRange(compare.key, compare.rangeEnd), false)) {
    if (looks.left === 0) throw new KvError(errors.tooManyLooks);
    looks.left -= 1;
    if (compare.target === CompareTarget.VALUE) looks.work.chargeValue(valueBytesOf(kv));
    if (!holdsFor(kv, compare)) return false;
    found = true;
  }
  // A missing key has 0 for every number, and no value to compare.
  return found || (compare.target !== CompareTarget.VALUE && holdsFor(undefined, compare));
}

function holdsFor(kv: KeyValue | undefined, compare: Compare): boolean {
  const order = difference(kv, compare);
  switch (compare.result) {
    case CompareResult.EQUAL:
      return order === 0;
    case CompareResult.GREATER:
      return order > 0;
    case CompareResult.LESS:
      return order < 0;
    case CompareResult.NOT_EQUAL:
      return order !== 0;
    default:
      return true;
  }
}

function difference(kv: KeyValue | undefined, compare: Compare): number {
  switch (compare.target) {
    case CompareTarget.VERSION:
      return (kv?.version ?? 0) - (compare.version ?? 0);
    case CompareTarget.CREATE:
      return (kv?.createRevision ?? 0) - (compare.createRevision ?? 0);
    case CompareTarget.MOD:
      return (kv?.modRevision ?? 0) - (compare.modRevision ?? 0);
    case CompareTarget.VALUE:
      return compareBytes(kv?.value ?? noBytes, compare.value ?? noBytes);
    case CompareTarget.LEASE: {
      const [lease, wanted] = [kv?.lease ?? 0n, compare.lease ?? 0n];
      return lease === wanted ? 0 : lease < wanted ? -1 : 1;
    }
    default:
      return 0;
  }
}

const noBytes = new Uint8Array(0);
