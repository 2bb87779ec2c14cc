import { errors, KvError } from "../../etcd/errors.ts";
import type {
  Compare,
  DeleteRangeRequest,
  PutRequest,
  RequestOp,
  TxnRequest,
} from "../../proto/generated/etcd.ts";
import { byteString, keyRange } from "../keys/key-range.ts";
import { checkRangeRequest } from "../range/range.ts";
import { cost, unboundedWork, type Work } from "../work/work.ts";
import { KeyRangeSet } from "./key-range-set.ts";

/**
 * Throws KvError for a put that is invalid in any state (etcdserver/api/v3rpc/key.go,
 * checkPutRequest).
 */
export function checkPutRequest(request: PutRequest): void {
  if (request.key.length === 0) throw new KvError(errors.emptyKey);
  if (request.ignoreValue && request.value.length > 0) throw new KvError(errors.valueProvided);
  if (request.ignoreLease && request.lease !== 0n) throw new KvError(errors.leaseProvided);
}

export function checkDeleteRequest(request: DeleteRangeRequest): void {
  if (request.key.length === 0) throw new KvError(errors.emptyKey);
}

/**
 * The checks of a transaction that need no state: at most `maxOps` operations (a nested one has
 * what its parent leaves), each operation alone, and no key put twice or both put and deleted
 * (checkTxnRequest and checkIntervals in the same file). Throws KvError.
 */
export function checkTxnRequest(
  request: TxnRequest,
  maxOps: number,
  work: Work = unboundedWork(),
): void {
  checkOperations(request, maxOps);
  for (const _ of everything(request)) work.charge(cost.operation);
  checkOverlap(request.success, work);
  checkOverlap(request.failure, work);
}

function checkOperations(request: TxnRequest, maxOps: number): void {
  const { compare, success, failure } = request;
  const count = Math.max(compare.length, success.length, failure.length);
  if (count > maxOps) throw new KvError(errors.tooManyOps);
  if (compare.some(({ key }) => key.length === 0)) throw new KvError(errors.emptyKey);
  for (const branch of [success, failure]) {
    for (const op of branch) checkOperation(op, maxOps - count);
  }
}

function checkOperation(op: RequestOp, maxOps: number): void {
  if (op.requestRange !== undefined) checkRangeRequest(op.requestRange);
  else if (op.requestPut !== undefined) checkPutRequest(op.requestPut);
  else if (op.requestDeleteRange !== undefined) checkDeleteRequest(op.requestDeleteRange);
  else if (op.requestTxn !== undefined) checkOperations(op.requestTxn, maxOps);
  else throw new KvError(errors.keyNotFound);
}

/** The keys that a branch writes, nested transactions included. */
interface Written {
  /** The caller may add keys. */
  readonly puts: Set<string>;
  readonly deletes: KeyRangeSet;
}

/**
 * A nested put is checked against the deletes of this level and of earlier nested transactions, not
 * of later ones. As in etcd, a put followed by a nested delete passes.
 */
function checkOverlap(branch: readonly RequestOp[], work: Work): Written {
  const deletes = new KeyRangeSet(work);
  for (const { requestDeleteRange: request } of branch) {
    if (request !== undefined) deletes.add(keyRange(request.key, request.rangeEnd));
  }
  let puts = new Set<string>();
  for (const { requestTxn: nested } of branch) {
    if (nested === undefined) continue;
    const success = checkOverlap(nested.success, work);
    const failure = checkOverlap(nested.failure, work);
    // Only one branch of a nested transaction runs, so both may put the same key.
    const either = union(success.puts, failure.puts, work);
    checkPuts(either, puts, deletes, work);
    puts = union(puts, either, work);
    deletes.addAll(success.deletes);
    deletes.addAll(failure.deletes);
  }
  const own = new Set<string>();
  for (const { requestPut } of branch) {
    if (requestPut === undefined) continue;
    const key = byteString(requestPut.key);
    if (own.has(key)) throw new KvError(errors.duplicateKey);
    own.add(key);
  }
  checkPuts(own, puts, deletes, work);
  return { puts: union(puts, own, work), deletes };
}

/** Adds keys to the puts. Throws errors.duplicateKey where one is put or deleted already. */
function checkPuts(
  added: ReadonlySet<string>,
  puts: ReadonlySet<string>,
  deletes: KeyRangeSet,
  work: Work,
): void {
  if (!deletes.empty) {
    for (const key of added) {
      work.charge(cost.overlap);
      if (deletes.has(key)) throw new KvError(errors.duplicateKey);
    }
  }
  const [few, many] = added.size < puts.size ? [added, puts] : [puts, added];
  for (const key of few) {
    work.charge(cost.overlap);
    if (many.has(key)) throw new KvError(errors.duplicateKey);
  }
}

/** The larger set with the other's keys added: no key moves more than log n times. */
function union(a: Set<string>, b: Set<string>, work: Work): Set<string> {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  for (const key of few) {
    work.charge(cost.overlap);
    many.add(key);
  }
  return many;
}

/** Whether all operations of both branches are ranges and none is nested: a plain read. */
export function isReadOnly(request: TxnRequest): boolean {
  return [...request.success, ...request.failure].every((op) => op.requestRange !== undefined);
}

/** Whether any branch, at any depth, has a put. */
export function couldPut(request: TxnRequest): boolean {
  return [...request.success, ...request.failure].some(
    (op) => op.requestPut !== undefined || (op.requestTxn !== undefined && couldPut(op.requestTxn)),
  );
}

/** All compares and operations of all branches, nested ones included, outermost first. */
export function* everything(request: TxnRequest): Generator<{ compare?: Compare; op?: RequestOp }> {
  const waiting = [request];
  for (let txn = waiting.pop(); txn !== undefined; txn = waiting.pop()) {
    for (const compare of txn.compare) yield { compare };
    for (const branch of [txn.success, txn.failure]) {
      for (const op of branch) {
        yield { op };
        if (op.requestTxn !== undefined) waiting.push(op.requestTxn);
      }
    }
  }
}
