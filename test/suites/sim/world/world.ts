import type { MemberInputs } from "../../../../src/node/member/inputs.ts";
import type { MemberObserver } from "../../../../src/node/world/observer.ts";
import type { MemberOptions } from "../../../../src/node/world/options.ts";
import type { MemberFactory } from "../../../support/member-factory.ts";
import type { ObjectInstance } from "./instance.ts";
import type { Link } from "./link.ts";
import { Network } from "./network.ts";
import { MemberObject } from "./object.ts";
import { Prng } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import type { SocketEnd } from "./socket.ts";
import { Trace } from "./trace.ts";
import { Turns, type TurnTaker } from "./turns.ts";

export interface WorldOptions {
  readonly seed: string;
  readonly factory: MemberFactory;
  readonly member: Omit<MemberOptions, "memberId">;
  /** Mean time of a commit, microseconds. */
  readonly commitMeanUs: number;
  readonly sink?: (line: string) => void;
}

/** Something that must never be. `check` names the file of test/suites/sim/check that found it. */
export interface Violation {
  readonly check: string;
  readonly message: string;
  readonly atMs: number;
}

/** Whoever wants to know what happens in the world, to check it. */
export interface Witness {
  turnEnded?(instance: ObjectInstance): void;
  /** A frame leaves its sender: from here on others may act on it. */
  frameSent?(from: SocketEnd, to: SocketEnd, frame: Uint8Array): void;
  instanceDied?(instance: ObjectInstance): void;
}

/** Objects, network and time of one run, all from one seed. */
export class World {
  readonly options: WorldOptions;
  readonly random: Prng;
  readonly scheduler = new Scheduler();
  readonly turns: Turns;
  readonly trace: Trace;
  readonly network: Network;
  readonly commitMeanUs: number;
  readonly violations: Violation[] = [];
  /** Of the first member that told one. */
  clusterId: bigint | undefined;
  readonly witnesses: Witness[] = [];
  /** Makes the observer of a new instance's member. */
  observe: ((instance: ObjectInstance) => MemberObserver) | undefined;
  /** Of the code that was deployed last; what is made from now on runs it. */
  newestVersion = 1;
  readonly #objects = new Map<number, MemberObject>();
  /** Every link that comes into being passes here, so that faults under way hold for it too. */
  readonly linkRules = new Set<(link: Link) => void>();

  constructor(options: WorldOptions) {
    this.options = options;
    this.random = new Prng(options.seed);
    this.turns = new Turns(this.scheduler);
    this.turns.onStray = (taker, reason) => this.#stray(taker, reason);
    this.trace = new Trace(options.sink);
    this.network = new Network(this);
    this.commitMeanUs = options.commitMeanUs;
  }

  /** The object of a member; it exists as soon as somebody names it. */
  object(id: number): MemberObject {
    let object = this.#objects.get(id);
    if (object === undefined) {
      object = new MemberObject(this, id);
      this.#objects.set(id, object);
    }
    return object;
  }

  get objects(): MemberObject[] {
    return [...this.#objects.values()];
  }

  makeMember(instance: ObjectInstance, memberId: number): MemberInputs {
    const observer = this.observe?.(instance);
    const { version } = instance;
    const options = { ...this.options.member, memberId, version };
    return this.options.factory(instance, observer ? { ...options, observer } : options);
  }

  /** Runs the world for a while; ends early where something is wrong. */
  run(forUs: number): Promise<void> {
    const untilUs = this.scheduler.nowUs + forUs;
    return this.turns.run(untilUs, () => this.violations.length > 0);
  }

  say(who: string, what: string): void {
    this.trace.line(this.scheduler.nowUs, who, what);
  }

  violation(check: string, message: string): void {
    this.say("VIOLATION", `${check}: ${message}`);
    this.violations.push({ check, message, atMs: this.scheduler.nowMs });
  }

  turnEnded(instance: ObjectInstance): void {
    for (const witness of this.witnesses) witness.turnEnded?.(instance);
  }

  frameSent(from: SocketEnd, to: SocketEnd, frame: Uint8Array): void {
    for (const witness of this.witnesses) witness.frameSent?.(from, to, frame);
  }

  instanceDied(instance: ObjectInstance): void {
    for (const witness of this.witnesses) witness.instanceDied?.(instance);
  }

  newLink(link: Link): void {
    for (const rule of this.linkRules) rule(link);
  }

  /** A member gave itself up. Never right, unless it was superseded or its storage was harmed. */
  aborted(instance: ObjectInstance, reason: Error): void {
    if (instance.superseded) return;
    this.violation("abort", `${instance.name}: ${reason.stack ?? reason.message}`);
  }

  /** A handler threw: the platform would commit half a turn. */
  uncaught(instance: ObjectInstance, error: unknown): void {
    if (instance.superseded) return;
    const text = error instanceof Error ? error.stack : String(error);
    this.violation("uncaught", `${instance.name}: ${text}`);
  }

  close(): void {
    for (const object of this.#objects.values()) object.close();
  }

  #stray(taker: TurnTaker | undefined, reason: unknown): void {
    const text = reason instanceof Error ? reason.stack : String(reason);
    const instance = this.objects
      .flatMap(({ live, zombies }) => [live, ...zombies])
      .find((candidate) => candidate === taker);
    if (taker !== undefined && (instance === undefined || instance.superseded)) return;
    this.violation("unhandled rejection", `${taker?.name ?? "nobody"}: ${text}`);
  }
}
