/** Takes a message into the state machine. Source: Step of etcd's raft.go. */
import { type Message, MessageType } from "../../proto/raftpb.ts";
import { messageTypeName } from "../describe.ts";
import { entriesSize, payloadsSize } from "../log/size.ts";
import { None } from "../target.ts";
import { CampaignType, hex, StateType } from "../types.ts";
import { appliedSnap, appliedTo } from "./applied.ts";
import { stepCandidate } from "./candidate.ts";
import { reduceUncommittedSize } from "./commit.ts";
import { handleVoteRequest, hup, isInLease, rejectOldPreVote } from "./election.ts";
import { stepFollower } from "./follower.ts";
import { stepLeader } from "./leader.ts";
import type { Raft } from "./raft.ts";
import { becomeFollower } from "./roles.ts";
import { traceReceiveMessage } from "./trace.ts";

/**
 * Advances the state machine by a message, which must not be changed later. Throws
 * ProposalDroppedError, and DecodeError for an invalid proposed configuration change.
 */
export function step(raft: Raft, m: Message): void {
  traceReceiveMessage(raft, m);
  // Term 0 means a local message, or a proposal, which has no term.
  if (m.term > raft.term) {
    if (!acceptHigherTerm(raft, m)) return;
  } else if (m.term !== 0 && m.term < raft.term) {
    handleLowerTerm(raft, m);
    return;
  }
  switch (m.type) {
    case MessageType.MsgHup: {
      const { preVote } = raft.config;
      hup(raft, preVote ? CampaignType.CampaignPreElection : CampaignType.CampaignElection);
      return;
    }
    case MessageType.MsgStorageAppendResp:
      if (m.index !== 0) raft.log.stableTo(m.index, m.logTerm);
      if (m.snapshot !== undefined) appliedSnap(raft, m.snapshot);
      return;
    case MessageType.MsgStorageApplyResp:
      handleStorageApplied(raft, m);
      return;
    case MessageType.MsgVote:
    case MessageType.MsgPreVote:
      handleVoteRequest(raft, m, m.type);
      return;
    default:
      stepRole(raft, m);
  }
}

function stepRole(raft: Raft, m: Message): void {
  if (raft.state === StateType.StateLeader) stepLeader(raft, m);
  else if (raft.state === StateType.StateFollower) stepFollower(raft, m);
  else stepCandidate(raft, m);
}

/** Mostly becomes a follower in a message's later term. False where the message is ignored. */
function acceptHigherTerm(raft: Raft, m: Message): boolean {
  const { type } = m;
  const asksForVote = type === MessageType.MsgVote || type === MessageType.MsgPreVote;
  if (asksForVote && isInLease(raft, m)) return false;
  // A pre-election changes no term, and neither does a granted one: the candidate enters that term
  // once a quorum has granted it. (A rejection comes from a node of a later term.)
  if (type === MessageType.MsgPreVote) return true;
  if (type === MessageType.MsgPreVoteResp && !m.reject) return true;
  const what = `received a ${messageTypeName(type)} message with higher term`;
  const sender = `from ${hex(m.from)} [term: ${m.term}]`;
  raft.logger.info(`${hex(raft.id)} [term: ${raft.term}] ${what} ${sender}`);
  const leads =
    type === MessageType.MsgApp ||
    type === MessageType.MsgHeartbeat ||
    type === MessageType.MsgSnap;
  becomeFollower(raft, m.term, leads ? m.from : None);
  return true;
}

function handleLowerTerm(raft: Raft, m: Message): void {
  const { type } = m;
  const who = `${hex(raft.id)} [term: ${raft.term}]`;
  const { checkQuorum, preVote } = raft.config;
  const leads = type === MessageType.MsgHeartbeat || type === MessageType.MsgApp;
  if (leads && (checkQuorum || preVote)) {
    // This node has a higher term than the leader, as after a partition, and with either option its
    // vote requests do not make the leader follow. So the leader must be told, or this node stays
    // out for ever. A removed node cannot disturb by this: it gets no messages from a leader to
    // respond to.
    raft.send(raft.message(MessageType.MsgAppResp, m.from));
  } else if (type === MessageType.MsgPreVote) {
    rejectOldPreVote(raft, m);
  } else if (type === MessageType.MsgStorageAppendResp) {
    if (m.index !== 0) {
      // In a later term these entries may have been overwritten: see storageAppendResponse.
      const what = `ignored entry appends from a ${messageTypeName(type)} message`;
      raft.logger.info(`${who} ${what} with lower term [term: ${m.term}]`);
    }
    // A snapshot is committed state, valid in any term.
    if (m.snapshot !== undefined) appliedSnap(raft, m.snapshot);
  } else {
    const sender = `from ${hex(m.from)} [term: ${m.term}]`;
    const what = `ignored a ${messageTypeName(type)} message with lower term`;
    raft.logger.info(`${who} ${what} ${sender}`);
  }
}

function handleStorageApplied(raft: Raft, m: Message): void {
  const last = m.entries.at(-1);
  if (last === undefined) return;
  appliedTo(raft, last.index, entriesSize(m.entries));
  reduceUncommittedSize(raft, payloadsSize(m.entries));
}
