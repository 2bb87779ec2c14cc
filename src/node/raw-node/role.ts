import type { ConfState } from "../../proto/raftpb.ts";
import { JointConfig, type RawNode, type SoftState, StateType } from "../../raft/index.ts";

/** The leader and this member's role, as of the last Ready. */
export class Role {
  readonly #node: RawNode;
  #lead = 0;
  #leads = false;
  #term: number;
  #voters: JointConfig;
  /** How often the leader changed, the first one included. */
  leaderChanges = 0;

  constructor(node: RawNode, confState: ConfState) {
    this.#node = node;
    this.#term = node.basicStatus().hardState.term;
    this.#voters = votersOf(confState);
  }

  /** The leader's id; 0 for none. */
  get lead(): number {
    return this.#lead;
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** Whether this member leads and takes proposals: no leadership transfer is in progress. */
  get open(): boolean {
    return this.#leads && this.#node.basicStatus().leadTransferee === 0;
  }

  get term(): number {
    return this.#term;
  }

  get voters(): JointConfig {
    return this.#voters;
  }

  /** Takes in a Ready's SoftState. Returns whether leadership was lost or won; both is possible. */
  update({ lead, raftState }: SoftState): { readonly lost: boolean; readonly won: boolean } {
    const leads = raftState === StateType.StateLeader;
    const { term } = this.#node.basicStatus().hardState;
    const lost = this.#leads && (!leads || term !== this.#term);
    if (lost) this.#leads = false;
    if (lead !== 0 && lead !== this.#lead) this.leaderChanges += 1;
    this.#lead = lead;
    this.#term = term;
    const won = leads && !this.#leads;
    if (won) this.#leads = true;
    return { lost, won };
  }

  reconfigure(confState: ConfState): void {
    this.#voters = votersOf(confState);
  }
}

function votersOf({ voters, votersOutgoing }: ConfState): JointConfig {
  return JointConfig.of(voters, votersOutgoing);
}
