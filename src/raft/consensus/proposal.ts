/** Proposals on the leader, and the check of configuration changes. Source: etcd's raft.go. */
import { decodeConfChange, decodeConfChangeV2 } from "../../proto/codec.ts";
import { type ConfChangeV2, type Entry, EntryType, newEntry } from "../../proto/raftpb.ts";
import { confChangeAsV2 } from "../confchange/v2.ts";
import { ProposalDroppedError, panic } from "../errors.ts";
import { None } from "../target.ts";
import { configText } from "../tracker/config.ts";
import { hex } from "../types.ts";
import { appendEntry } from "./commit.ts";
import { describeConfChange } from "./describe-change.ts";
import type { Raft } from "./raft.ts";
import { bcastAppend } from "./replication.ts";
import { traceChangeConf } from "./trace.ts";

/**
 * Appends proposed entries and sends them out. Throws ProposalDroppedError where it does not, and
 * DecodeError for an invalid configuration change; the log is then unchanged.
 */
export function handleProposal(raft: Raft, entries: readonly Entry[]): void {
  if (entries.length === 0) panic(raft.logger, `${hex(raft.id)} stepped empty MsgProp`);
  // A leader that is no longer a member goes on leading, but takes no new entries.
  if (raft.tracker.get(raft.id) === undefined) throw new ProposalDroppedError();
  if (raft.leadTransferee !== None) {
    const what = `transfer leadership to ${hex(raft.leadTransferee)} is in progress`;
    raft.logger.debug(`${hex(raft.id)} [term ${raft.term}] ${what}; dropping proposal`);
    throw new ProposalDroppedError();
  }
  if (!appendEntry(raft, checkedEntries(raft, entries))) throw new ProposalDroppedError();
  bcastAppend(raft);
}

/** The entries, with an empty one in place of each configuration change not allowed now. */
function checkedEntries(raft: Raft, entries: readonly Entry[]): readonly Entry[] {
  if (!hasConfChange(entries)) return entries;
  const changes = entries.map(proposedChange);
  return entries.map((entry, i) => {
    const change = changes[i];
    if (change === undefined) return entry;
    const failed = failedCheck(raft, change);
    if (failed !== undefined && !raft.config.disableConfChangeValidation) {
      const what = `ignoring conf change ${describeConfChange(change)}`;
      const where = `at config ${configText(raft.tracker.config)}`;
      raft.logger.info(`${hex(raft.id)} ${what} ${where}: ${failed}`);
      return newEntry();
    }
    raft.pendingConfIndex = raft.log.lastIndex() + i + 1;
    traceChangeConf(raft, change);
    return entry;
  });
}

function hasConfChange(entries: readonly Entry[]): boolean {
  for (let i = 0; i < entries.length; i++) {
    if ((entries[i] as Entry).type !== EntryType.EntryNormal) return true;
  }
  return false;
}

function proposedChange({ type, data }: Entry): ConfChangeV2 | undefined {
  if (type === EntryType.EntryNormal) return undefined;
  if (type === EntryType.EntryConfChangeV2) return decodeConfChangeV2(data);
  return confChangeAsV2(decodeConfChange(data));
}

/** Why the change may not be proposed now; undefined where it may. */
function failedCheck(raft: Raft, change: ConfChangeV2): string | undefined {
  const { pendingConfIndex } = raft;
  const { applied } = raft.log;
  const leaves = change.changes.length === 0;
  const { isJoint } = raft.tracker.config.voters;
  if (pendingConfIndex > applied) {
    return `possible unapplied conf change at index ${pendingConfIndex} (applied to ${applied})`;
  }
  if (isJoint && !leaves) return "must transition out of joint config first";
  if (!isJoint && leaves) return "not in joint state; refusing empty conf change";
  return undefined;
}
