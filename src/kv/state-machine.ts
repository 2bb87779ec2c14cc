import { errorOf, errors, KvError, UnknownEntryError } from "../etcd/errors.ts";
import type { Event } from "../proto/generated/etcd.ts";
import { Outcome, Query, type Request, Response } from "../proto/generated/kv.ts";
import type { ConfChangeV2, ConfState } from "../proto/raftpb.ts";
import type { Sql } from "../storage/sql.ts";
import type { AlarmTable } from "./alarm/alarm-table.ts";
import { answerAgain } from "./apply/answer-again.ts";
import type { Applied, CommittedEntry } from "./apply/applied.ts";
import { Applier } from "./apply/applier.ts";
import { decodeRequest, hasBody, requestFormat } from "./apply/proposal.ts";
import { Reader } from "./apply/reader.ts";
import { type Weight, weigh } from "./apply/weight.ts";
import type { Authority } from "./auth/authority.ts";
import { Checkpoints } from "./checkpoint/checkpoints.ts";
import type { Lessor } from "./lease/lessor.ts";
import type { MemberTable } from "./members/member-table.ts";
import type { Holds } from "./range/holds.ts";
import { decodeManifest } from "./state/manifest.ts";
import { State } from "./state/state.ts";
import { StateStatus } from "./state/status.ts";
import { type Remembered, requestIdBytes } from "./state/window.ts";
import type { Counts } from "./store/counts.ts";
import { StoreHistory } from "./store/history.ts";
import { Transfers } from "./transfer/transfers.ts";
import { defaultLimits, type Limits } from "./work/limits.ts";
import { unboundedWork } from "./work/work.ts";

export type { Applied, CommittedEntry };

const noEvents: readonly Event[] = [];

/**
 * The replicated state: what applying the log makes, and nothing else. Members that applied the
 * same entries hold the same state. Synchronous, without clock or randomness.
 *
 * Any error but KvError, DecodeError, ManifestError and TransferError means damaged storage (see
 * damageOf) or an impossible state: the instance must end.
 */
export class StateMachine {
  readonly leases: Lessor;
  readonly auth: Authority;
  readonly alarms: AlarmTable;
  readonly members: MemberTable;
  /** For the watch hub. */
  readonly history: StoreHistory;
  /** Operations on this member's store; not replicated. */
  readonly counts: Counts;
  /** Revisions at which ranges are being read here; not replicated. */
  readonly holds: Holds;
  readonly status: StateStatus;
  readonly checkpoints: Checkpoints;
  readonly transfers: Transfers;

  readonly #limits: Limits;
  readonly #state: State;
  readonly #applier: Applier;
  readonly #reader: Reader;
  #work = 0;

  /** An empty state over the tables in `sql`: restore it, or apply the log from its beginning. */
  constructor(sql: Sql, limits: Limits = defaultLimits) {
    this.#limits = limits;
    const state = new State(sql, limits.requestWindow);
    this.#state = state;
    this.leases = state.leases;
    this.auth = state.auth;
    this.alarms = state.alarms;
    this.members = state.members;
    this.counts = state.counts;
    this.holds = state.holds;
    this.history = new StoreHistory(state.current);
    this.status = new StateStatus(state);
    this.checkpoints = new Checkpoints(state);
    this.transfers = new Transfers(state);
    this.#applier = new Applier(state, limits);
    this.#reader = new Reader(state, limits);
  }

  /**
   * Rebuilds the state from a manifest and the base's rows at its revision (raft's
   * recoverFromSnapshot). Throws DecodeError and ManifestError; the state is then of no use.
   */
  restore(manifestBytes: Uint8Array): void {
    this.#state.restore(decodeManifest(manifestBytes));
    this.checkpoints.cancel();
  }

  /**
   * Makes the staging generation the base and the manifest the state, in this turn. Cancels a
   * checkpoint; leases need a new promotion. Throws where the manifest is at or below the applied
   * index, or the staged rows do not match it (TransferError).
   * @param compacted the revision up to which the staged rows are physically compacted.
   */
  install(manifestBytes: Uint8Array, compacted?: number): void {
    const manifest = decodeManifest(manifestBytes);
    if (manifest.index <= this.appliedIndex) {
      throw new Error(`a snapshot at ${manifest.index} for a state at ${this.appliedIndex}`);
    }
    this.transfers.installStaging(manifest, compacted ?? manifest.compactRevision);
    this.#state.restore(manifest);
    this.checkpoints.cancel();
    this.holds.dropBelow(this.#state.current.compactor.readableFrom);
  }

  /**
   * Applies the next entry. Throws where `index` is not the next one, or the entry has a kind or
   * format that this version does not know.
   */
  apply({ index, term, data }: CommittedEntry): Applied {
    this.#state.advance(index, term);
    const request = decodeRequest(data);
    if (request === undefined) return this.#failed(new KvError(errors.badRequest));
    const { requestId } = request;
    if (request.format !== requestFormat || !hasBody(request)) {
      throw new UnknownEntryError(index, request.format);
    }
    if (requestId.length === 0) return this.#applyOnce(index, request);
    if (requestId.length !== requestIdBytes) return this.#failed(new KvError(errors.badRequest));
    try {
      const found = this.#state.requests.find(requestId, request.seenIndex, index);
      if (found !== undefined) return this.#answerAgain(request, found);
    } catch (error) {
      return this.#failed(error);
    }
    return this.#applyOnce(index, request);
  }

  #applyOnce(index: number, request: Request): Applied {
    const { requestId } = request;
    const system = requestId.length === 0;
    try {
      const applied = this.#applier.apply(request, index, system);
      if (!system) this.#state.requests.remember(requestId, index, applied.outcome);
      return applied;
    } catch (error) {
      if (error instanceof KvError && !system) {
        const outcome = Outcome.create({ error: error.kind.number });
        this.#state.requests.remember(requestId, index, outcome);
      }
      return this.#failed(error);
    } finally {
      this.#work += this.#applier.spent;
    }
  }

  #answerAgain(request: Request, found: Remembered): Applied {
    if (found.outcome.error !== 0) return this.#failed(errorOf(found.outcome.error));
    const work = unboundedWork();
    const response = answerAgain(request, found, this.#state, this.#limits, work);
    this.#work += work.spent;
    return { response, error: undefined, revision: this.revision, events: noEvents };
  }

  #failed(error: unknown): Applied {
    if (!(error instanceof KvError)) throw error;
    return { response: undefined, error, revision: this.revision, events: noEvents };
  }

  /** The empty entry of a new leader. */
  applyEmpty(index: number, term: number): void {
    this.#state.advance(index, term);
  }

  /** Applies a committed configuration change, with raft's resulting configuration. */
  applyConfChange(index: number, term: number, change: ConfChangeV2, confState: ConfState): void {
    this.#state.advance(index, term);
    this.members.applyConfChange(change, confState);
  }

  /** 0 on a new state machine. */
  get appliedIndex(): number {
    return this.#state.appliedIndex;
  }

  get appliedTerm(): number {
    return this.#state.appliedTerm;
  }

  get confState(): ConfState {
    return this.members.confState;
  }

  /** The store's revision: 1 before the first write. */
  get revision(): number {
    return this.#state.store.revision;
  }

  /** -1 on a store that was never compacted. */
  get compactRevision(): number {
    return this.#state.store.compactRevision;
  }

  /** Units of work (work.ts) charged for all entries that this instance applied. */
  get work(): number {
    return this.#work;
  }

  /**
   * The encoded kvpb.Response to an encoded kvpb.Query. `nowMs` is the host's clock, which only the
   * time to live of leases reads. Throws KvError and DecodeError.
   */
  query(query: Uint8Array, nowMs: number): Uint8Array {
    const decoded = Query.decodeStrict(query);
    if (decoded.format !== requestFormat) throw new KvError(errors.badRequest);
    return Response.encode(this.#reader.query(decoded, nowMs));
  }

  /** Throws KvError where the request exceeds the limits, even if older members would allow it. */
  weigh(request: Request, heavyWaits = false): Weight {
    return weigh(request, this.#applier, this.leases, this.#limits, heavyWaits);
  }

  /** Units of work that the last query took, estimated. */
  get queryWork(): number {
    return this.#reader.work;
  }

  /** The length of a key's current value, found without reading it. */
  valueBytes(key: Uint8Array): number {
    return this.#state.store.valueBytes(key);
  }
}
