import { sumOf } from "../../support/counts.ts";
import type { MemberFactory } from "../../support/member-factory.ts";
import { checkHistories } from "./check/histories.ts";
import { convergenceProblem, type Health, healthText } from "./check/liveness.ts";
import { RaftWitness } from "./check/raft/witness.ts";
import { Clients } from "./clients/clients.ts";
import { Operator } from "./clients/operator.ts";
import { simulatedWays } from "./clients/simulated-ways.ts";
import { SimulatedCluster } from "./cluster.ts";
import { type Planned, planFaults } from "./faults/fault.ts";
import { type FaultKind, faults } from "./faults/index.ts";
import { napping, type Profile, type ProfileName, profiles } from "./profiles.ts";
import { Prng } from "./world/random.ts";
import { type Violation, World } from "./world/world.ts";

const second = 1_000_000;
/** Within this a cluster without faults must have a leader, and later be whole again. */
const birthLimitUs = 60 * second;
const recoveryLimitUs = 60 * second;

export interface RunOptions {
  readonly seed: number;
  readonly profile: ProfileName;
  readonly factory: MemberFactory;
  /** Simulated seconds with clients and faults. */
  readonly seconds: number;
  /** Its cluster sleeps, too, whatever the profile. */
  readonly naps?: boolean;
  /** Only the first so many faults of the plan happen. */
  readonly faultLimit?: number;
  /** Gets every line of the trace. */
  readonly sink?: (line: string) => void;
  /** Gets every transition of raft, as etcd-io/raft's trace validation reads them: NDJSON. */
  readonly raftSink?: (line: string) => void;
}

export interface RunFigures {
  readonly simulatedSeconds: number;
  readonly operations: number;
  readonly answered: number;
  readonly unknown: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly faultCount: number;
  readonly elections: number;
  readonly restarts: number;
  readonly snapshotsShipped: number;
  readonly changes: number;
  readonly leases: number;
  readonly revisions: number;
}

export interface RunResult {
  readonly seed: number;
  readonly profile: ProfileName;
  readonly naps: boolean;
  readonly violations: readonly Violation[];
  readonly traceHash: string;
  readonly tail: readonly string[];
  readonly figures: RunFigures;
  /** Faults of the plan that had begun when the run ended. */
  readonly begun: number;
}

/** Runs one seed of one profile from birth to the last check. */
export async function runSeed(options: RunOptions): Promise<RunResult> {
  const run = new Run(options);
  try {
    await run.all();
    return run.result();
  } finally {
    run.world.close();
  }
}

class Run {
  readonly options: RunOptions;
  readonly profile: Profile;
  readonly world: World;
  readonly #random: Prng;
  readonly #cluster: SimulatedCluster;
  readonly #witness: RaftWitness;
  readonly #plan: readonly Planned[];
  readonly #counts: Record<string, number> = {};
  /** Ends of the faults that last. */
  readonly #lasting = new Set<() => void>();
  #begun = 0;
  #clients: Clients | undefined;
  #operator: Operator | undefined;
  #revisions = 0;

  constructor(options: RunOptions) {
    this.options = options;
    const profile: Profile = profiles[options.profile];
    this.profile = options.naps ? napping(profile) : profile;
    const name = `${options.profile}/${options.seed}`;
    this.#random = new Prng(name);
    const size = this.#random.fork("size").pick(this.profile.sizes);
    const ids = Array.from({ length: size }, (_, i) => i + 1);
    this.world = new World({
      seed: name,
      factory: options.factory,
      commitMeanUs: this.profile.commitMeanUs,
      member: {
        cluster: "default",
        topology: ids.map((id) => ({ id, locationHint: "" })),
        tuning: this.profile.tuning,
      },
      ...(options.sink === undefined ? {} : { sink: options.sink }),
    });
    const places = Array.from({ length: this.profile.clients }, (_, i) => `c${i + 1}`);
    this.#cluster = new SimulatedCluster(this.world, ids, places);
    this.#placeAll(ids, places);
    this.#witness = new RaftWitness(this.world);
    this.#cluster.leaderId = () => this.#witness.leaderId;
    const { raftSink } = options;
    if (raftSink !== undefined) {
      this.#witness.traceEvent = (event) => raftSink(JSON.stringify({ tag: "trace", event }));
    }
    this.#witness.onInstalled = (id) => {
      for (const tell of this.#cluster.onInstalled) tell(id);
    };
    this.#cluster.onWiped = (id) => this.#witness.wiped(id);
    const untilUs = options.seconds * second;
    const plan = planFaults(this.#random, this.profile.rates, 0, untilUs);
    this.#plan = plan.slice(0, options.faultLimit ?? plan.length);
  }

  async all(): Promise<void> {
    await this.#birth();
    if (this.#failed) return;
    const fromUs = this.world.scheduler.nowUs;
    this.#clients = this.#newClients();
    this.#operator = new Operator(this.world, this.#cluster, {
      ...this.profile.operations,
      minVoters: Math.min(this.profile.operations.minVoters, this.#cluster.memberIds.length),
    });
    for (const planned of this.#plan) this.#schedule(planned, fromUs);
    await this.world.run(this.options.seconds * second);
    if (this.#failed) return;
    await this.#recover();
    if (this.#failed) return;
    this.#revisions = checkHistories(this.world, this.#clients);
  }

  #newClients(): Clients {
    const { world } = this;
    const members = (): readonly number[] => this.#cluster.memberIds;
    const ways = simulatedWays(world, members);
    const places = this.#cluster.clientPlaces;
    return new Clients({ world, ways, places, members }, this.profile);
  }

  result(): RunResult {
    const { world, options } = this;
    const { seed, profile, naps = false } = options;
    return {
      seed,
      profile,
      naps,
      violations: world.violations,
      traceHash: world.trace.hash,
      tail: world.trace.tail(),
      begun: this.#begun,
      figures: this.#figures(),
    };
  }

  get #failed(): boolean {
    return this.world.violations.length > 0;
  }

  #figures(): RunFigures {
    const { world } = this;
    const history = this.#clients?.history;
    return {
      simulatedSeconds: world.scheduler.nowUs / second,
      operations: history?.operations ?? 0,
      answered: history?.counts.ok ?? 0,
      unknown: history?.counts.unknown ?? 0,
      faults: this.#counts,
      faultCount: sumOf(this.#counts),
      elections: this.#witness.elections.elections,
      restarts: world.objects.reduce((sum, { restarts }) => sum + restarts, 0),
      snapshotsShipped: this.#witness.installed,
      changes: this.#operator?.changes ?? 0,
      leases: this.#clients?.leases ?? 0,
      revisions: this.#revisions,
    };
  }

  /** Members in one region or over several; clients anywhere. */
  #placeAll(ids: readonly number[], clients: readonly string[]): void {
    const random = this.#random.fork("places");
    const spread = random.pick(this.profile.regions);
    const { regions } = this.world.network;
    for (const id of ids) regions.set(`m${id}`, (id - 1) % spread);
    for (const place of clients) regions.set(place, random.below(spread));
  }

  /** Something asks every member how it is, until one leads. */
  async #birth(): Promise<void> {
    const { scheduler } = this.world;
    const limitUs = scheduler.nowUs + birthLimitUs;
    while (this.#witness.leaderId === 0) {
      for (const object of this.#cluster.objects) this.#cluster.poke(object);
      await this.world.run(second);
      if (this.#failed) return;
      if (scheduler.nowUs > limitUs) {
        this.world.violation("liveness", "no leader after birth");
        return;
      }
    }
    const whole = await this.#until(birthLimitUs, (all) => this.#notWhole(all));
    if (whole !== undefined) this.world.violation("liveness", `birth: ${whole}`);
  }

  #notWhole(all: readonly Health[]): string | undefined {
    const voters = Math.max(0, ...all.map(({ status }) => status?.voters.length ?? 0));
    const expected = this.#cluster.memberIds.length;
    return voters === expected ? undefined : `${voters} voters of ${expected}`;
  }

  /** Once every member knows a newer way of applying entries, the cluster takes it up. */
  #notRaised(all: readonly Health[]): string | undefined {
    const known = Math.min(...all.map(({ status }) => status?.formatVersion ?? 0));
    const { highest } = this.#witness.versions;
    // One that sleeps does so when it wakes.
    if (this.profile.tuning.sleepAfterMs > 0) return undefined;
    return highest < known ? `cluster version ${highest}, every member knows ${known}` : undefined;
  }

  #schedule({ kind, ordinal, atUs, durationUs }: Planned, fromUs: number): void {
    this.world.scheduler.at(fromUs + atUs, () => {
      this.#begun += 1;
      const random = this.#random.fork(`fault/${kind}/${ordinal}`);
      const end = faults[kind as FaultKind](this.#cluster, random);
      if (end === false) return;
      this.#counts[kind] = (this.#counts[kind] ?? 0) + 1;
      this.world.say("FAULT", `${kind} for ${(durationUs / second).toFixed(2)} s`);
      if (end === undefined) return;
      const once = (): void => {
        if (!this.#lasting.delete(once)) return;
        this.world.say("FAULT", `${kind} ends`);
        end();
      };
      this.#lasting.add(once);
      this.world.scheduler.after(durationUs, once);
    });
  }

  /** Faults end, clients finish, and the cluster becomes whole within a bounded time. */
  async #recover(): Promise<void> {
    const { world } = this;
    this.#operator?.stop();
    this.#clients?.stop();
    world.scheduler.after(0, () => {
      for (const end of [...this.#lasting]) end();
      for (const object of this.#cluster.objects) this.#cluster.poke(object);
      world.say("FAULT", "all end");
    });
    const clients = this.#clients;
    const problem = await this.#until(recoveryLimitUs, (all) => {
      const waiting = clients?.pending ?? 0;
      if (waiting > 0) return `${waiting} operations without an answer`;
      return (
        convergenceProblem(all, this.profile.tuning) ?? this.#notRaised(all) ?? clients?.behind(all)
      );
    });
    if (problem !== undefined && !this.#failed) world.violation("liveness", problem);
  }

  /** Runs until `problem` finds none, or the time is over: then the last one is returned. */
  async #until(
    limitUs: number,
    problem: (all: readonly Health[]) => string | undefined,
  ): Promise<string | undefined> {
    const endUs = this.world.scheduler.nowUs + limitUs;
    for (;;) {
      const all: Health[] = [];
      for (const object of this.#cluster.objects) {
        const { id } = object;
        const handle = async (member: { status(): NonNullable<Health["status"]> }) =>
          member.status();
        this.world.network.request("checker", object, handle, (result) =>
          all.push({ id, status: result.ok ? result.value : undefined }),
        );
      }
      await this.world.run(second);
      if (this.#failed) return undefined;
      const expected = this.#cluster.objects.length;
      const missing = expected - all.filter(({ status }) => status !== undefined).length;
      const found = missing > 0 ? `${missing} members do not answer` : problem(all);
      if (found === undefined) return undefined;
      if (this.world.scheduler.nowUs <= endUs) continue;
      for (const health of all) this.world.say("HEALTH", healthText(health));
      return found;
    }
  }
}
