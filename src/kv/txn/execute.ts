import { errors, KvError } from "../../etcd/errors.ts";
import {
  type DeleteRangeRequest,
  DeleteRangeResponse,
  type KeyValue,
  type PutRequest,
  PutResponse,
  type RangeRequest,
  RangeResponse,
  type RequestOp,
  ResponseHeader,
  ResponseOp,
  type TxnRequest,
  TxnResponse,
} from "../../proto/generated/etcd.ts";
import { byteString, keyRange } from "../keys/key-range.ts";
import { executeRange, weight, wholePage } from "../range/range.ts";
import { noOperations, type Operations } from "../store/counts.ts";
import { valueBytesOf } from "../store/large-value.ts";
import { ChangedView, type View } from "../store/view.ts";
import type { Limits } from "../work/limits.ts";
import { cost, type Work } from "../work/work.ts";
import type { LeaseRoom } from "./lease-room.ts";

/** The bytes left for an answer: operations beyond it are done, but their results not returned. */
export class AnswerBound {
  readonly maxBytes: number;
  #bytes = 0;
  #exceeded = false;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Counts the bytes; returns whether they fit. */
  take(bytes: number): boolean {
    this.#bytes += bytes;
    if (this.#bytes > this.maxBytes) this.#exceeded = true;
    return !this.#exceeded;
  }

  /** Bytes of all results, returned or not. */
  get bytes(): number {
    return this.#bytes;
  }

  get left(): number {
    return Math.max(0, this.maxBytes - this.#bytes);
  }

  get exceeded(): boolean {
    return this.#exceeded;
  }
}

/** The execution of one request's writes: its changes so far, and what it may still do. */
export class Execution {
  /** The changes, above the state before them. */
  readonly changed: ChangedView;
  /** The store's revision before the request. */
  readonly revision: number;
  /** The store at an older revision, charged to `work`. */
  readonly at: (revision: number) => View;
  /** Keys that the entry may delete. */
  readonly maxDeletes: number;
  /** Keys that the remaining ranges may count. */
  countsLeft: number;
  /** Charged for operations, and for what views read. */
  readonly work: Work;
  readonly answer: AnswerBound;
  /** Counts the operations done. */
  readonly done = noOperations();

  /** An execution above `revision`, with the budgets of `limits`. */
  constructor(
    at: (revision: number) => View,
    revision: number,
    work: Work,
    { maxDeletes, maxCounted, maxTxnResponseBytes }: Limits,
  ) {
    this.at = at;
    this.revision = revision;
    this.changed = new ChangedView(at(revision), revision + 1, work);
    this.work = work;
    this.maxDeletes = maxDeletes;
    this.countsLeft = maxCounted;
    this.answer = new AnswerBound(maxTxnResponseBytes);
  }
}

/** The revision in a header within an entry: the next one as soon as there is a change. */
function headerOf({ changed, revision }: Execution): ResponseHeader {
  return ResponseHeader.create({
    revision: changed.changes.length > 0 ? changed.changeRevision : revision,
  });
}

/**
 * The version that a put makes after `prev`. Throws errors.keyNotFound where ignore_value or
 * ignore_lease has no version to take from.
 */
export function nextVersion(
  request: PutRequest,
  prev: KeyValue | undefined,
  revision: number,
): KeyValue {
  const { ignoreValue, ignoreLease } = request;
  if ((ignoreValue || ignoreLease) && prev === undefined) throw new KvError(errors.keyNotFound);
  return {
    // The request's bytes are views of the entry, which is not kept.
    key: prev?.key ?? request.key.slice(),
    createRevision: prev?.createRevision ?? revision,
    modRevision: revision,
    version: (prev?.version ?? 0) + 1,
    value: ignoreValue ? (prev?.value ?? noBytes) : request.value.slice(),
    lease: ignoreLease ? (prev?.lease ?? 0n) : request.lease,
  };
}

export function countPut(done: Operations, { key, value }: PutRequest): void {
  done.puts += 1;
  done.putBytes += key.length + value.length;
}

/** Throws errors.tooMuchWork, and as nextVersion does. */
export function executePut(execution: Execution, request: PutRequest): PutResponse {
  const { changed, done, work } = execution;
  countPut(done, request);
  const key = byteString(request.key);
  const prev = changed.get(key);
  work.chargeKey(cost.change, key.length);
  work.charge(request.value.length * cost.valueByte);
  if (prev !== undefined) {
    const prevBytes = valueBytesOf(prev);
    work.chargeValue(prevBytes);
    if (request.ignoreValue) work.chargeKept(prevBytes);
  }
  changed.put(key, nextVersion(request, prev, changed.changeRevision), prev);
  const response = PutResponse.create({ header: headerOf(execution) });
  const shown = request.prevKv ? prev : undefined;
  if (shown === undefined || !execution.answer.take(weight(shown))) return response;
  return { ...response, prevKv: shown };
}

/**
 * Throws errors.tooManyDeletes where keys or their bytes exceed the limits, and errors.tooMuchWork;
 * nothing is deleted then.
 */
export function executeDelete(
  execution: Execution,
  request: DeleteRangeRequest,
): DeleteRangeResponse {
  const { changed, answer } = execution;
  execution.done.deletes += 1;
  const range = keyRange(request.key, request.rangeEnd);
  const found: (readonly [string, KeyValue])[] = [];
  for (const entry of changed.scan(range, false)) {
    const [, kv] = entry;
    if (found.length + changed.changes.length >= execution.maxDeletes) {
      throw new KvError(errors.tooManyDeletes);
    }
    execution.work.chargeDeletion(kv.key.length, valueBytesOf(kv));
    found.push(entry);
  }
  const prevKvs: KeyValue[] = [];
  for (const [key, kv] of found) {
    changed.delete(key, kv);
    if (request.prevKv && !answer.exceeded && answer.take(weight(kv))) prevKvs.push(kv);
  }
  const header = headerOf(execution);
  return DeleteRangeResponse.create({ header, deleted: found.length, prevKvs });
}

/** Keys that are counted in the time that walking past one takes. */
const walkCost = 10;

function executeRangeWithin(execution: Execution, request: RangeRequest): RangeResponse {
  const { changed, answer } = execution;
  execution.done.ranges += 1;
  const old = request.revision > 0 && request.revision < changed.changeRevision;
  const view = old ? execution.at(request.revision) : changed;
  const header = headerOf(execution);
  try {
    const maxKeys = Math.floor(execution.countsLeft / walkCost);
    const page = wholePage(answer.left, maxKeys, execution.work);
    // Values that will not be returned need not be read.
    const asked = answer.exceeded ? { ...request, keysOnly: true } : request;
    const result = executeRange(view, asked, header.revision, page);
    const cut = result.nextKey !== undefined;
    answer.take(cut ? answer.maxBytes + 1 : result.bytes);
    execution.countsLeft -= result.response.count + walkCost * result.walked;
    if (execution.countsLeft < 0) throw new KvError(errors.tooManyLooks);
    return result.response;
  } catch (error) {
    if (!(error instanceof KvError) || error.kind !== errors.responseTooLarge) throw error;
    answer.take(answer.maxBytes + 1);
    return RangeResponse.create({ header });
  }
}

/**
 * Runs the chosen branches (compare.ts). Everything was checked before, so only work may be refused
 * (KvError; then nothing was done). The caller fills in the outermost header; nested ones stay
 * empty, as in etcd.
 */
export function executeTxn(
  execution: Execution,
  request: TxnRequest,
  branches: readonly boolean[],
): TxnResponse {
  const taken = branches.values();
  return executeBranch(execution, request, taken);
}

function executeBranch(
  execution: Execution,
  request: TxnRequest,
  branches: Iterator<boolean>,
): TxnResponse {
  const step = branches.next();
  if (step.done === true) throw new Error("more transactions than branches were decided");
  const succeeded = step.value;
  const ops = succeeded ? request.success : request.failure;
  const responses = ops.map((op) => executeOp(execution, op, branches));
  return TxnResponse.create({ header: ResponseHeader.create(), succeeded, responses });
}

function executeOp(execution: Execution, op: RequestOp, branches: Iterator<boolean>): ResponseOp {
  const { requestRange, requestPut, requestDeleteRange, requestTxn } = op;
  if (requestRange !== undefined) {
    return ResponseOp.create({ responseRange: executeRangeWithin(execution, requestRange) });
  }
  if (requestPut !== undefined) {
    return ResponseOp.create({ responsePut: executePut(execution, requestPut) });
  }
  if (requestDeleteRange !== undefined) {
    const responseDeleteRange = executeDelete(execution, requestDeleteRange);
    return ResponseOp.create({ responseDeleteRange });
  }
  if (requestTxn === undefined) throw new Error("an operation of no kind was not refused");
  return ResponseOp.create({ responseTxn: executeBranch(execution, requestTxn, branches) });
}

const noBytes = new Uint8Array(0);

/** What the checks against the state need. */
export interface CheckState {
  readonly view: View;
  readonly revision: number;
  readonly compactRevision: number;
  /** What may still be attached to leases. */
  readonly room: LeaseRoom;
}

/**
 * The checks of the chosen branches against the state before the transaction: readable revisions,
 * existing leases and keys. Throws KvError; nothing was done then.
 */
export function checkChosen(
  state: CheckState,
  request: TxnRequest,
  branches: readonly boolean[],
): void {
  checkBranch(state, request, branches.values());
}

function checkBranch(state: CheckState, request: TxnRequest, branches: Iterator<boolean>): void {
  const succeeded = branches.next().value === true;
  for (const op of succeeded ? request.success : request.failure) {
    if (op.requestRange !== undefined) checkRevision(state, op.requestRange.revision);
    if (op.requestPut !== undefined) checkPutNow(state, op.requestPut);
    if (op.requestTxn !== undefined) checkBranch(state, op.requestTxn, branches);
  }
}

/**
 * Unlike in a plain range, a negative revision is invalid below -1, and once something was
 * compacted.
 */
function checkRevision(state: CheckState, revision: number): void {
  if (revision === 0) return;
  if (revision > state.revision) throw new KvError(errors.futureRevision);
  if (revision < state.compactRevision) throw new KvError(errors.compacted);
}

function checkPutNow(state: CheckState, request: PutRequest): void {
  const { ignoreValue, ignoreLease, lease } = request;
  const keeps = ignoreValue || ignoreLease;
  if (!keeps && lease === 0n) return;
  const prev = state.view.get(byteString(request.key));
  if (keeps && prev === undefined) throw new KvError(errors.keyNotFound);
  if (lease !== 0n && !state.room.hasLease(lease)) throw new KvError(errors.leaseNotFound);
  state.room.take(request, prev);
}
