/** Members of a cluster that do what a test tells them, and a clock that it moves. */
import type { Clock } from "../../../../src/api/base/clock.ts";
import { Router } from "../../../../src/api/cluster/router.ts";
import { ClusterView } from "../../../../src/api/cluster/view.ts";
import { PutResponse, ResponseHeader } from "../../../../src/proto/generated/etcd.ts";
import { Query, Request, Response } from "../../../../src/proto/generated/kv.ts";
import {
  decodeProposeRequest,
  decodeQueryRequest,
  encodeAnswer,
} from "../../../../src/rpc/codec.ts";
import type {
  Answer,
  Header,
  MemberAnswer,
  MemberRpc,
  MemberStatus,
  OpenedWatch,
} from "../../../../src/rpc/messages.ts";

export const header = (memberId: number, more: Partial<Header> = {}): Header => ({
  ...{ clusterId: 7n, memberId, revision: 5, raftTerm: 2, appliedIndex: 10, leader: 1 },
  ...more,
});

/** The answer to a put. */
export function putAnswer(from: Header): Answer {
  const put = PutResponse.create({ header: ResponseHeader.create({ revision: from.revision }) });
  return { kind: "ok", header: from, response: Response.encode(Response.create({ put })) };
}

type Script = Answer | "hangs" | Error;

/** One member: proposals and queries are answered by what the test put into its list. */
export class FakeMember implements MemberRpc {
  readonly id: number;
  readonly proposals: Request[] = [];
  readonly queries: Query[] = [];
  /** The tokens that proposals brought. */
  readonly tokens: string[] = [];
  /** The room for an answer that proposals brought. */
  readonly rooms: number[] = [];
  /** What the next proposal and query is answered, the first first; the last one stays. */
  answers: Script[] = [];
  statusHeader: Header;
  down = false;
  /** What a change of the membership is answered; undefined: it is lost. */
  change: MemberAnswer | undefined;
  changesAsked = 0;
  backupsAsked = 0;
  openWatch: (() => OpenedWatch) | undefined;

  constructor(id: number) {
    this.id = id;
    this.statusHeader = header(id);
  }

  propose(bytes: Uint8Array): Promise<Uint8Array> {
    const { request, token, room = 0 } = decodeProposeRequest(bytes);
    this.rooms.push(room);
    this.proposals.push(Request.decode(request));
    this.tokens.push(token);
    return this.#answer();
  }

  query(bytes: Uint8Array): Promise<Uint8Array> {
    this.queries.push(Query.decode(decodeQueryRequest(bytes).query));
    return this.#answer();
  }

  async status(): Promise<MemberStatus> {
    if (this.down) throw new Error(`member ${this.id} is down`);
    const status: Partial<MemberStatus> = { header: this.statusHeader, members: [] };
    return status as MemberStatus;
  }

  async watch(): Promise<OpenedWatch> {
    if (this.openWatch === undefined) throw new Error("no watches here");
    return this.openWatch();
  }

  async changeMember(): Promise<MemberAnswer> {
    this.changesAsked += 1;
    if (this.change === undefined) throw new Error("lost");
    return this.change;
  }

  moveLeader(): Promise<never> {
    return Promise.reject(new Error("lost"));
  }

  backup(): Promise<never> {
    this.backupsAsked += 1;
    return Promise.reject(new Error("lost"));
  }

  restore(): Promise<never> {
    return Promise.reject(new Error("lost"));
  }

  forceNew(): Promise<never> {
    return Promise.reject(new Error("lost"));
  }

  async #answer(): Promise<Uint8Array> {
    const next = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    if (next === undefined) throw new Error(`member ${this.id} has nothing to say`);
    if (next === "hangs") return new Promise(() => undefined);
    if (next instanceof Error) throw next;
    return encodeAnswer(next);
  }
}

/** A clock that jumps to the next timer as soon as nothing else is left to do. */
export class JumpingClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { atMs: this.#now + ms, callback };
    this.#timers.add(timer);
    setImmediate(() => setImmediate(() => this.#jump()));
    return () => this.#timers.delete(timer);
  }

  #jump(): void {
    const [first] = [...this.#timers].sort((a, b) => a.atMs - b.atMs);
    if (first === undefined) return;
    this.#timers.delete(first);
    this.#now = Math.max(this.#now, first.atMs);
    first.callback();
    if (this.#timers.size > 0) setImmediate(() => setImmediate(() => this.#jump()));
  }
}

export function routerOf(members: readonly FakeMember[], clock: Clock = new JumpingClock()) {
  let seed = 0;
  const view = new ClusterView(members.map(({ id }) => id));
  const router = new Router({
    ...{ view, clock },
    member: (id) => {
      const member = members.find((one) => one.id === id);
      if (member === undefined) throw new Error(`no member ${id}`);
      return member;
    },
    random: (length) => new Uint8Array(length).fill(++seed),
  });
  return { router, view, clock };
}
