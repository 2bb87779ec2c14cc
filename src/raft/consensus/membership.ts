/** Configuration changes as they are applied. Source: etcd's raft.go. */
import type { ConfChangeV2, ConfState } from "../../proto/raftpb.ts";
import { Changer, type Membership } from "../confchange/changer.ts";
import { enterJoint, leaveJoint } from "../confchange/v2.ts";
import { None } from "../target.ts";
import { configText } from "../tracker/config.ts";
import { hex, StateType } from "../types.ts";
import { maybeCommit } from "./commit.ts";
import type { Raft } from "./raft.ts";
import { bcastAppend, maybeSendAppend } from "./replication.ts";
import { becomeFollower } from "./roles.ts";
import { traceConfChange } from "./trace.ts";

/** Makes an applied change effective. Throws ConfChangeError where it is not allowed. */
export function applyConfChange(raft: Raft, change: ConfChangeV2): ConfState {
  const { config, progress, maxInflight, maxInflightBytes } = raft.tracker;
  const base = { config, progress, maxInflight, maxInflightBytes };
  const changer = new Changer(base, raft.log.lastIndex());
  const joint = enterJoint(change);
  if (leaveJoint(change)) return switchToConfig(raft, changer.leaveJoint());
  if (joint !== undefined) {
    return switchToConfig(raft, changer.enterJoint(joint.autoLeave, change.changes));
  }
  return switchToConfig(raft, changer.simple(change.changes));
}

/** Switches to a membership and acts on the consequences. Returns it as a ConfState. */
export function switchToConfig(raft: Raft, membership: Membership): ConfState {
  traceConfChange(raft, membership.config);
  raft.tracker.install(membership.config, membership.progress);
  const text = configText(membership.config);
  raft.logger.info(`${hex(raft.id)} switched to configuration ${text}`);
  const confState = raft.tracker.confState();
  const own = raft.tracker.get(raft.id);
  raft.isLearner = own?.isLearner ?? false;
  if (raft.state !== StateType.StateLeader) return confState;

  if (own === undefined || own.isLearner) {
    if (raft.config.stepDownOnRemoval) becomeFollower(raft, raft.term, None);
    return confState;
  }
  if (confState.voters.length === 0) return confState;
  if (maybeCommit(raft)) {
    // The new quorum may have more in common than the old one.
    bcastAppend(raft);
  } else {
    // New members need not wait for the next heartbeat.
    for (const pr of raft.tracker.members) {
      if (pr.id !== raft.id) maybeSendAppend(raft, pr, false);
    }
  }
  const transferee = raft.leadTransferee;
  if (transferee !== None && !membership.config.voters.has(transferee)) raft.abortLeaderTransfer();
  return confState;
}
