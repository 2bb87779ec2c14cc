import { join } from "node:path";
import type { MemberStatus } from "../../../../src/rpc/messages.ts";
import { temporaryFolder } from "../../../support/runtime.ts";
import { type SeamReport, type SeamRequest, seamPath } from "../../e2e/seam/faults.ts";
import type { Health } from "../../sim/check/liveness.ts";
import { Prng } from "../../sim/world/random.ts";
import type { Addresses } from "../clients/real-ways.ts";
import type { MistakeName } from "../worker/broken.ts";
import { fromText, memberPaths } from "../worker/paths.ts";
import { freePorts } from "./ports.ts";
import { MemberProcess } from "./process.ts";

const root = join(import.meta.dirname, "../../../..");
const answerMs = 2_000;

/** together: all members in one process, as in one data centre. apart: each in one of its own. */
export type Layout = "together" | "apart";

export interface ChaosClusterOptions {
  readonly members: number;
  readonly layout: Layout;
  readonly mistake: MistakeName | "";
  /** Few, so that whoever was away for a while needs a snapshot. */
  readonly snapshotCount: number;
}

/** A cluster on workerd whose processes and members can be harmed. */
export class ChaosCluster implements Addresses {
  readonly members: readonly number[];
  readonly processes: readonly MemberProcess[];
  readonly #cut = new Set<number>();

  private constructor(members: readonly number[], processes: readonly MemberProcess[]) {
    this.members = members;
    this.processes = processes;
  }

  static async start(options: ChaosClusterOptions): Promise<ChaosCluster> {
    const members = Array.from({ length: options.members }, (_, i) => i + 1);
    const homes = options.layout === "together" ? [members] : members.map((id) => [id]);
    // Not of the seed: two runs of one seed at once must not meet.
    const ports = await freePorts(homes.length, new Prng(`${process.pid} ${performance.now()}`));
    const urls = members.map((id) => {
      const home = homes.findIndex((ids) => ids.includes(id));
      return `http://127.0.0.1:${ports[home]}`;
    });
    const processes = homes.map((ids, i) => {
      const elsewhere = urls.map((url, at) => (ids.includes(at + 1) ? "" : url));
      const vars = {
        MEMBERS: String(options.members),
        DEVELOPMENT: "true",
        PROCESSES: JSON.stringify(elsewhere),
        MISTAKE: options.mistake,
        SNAPSHOT_COUNT: String(options.snapshotCount),
        SNAPSHOT_CATCH_UP_ENTRIES: String(Math.ceil(options.snapshotCount / 4)),
      };
      return new MemberProcess(ids, {
        folder: temporaryFolder(),
        vars,
        bundlePath: join(root, "dist/chaos/worker.js"),
        configPath: join(root, "test/suites/chaos/worker/wrangler.toml"),
        port: ports[i] ?? 0,
      });
    });
    const cluster = new ChaosCluster(members, processes);
    process.once("exit", cluster.#killAtOnce);
    const [first, ...others] = processes;
    await first?.start();
    await Promise.all(others.map((other) => other.start(first)));
    return cluster;
  }

  get doors(): readonly string[] {
    return this.processes.map(({ url }) => url);
  }

  door(member: number): string {
    return this.home(member).url;
  }

  home(member: number): MemberProcess {
    const home = this.processes.find(({ members }) => members.includes(member));
    if (home === undefined) throw new RangeError(`no process for member ${member}`);
    return home;
  }

  /** SIGKILL for all that is left of it. */
  async end(): Promise<void> {
    process.off("exit", this.#killAtOnce);
    await Promise.all(this.processes.map((one) => one.kill()));
  }

  readonly #killAtOnce = (): void => {
    for (const one of this.processes) void one.kill();
  };

  /** What every member says of itself; undefined for those that do not answer soon. */
  health(): Promise<Health[]> {
    return Promise.all(
      this.members.map(async (id): Promise<Health> => {
        const answer = this.#ask(this.home(id), memberPaths.status(id), { method: "POST" });
        const text = await answer.catch(() => undefined);
        return { id, status: text === undefined ? undefined : fromText<MemberStatus>(text) };
      }),
    );
  }

  /** The snapshots of which chunks have passed since the processes were started. */
  async snapshotsShipped(): Promise<string[]> {
    const reports = this.processes.map(async (one) => {
      const text = await this.#ask(one, seamPath, {}).catch(() => `{"chunks":[]}`);
      const { chunks } = JSON.parse(text) as SeamReport;
      return chunks.map(({ from, to, snapshot }) => `${from}>${to} ${snapshot}`);
    });
    return (await Promise.all(reports)).flat();
  }

  /** The member's memory and sockets are lost, as when the platform evicts it. */
  async evict(member: number): Promise<void> {
    await this.#break(this.home(member), { members: [member], reset: true });
  }

  /** Nothing passes between a member and its peers any more; its clients still reach it. */
  async cutOff(member: number): Promise<void> {
    this.#cut.add(member);
    await this.tellCuts();
  }

  async mend(member: number): Promise<void> {
    this.#cut.delete(member);
    await this.tellCuts();
  }

  isCutOff(member: number): boolean {
    return this.#cut.has(member);
  }

  /** Every process that is up knows who is cut off: a new one does not by itself. */
  async tellCuts(): Promise<void> {
    const cut = [...this.#cut];
    const whole = this.members.filter((id) => !this.#cut.has(id));
    const up = this.processes.filter(({ state }) => state === "up");
    const told = up.flatMap((one) => [
      this.#break(one, { members: cut, cutOff: true }),
      this.#break(one, { members: whole, cutOff: false }),
    ]);
    await Promise.all(told);
  }

  async #break(one: MemberProcess, request: SeamRequest): Promise<void> {
    const init = { method: "POST", body: JSON.stringify(request) };
    try {
      await this.#ask(one, seamPath, init);
    } catch (error) {
      // Another fault may have come first.
      if (one.state === "up" && (error as Error).name !== "TimeoutError") throw error;
    }
  }

  async #ask(one: MemberProcess, path: string, init: RequestInit): Promise<string> {
    if (one.state !== "up") throw new Error(`${one.name} is ${one.state}`);
    const signal = AbortSignal.timeout(answerMs);
    const response = await fetch(`${one.url}${path}`, { ...init, signal });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text;
  }
}
