import { type ErrorKind, errors, KvError } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { costOf } from "../../kv/alarm/quota.ts";
import { checkProposal, ownRequest } from "../../kv/apply/proposal.ts";
import { light, type Weight } from "../../kv/apply/weight.ts";
import type { Caller } from "../../kv/auth/authority.ts";
import type { Applied } from "../../kv/state-machine.ts";
import { maxRequestBytes } from "../../kv/work/limits.ts";
import { DecodeError } from "../../proto/errors.ts";
import { AlarmAction, AlarmRequest, AlarmType } from "../../proto/generated/etcd.ts";
import { Query, Request, Response } from "../../proto/generated/kv.ts";
import {
  errorFields,
  leaderChanged,
  type Reason,
  redirect,
  refused,
  requestTooLarge,
  tooManyRequests,
  unavailable,
} from "../../rpc/answers.ts";
import type { Answer, Header, ProposeRequest, QueryRequest } from "../../rpc/messages.ts";
import type { Core } from "../core.ts";
import type { Restore } from "../leader/restore.ts";
import type { ProposalOutcome } from "../raft-node/outcome.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";
import { isDamage, stopReason } from "../world/damage.ts";
import type { LeaseTime } from "../world/lease-time.ts";
import { Callers, signedQuery, signedRequest } from "./callers.ts";
import { KeepAlives } from "./keep-alives.ts";
import { Logins } from "./logins.ts";
import { PacedWork } from "./paced-work.ts";
import { PhysicalCompaction } from "./physical-compaction.ts";
import { UnderWay } from "./under-way.ts";

/** Bytes of queries waiting in a member: a key may be as large as a request. */
export const maxPendingQueryBytes = 4_194_304;

/** Bytes of large answers that a member sends within one tick, since all are in its memory. */
export const maxLargeAnswerBytes = 16_777_216;
const largeAnswerBytes = 65_536;

const ticksBetweenLooks = 10;
const roomTicks = 600;
/** The largest entry: a request with everything around it. */
const maxEntryBytes = maxRequestBytes + 64 * 1_024;

/** Clients' requests that come by their Worker: proposals and reads. */
export class Clients {
  readonly callers: Callers;
  readonly #core: Core;
  readonly #raft: RaftNode;
  readonly #leaseTime: LeaseTime;
  readonly #restore: Restore;
  readonly #keepAlives: KeepAlives;
  readonly #physical: PhysicalCompaction;
  readonly #logins = new Logins();
  #queryBytes = 0;
  /** Bytes of large answers since the last tick. */
  #largeBytes = 0;
  readonly #underWay: UnderWay;
  readonly #reads: PacedWork;
  /** Read now and then only, since it costs a query. */
  #databaseBytes = 0;

  constructor(core: Core, raft: RaftNode, leaseTime: LeaseTime, restore: Restore) {
    const { machine, environment, options } = core;
    this.#core = core;
    this.#underWay = new UnderWay(environment.timers);
    this.#reads = new PacedWork(environment.timers, options.tuning.maxPendingReads);
    this.#raft = raft;
    this.#leaseTime = leaseTime;
    this.#restore = restore;
    this.callers = new Callers(machine, environment.now);
    this.#keepAlives = new KeepAlives(core, raft, leaseTime);
    this.#physical = new PhysicalCompaction({
      checkpoints: machine.checkpoints,
      oldestRetained: () => raft.snapshots.retained.oldestCompaction,
      checkpoint: raft.snapshots.checkpoint,
      leads: () => raft.role.leads,
      proposeEmpty: (ended) => raft.proposeOwn(new Uint8Array(), ended),
    });
  }

  propose(
    { request, token, attempt = 0, room = 0 }: ProposeRequest,
    deadlineTick: number,
    answer: (answer: Answer) => void,
  ): void {
    const failed = (reason: Reason) => answer(reason(this.#raft.header));
    const known = (caller: Caller) => {
      const checked = this.#checked(request);
      if (checked.fault !== undefined) {
        failed(checked.fault);
        return;
      }
      const { weight } = checked;
      if (!this.#underWay.takes(weight)) {
        const again = () => known(caller);
        if (!weight.heavy) failed(tooManyRequests);
        else this.#underWay.wait({ bytes: request.length, deadlineTick, again, failed });
        return;
      }
      this.#underWay.add(weight);
      const ended = () => this.#underWay.end(weight);
      this.#raft.proposals.add({
        data: signedRequest(request, caller),
        deadlineTick,
        applied: (outcome) => {
          ended();
          const wait = physicalCompaction(outcome, request);
          const answered = this.#sized(this.#outcome(outcome), room);
          if (wait === undefined) answer(answered);
          else this.#physical.add({ ...wait, deadlineTick, done: () => answer(answered), failed });
        },
        failed: (reason) => {
          ended();
          failed(reason);
        },
      });
    };
    // The Worker has checked the password, or it would not report the attempt.
    this.#logins.succeeded(attempt);
    const { callers } = this;
    if (!this.#raft.role.open) failed(redirect);
    else callers.resolve(token, deadlineTick, known, failed, request.length);
  }

  query(
    { query, consistency, token, login, stranger = false, room = 0 }: QueryRequest,
    deadlineTick: number,
    answered: (answer: Answer) => void,
  ): void {
    const { role, rounds } = this.#raft;
    if (this.#queryBytes + query.length > maxPendingQueryBytes) {
      answered(tooManyRequests(this.#raft.header));
      return;
    }
    this.#queryBytes += query.length;
    const answer = (outcome: Answer) => {
      this.#queryBytes -= query.length;
      const fault = this.#answerFault(outcome, room);
      answered(fault === undefined ? outcome : refused(fault)(this.#raft.header));
    };
    const failed = (reason: Reason) => answer(reason(this.#raft.header));
    const needsLeader = consistency === "leader";
    const read = () =>
      this.callers.resolve(
        token,
        deadlineTick,
        (caller) => {
          const signed = signedQuery(query, caller);
          const run = () => {
            if (needsLeader) this.#readOnLeader(signed, deadlineTick, answer);
            else answer(this.#read(signed));
            return this.#core.machine.queryWork;
          };
          const cheap = this.#reads.waiting > 0 && isCheap(query);
          this.#reads.add({ deadlineTick, run, failed }, cheap);
        },
        failed,
        query.length,
      );
    if (consistency === "serializable") read();
    else if (needsLeader && !role.leads) failed(redirect);
    else if (login && !this.#logins.begin(login, stranger, this.#core.environment.now()))
      failed(refused(errors.tooManyLogins));
    else rounds.reads.add({ deadlineTick, ready: read, failed });
  }

  /** Why the token's user may not do what only root may; undefined where it may. */
  adminFault(token: string): Reason | undefined {
    try {
      this.#core.machine.auth.checkAdmin(this.callers.callerOf(token));
      return undefined;
    } catch (error) {
      if (error instanceof KvError) return refused(error.kind);
      throw error;
    }
  }

  /** Called before the end of every turn. */
  settle(): void {
    this.#physical.settle();
  }

  tick(): void {
    const { ticks, environment } = this.#core;
    const { now } = ticks;
    if (now % ticksBetweenLooks === 0) this.#databaseBytes = environment.sql.databaseSize;
    this.#largeBytes = 0;
    this.callers.tick(now);
    this.#reads.tick(now);
    this.#underWay.tick(now);
    this.#makeRoom(now);
    this.#physical.tick(now);
    this.#keepAlives.tick(now);
    this.#logins.sweep(environment.now());
  }

  /** Whether a client waits for time to pass. */
  get waits(): boolean {
    const pending = this.callers.waiting + this.#keepAlives.waiting;
    const paced = this.#reads.waiting + this.#underWay.waiting;
    return pending > 0 || paced > 0 || this.#physical.busy;
  }

  /** How many log-in attempts and buckets are remembered. */
  get loginsRemembered(): number {
    return this.#logins.size;
  }

  close(reason: Reason): void {
    this.callers.close(reason);
    this.#reads.close(reason);
    this.#underWay.close(reason);
    this.#keepAlives.close(reason);
    // The compaction itself is done, so its client may ask again.
    this.#physical.close(leaderChanged);
  }

  /** Why these bytes are not proposed; undefined where they are. And the request's weight. */
  #checked(bytes: Uint8Array): { readonly fault: Reason | undefined; readonly weight: Weight } {
    const { machine, options } = this.#core;
    const because = (fault: Reason) => ({ fault, weight: light });
    const held = this.#restore.hold;
    if (held !== undefined) return because(held);
    if (bytes.length > maxEntryBytes) return because(requestTooLarge);
    // Memory is full until the checkpoint in progress has made room.
    if (machine.status.overlayBytes > options.tuning.maxOverlayBytes)
      return because(tooManyRequests);
    try {
      const request = checkProposal(bytes);
      const weight = machine.weigh(request, this.#underWay.heavy);
      return { fault: this.#quotaFault(request), weight };
    } catch (error) {
      if (error instanceof KvError) return because(refused(error.kind));
      throw error;
    }
  }

  /** With the alarm NOSPACE, physically removes a client's compacted rows at once. */
  #makeRoom(now: number): void {
    const { machine } = this.#core;
    const { compactRevision: revision } = machine;
    const { physicalCompactRevision } = machine.checkpoints;
    if (now % ticksBetweenLooks !== 0 || !this.#raft.role.open || this.#physical.busy) return;
    if (!machine.alarms.has(AlarmType.NOSPACE) || revision <= physicalCompactRevision) return;
    const ignored = () => undefined;
    const deadlineTick = now + roomTicks;
    this.#physical.add({ revision, deadlineTick, done: ignored, failed: ignored });
  }

  /** Whether the rest of the storage is reserved for compaction and deletions. */
  get #diskFills(): boolean {
    return this.#databaseBytes > this.#core.options.tuning.maxDatabaseBytes;
  }

  /**
   * Raises NOSPACE for a request that would exceed the quota; it then holds for all until cleared.
   */
  #quotaFault(request: Request): Reason | undefined {
    const { machine, options } = this.#core;
    const cost = costOf(request, (key) => machine.valueBytes(key));
    if (cost === 0) return undefined;
    // Proposals in flight count as stored, since nothing will stop them.
    const stored =
      machine.status.storedBytes + this.#raft.proposals.bytes + this.#underWay.keptBytes;
    if (stored + cost < options.tuning.quotaBytes && !this.#diskFills) return undefined;
    if (!machine.alarms.has(AlarmType.NOSPACE)) {
      const alarm = AlarmRequest.create({
        action: AlarmAction.ACTIVATE,
        memberID: BigInt(options.memberId),
        alarm: AlarmType.NOSPACE,
      });
      this.#raft.proposeOwn(ownRequest({ alarm }));
    }
    return refused(errors.noSpace);
  }

  /** Reads on the leader only, since leases use its clock. */
  #readOnLeader(query: Uint8Array, deadlineTick: number, answer: (answer: Answer) => void): void {
    if (!this.#raft.role.leads) {
      answer(redirect(this.#raft.header));
      return;
    }
    const permitted = this.#read(query);
    const keepAlive = permitted.kind === "ok" ? Query.decode(query).leaseKeepAlive : undefined;
    if (keepAlive === undefined) {
      answer(permitted);
      return;
    }
    // As in etcd, the header is from before the renewal.
    const before = this.#raft.header;
    this.#keepAlives.renew({
      id: keepAlive.ID,
      deadlineTick,
      renewed: (response) => answer({ kind: "ok", header: before, response }),
      failed: (reason) => answer(reason(this.#raft.header)),
    });
  }

  /** Why an answer must not be sent, checked before it is copied; undefined where it may. */
  #answerFault(outcome: Answer, room: number): ErrorKind | undefined {
    if (outcome.kind !== "ok") return undefined;
    const { length } = outcome.response;
    if (room > 0 && length > room) return errors.moreRoom;
    if (length < largeAnswerBytes) return undefined;
    if (this.#largeBytes + length > maxLargeAnswerBytes) return errors.tooManyAnswers;
    this.#largeBytes += length;
    return undefined;
  }

  #read(query: Uint8Array): Answer {
    const { machine } = this.#core;
    const { header } = this.#raft;
    try {
      return { kind: "ok", header, response: machine.query(query, this.#leaseTime.nowMs) };
    } catch (error) {
      return this.#readFailed(error);
    }
  }

  /** Replaces an answer without room by an error; the request stays applied. */
  #sized(answer: Answer, room: number): Answer {
    const fault = this.#answerFault(answer, room);
    if (fault === undefined) return answer;
    const { header } = answer;
    // An older Worker sends no room, and would not ask again.
    const kind = room > 0 ? fault : errors.responseTooLarge;
    return { kind: "error", header, ...errorFields(kind), settled: true };
  }

  #outcome(outcome: ProposalOutcome): Answer {
    const header = this.#raft.header;
    if (outcome.kind !== "applied") {
      throw new Error(`a proposal of a client ended as ${outcome.kind}`);
    }
    return answerOf(outcome.applied, header);
  }

  /**
   * Answers a failed read. A read changes nothing, so its error is its client's alone: if it
   * aborted the member, clients could bring the member down. After damage, another member answers.
   */
  #readFailed(error: unknown): Answer {
    const header = this.#raft.header;
    if (error instanceof KvError) return refused(error.kind)(header);
    if (error instanceof DecodeError) return refused(errors.badRequest)(header);
    if (isDamage(error)) {
      const why = stopReason(error);
      this.#core.ending.damaged(why);
      return unavailable(why)(header);
    }
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.#core.environment.log.error(`a read failed: ${message}`);
    return refused({ code: GrpcCode.Internal, text: `etcdserver: ${message}` })(header);
  }
}

/** Whether a query is known to cost next to nothing; so does one that cannot be decoded. */
function isCheap(query: Uint8Array): boolean {
  try {
    const { range, txn, hashKv, leaseLeases, leaseTimeToLive } = Query.decode(query);
    if (range !== undefined) return range.rangeEnd.length === 0;
    return [txn, hashKv, leaseLeases, leaseTimeToLive].every((other) => other === undefined);
  } catch {
    return true;
  }
}

/** A client's compaction that was applied and asked for `physical: true`. */
function physicalCompaction(outcome: ProposalOutcome, request: Uint8Array) {
  const done = outcome.kind === "applied" && outcome.applied.response?.compaction !== undefined;
  const compaction = done ? Request.decode(request).compaction : undefined;
  return compaction?.physical ? { revision: compaction.revision } : undefined;
}

/** The answer to a client for an applied entry. */
function answerOf({ response, error, revision }: Applied, member: Header): Answer {
  const header = { ...member, revision };
  if (error !== undefined) {
    const fields = errorFields(error.kind);
    if (error.kind === errors.unknownOutcome) return { kind: "unknown", header, ...fields };
    return { kind: "error", header, ...fields, settled: true };
  }
  if (response === undefined) throw new Error("an applied entry has neither response nor error");
  return { kind: "ok", header, response: Response.encode(response) };
}
