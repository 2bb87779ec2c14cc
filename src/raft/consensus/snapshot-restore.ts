/** Snapshots, from the follower's side. Source: etcd's raft.go. */
import {
  type ConfState,
  type Message,
  MessageType,
  newSnapshot,
  type Snapshot,
} from "../../proto/raftpb.ts";
import { restore as restoreMembership } from "../confchange/restore.ts";
import { None } from "../target.ts";
import { ProgressTracker } from "../tracker/tracker.ts";
import { hex, StateType } from "../types.ts";
import { switchToConfig } from "./membership.ts";
import type { Raft } from "./raft.ts";
import { becomeFollower } from "./roles.ts";

/** A follower handles a snapshot, and responds with its last index, or its commit index. */
export function handleSnapshot(raft: Raft, m: Message): void {
  const snapshot = m.snapshot ?? newSnapshot();
  const restored = restore(raft, snapshot);
  const { index, term } = snapshot.metadata;
  const who = `${hex(raft.id)} [commit: ${raft.log.committed}]`;
  const what = `snapshot [index: ${index}, term: ${term}]`;
  raft.logger.info(`${who} ${restored ? "restored" : "ignored"} ${what}`);
  const response = raft.message(MessageType.MsgAppResp, m.from);
  response.index = restored ? raft.log.lastIndex() : raft.log.committed;
  raft.send(response);
}

/**
 * Makes the snapshot this node's log and configuration. False where the snapshot is old, the log
 * already reaches it, or it does not name this node.
 *
 * A voter that the snapshot makes a learner takes it, too: otherwise a member demoted while it lags
 * behind the compacted log could never catch up.
 */
export function restore(raft: Raft, snapshot: Snapshot): boolean {
  const { log } = raft;
  const { index, term, confState } = snapshot.metadata;
  if (index <= log.committed) return false;
  if (raft.state !== StateType.StateFollower) {
    const what = "attempted to restore snapshot as leader; should never happen";
    raft.logger.warning(`${hex(raft.id)} ${what}`);
    becomeFollower(raft, raft.term + 1, None);
    return false;
  }
  if (!isNamedIn(confState, raft.id)) {
    const what = "attempted to restore snapshot but it is not in the ConfState";
    raft.logger.warning(`${hex(raft.id)} ${what} ${confStateText(confState)}; should never happen`);
    return false;
  }
  const snapshotText = `snapshot [index: ${index}, term: ${term}]`;
  if (log.matchTerm(index, term)) {
    raft.logger.info(`${logText(raft)} fast-forwarded commit to ${snapshotText}`);
    log.commitTo(index);
    return false;
  }
  const membership = restoreMembership(confState, raft.restoreOptions(index));
  log.restore(snapshot);
  raft.tracker = new ProgressTracker(raft.tracker.maxInflight, raft.tracker.maxInflightBytes);
  switchToConfig(raft, membership);
  raft.logger.info(`${logText(raft)} restored ${snapshotText}`);
  return true;
}

/** A member in learnersNext is also a voter of the outgoing half, so that is not checked. */
function isNamedIn(confState: ConfState, id: number): boolean {
  const { voters, learners, votersOutgoing } = confState;
  return [voters, learners, votersOutgoing].some((ids) => ids.includes(id));
}

function logText(raft: Raft): string {
  const last = `lastindex: ${raft.log.lastIndex()}, lastterm: ${raft.log.lastTerm()}`;
  return `${hex(raft.id)} [commit: ${raft.log.committed}, ${last}]`;
}

/** A ConfState in protobuf's text format, as in etcd's logs. */
function confStateText(state: ConfState): string {
  const fields = [
    ...state.voters.map((id) => `voters:${id}`),
    ...state.learners.map((id) => `learners:${id}`),
    ...state.votersOutgoing.map((id) => `voters_outgoing:${id}`),
    ...state.learnersNext.map((id) => `learners_next:${id}`),
    `auto_leave:${state.autoLeave}`,
  ];
  return fields.join(" ");
}
