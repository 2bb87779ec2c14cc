import type { ConfState } from "../../proto/raftpb.ts";
import { type Ids, idsText } from "../quorum/ids.ts";
import { JointConfig } from "../quorum/joint.ts";

/**
 * The members and voters. Immutable; confchange/ makes the next configuration and checks the
 * invariants stated here. Source: etcd's tracker/tracker.go.
 */
export interface Config {
  /** The outgoing half is empty outside of a joint configuration. */
  readonly voters: JointConfig;

  /**
   * Whether raft leaves the joint configuration by itself as soon as it may. False if not joint.
   */
  readonly autoLeave: boolean;

  /**
   * Members without a vote, sorted. No id is both a learner and a voter of either half: a voter of
   * the outgoing half that is to become a learner is in learnersNext.
   */
  readonly learners: Ids;

  /**
   * Voters of the outgoing half that become learners when the joint configuration is left, sorted.
   * Empty outside of a joint configuration. They must not be learners before, or the outgoing
   * majority could lose the acknowledgements that it counts on.
   */
  readonly learnersNext: Ids;
}

export const emptyConfig: Config = {
  voters: JointConfig.empty,
  autoLeave: false,
  learners: [],
  learnersNext: [],
};

/** etcd's text: `voters=(1 2)&&(3) learners=(4) learners_next=(3) autoleave`. */
export function configText(config: Config): string {
  let text = `voters=${config.voters}`;
  if (config.learners.length > 0) text += ` learners=${idsText(config.learners)}`;
  if (config.learnersNext.length > 0) text += ` learners_next=${idsText(config.learnersNext)}`;
  if (config.autoLeave) text += " autoleave";
  return text;
}

/** The configuration as it is stored in snapshots, ids sorted. */
export function configToConfState(config: Config): ConfState {
  return {
    voters: config.voters.incoming.ids,
    learners: config.learners,
    votersOutgoing: config.voters.outgoing.ids,
    learnersNext: config.learnersNext,
    autoLeave: config.autoLeave,
  };
}
