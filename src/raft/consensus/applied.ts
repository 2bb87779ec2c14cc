/** Handles the host's reports of what it applied. Source: etcd's raft.go. */
import { EntryType, newEntry, type Snapshot } from "../../proto/raftpb.ts";
import { ProposalDroppedError } from "../errors.ts";
import { configText } from "../tracker/config.ts";
import { StateType } from "../types.ts";
import { handleProposal } from "./proposal.ts";
import type { Raft } from "./raft.ts";

/** The host applied up to `index`, the entries taking `size` bytes. */
export function appliedTo(raft: Raft, index: number, size: number): void {
  const applied = Math.max(index, raft.log.applied);
  raft.log.appliedTo(applied, size);
  const { config } = raft.tracker;
  const leads = raft.state === StateType.StateLeader;
  if (config.autoLeave && applied >= raft.pendingConfIndex && leads) proposeLeavingJoint(raft);
}

/**
 * Proposes to leave the joint configuration, by an empty change that no size limit refuses. It may
 * still be dropped during a leadership transfer; then the next applied entry, or the new leader,
 * tries again.
 */
function proposeLeavingJoint(raft: Raft): void {
  const text = configText(raft.tracker.config);
  try {
    handleProposal(raft, [newEntry({ type: EntryType.EntryConfChangeV2 })]);
  } catch (error) {
    if (!(error instanceof ProposalDroppedError)) throw error;
    const what = "not initiating automatic transition out of joint configuration";
    raft.logger.debug(`${what} ${text}: ${error.message}`);
    return;
  }
  raft.logger.info(`initiating automatic transition out of joint configuration ${text}`);
}

/** The host stored and applied the snapshot. */
export function appliedSnap(raft: Raft, snapshot: Snapshot): void {
  const { index } = snapshot.metadata;
  raft.log.stableSnapTo(index);
  appliedTo(raft, index, 0);
}
