import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { MemberStatus } from "../../../src/node/rpc.ts";
import { decodeAnswer, encodeQueryRequest } from "../../../src/node/rpc-codec.ts";
import { RangeRequest } from "../../../src/proto/generated/etcd.ts";
import { Response as KvResponse, Query } from "../../../src/proto/generated/kv.ts";
import { Runtime, type RuntimeOptions } from "../../support/runtime.ts";
import type { FaultMode } from "./worker.ts";

const text = new TextEncoder();
const readable = new TextDecoder();

/** A cluster in workerd, seen by its clients. */
export class RuntimeCluster {
  #runtime: Runtime;

  private constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  static async start(options: Partial<RuntimeOptions> = {}): Promise<RuntimeCluster> {
    const vars = { DEVELOPMENT: "true", ...options.vars };
    return new RuntimeCluster(await Runtime.start({ ...options, vars }));
  }

  get url(): string {
    return this.#runtime.url;
  }

  /** SIGKILL for the whole of workerd, and a new one on the same folder. */
  async restart(): Promise<void> {
    this.#runtime = await this.#runtime.restart();
  }

  kill(): Promise<void> {
    return this.#runtime.kill();
  }

  /** Whether the put was acknowledged; where not, its outcome is open. */
  async put(key: string, value: string): Promise<boolean> {
    try {
      const url = `${this.url}/kv/${encodeURIComponent(key)}`;
      const response = await fetch(url, { method: "PUT", body: value });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      return false;
    }
  }

  /** Puts until one is acknowledged. Returns the milliseconds that took. */
  async putUntilAcknowledged(key: string, value: string, withinMs = 20_000): Promise<number> {
    const begun = performance.now();
    while (!(await this.put(key, value))) {
      const elapsed = performance.now() - begun;
      assert.ok(elapsed < withinMs, `nothing acknowledged within ${elapsed} ms`);
      await sleep(20);
    }
    return performance.now() - begun;
  }

  /** The value, undefined where there is none. Tries again while there is no leader. */
  async get(key: string): Promise<string | undefined> {
    for (let tries = 0; ; tries++) {
      const response = await fetch(`${this.url}/kv/${encodeURIComponent(key)}`);
      const body = await response.text();
      if (response.status === 200) return body;
      if (response.status === 404) return undefined;
      assert.ok(tries < 20, `${response.status}: ${body}`);
      await sleep(250);
    }
  }

  async deletePrefix(prefix: string): Promise<boolean> {
    try {
      const key = Buffer.from(prefix).toString("base64");
      const end = Buffer.from(`${prefix}\xff`, "latin1").toString("base64");
      const body = JSON.stringify({ key, range_end: end });
      const url = `${this.url}/v3/kv/deleterange`;
      const response = await fetch(url, { method: "POST", body });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      return false;
    }
  }

  /** How many keys begin with the prefix, as one linearizable read sees them. */
  async count(prefix: string): Promise<number> {
    const key = Buffer.from(prefix).toString("base64");
    const end = Buffer.from(`${prefix}\xff`, "latin1").toString("base64");
    const body = JSON.stringify({ key, range_end: end, count_only: true });
    const response = await fetch(`${this.url}/v3/kv/range`, { method: "POST", body });
    const answer = (await response.json()) as { count?: string };
    assert.equal(response.status, 200, JSON.stringify(answer));
    return Number(answer.count ?? 0);
  }

  async statuses(): Promise<MemberStatus[]> {
    const response = await fetch(`${this.url}/cluster`);
    const body = await response.text();
    assert.equal(response.status, 200, body);
    return (JSON.parse(body) as { members: MemberStatus[] }).members;
  }

  /** Waits until so many members are voters and each has applied what all have. */
  async settled(members = 3, withinMs = 30_000): Promise<MemberStatus[]> {
    const begun = performance.now();
    for (;;) {
      const all = await this.statuses().catch(() => []);
      const ready = all.filter(({ phase, role }) => phase === "ready" && role !== "learner");
      const applied = new Set(ready.map(({ appliedIndex }) => appliedIndex));
      if (ready.length === members && applied.size === 1) return ready;
      const elapsed = performance.now() - begun;
      assert.ok(elapsed < withinMs, `not settled: ${JSON.stringify(all)}`);
      await sleep(100);
    }
  }

  // With the test entrance only.

  async fault(member: number, mode: FaultMode): Promise<void> {
    // The member may be gone before it has answered: that is the fault.
    await fetch(`${this.url}/test/fault?member=${member}&mode=${mode}`, { method: "POST" });
    await sleep(50);
  }

  async status(member: number): Promise<MemberStatus> {
    const response = await fetch(`${this.url}/test/status?member=${member}`, { method: "POST" });
    const body = await response.text();
    assert.equal(response.status, 200, body);
    return JSON.parse(body) as MemberStatus;
  }

  /** A read through one member. */
  async getFrom(
    member: number,
    key: string,
    consistency: "linearizable" | "serializable",
  ): Promise<string | undefined> {
    const range = RangeRequest.create({ key: text.encode(key) });
    const query = Query.encode(Query.create({ format: 1, range }));
    const body = encodeQueryRequest({ query, consistency, token: "", timeoutMs: 5_000 });
    const response = await fetch(`${this.url}/test/query?member=${member}`, {
      method: "POST",
      body: body as Uint8Array<ArrayBuffer>,
    });
    assert.equal(response.status, 200);
    const answer = decodeAnswer(new Uint8Array(await response.arrayBuffer()));
    assert.equal(answer.kind, "ok");
    if (answer.kind !== "ok") return undefined;
    const [kv] = KvResponse.decode(answer.response).range?.kvs ?? [];
    return kv === undefined ? undefined : readable.decode(kv.value);
  }
}
