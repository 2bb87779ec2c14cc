import type { ConfState } from "../../proto/raftpb.ts";
import { JointConfig, type RawNode, type SoftState, StateType } from "../../raft/index.ts";

/** Who leads and who votes, as of the Ready that was handled last. */
export class Role {
  readonly #node: RawNode;
  #lead = 0;
  #leads = false;
  #term: number;
  #voters: JointConfig;
  /** Times that another leader, or one at all, was seen. */
  leaderChanges = 0;

  constructor(node: RawNode, confState: ConfState) {
    this.#node = node;
    this.#term = node.basicStatus().hardState.term;
    this.#voters = votersOf(confState);
  }

  /** The leader; 0 where none is known. */
  get lead(): number {
    return this.#lead;
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** Whether this member leads and takes proposals: no transfer of leadership is under way. */
  get open(): boolean {
    return this.#leads && this.#node.basicStatus().leadTransferee === 0;
  }

  get term(): number {
    return this.#term;
  }

  get voters(): JointConfig {
    return this.#voters;
  }

  /** What a Ready says. Returns whether leadership was lost or won with it; both is possible. */
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
