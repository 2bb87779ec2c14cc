/**
 * Finds the member that can answer, and has every request applied once: a request with an unknown
 * outcome is sent again with the same id, and never treated as failed.
 */

import { errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { requestFormat } from "../../kv/apply/proposal.ts";
import { AuthStatusRequest } from "../../proto/generated/etcd.ts";
import { Query, Request, Response } from "../../proto/generated/kv.ts";
import { kindOf } from "../../rpc/answers.ts";
import { decodeAnswer, encodeProposeRequest, encodeQueryRequest } from "../../rpc/codec.ts";
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
import { ApiError } from "../base/error.ts";
import {
  type Attempt,
  type AttemptLog,
  attemptMs,
  backupLost,
  hasNoUser,
  isPassing,
  readAttempts,
  readOnce,
  refused,
  restoreFailed,
  stillUnknown,
  TooOldError,
  writeAttempts,
  writeOnce,
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
import { type Ask, Members, type MembersOptions } from "./members.ts";
import { lacksRoom, proposeWithRoom, queryWithRoom, type Sized } from "./room.ts";
import type { ClusterView } from "./view.ts";

const requestIdBytes = 16;
/** How long a member may take for a part of a restore. */
const restorePartMs = 15_000;

type Restoring = Extract<RestoreAnswer, { readonly kind: "ok" }>;

type BackupPart = Extract<BackupAnswer, { readonly kind: "ok" }>;

/** A request with its id. */
interface Stamped {
  /** An encoded kvpb.Request. */
  readonly request: Uint8Array;
  readonly seenIndex: number;
}

/** A request that changes the state, with its attempts so far. */
interface Proposal {
  readonly body: RequestBody;
  readonly more: { readonly stranger?: boolean; readonly attempt?: number };
  readonly attempts: AttemptLog;
  /** Reused for every attempt, unless the request is known not to be applied. */
  stamped: Stamped | undefined;
}

export class Router implements ClusterClient {
  readonly #view: ClusterView;
  readonly #members: Members;
  readonly #random: (length: number) => Uint8Array;
  /** Why members were missing in the last `statuses`. */
  readonly #absent = new Map<number, string>();

  constructor(options: MembersOptions) {
    this.#view = options.view;
    this.#members = new Members(options);
    this.#random = options.random;
  }

  async propose(body: RequestBody, call: Terms, attempt?: number): Promise<MemberReply> {
    const more = { ...strangeness(call), ...(attempt === undefined ? {} : { attempt }) };
    const proposal: Proposal = { body, more, attempts: writeAttempts(), stamped: undefined };
    return proposeWithRoom(call.answers, body, (room) => this.#propose(proposal, call, room));
  }

  /** `room`: bytes that the answer may have; 0 for any. */
  async #propose(proposal: Proposal, call: Terms, room: number): Promise<Sized> {
    const { more, attempts } = proposal;
    const { token } = call;
    for (;;) {
      proposal.stamped ??= await this.#stamped(proposal.body, call);
      const { request, seenIndex } = proposal.stamped;
      let bytes = 0;
      const ask: Ask<MemberReply> = async (member, timeoutMs) => {
        const encoded = encodeProposeRequest({ request, token, timeoutMs, room, ...more });
        const answer = decodeAnswer(await member.propose(encoded));
        bytes = bytesOf(answer);
        const unsettled = answer.kind === "error" && answer.settled !== true && attempts.lost > 0;
        return unsettled ? stillUnknown(answer) : this.#attempt(answer, call);
      };
      try {
        return { reply: await this.#members.ask(call, attempts, ask), bytes };
      } catch (error) {
        if (lacksRoom(error)) {
          // The request is applied, but its outcome is unknown until the answer has come.
          attempts.lost += 1;
          attempts.lastLost = ApiError.of(errors.timeout);
        }
        if (!(error instanceof TooOldError)) throw error;
        // If no attempt was lost it is certainly not applied: only the seen index was too old.
        if (attempts.lost > 0 || this.#view.appliedIndex === seenIndex) throw error.clientError();
        proposal.stamped = undefined;
      }
    }
  }

  async #stamped(body: RequestBody, call: Terms): Promise<Stamped> {
    const seenIndex = await this.#seenIndex(call);
    const requestId = this.#random(requestIdBytes);
    const fields = { ...body, format: requestFormat, requestId, seenIndex };
    return { request: Request.encode(Request.create(fields)), seenIndex };
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

  /** `room`: bytes that the answer may have; 0 for any. */
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
      // Only the holder has the revision; it may be back soon.
      const elsewhere = holder !== undefined && answer.header.memberId !== holder;
      const gone = answer.kind === "error" && kindOf(answer) === errors.compacted;
      if (elsewhere && gone) return { kind: "redirect", header: answer.header };
      return this.#attempt(answer, call);
    };
    const reply = await this.#members.ask(call, readAttempts(), ask, () => {
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
      // A leader's refusal is etcd's: every member would say the same.
      if (answer.kind === "error" && memberId === leader) {
        throw ApiError.fromAnswer(answer);
      }
      return refused(answer);
    };
    // Finds a live leader first, since the change is sent only once.
    await this.status(0, call);
    const members = await this.#members.ask(call, writeOnce(), ask);
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
    return this.#members.ask(call, writeOnce(), ask);
  }

  async status(id: number, call: Terms): Promise<MemberStatus> {
    if (id !== 0) {
      const status = await this.#members.bounded(
        this.#members.one(id).status(),
        this.#members.left(call),
      );
      if (status === undefined) throw ApiError.of(errors.timeout);
      return this.#learned(status);
    }
    return this.#look(call);
  }

  /**
   * The status of a serving member with a cluster; without one, that of any member. Asks no other
   * if the cluster's founder was never asked for anything.
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
    return this.#members.ask(call, readAttempts(), ask);
  }

  /** Whether any member has something stored. Creates no member. Throws ApiError. */
  async exists(call: Terms): Promise<boolean> {
    const { instanceId, phase } = await this.#look(call);
    return this.#view.exists || instanceId !== "" || phase === "stopped";
  }

  async statuses(call: Terms): Promise<readonly MemberStatus[]> {
    const first = await this.status(0, call);
    const others = this.#view.candidates().filter((id) => id !== first.header.memberId);
    const wait = Math.min(attemptMs, this.#members.left(call));
    const answers = await Promise.allSettled(
      others.map((id) => this.#members.bounded(this.#members.one(id).status(), wait)),
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
      // A lagging member would send its client a lower revision than it has seen; one that has lost
      // the token cannot serve.
      const { token } = call;
      const barrier = { query, consistency: "linearizable", token, timeoutMs } as const;
      const asked = encodeQueryRequest({ ...barrier, ...strangeness(call) });
      const answer = decodeAnswer(await member.query(asked));
      this.#view.learn(answer.header);
      // A client without permission gets its refusal on the stream, as in etcd.
      if (answer.kind !== "ok" && !hasNoUser(answer)) return refused(answer);
      if (answer.kind === "ok") call.admitted?.();
      const { responses, control, refused: full } = await member.watch(call.token, call.from);
      if (full !== undefined) {
        return { kind: "full", error: ApiError.fromAnswer(full) };
      }
      return { kind: "done", value: { header: answer.header, responses, control } };
    };
    // Spreads watchers over the members, since each is work for one member only.
    const [first = 0] = this.#random(1);
    const candidates = () => this.#view.spread(first).filter((id) => !avoid.has(id));
    if (candidates().length === 0) throw ApiError.of(errors.tooManyWatches);
    return this.#members.ask(call, readAttempts(), ask, candidates);
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
    const asked = this.#members.one(id).forceNew({ token, deployment });
    const answer = await this.#members
      .bounded(asked, this.#members.left(call))
      .catch(() => undefined);
    if (answer === undefined) throw ApiError.unknown(errors.unknownOutcome);
    if (answer.kind === "redirect") throw ApiError.of(errors.noLeader);
    if (answer.kind !== "ok") throw ApiError.fromAnswer(answer);
    this.#view.learn(answer.header);
    return answer;
  }

  /** The members among `ids` that serve the cluster. */
  async #ready(ids: readonly number[], clusterId: bigint, call: Terms): Promise<readonly number[]> {
    const wait = Math.min(attemptMs, this.#members.left(call));
    const ask = async (id: number) => {
      const found = await this.#members.bounded(this.#members.one(id).status(), wait);
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
    const { from, first } = await this.#members.ask(begin, readOnce(), ask, candidates);
    yield first.bytes;
    let cursor = first.nextCursor;
    while (cursor !== undefined) {
      const at = cursor;
      const next = (token: string) => part(this.#members.one(from), first.index, at, token);
      const answer = await this.#nextPart(call(), next);
      yield answer.bytes;
      cursor = answer.nextCursor;
    }
  }

  /** The next part of a backup, from the member that began it, which may be restarting. */
  async #nextPart(call: Terms, ask: (token: string) => Promise<BackupAnswer>): Promise<BackupPart> {
    for (let round = 0; ; round += 1) {
      const asked = this.#members.bounded(ask(call.token), Math.max(0, this.#members.left(call)));
      const answer = await asked.catch(() => undefined);
      if (answer?.kind === "ok") return answer;
      const passes = answer === undefined || answer.kind === "redirect" || isPassing(answer.code);
      if (!passes || this.#members.left(call) <= 0) throw backupLost(answer);
      await this.#members.pause(round, call);
    }
  }

  async restore(backup: RestoredBackup, call: () => Terms): Promise<Header> {
    const { manifest, bumpRevision, chunks } = backup;
    const begin = call();
    // May be sent again: a second `begin` just begins again.
    const ask: Ask<Restoring> = async (member) => {
      const { token } = begin;
      const answer = await member.restore({ kind: "begin", token, manifest, bumpRevision });
      this.#view.learn(answer.header);
      return answer.kind === "ok" ? { kind: "done", value: answer } : refused(answer);
    };
    const { id, header } = await this.#members.ask(begin, readAttempts(), ask);
    const part = (request: (token: string) => RestoreRequest) => {
      const asked = this.#members.one(header.memberId).restore(request(call().token));
      return this.#members.bounded(asked, restorePartMs).catch(() => undefined);
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

  /** A lower bound of a new request's index, read before its id is made. */
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
}

const bytesOf = (answer: Answer): number => (answer.kind === "ok" ? answer.response.length : 0);

/** The field that marks a stranger's call. */
const strangeness = ({ stranger = false }: Terms) => (stranger ? { stranger } : {});
