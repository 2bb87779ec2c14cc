import { errors, KvError } from "../../etcd/errors.ts";
import {
  AlarmAction,
  AlarmRequest,
  AlarmType,
  CompactionResponse,
  type DeleteRangeRequest,
  type Event,
  LeaseCheckpointResponse,
  LeaseRevokeResponse,
  type PutRequest,
  PutResponse,
  type TxnRequest,
} from "../../proto/generated/etcd.ts";
import { Outcome, type Request, type Response } from "../../proto/generated/kv.ts";
import type { Caller } from "../auth/authority.ts";
import { byteString } from "../keys/key-range.ts";
import type { State } from "../state/state.ts";
import { packBranches } from "../state/window.ts";
import type { Change } from "../store/version.ts";
import { tombstone } from "../store/view.ts";
import { checkDeleteRequest, checkPutRequest, checkTxnRequest, couldPut } from "../txn/check.ts";
import { branchesOf } from "../txn/compare.ts";
import {
  checkChosen,
  countPut,
  Execution,
  executeDelete,
  executePut,
  executeTxn,
  nextVersion,
} from "../txn/execute.ts";
import { LeaseRoom } from "../txn/lease-room.ts";
import { boundedVersion, type Limits } from "../work/limits.ts";
import { unboundedWork, Work } from "../work/work.ts";
import type { FirstApplied } from "./applied.ts";
import { responseOf } from "./header.ts";
import { checkKeys } from "./keys.ts";
import { Permissions } from "./permissions.ts";
import { isInternal } from "./proposal.ts";

/** Stored bytes that a request copies into memory, however small the request is. */
export interface Copied {
  /** Old values that new versions take over (ignore_value). */
  readonly keptBytes: number;
  /** Values that its answer returns. */
  readonly answerBytes: number;
}

/** What applying one body did. */
interface Effect {
  readonly response: Partial<Response>;
  /** Set where the request was applied, but its answer cannot be given. */
  readonly error?: KvError;
  readonly events?: readonly Event[];
  readonly outcome?: Partial<Outcome>;
}

const noEvents: readonly Event[] = [];

/**
 * Applies requests. The order of checks is that of etcd's appliers (etcdserver/apply): alarms, the
 * request alone, permissions, the state. A KvError means that nothing was changed.
 */
export class Applier {
  readonly #state: State;
  readonly #limits: Limits;
  /** The work charged to the request that is being applied. */
  #work = unboundedWork();

  constructor(state: State, limits: Limits) {
    this.#state = state;
    this.#limits = limits;
  }

  /** Units of work (work.ts) that the last request was charged for. */
  get spent(): number {
    return this.#work.spent;
  }

  /** Whether entries are held to all limits, by the cluster version. */
  get bounded(): boolean {
    return Number(this.#state.members.clusterVersion) >= boundedVersion;
  }

  /**
   * Whether too expensive requests are refused. Not while older members would apply them, and never
   * for keys that are compacted but not removed, which differ between members.
   */
  get holdsAll(): boolean {
    return this.bounded && this.#state.store.compactRevision < 0;
  }

  /**
   * Throws errors.tooMuchWork, errors.tooManyDeletes and errors.tooManyLooks where a request would
   * be refused now if all limits held. Changes nothing.
   * @returns the stored bytes that it copies.
   */
  rehearse({ put, deleteRange, txn }: Request, budget: number): Copied {
    const work = this.#newWork(budget);
    const { store } = this.#state;
    const at = (revision: number) => store.chargedHere(revision, work);
    const execution = new Execution(at, store.revision, work, this.#limits);
    if (put) executePut(execution, put);
    if (deleteRange) executeDelete(execution, deleteRange);
    if (txn) {
      checkTxnRequest(txn, this.#limits.maxTxnOps, work);
      executeTxn(
        execution,
        txn,
        branchesOf(execution.changed, txn, this.#limits.maxCompared, work),
      );
    }
    const { bytes, maxBytes } = execution.answer;
    return { keptBytes: work.keptBytes, answerBytes: Math.min(bytes, maxBytes) };
  }

  #newWork(budget: number): Work {
    return new Work(budget, this.#limits);
  }

  /**
   * @param system whether the cluster itself proposed it, so that no permission is needed.
   *
   * Throws Error for a body that this version does not know: the member cannot go on.
   */
  apply(request: Request, index: number, system: boolean): FirstApplied {
    // The cluster's own requests are never refused for their cost: leases end, alarms are raised.
    const bounded = this.bounded && !system;
    this.#work = bounded ? this.#newWork(this.#limits.maxWork) : unboundedWork();
    this.#checkAlarms(request);
    if (bounded) checkKeys(request, this.#limits.maxKeyBytes);
    this.#checkItself(request);
    if (bounded) this.#checkRoom(request);
    if (!system) {
      // Members do not propose these for clients; an entry that has one all the same is refused.
      if (isInternal(request)) throw new KvError(errors.badRequest);
      this.#checkPermission(request);
    }
    const effect =
      this.#applyKeys(request) ??
      this.#applyLeases(request) ??
      this.#applyTables(request, index, system);
    const { events = noEvents, outcome, error } = effect;
    const { revision } = this.#state.store;
    return {
      response: error ? undefined : responseOf(effect.response, revision),
      error,
      revision,
      events,
      outcome: Outcome.create({ revision, changed: events.length > 0, ...outcome }),
    };
  }

  #checkAlarms(request: Request): void {
    const { alarms } = this.#state;
    const { put, deleteRange, txn, compaction, leaseGrant, leaseRevoke } = request;
    if (alarms.has(AlarmType.CORRUPT)) {
      if (put ?? deleteRange ?? txn ?? compaction ?? leaseGrant ?? leaseRevoke) {
        throw new KvError(errors.corrupt);
      }
    }
    if (alarms.has(AlarmType.NOSPACE)) {
      const grows = put ?? leaseGrant ?? (txn !== undefined && couldPut(txn));
      if (grows) throw new KvError(errors.noSpace);
    }
  }

  /** Throws where the leases or the alarms are as many as the limits allow. */
  #checkRoom({ leaseGrant, alarm }: Request): void {
    const { leases, alarms } = this.#state;
    const { maxLeases, maxAlarms } = this.#limits;
    if (leaseGrant && leases.size >= maxLeases) throw new KvError(errors.tooManyLeases);
    const raises = alarm?.action === AlarmAction.ACTIVATE;
    if (raises && alarms.size >= maxAlarms) throw new KvError(errors.tooManyRequests);
  }

  #checkItself(request: Request): void {
    if (request.put) checkPutRequest(request.put);
    else if (request.deleteRange) checkDeleteRequest(request.deleteRange);
    else if (request.txn) checkTxnRequest(request.txn, this.#limits.maxTxnOps, this.#work);
  }

  /** Permissions beside those that Auth checks for its own requests. */
  #checkPermission(request: Request): void {
    const caller: Caller = request;
    const permissions = new Permissions(this.#state.auth, this.#state.leases, this.#work);
    if (request.put) {
      permissions.checkPut(caller, request.put);
    } else if (request.deleteRange) {
      permissions.checkDelete(caller, request.deleteRange);
    } else if (request.txn) {
      permissions.checkTxn(caller, request.txn);
    } else if (request.leaseGrant) {
      permissions.checkUser(caller);
    } else if (request.leaseRevoke) {
      permissions.checkUser(caller);
      permissions.checkLeaseWrite(caller, request.leaseRevoke.ID);
    } else if (request.alarm || request.compaction || isMembers(request)) {
      permissions.checkAdmin(caller);
    }
  }

  #applyKeys(request: Request): Effect | undefined {
    if (request.put) return this.#put(request.put);
    if (request.deleteRange) return this.#deleteRange(request.deleteRange);
    if (request.txn) return this.#txn(request.txn);
    if (request.compaction) {
      this.#state.store.compact(request.compaction.revision);
      return { response: { compaction: CompactionResponse.create() } };
    }
    return undefined;
  }

  #execution(): Execution {
    const { store } = this.#state;
    const at = (revision: number) => store.charged(revision, this.#work);
    return new Execution(at, store.revision, this.#work, this.#limits);
  }

  #put(request: PutRequest): Effect {
    const { store, leases, counts } = this.#state;
    if (request.lease !== 0n && !leases.has(request.lease)) {
      throw new KvError(errors.leaseNotFound);
    }
    const key = byteString(request.key);
    const prev = store.get(key);
    this.#leaseRoom().take(request, prev);
    const kv = nextVersion(request, prev, store.revision + 1);
    const events = store.commit([{ key, kv, prev }]);
    countPut(counts, request);
    const put = PutResponse.create(request.prevKv ? { prevKv: prev } : {});
    return { response: { put }, events };
  }

  #leaseRoom(): LeaseRoom {
    return new LeaseRoom(this.#state.leases, this.#limits, this.#work.bounded);
  }

  #deleteRange(request: DeleteRangeRequest): Effect {
    const execution = this.#execution();
    const response = executeDelete(execution, request);
    const events = this.#state.store.commit(execution.changed.changes);
    this.#state.counts.add(execution.done);
    return fitting({ response: { deleteRange: response }, events }, execution);
  }

  #txn(request: TxnRequest): Effect {
    const { store } = this.#state;
    const { revision, compactRevision } = store;
    const execution = this.#execution();
    const view = execution.at(revision);
    const branches = branchesOf(view, request, this.#limits.maxCompared, this.#work);
    const room = this.#leaseRoom();
    checkChosen({ view, revision, compactRevision, room }, request, branches);
    const response = executeTxn(execution, request, branches);
    const events = store.commit(execution.changed.changes);
    this.#state.counts.add(execution.done);
    const outcome = { branches: packBranches(branches) };
    return fitting({ response: { txn: response }, events, outcome }, execution);
  }

  #applyLeases(request: Request): Effect | undefined {
    const { leases } = this.#state;
    if (request.leaseGrant) {
      const granted = leases.grant(request.leaseGrant);
      return { response: { leaseGrant: granted }, outcome: { TTL: granted.TTL } };
    }
    if (request.leaseRevoke) {
      // Keys are bounded when they are attached to a lease, so that ending it is never refused.
      const events = this.#deleteKeys(leases.revoke(request.leaseRevoke));
      return { response: { leaseRevoke: LeaseRevokeResponse.create() }, events };
    }
    if (request.leaseCheckpoint) {
      leases.checkpoint(request.leaseCheckpoint);
      return { response: { leaseCheckpoint: LeaseCheckpointResponse.create() } };
    }
    return undefined;
  }

  /** Deletes the keys in the given order, which is key order, in one revision. */
  #deleteKeys(keys: readonly string[]): readonly Event[] {
    const { store } = this.#state;
    const changes: Change[] = [];
    for (const key of keys) {
      const prev = store.get(key);
      if (prev === undefined) continue;
      changes.push({ key, prev, kv: tombstone(prev.key, store.revision + 1) });
    }
    return store.commit(changes);
  }

  #applyTables(request: Request, index: number, system: boolean): Effect {
    const { alarms, auth, members } = this.#state;
    if (request.alarm) {
      const alarm = alarms.apply(AlarmRequest.create(request.alarm));
      return { response: { alarm }, outcome: { changed: alarm.alarms.length > 0 } };
    }
    const caller: Caller = request;
    const maxAuthBytes = this.#work.bounded ? this.#limits.maxAuthBytes : Infinity;
    const wasBounded = this.bounded;
    const response = auth.apply(request, caller, index, maxAuthBytes) ?? members.apply(request);
    // From this entry on all members count superseded versions, beginning with the same count.
    if (this.bounded && !wasBounded) this.#state.store.forgetDead();
    if (response !== undefined) return { response };
    throw new Error(`a ${system ? "system" : "client's"} request of a kind that is not known here`);
  }
}

function isMembers(request: Request): boolean {
  const { memberAttributes, memberUpdate, clusterVersionSet, downgradeInfoSet } = request;
  return (memberAttributes ?? memberUpdate ?? clusterVersionSet ?? downgradeInfoSet) !== undefined;
}

/** Replaces an answer that is too long by an error. What was changed stays changed. */
function fitting(effect: Effect, { answer }: Execution): Effect {
  if (!answer.exceeded) return effect;
  return { ...effect, response: {}, error: new KvError(errors.responseTooLarge) };
}
