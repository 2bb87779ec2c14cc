import type { MemberInputs } from "../../../../src/node/member/inputs.ts";
import type { Answer } from "../../../../src/rpc/messages.ts";
import type { Settled } from "../world/network.ts";
import type { Prng } from "../world/random.ts";
import type { Done, Front, Outcome, Read } from "./front.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a client asks of a member itself. */
export type Asked = Pick<MemberInputs, "propose" | "query">;

/** An answer, and the instance that gave it. */
export interface Answered {
  readonly answer: Answer;
  readonly by: string;
}

/** One attempt at one member. `settled` is called once, or never where all of it got lost. */
export type Reach = (
  from: string,
  member: number,
  ask: (member: Asked) => Promise<Answer>,
  settled: (result: Settled<Answered>) => void,
) => void;

/** An attempt without an answer after this is given up for another; each client has its own. */
const attemptsUs = [400_000, 1_000_000, 2_500_000] as const;
/** Pauses between attempts double from the one to the other. */
const pauseUs = 200_000;
const longestPauseUs = 1_600_000;

interface Call {
  readonly run: (member: Asked) => Promise<Answer>;
  readonly deadlineUs: number;
  /** An attempt that got no clear answer may have taken effect. */
  readonly writes: boolean;
  readonly done: Done;
  /** Undefined: whoever leads. */
  readonly member: number | undefined;
  unsure: boolean;
  pauseUs: number;
  /** Attempts that were neither answered nor given up. */
  underWay: number;
  finished: boolean;
  timeout: { cancel(): void } | undefined;
}

/** What all that run in one place know together. */
export interface Known {
  /** 0 where nobody is thought to lead. */
  leader: number;
}

/** The front of one client: finds the leader, follows redirects, and repeats what got no answer. */
export class Caller implements Front {
  readonly knowsAgain = true;
  readonly #place: string;
  readonly #world: Surroundings;
  readonly #reach: Reach;
  readonly #random: Prng;
  /** The members that may be asked; kept up to date by whoever changes the configuration. */
  readonly #members: () => readonly number[];
  readonly #attemptUs: number;
  readonly #known: Known;
  seenIndex = 0;
  revision = 0;

  constructor(
    world: Surroundings,
    place: string,
    name: string,
    members: () => readonly number[],
    reach: Reach,
    known: Known = { leader: 0 },
  ) {
    this.#known = known;
    this.#world = world;
    this.#place = place;
    this.#members = members;
    this.#reach = reach;
    this.#random = world.random.fork(`caller/${name}`);
    this.#attemptUs = this.#random.pick(attemptsUs);
  }

  /** Attempts repeat `request` as it is until `timeoutUs` is over. */
  propose(request: Uint8Array, timeoutUs: number, done: Done): void {
    const timeoutMs = Math.ceil(timeoutUs / 1_000);
    const run = (member: Asked): Promise<Answer> =>
      member.propose({ request: request.slice(), token: "", timeoutMs });
    this.#begin({ run, timeoutUs, writes: true, done, member: undefined });
  }

  query({ query, consistency, member }: Read, timeoutUs: number, done: Done): void {
    const timeoutMs = Math.ceil(timeoutUs / 1_000);
    const run = (inputs: Asked): Promise<Answer> =>
      inputs.query({ query: query.slice(), consistency, token: "", timeoutMs });
    this.#begin({ run, timeoutUs, writes: false, done, member });
  }

  #begin(
    call: Omit<Call, "deadlineUs" | "unsure" | "pauseUs" | "underWay" | "finished" | "timeout"> & {
      timeoutUs: number;
    },
  ): void {
    const { scheduler } = this.#world;
    const begun: Call = {
      ...call,
      deadlineUs: scheduler.nowUs + call.timeoutUs,
      unsure: false,
      pauseUs,
      underWay: 0,
      finished: false,
      timeout: undefined,
    };
    begun.timeout = scheduler.after(call.timeoutUs, () => this.#giveUp(begun));
    this.#attempt(begun);
  }

  #pause(call: Call, then: () => void): void {
    this.#world.scheduler.after(call.pauseUs, then);
    call.pauseUs = Math.min(longestPauseUs, call.pauseUs * 2);
  }

  #giveUp(call: Call): void {
    const unknown = call.writes && (call.unsure || call.underWay > 0);
    this.#finish(call, unknown ? { kind: "unknown" } : { kind: "failed", reason: "deadline" });
  }

  #finish(call: Call, outcome: Outcome): void {
    if (call.finished) return;
    call.finished = true;
    call.timeout?.cancel();
    call.done(outcome);
  }

  #attempt(call: Call): void {
    if (call.finished) return;
    const { scheduler } = this.#world;
    // Not every Worker knows who leads.
    const lost = this.#known.leader === 0 || this.#random.chance(0.15);
    const id = call.member ?? (lost ? this.#random.pick(this.#members()) : this.#known.leader);
    let open = true;
    call.underWay += 1;
    const again = (): void => {
      if (!open) return;
      open = false;
      call.underWay -= 1;
      if (call.writes) call.unsure = true;
      this.#known.leader = 0;
      this.#attempt(call);
    };
    const timer = scheduler.after(this.#attemptUs, again);
    const settled = (result: Settled<Answered>): void => {
      timer.cancel();
      if (!result.ok) {
        this.#pause(call, again);
        return;
      }
      if (open) call.underWay -= 1;
      // Refused by the one, it may yet be done by the other.
      if (result.doubled && call.writes) call.unsure = true;
      this.#answered(call, result.value, open);
    };
    this.#reach(this.#place, id, call.run, settled);
  }

  /** Whoever has a cluster id has the same (docs/architecture.md, Birth and membership). */
  #sameCluster(by: string, clusterId: bigint): void {
    if (clusterId === 0n) return;
    this.#world.clusterId ??= clusterId;
    if (this.#world.clusterId === clusterId) return;
    const ids = `${clusterId.toString(16)}, not ${this.#world.clusterId.toString(16)}`;
    this.#world.violation("one cluster", `${by} answered for cluster ${ids}`);
  }

  /** @param open whether this attempt is the one that is waited for. */
  #answered(call: Call, { answer, by }: Answered, open: boolean): void {
    const { appliedIndex, revision } = answer.header;
    this.seenIndex = Math.max(this.seenIndex, appliedIndex);
    this.revision = Math.max(this.revision, revision);
    this.#sameCluster(by, answer.header.clusterId);
    if (call.finished) return;
    switch (answer.kind) {
      case "ok":
        this.#known.leader = answer.header.leader;
        this.#finish(call, { kind: "ok", response: answer.response, by });
        return;
      case "redirect": {
        const known = this.#members().includes(answer.header.leader);
        this.#known.leader = known ? answer.header.leader : 0;
        const stuck = this.#known.leader === 0 || this.#known.leader === answer.header.memberId;
        if (open && stuck) this.#pause(call, () => this.#attempt(call));
        else if (open) this.#attempt(call);
        return;
      }
      case "unknown":
        call.unsure = true;
        if (open) this.#pause(call, () => this.#attempt(call));
        return;
      case "error":
        if (!open) return;
        if (call.unsure) this.#pause(call, () => this.#attempt(call));
        else this.#finish(call, { kind: "failed", reason: `${answer.code} ${answer.message}` });
    }
  }
}
