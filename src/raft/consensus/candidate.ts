/** What a candidate or pre-candidate does with a message. Source: stepCandidate of raft.go. */
import { type Message, MessageType } from "../../proto/raftpb.ts";
import { messageTypeName } from "../describe.ts";
import { ProposalDroppedError } from "../errors.ts";
import { VoteResult } from "../quorum/quorum.ts";
import { None } from "../target.ts";
import { CampaignType, hex, StateType } from "../types.ts";
import { campaign, poll } from "./election.ts";
import { handleHeartbeat } from "./heartbeat.ts";
import type { Raft } from "./raft.ts";
import { bcastAppend, handleAppendEntries } from "./replication.ts";
import { becomeFollower, becomeLeader } from "./roles.ts";
import { handleSnapshot } from "./snapshot-restore.ts";

export function stepCandidate(raft: Raft, m: Message): void {
  const id = hex(raft.id);
  switch (m.type) {
    case MessageType.MsgProp:
      raft.logger.info(`${id} no leader at term ${raft.term}; dropping proposal`);
      throw new ProposalDroppedError();
    // The sender of these messages leads in this term: the election is over.
    case MessageType.MsgApp:
      becomeFollower(raft, m.term, m.from);
      handleAppendEntries(raft, m);
      return;
    case MessageType.MsgHeartbeat:
      becomeFollower(raft, m.term, m.from);
      handleHeartbeat(raft, m);
      return;
    case MessageType.MsgSnap:
      becomeFollower(raft, m.term, m.from);
      handleSnapshot(raft, m);
      return;
    case MessageType.MsgPreVoteResp:
    case MessageType.MsgVoteResp:
      handleVoteResponse(raft, m);
      return;
    case MessageType.MsgTimeoutNow: {
      const who = `${id} [term ${raft.term} state ${raft.state}]`;
      raft.logger.debug(`${who} ignored MsgTimeoutNow from ${hex(m.from)}`);
      return;
    }
    default:
      return;
  }
}

function handleVoteResponse(raft: Raft, m: Message): void {
  const pre = raft.state === StateType.StatePreCandidate;
  // A candidate may still get responses to its own pre-election.
  if (m.type !== (pre ? MessageType.MsgPreVoteResp : MessageType.MsgVoteResp)) return;
  const { granted, rejected, result } = poll(raft, m);
  const votes = `${granted} ${messageTypeName(m.type)} votes and ${rejected} vote rejections`;
  raft.logger.info(`${hex(raft.id)} has received ${votes}`);
  if (result === VoteResult.VoteLost) {
    // Stays in its own term: the response to a pre-election has a later one.
    becomeFollower(raft, raft.term, None);
  } else if (result === VoteResult.VoteWon) {
    if (pre) {
      campaign(raft, CampaignType.CampaignElection);
    } else {
      becomeLeader(raft);
      bcastAppend(raft);
    }
  }
}
