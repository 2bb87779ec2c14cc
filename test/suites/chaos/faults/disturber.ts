import type { Planned } from "../../sim/faults/fault.ts";
import type { RealTime } from "../clients/real-time.ts";
import type { ChaosCluster } from "../cluster/cluster.ts";
import { type ChaosFaultKind, chaosFaults, type Harm } from "./faults.ts";
import { Victims } from "./victims.ts";

/** Whoever finds nobody to harm looks again after this. */
const againMs = 200;
const usInMs = 1_000;

/** Carries out a plan of faults, in its order and never before their time. */
export class Disturber {
  readonly #world: RealTime;
  readonly #cluster: ChaosCluster;
  readonly #leader: () => number;
  readonly #lasting = new Set<() => Promise<void>>();
  #stopped = false;
  /** Faults that happened, by kind. */
  readonly counts: Partial<Record<ChaosFaultKind, number>> = {};

  /** @param leader who is thought to lead. */
  constructor(world: RealTime, cluster: ChaosCluster, leader: () => number) {
    this.#world = world;
    this.#cluster = cluster;
    this.#leader = leader;
  }

  /** Resolves when all has begun, or after `stop`. */
  async run(plan: readonly Planned[]): Promise<void> {
    const startMs = this.#world.nowMs;
    for (const planned of plan) {
      await this.#world.sleep(Math.max(0, startMs + planned.atUs / usInMs - this.#world.nowMs));
      if (this.#stopped) return;
      await this.#begin(planned);
    }
  }

  /** Nothing more begins. */
  stop(): void {
    this.#stopped = true;
  }

  /** Ends all that lasts: every process runs again, and nobody is cut off. */
  async endAll(): Promise<void> {
    this.stop();
    await Promise.all([...this.#lasting].map((end) => end()));
    await this.#cluster.tellCuts();
  }

  async #begin({ kind, ordinal, durationUs }: Planned): Promise<void> {
    const fault = chaosFaults[kind as ChaosFaultKind];
    const random = this.#world.random.fork(`fault/${kind}/${ordinal}`);
    let harm: Harm | undefined;
    while (harm === undefined) {
      harm = await fault(new Victims(this.#cluster, this.#leader()), random);
      if (harm === undefined) await this.#world.sleep(againMs);
      if (this.#stopped && harm === undefined) return;
    }
    const { who, end } = harm;
    const name = `${kind} ${ordinal} (${who})`;
    this.counts[kind as ChaosFaultKind] = (this.counts[kind as ChaosFaultKind] ?? 0) + 1;
    this.#world.milestone(`${name}${end ? ` for ${Math.round(durationUs / usInMs)} ms` : ""}`);
    if (end === undefined) return;
    let ending: Promise<void> | undefined;
    const once = (): Promise<void> => {
      ending ??= end().then(() => {
        this.#lasting.delete(once);
        this.#world.milestone(`${name} is over`);
      });
      return ending;
    };
    this.#lasting.add(once);
    this.#world.scheduler.after(durationUs, () => {
      once().catch((error: unknown) => this.#world.violation("harness", `${name}: ${error}`));
    });
  }
}
