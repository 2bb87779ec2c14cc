/** A cluster on workerd with the deployed bundle, and all that can be measured of it. */
import { cpSync } from "node:fs";
import type { MemberStatus } from "../../../../src/rpc/messages.ts";
import { b } from "../../../support/base64.ts";
import { Runtime, temporaryFolder } from "../../../support/runtime.ts";
import { Bystander } from "./bystander.ts";
import { type Answered, type Asked, ask, sleep } from "./http.ts";
import { Isolate } from "./isolate.ts";
import {
  cpuSecondsOf,
  descriptorsOf,
  forgetPeak,
  memoryOf,
  processIn,
  waitedForCoreSeconds,
} from "./process.ts";
import { countStorage, type StorageCount } from "./storage.ts";

export interface TargetOptions {
  readonly vars: Readonly<Record<string, string>>;
  /** Where storage is to be; a new folder where none is given. */
  readonly folder?: string;
  /** Whose storage it begins with: that one must have ended. */
  readonly like?: Target;
  /** What its own clients send. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether its isolate can be looked into. */
  readonly inspected?: boolean;
}

type Headers = Readonly<Record<string, string>>;

const readyMs = 30_000;
const pollMs = 100;

/** A client at this address: what Cloudflare's edge says of whoever sent a request. */
export const from = (address: string): Headers => ({ "cf-connecting-ip": address });
export const stranger = from("198.51.100.66");
const friend = from("203.0.113.9");

export const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });

/** A client's key as JSON has it. */
export const wholeRange = { key: b("k"), range_end: b("l") } as const;

export class Target {
  static #first: Runtime | undefined;
  #runtime: Runtime;
  #pid: number;
  readonly headers: Headers;

  private constructor(runtime: Runtime, headers: Headers) {
    this.#runtime = runtime;
    this.#pid = processIn(runtime.processGroup, "workerd");
    this.headers = headers;
  }

  static async start(options: TargetOptions): Promise<Target> {
    const { vars, folder, like, headers = {}, inspected = false } = options;
    const own = folder ?? temporaryFolder();
    if (like !== undefined) cpSync(like.folder, own, { recursive: true });
    const given = { vars, folder: own, quiet: true, inspected };
    const runtime = await Runtime.start(given, Target.#first);
    Target.#first ??= runtime;
    return new Target(runtime, { ...friend, ...headers });
  }

  get url(): string {
    return this.#runtime.url;
  }

  get folder(): string {
    return this.#runtime.options.folder;
  }

  /** Never rejects: an answer that did not come has the status 0. */
  ask(path: string, asked: Asked = {}): Promise<Answered> {
    const headers = { ...this.headers, ...asked.headers };
    return ask(`${this.url}${path}`, { ...asked, headers });
  }

  post(path: string, body: unknown = {}, asked: Asked = {}): Promise<Answered> {
    return this.ask(path, { ...asked, method: "POST", body: JSON.stringify(body) });
  }

  /** The JSON of an answer. Throws for any other than 200: only for what makes no attack. */
  async must<T>(path: string, body: unknown = {}, asked: Asked = {}): Promise<T> {
    const { status, text } = await this.post(path, body, asked);
    if (status !== 200) throw new Error(`${path}: ${status} ${text.slice(0, 300)}`);
    return JSON.parse(text) as T;
  }

  put(key: string, value: string, timeoutMs = readyMs): Promise<Answered> {
    return this.post("/v3/kv/put", { key: b(key), value: b(value) }, { timeoutMs });
  }

  /** Milliseconds until a put was taken, tried again and again; undefined where none was. */
  async untilPut(deadlineMs: number, headers: Headers = {}): Promise<number | undefined> {
    const put = { method: "PUT", body: "v", timeoutMs: deadlineMs, headers };
    return this.until(deadlineMs, async () => (await this.ask("/kv/ready", put)).status === 200);
  }

  /** Milliseconds until `holds` did; undefined where it did not within the time. */
  async until(deadlineMs: number, holds: () => Promise<boolean>): Promise<number | undefined> {
    const begun = performance.now();
    while (performance.now() - begun < deadlineMs) {
      if (await holds()) return performance.now() - begun;
      await sleep(pollMs);
    }
    return undefined;
  }

  /** Waits until the cluster takes writes and all its members are voters. */
  async ready(headers: Headers = {}): Promise<void> {
    const put = await this.untilPut(readyMs, headers);
    const voters = await this.until(readyMs, async () => {
      const members = await this.members(headers);
      return members.length === 3 && members.every((member) => member.voters.length === 3);
    });
    if (put === undefined || voters === undefined) throw new Error("the cluster does not start");
  }

  /** What each member says of itself; none where it cannot be asked. */
  async members(headers: Headers = {}): Promise<readonly MemberStatus[]> {
    const { status, text } = await this.ask("/cluster", { headers, timeoutMs: 5_000 });
    if (status !== 200) return [];
    return (JSON.parse(text) as { members: readonly MemberStatus[] }).members;
  }

  /** A gauge of etcd's metrics, all members together; NaN where nobody tells. */
  async gauge(name: string, headers: Headers = {}): Promise<number> {
    const members = await this.members(headers);
    if (members.length === 0) return Number.NaN;
    return members.reduce((sum, { gauges }) => sum + (gauges[name] ?? 0), 0);
  }

  bystander(headers: Headers = {}): Bystander {
    return new Bystander(this.url, { ...this.headers, ...headers });
  }

  /** Of the Worker and the members. Rejects where the target was not started as `inspected`. */
  isolate(): Promise<Isolate> {
    return Isolate.open(this.#runtime.inspectorUrl);
  }

  get cpuSeconds(): number {
    return cpuSecondsOf(this.#pid);
  }

  /** How long it was ready to run, and the machine had no core for it. */
  get waitedForCoreSeconds(): number {
    return waitedForCoreSeconds(this.#pid);
  }

  get residentBytes(): number {
    return memoryOf(this.#pid).residentBytes;
  }

  get peakBytes(): number {
    return memoryOf(this.#pid).peakBytes;
  }

  get descriptors(): number {
    return descriptorsOf(this.#pid);
  }

  get storage(): StorageCount {
    return countStorage(this.folder);
  }

  /** From now on the peak is that of what follows. */
  forgetPeak(): void {
    forgetPeak(this.#pid);
  }

  /** Waits until it does hardly more than its clocks; false where that takes too long. */
  async settle(deadlineMs: number): Promise<boolean> {
    const quiet = { cpuSeconds: 0.15, ms: 300 };
    const settled = await this.until(deadlineMs, async () => {
      const before = this.cpuSeconds;
      await sleep(quiet.ms);
      return this.cpuSeconds - before <= quiet.cpuSeconds;
    });
    return settled !== undefined;
  }

  /** SIGKILL, and the same storage served by a new process. */
  async restart(): Promise<void> {
    this.#runtime = await this.#runtime.restart();
    this.#pid = processIn(this.#runtime.processGroup, "workerd");
  }

  kill(): Promise<void> {
    return this.#runtime.kill();
  }

  stop(): Promise<void> {
    return this.#runtime.stop();
  }
}
