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

/** How much of an answer there is room for: what goes beyond is done, but not returned. */
export class AnswerBound {
  readonly maxBytes: number;
  #bytes = 0;
  #exceeded = false;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Whether this much more fits. */
  take(bytes: number): boolean {
    this.#bytes += bytes;
    if (this.#bytes > this.maxBytes) this.#exceeded = true;
    return !this.#exceeded;
  }

  /** What is returned, or would be. */
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

/** The execution of the writes of one request: what it has made so far, and may still do. */
export class Execution {
  /** What is being written, over the state before it. */
  readonly changed: ChangedView;
  /** The store's revision before it. */
  readonly revision: number;
  /** The store at an older revision; charged to `work`. */
  readonly at: (revision: number) => View;
  /** Keys that one entry may delete. */
  readonly maxDeletes: number;
  /** Keys that its ranges may still count. */
  countsLeft: number;
  /** Charged for all that is done, and for what views read. */
  readonly work: Work;
  readonly answer: AnswerBound;
  /** Counts what is done. */
  readonly done = noOperations();

  /** One on top of `revision`, that may do as much as the limits say. */
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

/** The revision a header shows in the midst of an entry: the next one from the first change on. */
function headerOf({ changed, revision }: Execution): ResponseHeader {
  return ResponseHeader.create({
    revision: changed.changes.length > 0 ? changed.changeRevision : revision,
  });
}

/**
 * What a put makes of the key that was `prev`. Throws errors.keyNotFound where ignore_value or
 * ignore_lease has nothing to keep.
 */
export function nextVersion(
  request: PutRequest,
  prev: KeyValue | undefined,
  revision: number,
): KeyValue {
  const { ignoreValue, ignoreLease } = request;
  if ((ignoreValue || ignoreLease) && prev === undefined) throw new KvError(errors.keyNotFound);
  return {
    // The request's bytes are views into the entry, which is not kept.
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
 * Throws errors.tooManyDeletes beyond maxDeletes keys or their bytes, and errors.tooMuchWork; has
 * then deleted none.
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

/** To walk past a key takes as long as to count so many. */
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
    // What will not be returned need not be read.
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
 * Runs the branches that were chosen (compare.ts). Everything was checked before, so nothing here
 * is refused but what would take too long (KvError; then nothing was done). The outermost header is
 * filled in by the caller, nested ones stay empty, as in etcd.
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

/** What the checks that need the state ask. */
export interface CheckState {
  readonly view: View;
  readonly revision: number;
  readonly compactRevision: number;
  /** What may still be hung on leases. */
  readonly room: LeaseRoom;
}

/**
 * The checks of the chosen branches against the state before the transaction: revisions that are
 * read, leases and keys that must be there. Throws KvError; nothing was done then.
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

/** Unlike a plain range, a negative revision is one: below -1, or once something was compacted. */
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
