import type { MemberInputs } from "../../../../src/node/member/inputs.ts";
import type {
  Answer,
  MemberAnswer,
  MemberChange,
  MemberStatus,
} from "../../../../src/rpc/messages.ts";
import type { SimulatedCluster } from "../cluster.ts";
import type { Settled } from "../world/network.ts";
import type { Prng } from "../world/random.ts";
import type { World } from "../world/world.ts";

const pauseUs = 500_000;
const askBound = 6;

/** How the operator behaves; means of exponential times. */
export interface Operations {
  /** Between two changes of the configuration; 0 for none but replacements. */
  readonly changeEveryUs: number;
  readonly moveLeaderEveryUs: number;
  readonly minVoters: number;
  readonly maxMembers: number;
}

/**
 * The person who runs the cluster: adds members as learners, promotes them, removes some, moves
 * leadership, and replaces a member that is broken. One change at a time, each repeated until it is
 * answered.
 */
export class Operator {
  readonly #world: World;
  readonly #cluster: SimulatedCluster;
  readonly #random: Prng;
  readonly #operations: Operations;
  #stopped = false;
  #nextId: number;
  #learners: readonly number[] = [];
  #voters: readonly number[] = [];
  /** Members that say they are broken: to be removed, and others added in their place. */
  readonly broken = new Set<number>();
  changes = 0;
  moves = 0;
  refused = 0;

  constructor(world: World, cluster: SimulatedCluster, operations: Operations) {
    this.#world = world;
    this.#cluster = cluster;
    this.#operations = operations;
    this.#random = world.random.fork("operator");
    this.#nextId = Math.max(...cluster.memberIds) + 1;
    this.#look();
    if (operations.changeEveryUs > 0) this.#loop(operations.changeEveryUs, () => this.#change());
    if (operations.moveLeaderEveryUs > 0) {
      this.#loop(operations.moveLeaderEveryUs, () => this.#moveLeader());
    }
  }

  /** No more changes but replacements. */
  stop(): void {
    this.#stopped = true;
  }

  get voters(): readonly number[] {
    return this.#voters;
  }

  get learners(): readonly number[] {
    return this.#learners;
  }

  #loop(everyUs: number, run: () => void): void {
    this.#world.scheduler.after(this.#random.exponential(everyUs), () => {
      if (this.#stopped) return;
      run();
      this.#loop(everyUs, run);
    });
  }

  /** Asks the leader now and then who belongs to the cluster: answers to changes may get lost. */
  #look(): void {
    this.#world.scheduler.after(4 * pauseUs, () => this.#look());
    // The leader may be a member whose addition went unanswered.
    const leader = this.#cluster.leaderId();
    const ids = new Set([...this.#cluster.memberIds, ...(leader === 0 ? [] : [leader])]);
    for (const id of ids) {
      const object = this.#world.object(id);
      const handle = async (member: MemberInputs) => member.status();
      this.#world.network.request("operator", object, handle, (result) => {
        if (result.ok) this.#seen(object.id, result.value);
      });
    }
  }

  #seen(id: number, status: MemberStatus): void {
    const { role, damage, members, voters, learners, phase } = status;
    if (damage !== "" && this.#cluster.harmed.has(id)) this.broken.add(id);
    if (role !== "leader" || phase !== "ready" || members.length === 0) return;
    this.#voters = voters;
    this.#cluster.voterIds = voters;
    this.#learners = learners;
    this.#cluster.memberIds = members.map((member) => member.id);
    this.#mend();
  }

  /** Replaces what is broken, and promotes what was added for it. */
  #mend(): void {
    const [broken] = [...this.broken].filter((id) => this.#cluster.memberIds.includes(id));
    if (broken !== undefined) {
      this.#ask({ kind: "remove", id: broken });
    } else if (this.#voters.length + this.#learners.length < this.#operations.minVoters) {
      this.#add();
    } else {
      const [learner] = this.#learners;
      if (learner !== undefined) this.#ask({ kind: "promote", id: learner });
    }
  }

  #change(): void {
    if (this.#cluster.memberIds.some((id) => this.#cluster.harmed.has(id))) return;
    const { minVoters, maxMembers } = this.#operations;
    const size = this.#cluster.memberIds.length;
    if (size < maxMembers && (this.#random.chance(0.6) || size <= minVoters)) this.#add();
    else if (this.#voters.length > minVoters) {
      this.#ask({ kind: "remove", id: this.#random.pick(this.#voters) });
    }
  }

  #add(): void {
    const id = this.#nextId++;
    const name = `member ${id}`;
    const peerUrls = [`https://m${id}.example`];
    const isLearner = this.#random.chance(0.8);
    this.#ask({ kind: "add", id, name, peerUrls, locationHint: "", isLearner });
  }

  /** Asks until it is done, a few times. */
  #ask(change: MemberChange, attempts = askBound): void {
    const first = attempts === askBound;
    if (first && this.#cluster.changing) return;
    this.#cluster.changing = attempts > 0 && !this.#isDone(change);
    if (!this.#cluster.changing) return;
    const leader = this.#cluster.leaderId();
    const again = (): void => {
      this.#world.scheduler.after(pauseUs, () => this.#ask(change, attempts - 1));
    };
    if (leader === 0) {
      again();
      return;
    }
    const target = this.#world.object(leader);
    const handle = (member: MemberInputs): Promise<MemberAnswer> => member.changeMember(change, "");
    this.#world.say("operator", `${change.kind} ${change.id}`);
    this.#world.network.request("operator", target, handle, (result) => {
      this.#answered(`${change.kind} ${change.id}`, result);
      if (result.ok && result.value.kind === "ok") {
        this.changes += 1;
        this.#cluster.changing = false;
      } else {
        again();
      }
    });
  }

  #isDone({ kind, id }: MemberChange): boolean {
    const { memberIds } = this.#cluster;
    if (kind === "add") return memberIds.includes(id);
    if (kind === "promote") return this.#voters.includes(id);
    return kind === "remove" && !memberIds.includes(id);
  }

  #moveLeader(): void {
    const leader = this.#cluster.leaderId();
    if (leader === 0) return;
    const others = this.#voters.filter((id) => id !== leader);
    const to = others.length === 0 || this.#random.chance(0.3) ? 0 : this.#random.pick(others);
    const target = this.#world.object(leader);
    const handle = (member: MemberInputs): Promise<Answer> => member.moveLeader(to, "");
    this.#world.network.request("operator", target, handle, (result) => {
      this.#answered(`move leader to ${to}`, result);
      if (result.ok && result.value.kind === "ok") this.moves += 1;
    });
  }

  #answered(what: string, result: Settled<Answer | MemberAnswer>): void {
    const { value } = result.ok ? result : { value: undefined };
    const reason = value?.kind === "error" ? `: ${value.message}` : "";
    const text = result.ok ? `${value?.kind}${reason}` : result.error.message;
    this.#world.say("operator", `${what}: ${text}`);
    if (result.ok && result.value.kind === "error") this.refused += 1;
  }
}
