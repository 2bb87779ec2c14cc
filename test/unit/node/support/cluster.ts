import assert from "node:assert/strict";
import type { MemberInputs } from "../../../../src/node/member/inputs.ts";
import { Member } from "../../../../src/node/member/member.ts";
import {
  type CallBody,
  type CallResponse,
  decodeCallResponse,
  type Envelope,
  encodeCall,
} from "../../../../src/node/peers/frame-codec.ts";
import type { PeerMethod } from "../../../../src/node/world/environment.ts";
import { defaultTuning, type Tuning } from "../../../../src/node/world/tuning.ts";
import {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  type RangeResponse,
} from "../../../../src/proto/generated/etcd.ts";
import { Query, Request, Response } from "../../../../src/proto/generated/kv.ts";
import type { Snapshot } from "../../../../src/proto/raftpb.ts";
import type { Answer, Consistency, MemberStatus } from "../../../../src/rpc/messages.ts";
import { parseTopology, type Topology } from "../../../../src/rpc/topology.ts";
import { decodeSnapRecord } from "../../../../src/storage/snap/record.ts";
import { World } from "../../../suites/sim/world/world.ts";
import type { MemberFactory } from "../../../support/member-factory.ts";

const text = new TextEncoder();
const readable = new TextDecoder();

export interface ClusterOptions {
  readonly members?: number;
  readonly tuning?: Partial<Tuning>;
  readonly seed?: string;
  readonly commitMeanUs?: number;
  readonly sink?: (line: string) => void;
  readonly factory?: MemberFactory;
}

/** Members in the simulator's world, without faults but those that a test makes. */
export class Cluster {
  readonly world: World;
  readonly tuning: Tuning;
  #requests = 0;
  #topology: Topology;

  constructor(options: ClusterOptions = {}) {
    const { members = 3, tuning = {}, seed = "host", commitMeanUs = 2_000, sink } = options;
    this.tuning = { ...defaultTuning, ...tuning };
    this.#topology = parseTopology(`${members}`, "");
    this.world = new World({
      seed,
      factory: (environment, given) => {
        const member = { ...given, topology: this.#topology };
        return options.factory?.(environment, member) ?? new Member(environment, member);
      },
      member: { cluster: "default", topology: this.#topology, tuning: this.tuning },
      commitMeanUs,
      ...(sink === undefined ? {} : { sink }),
    });
  }

  /** Runs until the promise settles; fails where the world finds something wrong meanwhile. */
  async until<T>(promise: Promise<T>, forMs = 30_000): Promise<T> {
    let settled: { value?: T; error?: unknown } | undefined;
    promise.then(
      (value) => {
        settled = { value };
      },
      (error: unknown) => {
        settled = { error };
      },
    );
    const endMs = this.world.scheduler.nowMs + forMs;
    while (settled === undefined && this.world.scheduler.nowMs < endMs) {
      await this.run(1);
    }
    if (settled === undefined) assert.fail(`not settled after ${forMs} ms of simulated time`);
    if ("error" in settled) throw settled.error;
    return settled.value as T;
  }

  /** Runs until the condition holds. */
  async when(what: string, holds: () => boolean, forMs = 30_000): Promise<void> {
    const endMs = this.world.scheduler.nowMs + forMs;
    while (!holds()) {
      if (this.world.scheduler.nowMs >= endMs) assert.fail(`not within ${forMs} ms: ${what}`);
      await this.run(5);
    }
  }

  async run(forMs: number): Promise<void> {
    await this.world.run(forMs * 1_000);
    assert.deepEqual(this.world.violations, []);
  }

  /** One request to a member, over the network. */
  ask<T>(id: number, handle: (member: MemberInputs) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.world.network.request("client", this.world.object(id), handle, (result) => {
        if (result.ok) resolve(result.value);
        else reject(result.error);
      });
    });
  }

  propose(id: number, request: Uint8Array, timeoutMs = 10_000): Promise<Answer> {
    return this.ask(id, (member) => member.propose({ request, token: "", timeoutMs }));
  }

  put(id: number, key: string, value: string): Promise<Answer> {
    const put = PutRequest.create({ key: text.encode(key), value: text.encode(value) });
    return this.propose(id, this.request({ put }));
  }

  delete(id: number, key: string, rangeEnd = ""): Promise<Answer> {
    const end = text.encode(rangeEnd);
    const deleteRange = DeleteRangeRequest.create({ key: text.encode(key), rangeEnd: end });
    return this.propose(id, this.request({ deleteRange }));
  }

  /** An encoded request with an id of its own. */
  request(body: Partial<Request>): Uint8Array {
    this.#requests += 1;
    const requestId = text.encode(String(this.#requests).padStart(16, "0"));
    return Request.encode(Request.create({ format: 1, requestId, seenIndex: 1, ...body }));
  }

  /** The value of a key, undefined where there is none; the answer's error is thrown. */
  async get(
    id: number,
    key: string,
    consistency: Consistency = "linearizable",
  ): Promise<string | undefined> {
    const [kv] = (await this.range(id, key, consistency)).kvs;
    return kv === undefined ? undefined : readable.decode(kv.value);
  }

  async range(id: number, key: string, consistency: Consistency): Promise<RangeResponse> {
    const answer = await this.until(this.read(id, key, consistency));
    if (answer.kind !== "ok") throw new Error(`${answer.kind}: ${JSON.stringify(answer, plain)}`);
    const { range } = Response.decode(answer.response);
    assert.ok(range);
    return range;
  }

  /** The bare read of a key; does not run the world. */
  read(id: number, key: string, consistency: Consistency): Promise<Answer> {
    const query = Query.create({
      format: 1,
      range: RangeRequest.create({ key: text.encode(key) }),
    });
    const bytes = Query.encode(query);
    const request = { query: bytes, consistency, token: "", timeoutMs: 5_000 };
    return this.ask(id, (member) => member.query(request));
  }

  status(id: number): Promise<MemberStatus> {
    return this.until(this.ask(id, async (member) => member.status()));
  }

  /** Starts the cluster: all members are voters, and one of them leads. Returns its id. */
  async start(): Promise<number> {
    while ((await this.until(this.put(1, "first", "put"))).kind !== "ok") await this.run(50);
    const ids = this.world.options.member.topology.map(({ id }) => id);
    for (;;) {
      const status = await this.status(1);
      if (status.voters.length === ids.length) break;
      await this.run(50);
    }
    return this.leader();
  }

  /** The member that leads and is known to by itself; waits for one. */
  async leader(among: readonly number[] = []): Promise<number> {
    for (let i = 0; i < 600; i++) {
      for (const object of this.world.objects) {
        if (object.live === undefined || object.down) continue;
        if (among.length > 0 && !among.includes(object.id)) continue;
        const { role } = await this.peek(object.id);
        if (role === "leader") return object.id;
      }
      await this.run(50);
    }
    return assert.fail("no leader within 30 s");
  }

  /** A member's status as it is now, without the network. */
  peek(id: number): Promise<MemberStatus> {
    return this.now(id, (member) => member.status());
  }

  /** Something done in a turn of the member's live instance, without the network. */
  now<T>(id: number, act: (member: MemberInputs) => T): Promise<T> {
    const done = new Promise<T>((resolve) => {
      this.world.scheduler.after(0, () => {
        this.world.object(id).receive((member) => resolve(act(member)));
      });
    });
    return this.until(done);
  }

  /** The fingerprints of members, which must be one where all have applied the same. */
  async fingerprints(ids: readonly number[] = [1, 2, 3]): Promise<Set<string>> {
    const found = new Set<string>();
    for (const id of ids) found.add((await this.peek(id)).fingerprint);
    return found;
  }

  /** The configuration that members which start from now on are given. */
  reconfigure(members: number): void {
    this.#topology = parseTopology(`${members}`, "");
  }

  /** Nothing gets through between a member and the others; clients reach it all the same. */
  cut(id: number): void {
    for (const other of this.world.objects) {
      if (other.id === id) continue;
      const [a, b] = [this.world.object(id).place, other.place];
      for (const link of [this.world.network.link(a, b), this.world.network.link(b, a)]) {
        link.cut();
      }
      this.world.network.resetSockets(a, b);
    }
  }

  heal(): void {
    for (const link of this.world.network.links) if (link.blocked) link.mend();
  }

  /** Waits until a member has applied what the leader has. */
  async caughtUp(id: number): Promise<void> {
    for (let i = 0; i < 600; i++) {
      const { commitIndex } = await this.peek(await this.leader());
      if ((await this.peek(id)).appliedIndex >= commitIndex) return;
      await this.run(50);
    }
    assert.fail(`member ${id} did not catch up within 30 s`);
  }

  /** The newest snapshot that a member has. */
  newestSnapshot(id: number): Promise<Snapshot> {
    return this.now(id, (member) => {
      const [newest] = member.status().snapshots;
      assert.ok(newest);
      const query = "SELECT data FROM snap WHERE name = ? ORDER BY part";
      const { sql } = this.world.object(id).database;
      const { data } = sql.exec<{ data: ArrayBuffer }>(query, newest.name).one();
      return decodeSnapRecord(newest.name, new Uint8Array(data));
    });
  }

  /** A call that says it comes from a member, as it would say it. */
  async callAs(
    from: number,
    to: number,
    method: PeerMethod,
    body: CallBody,
    changed: Partial<Envelope> = {},
  ): Promise<CallResponse> {
    const envelope = await this.envelope(from, to, changed);
    const call = encodeCall(envelope, body);
    return decodeCallResponse(await this.until(this.ask(to, (m) => m.peerCall(method, call))));
  }

  async envelope(from: number, to: number, changed: Partial<Envelope> = {}): Promise<Envelope> {
    const sender = await this.peek(from);
    const receiver = await this.peek(to);
    return {
      cluster: sender.header.clusterId.toString(16).padStart(16, "0"),
      ...{ from, fromInstance: sender.instanceId, to, toInstance: receiver.instanceId },
      ...changed,
    };
  }

  /** The promise, settled in a turn of a member: what follows from it there may act. */
  inTurnOf<T>(id: number, promise: Promise<T>): Promise<T> {
    const { scheduler } = this.world;
    const enter = (run: () => void) =>
      void scheduler.after(0, () => this.world.object(id).live?.enter(run));
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => enter(() => resolve(value)),
        (error: Error) => enter(() => reject(error)),
      );
    });
  }

  close(): void {
    this.world.close();
  }
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}
