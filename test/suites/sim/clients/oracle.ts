import type { MemberInputs } from "../../../../src/node/member/inputs.ts";
import type { WatchClient, WatchSession } from "../../../../src/node/watch/service.ts";
import type { MemberEnvironment } from "../../../../src/node/world/environment.ts";
import {
  DeleteRangeResponse,
  Event,
  EventType,
  KeyValue,
  LeaseGrantResponse,
  LeaseTimeToLiveResponse,
  PutResponse,
  RangeResponse,
  type RequestOp,
  ResponseHeader,
  ResponseOp,
  TxnResponse,
  WatchRequest,
  WatchResponse,
} from "../../../../src/proto/generated/etcd.ts";
import { Query, Request, Response } from "../../../../src/proto/generated/kv.ts";
import type { Answer, Header } from "../../../../src/rpc/messages.ts";
import { toText } from "./codec.ts";

/** How the oracle lies, to see that somebody notices. */
export interface Lies {
  /** A linearizable read sees the state as it was so many revisions ago. */
  staleReads?: number;
  /** A serializable read sees now the newest state, now an older one. */
  wavering?: boolean;
  /** A write is answered and forgotten. */
  lostWrites?: boolean;
  /** A retry is applied again. */
  forgetfulRetries?: boolean;
  /** An event is left out now and then. */
  lostEvents?: boolean;
  /** A lease ends after half of its time. */
  hastyLeases?: boolean;
  /** A keep-alive is answered as if there were no such lease. */
  deniedLeases?: boolean;
  /** A write that was refused happens all the same. */
  dishonestRefusals?: boolean;
}

interface Lease {
  ttlMs: number;
  endsAtMs: number;
  readonly keys: Set<string>;
}

/**
 * One store that plays all members of a cluster: no consensus, no storage. Clients and checkers are
 * tried against it, where every answer is known to be right, or wrong in one chosen way.
 */
export class Oracle {
  readonly lies: Lies;
  revision = 1;
  index = 1;
  readonly #states: Map<string, KeyValue>[] = [new Map(), new Map()];
  readonly #answers = new Map<string, Uint8Array>();
  readonly #log: Event[][] = [];
  readonly #leases = new Map<bigint, Lease>();
  #count = 0;

  constructor(lies: Lies = {}) {
    this.lies = lies;
  }

  readonly member = (environment: MemberEnvironment, id: number): MemberInputs => {
    const header = (): Header => ({
      clusterId: 1n,
      memberId: id,
      revision: this.revision,
      raftTerm: 1,
      appliedIndex: this.index,
      leader: 1,
    });
    const later = <T>(answer: () => T): Promise<T> =>
      new Promise((resolve) => {
        environment.timers.start(() => resolve(answer()), environment.random.below(40));
      });
    const ok = (response: Uint8Array): Answer => ({ kind: "ok", header: header(), response });
    const inputs: Partial<MemberInputs> = {
      propose: ({ request }) =>
        later(() => {
          if (id !== 1) return { kind: "redirect", header: header() };
          this.#count += 1;
          const refuse = this.lies.dishonestRefusals && this.#count % 20 === 0;
          const response = this.#propose(request, environment.now());
          if (refuse) return { kind: "error", header: header(), code: 8, message: "refused" };
          return ok(response);
        }),
      query: ({ query, consistency }) =>
        later(() => ok(this.#query(query, consistency === "linearizable", environment.now()))),
      openWatch: (_token, receiver) => this.#watch(environment, receiver),
      alarm: () => undefined,
    };
    const expire = (): void => {
      this.#expire(environment.now());
      environment.timers.start(expire, 100);
    };
    if (id === 1) expire();
    return inputs as MemberInputs;
  };

  #state(at = this.revision): Map<string, KeyValue> {
    return this.#states[at] ?? new Map();
  }

  #propose(bytes: Uint8Array, nowMs: number): Uint8Array {
    const request = Request.decode(bytes);
    const id = toText(request.requestId.map((byte) => byte % 96));
    const known = this.#answers.get(id);
    if (known !== undefined && !this.lies.forgetfulRetries) return known;
    this.index += 1;
    const { leaseGrant, leaseRevoke } = request;
    if (leaseGrant !== undefined) {
      const ttlMs = leaseGrant.TTL * (this.lies.hastyLeases ? 500 : 1_000);
      this.#leases.set(leaseGrant.ID, { ttlMs, endsAtMs: nowMs + ttlMs, keys: new Set() });
      const granted = LeaseGrantResponse.create({ ID: leaseGrant.ID, TTL: leaseGrant.TTL });
      return Response.encode(Response.create({ leaseGrant: granted }));
    }
    if (leaseRevoke !== undefined) {
      this.#end(leaseRevoke.ID);
      return Response.encode(Response.create());
    }
    const response = Response.encode(this.#write(request));
    this.#answers.set(id, response);
    return response;
  }

  #write(request: Request): Response {
    const before = this.#state();
    const after = new Map(before);
    const events: Event[] = [];
    const run = (op: RequestOp): ResponseOp => this.#step(op, after, events);
    const { put, deleteRange, txn } = request;
    let body: Partial<Response>;
    if (txn !== undefined) {
      const succeeded = txn.compare.every(
        ({ key, modRevision }) => (before.get(toText(key))?.modRevision ?? 0) === modRevision,
      );
      const responses = (succeeded ? txn.success : txn.failure).map(run);
      body = { txn: TxnResponse.create({ succeeded, responses }) };
    } else {
      const fields = put ? { requestPut: put } : { requestDeleteRange: deleteRange };
      const { responsePut, responseDeleteRange } = run({
        requestPut: undefined,
        requestDeleteRange: undefined,
        requestRange: undefined,
        requestTxn: undefined,
        ...fields,
      });
      body = put ? { put: responsePut } : { deleteRange: responseDeleteRange };
    }
    this.#commit(after, events);
    return this.#withHeader(body);
  }

  #commit(after: Map<string, KeyValue>, events: Event[]): void {
    if (events.length === 0) return;
    this.revision += 1;
    const kept =
      this.lies.lostWrites && this.revision % 50 === 0 ? this.#state(this.revision - 1) : after;
    this.#states[this.revision] = kept;
    this.#log[this.revision] = events;
  }

  #step(op: RequestOp, state: Map<string, KeyValue>, events: Event[]): ResponseOp {
    const { requestRange, requestPut, requestDeleteRange } = op;
    if (requestRange !== undefined) {
      const held = state.get(toText(requestRange.key));
      const kvs = held === undefined ? [] : [held];
      return ResponseOp.create({ responseRange: RangeResponse.create({ kvs, count: kvs.length }) });
    }
    const keyBytes = (requestPut ?? requestDeleteRange)?.key ?? new Uint8Array();
    const key = toText(keyBytes);
    const prevKv = state.get(key);
    const modRevision = this.revision + 1;
    if (requestPut !== undefined) {
      const kv = KeyValue.create({ key: keyBytes, value: requestPut.value.slice(), modRevision });
      state.set(key, kv);
      this.#leases.get(requestPut.lease)?.keys.add(key);
      events.push(Event.create({ type: EventType.PUT, kv, prevKv }));
      return ResponseOp.create({ responsePut: PutResponse.create() });
    }
    if (prevKv !== undefined) {
      state.delete(key);
      const kv = KeyValue.create({ key: keyBytes, modRevision });
      events.push(Event.create({ type: EventType.DELETE, kv, prevKv }));
    }
    const prevKvs = prevKv === undefined ? [] : [prevKv];
    const gone = DeleteRangeResponse.create({ deleted: prevKvs.length, prevKvs });
    return ResponseOp.create({ responseDeleteRange: gone });
  }

  #query(bytes: Uint8Array, linearizable: boolean, nowMs: number): Uint8Array {
    const { range, txn, leaseKeepAlive } = Query.decode(bytes);
    if (leaseKeepAlive !== undefined) {
      const { ID } = leaseKeepAlive;
      const lease = this.lies.deniedLeases ? undefined : this.#leases.get(ID);
      if (lease !== undefined) lease.endsAtMs = nowMs + lease.ttlMs;
      const TTL = (lease?.ttlMs ?? 0) / 1_000;
      const leaseTimeToLive = LeaseTimeToLiveResponse.create({ TTL: Math.ceil(TTL) });
      return Response.encode(Response.create({ leaseTimeToLive }));
    }
    const wavers = this.lies.wavering && !linearizable && this.#count % 3 === 0;
    const stale = wavers ? 5 : linearizable ? (this.lies.staleReads ?? 0) : 0;
    const at = Math.max(1, this.revision - stale);
    const state = new Map(this.#state(at));
    const ops = range === undefined ? (txn?.success ?? []) : [{ requestRange: range }];
    const responses = ops.map((op) => this.#step({ ...emptyOp, ...op }, state, []));
    const body =
      range === undefined
        ? { txn: TxnResponse.create({ succeeded: true, responses }) }
        : { range: responses[0]?.responseRange };
    return Response.encode(this.#withHeader(body, at));
  }

  #withHeader(body: Partial<Response>, revision = this.revision): Response {
    const header = ResponseHeader.create({ revision });
    const fields = Object.entries(body).map(([name, value]) => [
      name,
      { ...(value as object), header },
    ]);
    return Response.create(Object.fromEntries(fields) as Partial<Response>);
  }

  #watch(environment: MemberEnvironment, receiver: WatchClient): WatchSession {
    let next = 0;
    let prefix = "";
    let open = true;
    const wake = (): void => {
      if (open) environment.timers.start(wake, 20);
      for (; next > 0 && next <= this.revision; next++) {
        if (this.lies.lostEvents && next % 50 === 0) continue;
        const events = (this.#log[next] ?? []).filter(({ kv }) =>
          toText(kv?.key ?? new Uint8Array()).startsWith(prefix),
        );
        if (events.length === 0) continue;
        const header = ResponseHeader.create({ revision: this.revision });
        receiver.response(WatchResponse.encode(WatchResponse.create({ header, events })));
      }
    };
    return {
      request: (bytes) => {
        const { createRequest } = WatchRequest.decode(bytes);
        if (createRequest === undefined) return;
        next = Math.max(1, createRequest.startRevision);
        prefix = createRequest.key[0] === 0 ? "" : toText(createRequest.key);
        wake();
      },
      sent: () => undefined,
      close: () => {
        open = false;
      },
    };
  }

  #expire(nowMs: number): void {
    for (const [id, { endsAtMs }] of this.#leases) if (endsAtMs <= nowMs) this.#end(id);
  }

  #end(id: bigint): void {
    const lease = this.#leases.get(id);
    this.#leases.delete(id);
    const after = new Map(this.#state());
    const events: Event[] = [];
    for (const key of lease?.keys ?? []) {
      const requestDeleteRange = { key: new TextEncoder().encode(key) };
      this.#step({ ...emptyOp, requestDeleteRange } as RequestOp, after, events);
    }
    this.#commit(after, events);
  }
}

const emptyOp: RequestOp = {
  requestRange: undefined,
  requestPut: undefined,
  requestDeleteRange: undefined,
  requestTxn: undefined,
};
