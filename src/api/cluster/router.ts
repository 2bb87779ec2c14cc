/**
 * Finds the member that can answer, and carries every request out once: a request that was lost
 * from sight is sent again with its id unchanged, never as if it had failed.
 */

import { errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { requestFormat } from "../../kv/apply/proposal.ts";
import { AuthStatusRequest } from "../../proto/generated/etcd.ts";
import { Query, Request, Response } from "../../proto/generated/kv.ts";
import { kindOf } from "../../rpc/answers.ts";
import { decodeAnswer, encodeProposeRequest, encodeQueryRequest } from "../../rpc/codec.ts";
import { isDiskFull } from "../../rpc/disk-full.ts";
import type {
  Answer,
  BackupAnswer,
  Consistency,
  Header,
  Login,
  MemberChange,
  MemberRpc,
  MemberStatus,
  RestoreAnswer,
  RestoreRequest,
} from "../../rpc/messages.ts";
import type { Clock } from "../base/clock.ts";
import { ApiError } from "../base/error.ts";
import {
  type Attempt,
  attemptMs,
  backupLost,
  changing,
  changingOnce,
  isNobody,
  isPassing,
  patienceMs,
  reading,
  readingOnce,
  refused,
  restoreFailed,
  stillUnknown,
  TooOldError,
  type Tries,
} from "./attempts.ts";
import type {
  BackupParts,
  ChangedMembers,
  ClusterClient,
  ForcedNew,
  MemberReply,
  MemberWatch,
  OnlyMember,
  QueryBody,
  RequestBody,
  RestoredBackup,
  Terms,
} from "./client.ts";
import { proposeWithRoom, queryWithRoom, type Sized } from "./room.ts";
import type { ClusterView } from "./view.ts";

export interface RouterOptions {
  readonly view: ClusterView;
  /** A fresh way to a member: one that failed is not used again. */
  readonly member: (id: number) => MemberRpc;
  readonly clock: Clock;
  /** Uniform random bytes. */
  readonly random: (length: number) => Uint8Array;
}

const requestIdBytes = 16;
/** A member that is told to restore takes its own time. */
const restorePartMs = 15_000;
const retryMinMs = 20;
const retryMaxMs = 320;

type Ask<T> = (member: MemberRpc, timeoutMs: number) => Promise<Attempt<T>>;

type Restoring = Extract<RestoreAnswer, { readonly kind: "ok" }>;

type BackupPart = Extract<BackupAnswer, { readonly kind: "ok" }>;

export class Router implements ClusterClient {
  readonly #view: ClusterView;
  readonly #member: (id: number) => MemberRpc;
  readonly #clock: Clock;
  readonly #random: (length: number) => Uint8Array;
  /** What became of the calls to members that were asked for their status last, and failed. */
  readonly #absent = new Map<number, string>();

  constructor({ view, member, clock, random }: RouterOptions) {
    this.#view = view;
    this.#member = member;
    this.#clock = clock;
    this.#random = random;
  }

  async propose(body: RequestBody, call: Terms, attempt?: number): Promise<MemberReply> {
    return proposeWithRoom(call.answers, body, () => this.#propose(body, call, attempt));
  }

  async #propose(body: RequestBody, call: Terms, attempt: number | undefined): Promise<Sized> {
    const more = { ...strangeness(call), ...(attempt === undefined ? {} : { attempt }) };
    for (;;) {
      const seenIndex = await this.#seenIndex(call);
      const requestId = this.#random(requestIdBytes);
      const fields = { ...body, format: requestFormat, requestId, seenIndex };
      const request = Request.encode(Request.create(fields));
      const tries = changing();
      let bytes = 0;
      const ask: Ask<MemberReply> = async (member, timeoutMs) => {
        const encoded = encodeProposeRequest({ request, token: call.token, timeoutMs, ...more });
        const answer = decodeAnswer(await member.propose(encoded));
        bytes = bytesOf(answer);
        const unsettled = answer.kind === "error" && answer.settled !== true && tries.lost > 0;
        return unsettled ? stillUnknown(answer) : this.#attempt(answer, call);
      };
      try {
        return { reply: await this.#ask(call, tries, ask), bytes };
      } catch (error) {
        if (!(error instanceof TooOldError)) throw error;
        // Was it never lost, then it is certainly not applied: only our index was stale.
        if (tries.lost > 0 || this.#view.appliedIndex === seenIndex) throw error.told();
      }
    }
  }

  async query(
    body: QueryBody,
    consistency: Consistency,
    call: Terms,
    login?: Login,
  ): Promise<MemberReply> {
    return queryWithRoom(call.answers, body, (room) =>
      this.#query(body, consistency, call, room, login),
    );
  }

  /** Where there is room for so many bytes of an answer; 0 for any. */
  async #query(
    body: QueryBody,
    consistency: Consistency,
    call: Terms,
    room: number,
    login: Login | undefined,
  ): Promise<Sized> {
    const query = Query.encode(Query.create({ ...body, format: requestFormat }));
    const { holder, token } = call;
    const more = { ...strangeness(call), ...(login && { login }) };
    const fields = { query, consistency, token, room, ...more };
    let bytes = 0;
    const ask: Ask<MemberReply> = async (member, timeoutMs) => {
      const encoded = encodeQueryRequest({ ...fields, timeoutMs });
      const answer = decodeAnswer(await member.query(encoded));
      bytes = bytesOf(answer);
      // To be had of its holder only, who may be back soon.
      const elsewhere = holder !== undefined && answer.header.memberId !== holder;
      const gone = answer.kind === "error" && kindOf(answer) === errors.compacted;
      if (elsewhere && gone) return { kind: "redirect", header: answer.header };
      return this.#attempt(answer, call);
    };
    const reply = await this.#ask(call, reading(), ask, () => {
      const candidates = this.#view.candidates();
      if (holder === undefined) return candidates;
      return [holder, ...candidates.filter((id) => id !== holder)];
    });
    return { reply, bytes };
  }

  async changeMember(change: MemberChange, call: Terms): Promise<ChangedMembers> {
    const ask: Ask<ChangedMembers> = async (member) => {
      const answer = await member.changeMember(change, call.token);
      this.#view.learn(answer.header);
      if (answer.kind === "ok") return { kind: "done", value: answer };
      const { memberId, leader } = answer.header;
      // Whatever a leader says against it is etcd's refusal: no member would say otherwise.
      if (answer.kind === "error" && memberId === leader) {
        throw ApiError.told(answer);
      }
      return refused(answer);
    };
    // It is sent once: not to a member that was already gone.
    await this.status(0, call);
    const members = await this.#ask(call, changingOnce(), ask);
    this.#view.learnMembers(members.members);
    return members;
  }

  async moveLeader(target: number, call: Terms): Promise<Header> {
    const ask: Ask<Header> = async (member) => {
      const answer = await member.moveLeader(target, call.token);
      this.#view.learn(answer.header);
      return answer.kind === "ok" ? { kind: "done", value: answer.header } : refused(answer);
    };
    await this.status(0, call);
    return this.#ask(call, changingOnce(), ask);
  }

  async status(id: number, call: Terms): Promise<MemberStatus> {
    if (id !== 0) {
      const status = await this.#bounded(this.#member(id).status(), this.#left(call));
      if (status === undefined) throw ApiError.of(errors.timeout);
      return this.#learned(status);
    }
    return this.#look(call);
  }

  /**
   * What one member says of itself that has a cluster and serves it; where there is none, any of
   * them. Asks no other where the one that founds clusters was never asked for anything.
   */
  #look(call: Terms): Promise<MemberStatus> {
    let left = this.#view.candidates().length;
    let other: MemberStatus | undefined;
    const ask: Ask<MemberStatus> = async (member) => {
      left -= 1;
      const status = this.#learned(await member.status());
      const { header, phase, instanceId } = status;
      const serves = header.clusterId !== 0n && phase !== "stopped";
      const unborn = header.memberId === this.#view.founder && instanceId === "";
      if (serves || unborn) return { kind: "done", value: status };
      other ??= status;
      if (left <= 0) return { kind: "done", value: other };
      return { kind: "unfit", error: ApiError.of(errors.timeout) };
    };
    return this.#ask(call, reading(), ask);
  }

  /** Whether a member has something stored. Brings none into the world. Throws ApiError. */
  async exists(call: Terms): Promise<boolean> {
    const { instanceId, phase } = await this.#look(call);
    return this.#view.exists || instanceId !== "" || phase === "stopped";
  }

  async statuses(call: Terms): Promise<readonly MemberStatus[]> {
    const first = await this.status(0, call);
    const others = this.#view.candidates().filter((id) => id !== first.header.memberId);
    const wait = Math.min(attemptMs, this.#left(call));
    const answers = await Promise.allSettled(
      others.map((id) => this.#bounded(this.#member(id).status(), wait)),
    );
    const found = answers.flatMap((answer) =>
      answer.status === "fulfilled" && answer.value !== undefined ? [answer.value] : [],
    );
    this.#absent.clear();
    for (const [i, answer] of answers.entries()) {
      if (answer.status === "rejected") this.#absent.set(others[i] ?? 0, String(answer.reason));
    }
    for (const status of found) this.#learned(status);
    return [first, ...found].sort((a, b) => a.header.memberId - b.header.memberId);
  }

  whyAbsent(member: number): string {
    return this.#absent.get(member) ?? `no answer within ${attemptMs} ms`;
  }

  async watch(call: Terms, avoid: ReadonlySet<number> = new Set()): Promise<MemberWatch> {
    const authStatus = AuthStatusRequest.create();
    const query = Query.encode(Query.create({ format: requestFormat, authStatus }));
    const ask: Ask<MemberWatch> = async (member, timeoutMs) => {
      // A member that lags would tell its client of a revision below those it has already seen;
      // and one that has forgotten the token is of no use.
      const { token } = call;
      const barrier = { query, consistency: "linearizable", token, timeoutMs } as const;
      const asked = encodeQueryRequest({ ...barrier, ...strangeness(call) });
      const answer = decodeAnswer(await member.query(asked));
      this.#view.learn(answer.header);
      // A client that may not watch learns it from the stream, as in etcd.
      if (answer.kind !== "ok" && !isNobody(answer)) return refused(answer);
      if (answer.kind === "ok") call.admitted?.();
      const { responses, control, refused: full } = await member.watch(call.token, call.from);
      if (full !== undefined) {
        return { kind: "full", error: ApiError.told(full) };
      }
      return { kind: "done", value: { header: answer.header, responses, control } };
    };
    // Watchers are spread over the members: what they are sent is work for one of them only.
    const [first = 0] = this.#random(1);
    const candidates = () => this.#view.spread(first).filter((id) => !avoid.has(id));
    if (candidates().length === 0) throw ApiError.of(errors.tooManyWatches);
    return this.#ask(call, reading(), ask, candidates);
  }

  async forceNew({ member: id, deployment }: OnlyMember, call: Terms): Promise<ForcedNew> {
    const { voters, votersOutgoing, header } = await this.status(id, call);
    const answering = await this.#ready([...voters, ...votersOutgoing], header.clusterId, call);
    const isMajority = (of: readonly number[]) =>
      of.length > 0 && 2 * of.filter((one) => answering.includes(one)).length > of.length;
    if (isMajority(voters) && (votersOutgoing.length === 0 || isMajority(votersOutgoing))) {
      const text =
        `etcdserver: members ${answering.join(", ")} answer, and are a majority: ` +
        "who is lost is removed with DELETE /cluster/members/<id>";
      throw new ApiError(GrpcCode.FailedPrecondition, text);
    }
    const { token } = call;
    const asked = this.#member(id).forceNew({ token, deployment });
    const answer = await this.#bounded(asked, this.#left(call)).catch(() => undefined);
    if (answer === undefined) throw ApiError.unknown(errors.unknownOutcome);
    if (answer.kind === "redirect") throw ApiError.of(errors.noLeader);
    if (answer.kind !== "ok") throw ApiError.told(answer);
    this.#view.learn(answer.header);
    return answer;
  }

  /** Who of them serves a cluster. */
  async #ready(ids: readonly number[], clusterId: bigint, call: Terms): Promise<readonly number[]> {
    const wait = Math.min(attemptMs, this.#left(call));
    const ask = async (id: number) => {
      const found = await this.#bounded(this.#member(id).status(), wait);
      return found?.phase === "ready" && found.header.clusterId === clusterId ? [id] : [];
    };
    const answers = await Promise.allSettled([...new Set(ids)].map(ask));
    return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  }

  async *backup(call: () => Terms, only?: OnlyMember): BackupParts {
    const how = only && { possiblyOld: true, deployment: only.deployment };
    const part = async (member: MemberRpc, index: number, cursor: Uint8Array, token: string) => {
      const answer = await member.backup({ token, index, cursor, ...how });
      this.#view.learn(answer.header);
      return answer;
    };
    const begin = call();
    const nothing = new Uint8Array();
    const ask: Ask<{ from: number; first: BackupPart }> = async (member) => {
      const answer = await part(member, 0, nothing, begin.token);
      if (answer.kind !== "ok") return refused(answer);
      return { kind: "done", value: { from: answer.header.memberId, first: answer } };
    };
    const candidates = only && (() => [only.member]);
    const { from, first } = await this.#ask(begin, readingOnce(), ask, candidates);
    yield first.bytes;
    let cursor = first.nextCursor;
    while (cursor !== undefined) {
      const at = cursor;
      const next = (token: string) => part(this.#member(from), first.index, at, token);
      const answer = await this.#nextPart(call(), next);
      yield answer.bytes;
      cursor = answer.nextCursor;
    }
  }

  /** A part of a backup that was begun, of the member that has it: it may be starting anew. */
  async #nextPart(call: Terms, ask: (token: string) => Promise<BackupAnswer>): Promise<BackupPart> {
    for (let round = 0; ; round += 1) {
      const asked = this.#bounded(ask(call.token), Math.max(0, this.#left(call)));
      const answer = await asked.catch(() => undefined);
      if (answer?.kind === "ok") return answer;
      const passes = answer === undefined || answer.kind === "redirect" || isPassing(answer.code);
      if (!passes || this.#left(call) <= 0) throw backupLost(answer);
      await this.#pause(round, call);
    }
  }

  async restore(backup: RestoredBackup, call: () => Terms): Promise<Header> {
    const { manifest, bumpRevision, chunks } = backup;
    const begin = call();
    // Asked again it only begins again, so that it may be.
    const ask: Ask<Restoring> = async (member) => {
      const { token } = begin;
      const answer = await member.restore({ kind: "begin", token, manifest, bumpRevision });
      this.#view.learn(answer.header);
      return answer.kind === "ok" ? { kind: "done", value: answer } : refused(answer);
    };
    const { id, header } = await this.#ask(begin, reading(), ask);
    const part = (request: (token: string) => RestoreRequest) => {
      const asked = this.#member(header.memberId).restore(request(call().token));
      return this.#bounded(asked, restorePartMs).catch(() => undefined);
    };
    for await (const chunk of chunks) {
      const answer = await part((token) => ({ kind: "rows", token, id, chunk }));
      if (answer?.kind !== "ok") throw restoreFailed(answer);
    }
    const answer = await part((token) => ({ kind: "commit", token, id }));
    if (answer === undefined) throw ApiError.unknown(errors.unknownOutcome);
    if (answer.kind !== "ok") throw restoreFailed(answer);
    this.#view.learn(answer.header);
    return answer.header;
  }

  #learned(status: MemberStatus): MemberStatus {
    this.#view.learn(status.header);
    this.#view.learnMembers(status.members);
    return status;
  }

  /** A lower bound of the index that a new request gets, read before its id is made. */
  async #seenIndex(call: Terms): Promise<number> {
    if (this.#view.appliedIndex === 0) await this.status(0, call);
    return this.#view.appliedIndex;
  }

  #attempt(answer: Answer, call: Terms): Attempt<MemberReply> {
    this.#view.learn(answer.header);
    if (answer.kind !== "ok") return refused(answer);
    call.admitted?.();
    const value = { header: answer.header, response: Response.decode(answer.response) };
    return { kind: "done", value };
  }

  #left(call: Terms): number {
    return call.deadlineMs - this.#clock.now();
  }

  /**
   * Asks one member after another, the leader first, until one has the answer or time is up.
   * Errors that are answers are thrown at once.
   */
  async #ask<T>(
    call: Terms,
    tries: Tries,
    ask: Ask<T>,
    candidates: () => readonly number[] = () => this.#view.candidates(),
  ): Promise<T> {
    let failure: ApiError | undefined;
    let whyNoLeader = ApiError.of(errors.noLeader);
    let first = 0;
    for (let round = 0; ; round += 1) {
      const asked = new Set<number>();
      let full: ApiError | undefined;
      let fullDisks = 0;
      const others = candidates().filter((id) => id !== first);
      const order = first === 0 ? others : [first, ...others];
      first = 0;
      for (const id of order) {
        asked.add(id);
        const attempt = await this.#once(id, call, tries, ask);
        if (attempt.kind === "done") return attempt.value;
        if (attempt.kind === "lost") {
          failure = attempt.error;
          tries.lost += 1;
          tries.lastLost = attempt.error;
          this.#view.suspect(id);
        } else if (attempt.kind === "full") {
          full = attempt.error;
          continue;
        } else if (attempt.kind === "unfit") {
          failure = attempt.error;
          this.#view.suspect(id);
          if (attempt.disk === true) {
            fullDisks += 1;
            whyNoLeader = attempt.error;
          }
        } else if (attempt.header.leader === 0) {
          failure = whyNoLeader;
        }
        // Where that is all that there is to hear, it will not be mended while a client waits.
        const hopeless = fullDisks > 0 && fullDisks === candidates().length;
        if (this.#left(call) <= 0 || (tries.once && tries.lost > 0) || hopeless) {
          const { lastLost, harmless } = tries;
          if (lastLost === undefined || harmless) throw failure ?? ApiError.of(errors.timeout);
          throw new ApiError(lastLost.code, lastLost.message, lastLost.kind, true);
        }
        // Straight to the one that leads, as soon as one names it: unless any member would do,
        // and none has said that only the leader does.
        const { leader } = this.#view;
        const wanted = attempt.kind === "redirect" || candidates()[0] === leader;
        first = wanted && !asked.has(leader) ? leader : 0;
        if (first !== 0) break;
      }
      if (first !== 0) continue;
      if (full !== undefined) throw full;
      await this.#pause(round, call);
    }
  }

  async #once<T>(id: number, call: Terms, tries: Tries, ask: Ask<T>): Promise<Attempt<T>> {
    const left = Math.max(0, this.#left(call));
    // What may not be sent again is waited for as long as there is time.
    const wait = tries.once ? left : Math.min(left, patienceMs(tries.lost));
    try {
      const attempt = await this.#bounded(ask(this.#member(id), wait), wait);
      return attempt ?? { kind: "lost", error: ApiError.of(errors.timeout) };
    } catch (error) {
      if (error instanceof ApiError || error instanceof TooOldError) throw error;
      if (isDiskFull(error)) return { kind: "lost", error: ApiError.of(errors.diskFull) };
      return { kind: "lost", error: ApiError.of(errors.timeoutConnectionLost) };
    }
  }

  async #pause(round: number, call: Terms): Promise<void> {
    const pause = Math.min(retryMinMs * 2 ** Math.min(round, 10), retryMaxMs);
    // Not all who lost one leader at one moment come back at one moment.
    const [spread = 0] = this.#random(1);
    const ms = Math.max(0, Math.min(pause * (1 - spread / 512), this.#left(call)));
    await new Promise<void>((resolve) => this.#clock.after(ms, resolve));
  }

  /** The promise's value, or undefined when it takes longer. */
  #bounded<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(ms, () => resolve(undefined));
      promise.then(resolve, reject).finally(cancel);
    });
  }
}

const bytesOf = (answer: Answer): number => (answer.kind === "ok" ? answer.response.length : 0);

/** What a member is told of a stranger. */
const strangeness = ({ stranger = false }: Terms) => (stranger ? { stranger } : {});
