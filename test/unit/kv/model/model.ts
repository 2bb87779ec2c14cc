import { type ErrorKind, errors } from "../../../../src/etcd/errors.ts";
import {
  type Compare,
  CompareResult,
  CompareTarget,
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
  SortOrder,
  SortTarget,
  type TxnRequest,
  TxnResponse,
} from "../../../../src/proto/generated/etcd.ts";
import { text } from "../support.ts";
import { Overlap } from "./overlap.ts";

/** What the model refuses with. */
export class Refused extends Error {
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind) {
    super(kind.text);
    this.kind = kind;
  }
}

type Keys = ReadonlyMap<string, KeyValue>;

/**
 * etcd's rules in the plainest way there is: the list of all changes ever made, from which every
 * state is computed anew. No memory is saved, nothing is indexed, nothing is forgotten.
 */
export class Model {
  readonly changes: KeyValue[] = [];
  /** Granted and remaining seconds; 0 remaining: all of them. */
  readonly leases = new Map<bigint, { readonly TTL: number; readonly remainingTTL: number }>();
  revision = 1;
  compacted = -1;

  /** The live keys at a revision, in key order. */
  at(revision: number): Keys {
    const newest = new Map<string, KeyValue>();
    for (const kv of this.changes) if (kv.modRevision <= revision) newest.set(text(kv.key), kv);
    const live = [...newest].filter(([, kv]) => kv.version > 0);
    return new Map(live.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  get now(): Keys {
    return this.at(Number.MAX_SAFE_INTEGER);
  }

  /** One entry: what `work` changes becomes one revision, or nothing where it is refused. */
  #entry<T>(work: () => T): T {
    const before = this.changes.length;
    try {
      return work();
    } catch (error) {
      this.changes.length = before;
      throw error;
    } finally {
      if (this.changes.length > before) this.revision++;
    }
  }

  #header(): ResponseHeader {
    const changed = (this.changes.at(-1)?.modRevision ?? 0) > this.revision;
    return ResponseHeader.create({ revision: this.revision + (changed ? 1 : 0) });
  }

  put(request: PutRequest): PutResponse {
    const response = this.#entry(() => {
      checkPut(request);
      if (request.lease !== 0n && !this.leases.has(request.lease)) {
        throw new Refused(errors.leaseNotFound);
      }
      return this.#put(request);
    });
    return { ...response, header: this.#header() };
  }

  #put(request: PutRequest): PutResponse {
    const prev = this.now.get(text(request.key));
    if ((request.ignoreValue || request.ignoreLease) && prev === undefined) {
      throw new Refused(errors.keyNotFound);
    }
    this.changes.push({
      key: request.key,
      createRevision: prev?.createRevision ?? this.revision + 1,
      modRevision: this.revision + 1,
      version: (prev?.version ?? 0) + 1,
      value: request.ignoreValue && prev ? prev.value : request.value,
      lease: request.ignoreLease && prev ? prev.lease : request.lease,
    });
    const prevKv = request.prevKv ? prev : undefined;
    return PutResponse.create({ header: this.#header(), prevKv });
  }

  delete(request: DeleteRangeRequest): DeleteRangeResponse {
    const response = this.#entry(() => {
      if (request.key.length === 0) throw new Refused(errors.emptyKey);
      return this.#delete(request);
    });
    return { ...response, header: this.#header() };
  }

  #delete(request: DeleteRangeRequest): DeleteRangeResponse {
    const found = within(this.now, request);
    for (const kv of found) this.#tombstone(kv.key);
    return DeleteRangeResponse.create({
      header: this.#header(),
      deleted: found.length,
      prevKvs: request.prevKv ? found : [],
    });
  }

  #tombstone(key: Uint8Array): void {
    const modRevision = this.revision + 1;
    const value = new Uint8Array(0);
    this.changes.push({ key, createRevision: 0, modRevision, version: 0, value, lease: 0n });
  }

  range(request: RangeRequest): RangeResponse {
    checkRange(request);
    if (request.revision > this.revision) throw new Refused(errors.futureRevision);
    if (request.revision > 0 && request.revision < this.compacted) {
      throw new Refused(errors.compacted);
    }
    return this.#range(request);
  }

  #range(request: RangeRequest): RangeResponse {
    const keys = request.revision > 0 ? this.at(request.revision) : this.now;
    const all = within(keys, request);
    const header = this.#header();
    if (request.countOnly) return RangeResponse.create({ header, count: all.length });
    const { limit } = request;
    let kvs = all;
    const filters = [
      [request.maxModRevision, (kv: KeyValue, bound: number) => kv.modRevision <= bound],
      [request.minModRevision, (kv: KeyValue, bound: number) => kv.modRevision >= bound],
      [request.maxCreateRevision, (kv: KeyValue, bound: number) => kv.createRevision <= bound],
      [request.minCreateRevision, (kv: KeyValue, bound: number) => kv.createRevision >= bound],
    ] as const;
    const filtered = filters.some(([bound]) => bound !== 0);
    if (!filtered && request.sortOrder === SortOrder.NONE && limit > 0) {
      kvs = kvs.slice(0, limit + 1);
    }
    for (const [bound, keeps] of filters) {
      if (bound !== 0) kvs = kvs.filter((kv) => keeps(kv, bound));
    }
    kvs = sorted(kvs, request);
    const more = limit > 0 && kvs.length > limit;
    if (more) kvs = kvs.slice(0, limit);
    if (request.keysOnly) kvs = kvs.map((kv) => ({ ...kv, value: new Uint8Array(0) }));
    return RangeResponse.create({ header, kvs, more, count: all.length });
  }

  txn(request: TxnRequest, maxOps: number): TxnResponse {
    const response = this.#entry(() => {
      checkTxn(request, maxOps);
      new Overlap().check(request);
      const path = this.#path(request);
      this.#checkPath(request, [...path]);
      return this.#txn(request, path);
    });
    return { ...response, header: this.#header() };
  }

  #path(request: TxnRequest): boolean[] {
    const keys = this.now;
    const taken = request.compare.every((compare) => holds(keys, compare));
    const ops = taken ? request.success : request.failure;
    return [taken, ...ops.flatMap((op) => (op.requestTxn ? this.#path(op.requestTxn) : []))];
  }

  #checkPath(request: TxnRequest, path: boolean[]): void {
    for (const op of path.shift() ? request.success : request.failure) {
      if (op.requestTxn) this.#checkPath(op.requestTxn, path);
      const revision = op.requestRange?.revision ?? 0;
      if (revision > this.revision) throw new Refused(errors.futureRevision);
      if (revision !== 0 && revision < this.compacted) throw new Refused(errors.compacted);
      const put = op.requestPut;
      if (!put) continue;
      if ((put.ignoreValue || put.ignoreLease) && !this.now.has(text(put.key))) {
        throw new Refused(errors.keyNotFound);
      }
      if (put.lease !== 0n && !this.leases.has(put.lease)) throw new Refused(errors.leaseNotFound);
    }
  }

  #txn(request: TxnRequest, path: boolean[]): TxnResponse {
    const succeeded = path.shift() === true;
    const ops = succeeded ? request.success : request.failure;
    const responses = ops.map((op) => this.#op(op, path));
    return TxnResponse.create({ header: ResponseHeader.create(), succeeded, responses });
  }

  #op(op: RequestOp, path: boolean[]): ResponseOp {
    if (op.requestPut) return ResponseOp.create({ responsePut: this.#put(op.requestPut) });
    if (op.requestRange) return ResponseOp.create({ responseRange: this.#range(op.requestRange) });
    if (op.requestDeleteRange) {
      return ResponseOp.create({ responseDeleteRange: this.#delete(op.requestDeleteRange) });
    }
    if (op.requestTxn) return ResponseOp.create({ responseTxn: this.#txn(op.requestTxn, path) });
    throw new Error("an operation of no kind was not refused");
  }

  compact(revision: number): void {
    if (revision <= this.compacted) throw new Refused(errors.compacted);
    if (revision > this.revision) throw new Refused(errors.futureRevision);
    this.compacted = revision;
  }

  grant(id: bigint, ttl: number): number {
    if (this.leases.has(id)) throw new Refused(errors.leaseExists);
    const TTL = Math.max(ttl, 2);
    this.leases.set(id, { TTL, remainingTTL: 0 });
    return TTL;
  }

  /** Of leases that are gone nothing is kept. */
  checkpointLease(id: bigint, remainingTTL: number): void {
    const lease = this.leases.get(id);
    if (lease) this.leases.set(id, { ...lease, remainingTTL: Math.max(remainingTTL, 0) });
  }

  revoke(id: bigint): void {
    if (!this.leases.has(id)) throw new Refused(errors.leaseNotFound);
    this.leases.delete(id);
    this.#entry(() => {
      for (const kv of this.now.values()) if (kv.lease === id) this.#tombstone(kv.key);
    });
  }

  keysOf(id: bigint): string[] {
    return [...this.now].filter(([, kv]) => kv.lease === id).map(([key]) => key);
  }
}

function within(keys: Keys, { key, rangeEnd }: Pick<RangeRequest, "key" | "rangeEnd">) {
  const [begin, end] = [text(key), text(rangeEnd)];
  return [...keys]
    .filter(([k]) => {
      if (end === "") return k === begin;
      return k >= begin && (end === "\0" || k < end);
    })
    .map(([, kv]) => kv);
}

function sorted(kvs: KeyValue[], { sortTarget, sortOrder }: RangeRequest): KeyValue[] {
  const values = (kv: KeyValue): string | number => {
    if (sortTarget === SortTarget.VERSION) return kv.version;
    if (sortTarget === SortTarget.CREATE) return kv.createRevision;
    if (sortTarget === SortTarget.MOD) return kv.modRevision;
    return sortTarget === SortTarget.VALUE ? text(kv.value) : text(kv.key);
  };
  const sign = sortOrder === SortOrder.DESCEND ? -1 : 1;
  return kvs.toSorted((a, b) => {
    const [x, y] = [values(a), values(b)];
    return sign * (x < y ? -1 : x > y ? 1 : 0);
  });
}

function holds(keys: Keys, compare: Compare): boolean {
  const found = within(keys, compare);
  if (found.length > 0) return found.every((kv) => holdsFor(kv, compare));
  return compare.target !== CompareTarget.VALUE && holdsFor(undefined, compare);
}

function holdsFor(kv: KeyValue | undefined, compare: Compare): boolean {
  const sides: Record<number, readonly [number | bigint | string, number | bigint | string]> = {
    [CompareTarget.VERSION]: [kv?.version ?? 0, compare.version ?? 0],
    [CompareTarget.CREATE]: [kv?.createRevision ?? 0, compare.createRevision ?? 0],
    [CompareTarget.MOD]: [kv?.modRevision ?? 0, compare.modRevision ?? 0],
    [CompareTarget.VALUE]: [text(kv?.value ?? none), text(compare.value ?? none)],
    [CompareTarget.LEASE]: [kv?.lease ?? 0n, compare.lease ?? 0n],
  };
  const [left, right] = sides[compare.target] ?? [0, 0];
  if (compare.result === CompareResult.EQUAL) return left === right;
  if (compare.result === CompareResult.NOT_EQUAL) return left !== right;
  return compare.result === CompareResult.GREATER ? left > right : left < right;
}

const none = new Uint8Array(0);

function checkPut(request: PutRequest): void {
  if (request.key.length === 0) throw new Refused(errors.emptyKey);
  if (request.ignoreValue && request.value.length > 0) throw new Refused(errors.valueProvided);
  if (request.ignoreLease && request.lease !== 0n) throw new Refused(errors.leaseProvided);
}

function checkRange(request: RangeRequest): void {
  if (request.key.length === 0) throw new Refused(errors.emptyKey);
  const { sortOrder, sortTarget } = request;
  if (sortOrder < 0 || sortOrder > 2 || sortTarget < 0 || sortTarget > 4) {
    throw new Refused(errors.invalidSortOption);
  }
}

function checkTxn(request: TxnRequest, maxOps: number): void {
  const { compare, success, failure } = request;
  const count = Math.max(compare.length, success.length, failure.length);
  if (count > maxOps) throw new Refused(errors.tooManyOps);
  if (compare.some(({ key }) => key.length === 0)) throw new Refused(errors.emptyKey);
  for (const op of [...success, ...failure]) {
    if (op.requestRange) checkRange(op.requestRange);
    else if (op.requestPut) checkPut(op.requestPut);
    else if (op.requestDeleteRange) {
      if (op.requestDeleteRange.key.length === 0) throw new Refused(errors.emptyKey);
    } else if (op.requestTxn) checkTxn(op.requestTxn, maxOps - count);
    else throw new Refused(errors.keyNotFound);
  }
}
