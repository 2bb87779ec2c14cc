import type { Prng } from "../../sim/world/random.ts";
import type { ChaosCluster } from "../cluster/cluster.ts";
import type { MemberProcess } from "../cluster/process.ts";

/** Who can be harmed now. */
export class Victims {
  readonly cluster: ChaosCluster;
  /** Who was last seen to lead; 0 for nobody. */
  readonly #leader: number;

  constructor(cluster: ChaosCluster, leader: number) {
    this.cluster = cluster;
    this.#leader = leader;
  }

  /** All processes, where all of them run. */
  get all(): readonly MemberProcess[] {
    const running = this.cluster.processes.filter(({ state }) => state === "up");
    return running.length === this.cluster.processes.length ? running : [];
  }

  /** A member of a process that runs: often the leader. */
  member(random: Prng): number | undefined {
    const running = this.cluster.processes.filter(({ state }) => state === "up");
    const members = running.flatMap((one) => one.members);
    const wanted = random.chance(0.5) ? this.#leader : 0;
    const any = random.fraction();
    return members.includes(wanted) ? wanted : members[Math.floor(any * members.length)];
  }

  process(random: Prng): MemberProcess | undefined {
    const member = this.member(random);
    return member === undefined ? undefined : this.cluster.home(member);
  }
}
