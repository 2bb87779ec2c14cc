import type { MemberStatus } from "../../../src/rpc/messages.ts";
import type { Health } from "../sim/check/liveness.ts";
import type { RealTime } from "./clients/real-time.ts";
import type { ChaosCluster } from "./cluster/cluster.ts";

const everyMs = 300;

/**
 * Asks the members all the time how they are, and holds what they say against each other: one
 * leader in a term (Raft paper, figure 3), and one state at an applied index.
 */
export class Lookout {
  readonly #world: RealTime;
  readonly #cluster: ChaosCluster;
  readonly #leaders = new Map<number, number>();
  readonly #fingerprints = new Map<number, { readonly fingerprint: string; readonly by: number }>();
  readonly #shipped = new Set<string>();
  readonly #looking: Promise<void>;
  #newest: MemberStatus | undefined;
  #ended = false;
  /** Pairs of members that were found at one index. */
  compared = 0;

  constructor(world: RealTime, cluster: ChaosCluster) {
    this.#world = world;
    this.#cluster = cluster;
    this.#looking = this.#look();
  }

  /** Who was last seen to lead; 0 for nobody. */
  get leader(): number {
    return this.#newest?.header.memberId ?? 0;
  }

  /** Terms in which somebody was seen to lead. */
  get elections(): number {
    return this.#leaders.size;
  }

  /** Snapshots of which at least a chunk was seen on its way. */
  get snapshotsShipped(): number {
    return this.#shipped.size;
  }

  /** Resolves when it looks no more. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#looking;
  }

  async look(): Promise<Health[]> {
    const all = await this.#cluster.health();
    for (const { status } of all) if (status !== undefined) this.#seen(status);
    return all;
  }

  async #look(): Promise<void> {
    while (!this.#ended) {
      await this.look();
      for (const snapshot of await this.#cluster.snapshotsShipped()) this.#shipped.add(snapshot);
      await this.#world.sleep(everyMs);
    }
  }

  #seen(status: MemberStatus): void {
    const { header, role, term, appliedIndex, fingerprint, phase } = status;
    const { memberId } = header;
    if (role === "leader") {
      const known = this.#leaders.get(term);
      if (known === undefined) this.#world.milestone(`m${memberId} leads in term ${term}`);
      else if (known !== memberId) {
        this.#world.violation("one leader", `m${known} and m${memberId} lead in term ${term}`);
      }
      this.#leaders.set(term, memberId);
      if (term >= (this.#newest?.term ?? 0)) this.#newest = status;
    }
    if (phase !== "ready") return;
    const known = this.#fingerprints.get(appliedIndex);
    if (known === undefined) {
      this.#fingerprints.set(appliedIndex, { fingerprint, by: memberId });
      return;
    }
    if (known.by !== memberId) this.compared += 1;
    if (known.fingerprint === fingerprint) return;
    const both = `m${memberId} has ${fingerprint}, m${known.by} had ${known.fingerprint}`;
    this.#world.violation("fingerprints", `at ${appliedIndex} ${both}`);
  }
}
