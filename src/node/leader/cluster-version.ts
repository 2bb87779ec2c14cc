import { ownRequest } from "../../kv/apply/proposal.ts";
import { ClusterVersionSetRequest } from "../../proto/generated/kv.ts";
import type { CallResponse } from "../peers/frame-codec.ts";
import type { LeaderDuty } from "./duty.ts";

export interface ClusterVersionParts {
  /** The newest version of this member's code. */
  readonly supported: number;
  /** The applied cluster version; "" before one is set. */
  current(): string;
  /** Whether this member leads and takes proposals. */
  open(): boolean;
  /** Whether the members are known and none is being added. */
  settled(): boolean;
  /** Ids of all other members. */
  others(): readonly number[];
  /** Asks members for their versions; `done` gets the answers that came. */
  askAll(
    members: readonly number[],
    done: (answers: ReadonlyMap<number, CallResponse>) => void,
  ): void;
  /** Proposes an entry; `ended` is called when it is applied or lost. */
  propose(data: Uint8Array, ended: () => void): void;
}

const ticksBetweenAttempts = 50;

/** The leader's duty of raising the cluster version. */
export class ClusterVersion implements LeaderDuty {
  readonly #parts: ClusterVersionParts;
  #ticks = 0;
  #asking = false;
  /** Whether a raise is proposed and not applied. */
  #raising = false;
  /** Asked, and it could not be raised: that must not keep the cluster awake. */
  #inVain = false;

  constructor(parts: ClusterVersionParts) {
    this.#parts = parts;
  }

  /** The version that a new member must have; undefined while it is being raised. */
  get required(): number | undefined {
    return this.#raising ? undefined : this.#current;
  }

  get #current(): number {
    return Number(this.#parts.current());
  }

  /** Whether it may soon be raised. */
  get due(): boolean {
    return this.#raising || (this.#current < this.#parts.supported && !this.#inVain);
  }

  /** Others may be there that were not. */
  retry(): void {
    this.#inVain = false;
  }

  tick(): void {
    this.#ticks += 1;
    if (this.#ticks % ticksBetweenAttempts !== 0 || this.#asking || this.#raising) return;
    if (this.#current >= this.#parts.supported) return;
    if (!this.#parts.open() || !this.#parts.settled()) return;
    this.#asking = true;
    const asked = this.#parts.others();
    this.#parts.askAll(asked, (answers) => {
      this.#asking = false;
      this.#inVain = true;
      // A member that does not answer may run older code: all are asked again.
      if (asked.some((id) => !answers.has(id))) return;
      const versions = [...answers.values()].map(({ join }) => join?.version ?? 0);
      this.#raise(Math.min(this.#parts.supported, ...versions), asked);
    });
  }

  #raise(version: number, asked: readonly number[]): void {
    if (!this.#parts.open() || version <= this.#current) return;
    // A member that was added meanwhile has not been asked.
    const others = this.#parts.others();
    if (!this.#parts.settled() || !others.every((id) => asked.includes(id))) return;
    this.#raising = true;
    this.#inVain = false;
    const clusterVersionSet = ClusterVersionSetRequest.create({ version: String(version) });
    this.#parts.propose(ownRequest({ clusterVersionSet }), () => {
      this.#raising = false;
    });
  }
}
