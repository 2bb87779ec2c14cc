import { type Ids, idsOf } from "./ids.ts";
import { MajorityConfig } from "./majority.ts";
import { type AckedIndexer, type VoteLookup, VoteResult } from "./quorum.ts";

/**
 * Two majorities that must both agree: during a change of membership the new voters (incoming) and
 * the old ones (outgoing, empty outside of a joint configuration). Immutable. Source: etcd's
 * quorum/joint.go; section 6 of the Raft paper.
 */
export class JointConfig {
  static readonly empty = new JointConfig(MajorityConfig.empty, MajorityConfig.empty);

  readonly incoming: MajorityConfig;
  readonly outgoing: MajorityConfig;
  /** The voters of either half, sorted ascending. */
  readonly ids: Ids;

  constructor(incoming: MajorityConfig, outgoing: MajorityConfig) {
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.ids = outgoing.size === 0 ? incoming.ids : idsOf([...incoming.ids, ...outgoing.ids]);
  }

  static of(incoming: Iterable<number>, outgoing: Iterable<number> = []): JointConfig {
    return new JointConfig(MajorityConfig.of(incoming), MajorityConfig.of(outgoing));
  }

  get isJoint(): boolean {
    return this.outgoing.size > 0;
  }

  has(id: number): boolean {
    return this.ids.includes(id);
  }

  /** The highest index that both majorities have acknowledged; Infinity where both are empty. */
  committedIndex(ackedIndex: AckedIndexer): number {
    const incoming = this.incoming.committedIndex(ackedIndex);
    if (this.outgoing.size === 0) return incoming;
    return Math.min(incoming, this.outgoing.committedIndex(ackedIndex));
  }

  /** Won if both halves won, lost as soon as one half is lost. */
  voteResult(vote: VoteLookup): VoteResult {
    const incoming = this.incoming.voteResult(vote);
    const outgoing = this.outgoing.voteResult(vote);
    if (incoming === outgoing) return incoming;
    const lost = incoming === VoteResult.VoteLost || outgoing === VoteResult.VoteLost;
    return lost ? VoteResult.VoteLost : VoteResult.VotePending;
  }

  /** As MajorityConfig.describe, with the voters of both halves. */
  describe(ackedIndex: AckedIndexer): string {
    return MajorityConfig.of(this.ids).describe(ackedIndex);
  }

  /** `(1 2 3)`, or `(1 2 3)&&(1)` if joint. */
  toString(): string {
    return this.isJoint ? `${this.incoming}&&${this.outgoing}` : `${this.incoming}`;
  }
}
