import assert from "node:assert/strict";
import { join } from "node:path";
import type { MemberStatus } from "../../../../src/rpc/messages.ts";
import { Runtime, type RuntimeOptions } from "../../../support/runtime.ts";
import { memberHeader, type SeamReport, type SeamRequest, seamPath } from "../seam/faults.ts";
import { until } from "./until.ts";

const root = join(import.meta.dirname, "../../../..");

/** A member as GET /cluster shows it. */
export type MemberView = Omit<MemberStatus, "header"> & {
  readonly id: number;
  readonly name: string;
  readonly revision: number;
};

export interface ClusterOverview {
  readonly clusterId: string;
  readonly leader: number;
  readonly term: number;
  readonly members: readonly MemberView[];
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** An answer that was none: the status, and what it said. */
export class RefusedError extends Error {
  readonly status: number;

  constructor(what: string, status: number, body: string) {
    super(`${what}: ${status} ${body.slice(0, 300)}`);
    this.status = status;
  }
}

type Vars = Readonly<Record<string, string>>;

const settleMs = 30_000;

/** A cluster on workerd, as its clients see it. */
export class DeployedCluster {
  static readonly #started = new Set<DeployedCluster>();
  #runtime: Runtime;

  private constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** The bundle that is deployed. */
  static deployed(vars: Vars = { DEVELOPMENT: "true" }): Promise<DeployedCluster> {
    return DeployedCluster.#start({ vars });
  }

  /** The bundle whose members can be broken. */
  static breakable(vars: Vars = {}): Promise<DeployedCluster> {
    const configPath = join(root, "test/suites/e2e/wrangler.toml");
    const bundlePath = join(root, "dist/e2e/worker.js");
    return DeployedCluster.#start({ configPath, bundlePath, vars });
  }

  static async #start(options: Partial<RuntimeOptions>): Promise<DeployedCluster> {
    const cluster = new DeployedCluster(await Runtime.start(options));
    DeployedCluster.#started.add(cluster);
    return cluster;
  }

  /** Stops what this process has started and not stopped. */
  static async stopAll(): Promise<void> {
    await Promise.all([...DeployedCluster.#started].map((cluster) => cluster.stop()));
  }

  get url(): string {
    return this.#runtime.url;
  }

  /** Where the objects keep their storage. */
  get folder(): string {
    return this.#runtime.options.folder;
  }

  stop(): Promise<void> {
    DeployedCluster.#started.delete(this);
    return this.#runtime.stop();
  }

  /** SIGKILL. */
  kill(): Promise<void> {
    return this.#runtime.kill();
  }

  /** The same storage, served by a new process. */
  async restart(): Promise<void> {
    this.#runtime = await this.#runtime.restart();
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, init);
  }

  /** The JSON of a successful answer. Throws RefusedError for any other. */
  async ask<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await this.fetch(path, init);
    const text = await response.text();
    if (!response.ok) throw new RefusedError(path, response.status, text);
    return JSON.parse(text) as T;
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.ask<T>(path, { method: "POST", body: JSON.stringify(body) });
  }

  /** The revision of the write. By way of `first`, where one is given. */
  async put(key: string, value: string, first?: number): Promise<number> {
    const headers: Record<string, string> = first ? { [memberHeader]: String(first) } : {};
    const path = `/kv/${encodeURIComponent(key)}`;
    const init = { method: "PUT", body: value, headers };
    return Number((await this.ask<{ revision: string }>(path, init)).revision);
  }

  /** Undefined where there is no such key. */
  async get(key: string, first?: number, query = ""): Promise<string | undefined> {
    const headers: Record<string, string> = first ? { [memberHeader]: String(first) } : {};
    const response = await this.fetch(`/kv/${encodeURIComponent(key)}${query}`, { headers });
    const text = await response.text();
    if (response.status === 404) return undefined;
    if (!response.ok) throw new RefusedError(key, response.status, text);
    return text;
  }

  /** All keys of a prefix, linearizable: nobody must be writing them. */
  async list(prefix: string): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    const from = `/kv/?prefix=${encodeURIComponent(prefix)}`;
    for (let path = from; ; ) {
      const { kvs, more } = await this.ask<{ kvs: readonly KeyValue[]; more: boolean }>(path);
      for (const { key, value } of kvs) found.set(key, value);
      const last = kvs.at(-1);
      if (!more || last === undefined) return found;
      path = `${from}&after=${encodeURIComponent(last.key)}`;
    }
  }

  overview(): Promise<ClusterOverview> {
    return this.ask<ClusterOverview>("/cluster");
  }

  /** The status of one member. Throws where it does not answer. */
  async member(id: number): Promise<MemberView> {
    const found = (await this.overview()).members.find((member) => member.id === id);
    if (found === undefined) throw new Error(`member ${id} does not answer`);
    return found;
  }

  /** Who leads, once somebody does and is obeyed. */
  leader(deadlineMs = settleMs): Promise<number> {
    return until("a leader", deadlineMs, async () => {
      const { leader, members } = await this.overview();
      return members.some(({ id, role }) => id === leader && role === "leader")
        ? leader
        : undefined;
    });
  }

  /** Waits until exactly these members are voters, and all of them run. */
  async voters(ids: readonly number[], deadlineMs = settleMs): Promise<void> {
    await until(`voters ${ids}`, deadlineMs, async () => {
      const { leader, members } = await this.overview();
      const { voters = [], votersOutgoing = [] } = members.find(({ id }) => id === leader) ?? {};
      const same = [...voters].sort().join() === [...ids].sort().join();
      const ready = ids.every((id) => members.find((m) => m.id === id)?.phase === "ready");
      return same && votersOutgoing.length === 0 && ready ? true : undefined;
    });
  }

  /** Waits until these members have applied the same entries; the same state must come of it. */
  async level(ids: readonly number[], deadlineMs = settleMs): Promise<void> {
    const them = await until(`members ${ids} at one index`, deadlineMs, async () => {
      const { members } = await this.overview();
      const them = members.filter(({ id }) => ids.includes(id));
      const indexes = new Set(them.map(({ appliedIndex }) => appliedIndex));
      const ready = them.every(({ phase }) => phase === "ready");
      if (them.length !== ids.length || indexes.size !== 1 || !ready) {
        throw new Error(JSON.stringify(them.map((m) => [m.id, m.phase, m.appliedIndex, m.damage])));
      }
      return them;
    });
    const states = new Set(them.map(({ fingerprint }) => fingerprint));
    assert.equal(states.size, 1, them.map((m) => `${m.id}: ${m.fingerprint}`).join(", "));
  }

  async break(request: SeamRequest): Promise<void> {
    await this.post(seamPath, request);
  }

  seam(members: readonly number[] = []): Promise<SeamReport> {
    return this.ask<SeamReport>(`${seamPath}?members=${members}`);
  }
}
