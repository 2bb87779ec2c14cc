import type { HardState } from "../../proto/raftpb.ts";
import type { Raft } from "../consensus/raft.ts";
import type { Config } from "../tracker/config.ts";
import { Progress } from "../tracker/progress.ts";
import { ProgressMap } from "../tracker/progressmap.ts";
import { type SoftState, StateType } from "../types.ts";

/** A node's state without the progress of members. Source: etcd's status.go. */
export interface BasicStatus {
  readonly id: number;
  readonly hardState: HardState;
  readonly softState: SoftState;
  readonly applied: number;
  /** The member that leadership is being transferred to, or None. */
  readonly leadTransferee: number;
}

export interface Status extends BasicStatus {
  readonly config: Config;
  /** Copies of a leader's progress of each member; empty on others. */
  readonly progress: ProgressMap;
}

export function basicStatusOf(raft: Raft): BasicStatus {
  return {
    id: raft.id,
    hardState: raft.hardState(),
    softState: raft.softState(),
    applied: raft.log.applied,
    leadTransferee: raft.leadTransferee,
  };
}

export function statusOf(raft: Raft): Status {
  const leads = raft.state === StateType.StateLeader;
  const progress = leads ? new ProgressMap(raft.tracker.members.map(copyOf)) : ProgressMap.empty;
  return { ...basicStatusOf(raft), config: raft.tracker.config, progress };
}

function copyOf(pr: Progress): Progress {
  const copy = new Progress(pr.id, pr.next, pr.inflights.clone(), {
    match: pr.match,
    isLearner: pr.isLearner,
    recentActive: pr.recentActive,
  });
  copy.sentCommit = pr.sentCommit;
  copy.state = pr.state;
  copy.pendingSnapshot = pr.pendingSnapshot;
  copy.msgAppFlowPaused = pr.msgAppFlowPaused;
  return copy;
}
