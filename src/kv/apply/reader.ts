import { errors, KvError } from "../../etcd/errors.ts";
import {
  AlarmAction,
  type AlarmRequest,
  AuthStatusResponse,
  type HashKVRequest,
  HashKVResponse,
  HashResponse,
  type LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
  MemberListResponse,
  type RangeRequest,
  RangeResponse,
  SortTarget,
  type TxnRequest,
  type WatchCreateRequest,
  WatchResponse,
} from "../../proto/generated/etcd.ts";
import { type Query, Response } from "../../proto/generated/kv.ts";
import type { Word128 } from "../../storage/hash128.ts";
import type { Caller } from "../auth/authority.ts";
import { Fingerprint } from "../fingerprint/fingerprint.ts";
import { KEY_RANGE_INFINITY } from "../keys/key-range.ts";
import { holdIdBytes } from "../range/holds.ts";
import {
  checkRangeRequest,
  executeRange,
  type Page,
  pageOf,
  type RangeResult,
} from "../range/range.ts";
import type { State } from "../state/state.ts";
import { valueBytesOf } from "../store/large-value.ts";
import { PagedView } from "../store/view.ts";
import { checkTxnRequest, isReadOnly } from "../txn/check.ts";
import { branchesOf } from "../txn/compare.ts";
import { checkChosen, Execution, executeTxn } from "../txn/execute.ts";
import { LeaseRoom } from "../txn/lease-room.ts";
import type { Limits } from "../work/limits.ts";
import { cost, Work } from "../work/work.ts";
import { responseOf } from "./header.ts";
import { checkKeys } from "./keys.ts";
import { Permissions } from "./permissions.ts";

/** Answers queries from the current state. Each method throws KvError. */
export class Reader {
  readonly #state: State;
  readonly #limits: Limits;
  /** The work charged to the query that is being answered. */
  #work: Work;
  /** Of the same query, what its pages bound by themselves. */
  #uncharged = 0;
  #permissions: Permissions;

  constructor(state: State, limits: Limits) {
    this.#state = state;
    this.#limits = limits;
    this.#work = new Work(limits.maxWork, limits);
    this.#permissions = new Permissions(state.auth, state.leases, this.#work);
  }

  /** Units of work that the last query took, estimated. */
  get work(): number {
    return this.#work.spent + this.#uncharged;
  }

  query(query: Query, nowMs: number): Response {
    const caller: Caller = query;
    const { auth, leases } = this.#state;
    this.#work = new Work(this.#limits.maxWork, this.#limits);
    this.#uncharged = 0;
    this.#permissions = new Permissions(auth, leases, this.#work);
    checkKeys(query, this.#limits.maxKeyBytes);
    if (query.range) return this.#range(query, query.range);
    const response =
      this.#keys(query, caller) ??
      this.#leases(query, caller, nowMs) ??
      this.#others(query, caller) ??
      this.#state.auth.query(query, caller);
    if (response === undefined) throw new KvError(errors.badRequest);
    return responseOf(response, this.#state.store.revision);
  }

  #range(query: Query, request: RangeRequest): Response {
    checkRangeRequest(request);
    const isFirst = query.pageKey.length === 0;
    const revision = isFirst ? this.#first(query, request) : this.#next(query, request);
    const wanted = query.maxBytes === 0 ? this.#limits.maxPageBytes : query.maxBytes;
    const { maxPageBytes, maxPageKeys } = this.#limits;
    const maxBytes = Math.min(wanted, maxPageBytes);
    const page = pageOf(query.pageKey, maxBytes, maxPageKeys, this.#work);
    const { response, nextKey } = this.#page(revision, request, page);
    if (nextKey === undefined) this.#state.holds.release(query.hold);
    else this.#hold(query, request);
    return Response.create({ range: response, ...(nextKey && { nextKey }) });
  }

  /** The revision that the first page of a range is read at. */
  #first(query: Query, request: RangeRequest): number {
    this.#permissions.checkRange(query, request);
    const { store, counts } = this.#state;
    counts.ranges += 1;
    return store.readableRevision(request.revision);
  }

  /**
   * The revision of a later page, whose range began here or on another member: compacted revisions
   * are read as long as their rows exist. Its permission was checked on the first page.
   */
  #next(query: Query, request: RangeRequest): number {
    const { store, holds, current } = this.#state;
    if (!holds.covers(query.hold, request)) this.#permissions.checkRange(query, request);
    const { revision } = request;
    const { readableFrom } = current.compactor;
    const kept = query.hold.length > 0 && revision >= readableFrom && revision <= store.revision;
    return kept ? revision : store.readableRevision(revision);
  }

  /**
   * Holds the revision for the range's later pages. Throws errors.tooManyRequests, on the first
   * page only.
   */
  #hold({ hold, pageKey }: Query, request: RangeRequest): void {
    if (hold.length === 0) return;
    if (hold.length !== holdIdBytes) throw new KvError(errors.badRequest);
    const revision = request.revision > 0 ? request.revision : this.#state.store.revision;
    const held = this.#state.holds.keep(hold, request, revision);
    if (!held && pageKey.length === 0) throw new KvError(errors.tooManyRequests);
  }

  /**
   * Pages come in key order; a range in another order that is too large for one turn is sorted by
   * the caller from such pages.
   */
  #page(revision: number, request: RangeRequest, page: Page): RangeResult {
    const { store } = this.#state;
    const view = new PagedView(store.at(revision), this.#limits.maxCounted);
    // Unless it is known to be less.
    this.#uncharged = page.maxKeys * cost.walk;
    try {
      const result = executeRange(view, request, store.revision, page);
      this.#uncharged = result.walked * cost.walk + result.response.count * cost.count;
      return result;
    } catch (error) {
      const sorted = request.sortTarget !== SortTarget.KEY;
      const tooMuch = error instanceof KvError && error.kind === errors.tooMuchWork;
      throw sorted && tooMuch ? new KvError(errors.tooManyLooks) : error;
    }
  }

  #keys(query: Query, caller: Caller): Partial<Response> | undefined {
    if (query.txn) return this.#txn(query.txn, caller);
    if (query.watchCreate) return this.#watch(query.watchCreate, caller);
    if (query.hashKv) {
      this.#permissions.checkAdmin(caller);
      return { hashKv: this.#hashKv(query.hashKv) };
    }
    if (query.hash) {
      this.#permissions.checkAdmin(caller);
      return { hash: HashResponse.create({ hash: fold(this.#state.fingerprint.keys) }) };
    }
    return undefined;
  }

  #txn(request: TxnRequest, caller: Caller): Partial<Response> {
    const work = this.#work;
    checkTxnRequest(request, this.#limits.maxTxnOps, work);
    if (!isReadOnly(request)) throw new KvError(errors.badRequest);
    this.#permissions.checkTxn(caller, request);
    const { store, leases } = this.#state;
    const { revision, compactRevision } = store;
    const at = (older: number) => store.chargedHere(older, work);
    const execution = new Execution(at, revision, work, this.#limits);
    const view = at(revision);
    const branches = branchesOf(view, request, this.#limits.maxCompared, work);
    const room = new LeaseRoom(leases, this.#limits, true);
    checkChosen({ view, revision, compactRevision, room }, request, branches);
    const txn = executeTxn(execution, request, branches);
    this.#state.counts.add(execution.done);
    if (execution.answer.exceeded) throw new KvError(errors.responseTooLarge);
    return { txn };
  }

  /** Checks the permission alone: the hub does the watching. An empty key is the least key. */
  #watch(request: WatchCreateRequest, caller: Caller): Partial<Response> {
    const key = request.key.length === 0 ? firstKey : request.key;
    this.#permissions.checkRange(caller, { key, rangeEnd: request.rangeEnd });
    return { watch: WatchResponse.create() };
  }

  /**
   * The hash over all stored versions: the same on every member for one revision and compaction,
   * but not comparable with etcd's. Throws errors.tooManyLooks where there are too many keys for
   * one turn.
   */
  #hashKv(request: HashKVRequest): HashKVResponse {
    const { store } = this.#state;
    const hashRevision = store.readableRevision(request.revision);
    const sums = new Fingerprint();
    const everything = { begin: "", end: KEY_RANGE_INFINITY };
    let left = this.#limits.maxPageKeys;
    this.#uncharged = left * cost.walk;
    for (const [, kv] of store.at(hashRevision).scan(everything, false)) {
      if (left === 0) throw new KvError(errors.tooManyLooks);
      left -= 1;
      this.#work.chargeValue(valueBytesOf(kv));
      sums.addKey(kv);
    }
    const { compactRevision } = store;
    return HashKVResponse.create({ hash: fold(sums.keys), compactRevision, hashRevision });
  }

  #leases(query: Query, caller: Caller, nowMs: number): Partial<Response> | undefined {
    const { leases } = this.#state;
    if (query.leaseTimeToLive) {
      return { leaseTimeToLive: this.#timeToLive(query.leaseTimeToLive, caller, nowMs) };
    }
    if (query.leaseLeases) {
      this.#permissions.checkUser(caller);
      for (const id of leases.ids()) this.#permissions.checkLeaseRead(caller, id);
      return { leaseLeases: leases.leases() };
    }
    if (query.leaseKeepAlive) {
      this.#permissions.checkUser(caller);
      this.#permissions.checkLeaseWrite(caller, query.leaseKeepAlive.ID);
      return { leaseTimeToLive: LeaseTimeToLiveResponse.create() };
    }
    return undefined;
  }

  #timeToLive(request: LeaseTimeToLiveRequest, caller: Caller, nowMs: number) {
    this.#permissions.checkUser(caller);
    if (request.keys) this.#permissions.checkLeaseRead(caller, request.ID);
    return this.#state.leases.timeToLive(request, nowMs);
  }

  #others(query: Query, caller: Caller): Partial<Response> | undefined {
    if (query.holdRelease) {
      this.#state.holds.release(query.hold);
      return { range: RangeResponse.create() };
    }
    if (query.adminCheck) {
      this.#permissions.checkAdmin(caller);
      return { authStatus: AuthStatusResponse.create() };
    }
    if (query.memberList) {
      this.#permissions.checkUser(caller);
      const members = this.#state.members.list();
      return { memberList: MemberListResponse.create({ members }) };
    }
    if (query.alarm) return this.#alarm(query.alarm, caller);
    return undefined;
  }

  #alarm(request: AlarmRequest, caller: Caller): Partial<Response> {
    if (request.action !== AlarmAction.GET) throw new KvError(errors.badRequest);
    this.#permissions.checkUser(caller);
    return { alarm: this.#state.alarms.apply(request) };
  }
}

const firstKey = new Uint8Array(1);

/** 32 bits mixed from all words of a sum. An empty sum is not 0, which JSON would leave out. */
export function fold({ a, b, c, d }: Word128): number {
  return (a ^ b ^ c ^ d ^ 0x811c9dc5) >>> 0;
}
