import { defaultTuning } from "../../../src/node/world/tuning.ts";
import { sumOf } from "../../support/counts.ts";
import { checkHistories } from "../sim/check/histories.ts";
import type { TxnInput } from "../sim/check/kv-model.ts";
import { convergenceProblem, type Health, healthText } from "../sim/check/liveness.ts";
import { Clients, type Load } from "../sim/clients/clients.ts";
import { decodeOutput, encodeReads } from "../sim/clients/codec.ts";
import type { Outcome } from "../sim/clients/front.ts";
import { History } from "../sim/clients/history.ts";
import type { Planned } from "../sim/faults/fault.ts";
import type { Violation } from "../sim/world/world.ts";
import { HttpFront, unclear } from "./clients/http-front.ts";
import { RealTime } from "./clients/real-time.ts";
import { RealWays } from "./clients/real-ways.ts";
import { ChaosCluster, type Layout } from "./cluster/cluster.ts";
import { Disturber } from "./faults/disturber.ts";
import type { ChaosFaultKind } from "./faults/faults.ts";
import { type Pace, planRound } from "./faults/plan.ts";
import { Lookout } from "./lookout.ts";
import type { MistakeName } from "./worker/broken.ts";

/** Within these a cluster without faults must be whole. */
const birthMs = 60_000;
const recoveryMs = 90_000;
const pollMs = 200;
const tellMs = 15_000;
const readBackUs = 30_000_000;

export interface RoundOptions {
  readonly seed: number;
  readonly layout: Layout;
  readonly members: number;
  readonly clients: number;
  /** With clients and faults. */
  readonly seconds: number;
  readonly pace: Pace;
  /** The longest TTL of a lease; the cluster is not whole before the last one has ended. */
  readonly leaseSeconds: number;
  readonly mistake?: MistakeName;
  /** Gets a line now and then. */
  readonly progress?: (line: string) => void;
}

export interface RoundFigures {
  readonly seconds: number;
  readonly operations: number;
  readonly answered: number;
  readonly unknown: number;
  readonly faults: Readonly<Partial<Record<ChaosFaultKind, number>>>;
  readonly planned: number;
  readonly elections: number;
  readonly starts: number;
  readonly instances: number;
  readonly snapshotsShipped: number;
  readonly leases: number;
  readonly revisions: number;
  readonly compared: number;
}

export interface RoundResult {
  readonly options: RoundOptions;
  readonly violations: readonly Violation[];
  readonly figures: RoundFigures;
  readonly planned: readonly Planned[];
  /** All that was seen, for whoever wants to know how it came to a violation. */
  readonly world: RealTime;
  readonly seen: Pick<Clients, "history" | "watchLogs">;
}

const nothingSeen = { history: new History(), watchLogs: [], leases: 0 };

const workload: Load["workload"] = {
  lanes: 2,
  mostPending: 8,
  families: 6,
  keysPerFamily: 3,
  thinkUs: 120_000,
  burst: [1, 1],
  timeoutUs: 5_000_000,
  readsAnywhere: 0.3,
  valueBytes: 40,
};
/** Few compactions: of what is compacted before they come to it, watchers can tell nothing. */
const load = { watchers: 4, leaseholders: 2, compactEveryUs: 25_000_000, workload };
const snapshotCount = 100;

/** One cluster from its birth to the last check. */
export async function runRound(options: RoundOptions): Promise<RoundResult> {
  const { members, layout, mistake = "" } = options;
  const cluster = await ChaosCluster.start({ members, layout, mistake, snapshotCount });
  const round = new Round(options, cluster);
  try {
    await round.all();
  } finally {
    await round.end();
  }
  return round.result();
}

class Round {
  readonly #options: RoundOptions;
  readonly #world: RealTime;
  readonly #cluster: ChaosCluster;
  readonly #ways: RealWays;
  readonly #lookout: Lookout;
  readonly #disturber: Disturber;
  readonly #places: readonly string[];
  #clients: Clients | undefined;
  #planned: readonly Planned[] = [];
  #revisions = 0;

  constructor(options: RoundOptions, cluster: ChaosCluster) {
    this.#options = options;
    this.#cluster = cluster;
    this.#world = new RealTime(`chaos/${options.layout}/${options.seed}`);
    this.#ways = new RealWays(this.#world, cluster);
    this.#lookout = new Lookout(this.#world, cluster);
    this.#disturber = new Disturber(this.#world, cluster, () => this.#lookout.leader);
    this.#places = Array.from({ length: options.clients }, (_, i) => `c${i + 1}`);
  }

  async all(): Promise<void> {
    await this.#whole("birth", birthMs, (all) => this.#unborn(all));
    if (this.#failed) return;
    const clients = this.#newClients();
    this.#clients = clients;
    await this.#disturb();
    await this.#recover(clients);
    if (!this.#failed) await this.#readBack(clients);
    this.#revisions = checkHistories(this.#world, clients);
  }

  async end(): Promise<void> {
    this.#ways.end();
    await this.#lookout.end();
    this.#world.end();
    await this.#cluster.end();
  }

  result(): RoundResult {
    const world = this.#world;
    const { history, watchLogs, leases } = this.#clients ?? nothingSeen;
    return {
      options: this.#options,
      violations: world.violations,
      planned: this.#planned,
      world,
      seen: { history, watchLogs },
      figures: {
        seconds: world.nowMs / 1_000,
        operations: history.operations,
        answered: history.counts.ok,
        unknown: history.counts.unknown,
        faults: this.#disturber.counts,
        planned: this.#planned.length,
        elections: this.#lookout.elections,
        starts: this.#cluster.processes.reduce((sum, { starts }) => sum + starts, 0),
        instances: instancesOf(history),
        snapshotsShipped: this.#lookout.snapshotsShipped,
        leases,
        revisions: this.#revisions,
        compared: this.#lookout.compared,
      },
    };
  }

  get #failed(): boolean {
    return this.#world.violations.length > 0;
  }

  #newClients(): Clients {
    const { members } = this.#cluster;
    const [world, ways, places] = [this.#world, this.#ways, this.#places];
    return new Clients(
      { world, ways, places, members: () => members },
      { ...load, leaseTtls: [2, this.#options.leaseSeconds] },
    );
  }

  /** Faults as planned, until the time is over and all have begun, or something is wrong. */
  async #disturb(): Promise<void> {
    const { layout, seconds, pace } = this.#options;
    const world = this.#world;
    const plan = planRound(world.random.fork("plan"), layout, seconds * 1_000, pace);
    this.#planned = plan;
    const [startMs, lengthMs] = [world.nowMs, seconds * 1_000];
    let begun = false;
    const running = this.#disturber.run(plan).then(() => {
      begun = true;
    });
    const goesOn = (): boolean => {
      const passedMs = world.nowMs - startMs;
      return passedMs < lengthMs || (!begun && passedMs < 3 * lengthMs);
    };
    for (let toldMs = startMs; goesOn() && !this.#failed; ) {
      await world.sleep(pollMs);
      if (world.nowMs < toldMs + tellMs) continue;
      toldMs += tellMs;
      this.#options.progress?.(this.#progress());
    }
    this.#disturber.stop();
    await running;
  }

  #progress(): string {
    const { answered, unknown, faults, elections } = this.result().figures;
    const all = sumOf(faults);
    const seconds = Math.round(this.#world.nowMs / 1_000);
    const operations = `${answered} operations answered, ${unknown} unknown`;
    return `  ${seconds} s: ${operations}, ${all} faults, ${elections} elections`;
  }

  /** Nothing is wrong any more: all operations get an answer, and the cluster becomes whole. */
  async #recover(clients: Clients): Promise<void> {
    clients.stop();
    await this.#disturber.endAll();
    this.#world.milestone("all faults are over");
    await this.#whole("recovery", recoveryMs, (all) => this.#unrecovered(all, clients));
  }

  /** Everything is killed once more, and then read: what was acknowledged must be there. */
  async #readBack(clients: Clients): Promise<void> {
    const world = this.#world;
    await Promise.all(this.#cluster.processes.map((one) => one.kill()));
    world.milestone("everything is killed for the last time");
    await Promise.all(this.#cluster.processes.map((one) => one.start()));
    for (const door of this.#cluster.doors) {
      const front = new HttpFront(world, `reader ${door}`, [door]);
      for (let at = 0; at < workload.families; at++) {
        const family = `f${at}`;
        const name = `final reading of ${family}`;
        const callAt = world.nowUs;
        const input = readingOf(family);
        const outcome = await new Promise<Outcome>((done) => {
          const query = encodeReads(input);
          front.query({ query, consistency: "linearizable" }, readBackUs, done);
        });
        if (outcome.kind !== "ok") {
          world.violation("liveness", `${name}: ${JSON.stringify(outcome)}`);
          return;
        }
        const output = decodeOutput(input, outcome.response);
        const times = { callAt, returnAt: world.nowUs };
        const asked = { name, client: "reader", reading: "linearizable", writes: false } as const;
        clients.history.answered(family, { ...asked, input, output, ...times, by: outcome.by });
      }
    }
    await this.#whole("restart", recoveryMs, (all) => this.#unrecovered(all, clients));
  }

  #unborn(all: readonly Health[]): string | undefined {
    const voters = Math.max(0, ...all.map(({ status }) => status?.voters.length ?? 0));
    if (voters < this.#cluster.members.length) return `${voters} voters`;
    return this.#unwhole(all);
  }

  #unwhole(all: readonly Health[]): string | undefined {
    const silent = all.filter(({ status }) => status === undefined);
    if (silent.length > 0) return `${silent.length} members do not answer`;
    return convergenceProblem(all, defaultTuning);
  }

  #unrecovered(all: readonly Health[], clients: Clients): string | undefined {
    if (clients.pending > 0) return `${clients.pending} operations without an answer`;
    return this.#unwhole(all) ?? clients.behind(all);
  }

  /** Waits until `problem` finds none; where it takes too long, that is a violation. */
  async #whole(
    when: string,
    limitMs: number,
    problem: (all: readonly Health[]) => string | undefined,
  ): Promise<void> {
    const world = this.#world;
    const endMs = world.nowMs + limitMs;
    for (;;) {
      if (when === "birth") await fetch(`${this.#cluster.doors[0]}/cluster`);
      const all = await this.#lookout.look();
      const found = problem(all);
      if (found === undefined || this.#failed) break;
      if (world.nowMs > endMs) {
        for (const health of all) world.milestone(healthText(health));
        world.violation("liveness", `${when}, after ${limitMs} ms: ${found}`);
        return;
      }
      await world.sleep(pollMs);
    }
    world.milestone(`${when} is complete`);
  }
}

/** How many instances of members were heard of. */
function instancesOf({ answers }: History): number {
  return new Set(answers.map(({ by }) => by).filter((by) => !by.startsWith(unclear))).size;
}

function readingOf(family: string): TxnInput {
  const success = Array.from({ length: workload.keysPerFamily }, (_, i) => {
    return { kind: "get", key: `${family}/${i}` } as const;
  });
  return { compares: [], success, failure: [] };
}
