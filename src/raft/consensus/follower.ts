/** What a follower does with a message. Source: stepFollower of etcd's raft.go. */
import { type Message, MessageType } from "../../proto/raftpb.ts";
import { ProposalDroppedError } from "../errors.ts";
import { None } from "../target.ts";
import { CampaignType, hex, ReadOnlyOption } from "../types.ts";
import { hup } from "./election.ts";
import { handleHeartbeat } from "./heartbeat.ts";
import type { Raft } from "./raft.ts";
import { handleReadIndexResponse } from "./readindex.ts";
import { handleAppendEntries } from "./replication.ts";
import { handleSnapshot } from "./snapshot-restore.ts";

export function stepFollower(raft: Raft, m: Message): void {
  switch (m.type) {
    case MessageType.MsgProp:
      forwardProposal(raft, m);
      return;
    case MessageType.MsgApp:
      heardFromLeader(raft, m);
      handleAppendEntries(raft, m);
      return;
    case MessageType.MsgHeartbeat:
      heardFromLeader(raft, m);
      handleHeartbeat(raft, m);
      return;
    case MessageType.MsgSnap:
      heardFromLeader(raft, m);
      handleSnapshot(raft, m);
      return;
    case MessageType.MsgTransferLeader:
      forwardToLeader(raft, m, "leader transfer msg");
      return;
    case MessageType.MsgForgetLeader:
      forgetLeader(raft);
      return;
    case MessageType.MsgTimeoutNow: {
      const what = `received MsgTimeoutNow from ${hex(m.from)}`;
      const then = "and starts an election to get leadership.";
      raft.logger.info(`${hex(raft.id)} [term ${raft.term}] ${what} ${then}`);
      // Without a pre-election, even if enabled: the leader wants this campaign.
      hup(raft, CampaignType.CampaignTransfer);
      return;
    }
    case MessageType.MsgReadIndex:
      forwardToLeader(raft, m, "index reading msg");
      return;
    case MessageType.MsgReadIndexResp:
      handleReadIndexResponse(raft, m);
      return;
    default:
      return;
  }
}

function heardFromLeader(raft: Raft, m: Message): void {
  raft.electionElapsed = 0;
  raft.lead = m.from;
}

function forwardProposal(raft: Raft, m: Message): void {
  const id = hex(raft.id);
  if (raft.lead !== None && raft.config.disableProposalForwarding) {
    const where = `to leader ${hex(raft.lead)} at term ${raft.term}`;
    raft.logger.info(`${id} not forwarding ${where}; dropping proposal`);
    throw new ProposalDroppedError();
  }
  if (!forwardToLeader(raft, m, "proposal")) throw new ProposalDroppedError();
}

/** Forwards a message to the leader. False where none is known. */
function forwardToLeader(raft: Raft, m: Message, what: string): boolean {
  if (raft.lead === None) {
    raft.logger.info(`${hex(raft.id)} no leader at term ${raft.term}; dropping ${what}`);
    return false;
  }
  const { term } = raft.message(m.type, raft.lead);
  const from = m.from === None ? raft.id : m.from;
  raft.send({ ...m, to: raft.lead, from, term });
  return true;
}

/** Forgets the leader of this term, so that this node may vote before the lease is over. */
function forgetLeader(raft: Raft): void {
  if (raft.config.readOnlyOption === ReadOnlyOption.ReadOnlyLeaseBased) {
    // The leader's reads rely on that lease.
    raft.logger.error("ignoring MsgForgetLeader due to ReadOnlyLeaseBased");
    return;
  }
  if (raft.lead === None) return;
  const leader = hex(raft.lead);
  raft.logger.info(`${hex(raft.id)} forgetting leader ${leader} at term ${raft.term}`);
  raft.lead = None;
}
