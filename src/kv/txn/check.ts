import type {
  Compare,
  DeleteRangeRequest,
  PutRequest,
  RequestOp,
  TxnRequest,
} from "../../proto/generated/etcd.ts";
import { errors, KvError } from "../errors.ts";
import { byteString, keyRange } from "../key-range.ts";
import { checkRangeRequest } from "../range/range.ts";
import { KeyRangeSet } from "./key-range-set.ts";

/** Throws KvError where no state could take it (etcdserver/api/v3rpc/key.go, checkPutRequest). */
export function checkPutRequest(request: PutRequest): void {
  if (request.key.length === 0) throw new KvError(errors.emptyKey);
  if (request.ignoreValue && request.value.length > 0) throw new KvError(errors.valueProvided);
  if (request.ignoreLease && request.lease !== 0n) throw new KvError(errors.leaseProvided);
}

export function checkDeleteRequest(request: DeleteRangeRequest): void {
  if (request.key.length === 0) throw new KvError(errors.emptyKey);
}

/**
 * The checks of a transaction that need no state: operations within `maxOps` (a nested one's budget
 * is what its parent leaves), each operation by itself, and no key put twice or put and deleted
 * (checkTxnRequest and checkIntervals there). Throws KvError.
 */
export function checkTxnRequest(request: TxnRequest, maxOps: number): void {
  checkOperations(request, maxOps);
  checkOverlap(request.success);
  checkOverlap(request.failure);
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

/** What one branch writes, nested transactions included. */
interface Written {
  readonly puts: Set<string>;
  readonly deletes: KeyRangeSet;
}

/**
 * A nested put is held against the deletes of this level and of the nested transactions before its
 * own, not of later ones: as etcd does it, so that a put followed by a nested delete passes.
 */
function checkOverlap(branch: readonly RequestOp[]): Written {
  const deletes = new KeyRangeSet();
  for (const { requestDeleteRange: request } of branch) {
    if (request !== undefined) deletes.add(keyRange(request.key, request.rangeEnd));
  }
  const puts = new Set<string>();
  for (const { requestTxn: nested } of branch) {
    if (nested === undefined) continue;
    const success = checkOverlap(nested.success);
    const failure = checkOverlap(nested.failure);
    addPuts(success.puts, puts, deletes);
    // Only one of its branches runs: they may put the same key.
    const others = new Set([...puts].filter((key) => !success.puts.has(key)));
    addPuts(failure.puts, others, deletes);
    for (const key of failure.puts) puts.add(key);
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
  addPuts(own, puts, deletes);
  return { puts, deletes };
}

function addPuts(added: ReadonlySet<string>, puts: Set<string>, deletes: KeyRangeSet): void {
  for (const key of added) {
    if (deletes.has(key) || puts.has(key)) throw new KvError(errors.duplicateKey);
    puts.add(key);
  }
}

/** Whether every operation of both branches is a plain range: then it is a read. */
export function isReadOnly(request: TxnRequest): boolean {
  return [...request.success, ...request.failure].every((op) => op.requestRange !== undefined);
}

/** Whether any branch at any depth could put. */
export function couldPut(request: TxnRequest): boolean {
  return [...request.success, ...request.failure].some(
    (op) => op.requestPut !== undefined || (op.requestTxn !== undefined && couldPut(op.requestTxn)),
  );
}

/** Every compare and every operation of all branches, nested ones included. */
export function* everything(request: TxnRequest): Generator<{ compare?: Compare; op?: RequestOp }> {
  for (const compare of request.compare) yield { compare };
  for (const op of [...request.success, ...request.failure]) {
    yield { op };
    if (op.requestTxn !== undefined) yield* everything(op.requestTxn);
  }
}
