/** What a leader does with a message. Source: stepLeader of etcd's raft.go. */
import { type Message, MessageType } from "../../proto/raftpb.ts";
import { None } from "../target.ts";
import { type Progress, StateType as ProgressState } from "../tracker/progress.ts";
import { hex } from "../types.ts";
import { bcastHeartbeat } from "./heartbeat.ts";
import { handleProposal } from "./proposal.ts";
import type { Raft } from "./raft.ts";
import { handleReadAck, handleReadIndex } from "./readindex.ts";
import { handleAppendResponse, sendAppend } from "./replication.ts";
import { becomeFollower } from "./roles.ts";
import { handleSnapStatus } from "./snapshot-send.ts";
import { handleTransferLeader, maybeFinishTransfer } from "./transfer.ts";

export function stepLeader(raft: Raft, m: Message): void {
  switch (m.type) {
    case MessageType.MsgBeat:
      bcastHeartbeat(raft);
      return;
    case MessageType.MsgCheckQuorum:
      checkQuorum(raft);
      return;
    case MessageType.MsgProp:
      handleProposal(raft, m.entries);
      return;
    case MessageType.MsgReadIndex:
      handleReadIndex(raft, m);
      return;
    case MessageType.MsgForgetLeader:
      return;
    default:
      stepLeaderWithProgress(raft, m);
  }
}

/** Messages about a member. */
function stepLeaderWithProgress(raft: Raft, m: Message): void {
  const pr = raft.tracker.get(m.from);
  if (pr === undefined) {
    raft.logger.debug(`${hex(raft.id)} no progress available for ${hex(m.from)}`);
    return;
  }
  switch (m.type) {
    case MessageType.MsgAppResp:
      if (handleAppendResponse(raft, m, pr)) maybeFinishTransfer(raft, pr);
      return;
    case MessageType.MsgHeartbeatResp:
      handleHeartbeatResponse(raft, m, pr);
      return;
    case MessageType.MsgSnapStatus:
      handleSnapStatus(raft, m, pr);
      return;
    case MessageType.MsgUnreachable:
      handleUnreachable(raft, m, pr);
      return;
    case MessageType.MsgTransferLeader:
      handleTransferLeader(raft, m, pr);
      return;
    default:
      return;
  }
}

/** Steps down unless a quorum was heard of since the last check, and resets the activity. */
function checkQuorum(raft: Raft): void {
  if (!raft.tracker.quorumActive()) {
    const why = "since quorum is not active";
    raft.logger.warning(`${hex(raft.id)} stepped down to follower ${why}`);
    becomeFollower(raft, raft.term, None);
  }
  for (const pr of raft.tracker.members) if (pr.id !== raft.id) pr.recentActive = false;
}

function handleHeartbeatResponse(raft: Raft, m: Message, pr: Progress): void {
  pr.recentActive = true;
  pr.msgAppFlowPaused = false;
  // A member that lacks entries is sent some; with a full window an empty message, whose response
  // shows whether the window's messages were lost. A probed member that lacks nothing is sent one
  // as well: its response returns it to replication. (In StateSnapshot nothing is sent.)
  if (pr.match < raft.log.lastIndex() || pr.state === ProgressState.StateProbe) {
    sendAppend(raft, pr);
  }
  handleReadAck(raft, m, pr);
}

/** The host could not deliver a message: most likely a MsgApp is lost, so streaming ends. */
function handleUnreachable(raft: Raft, m: Message, pr: Progress): void {
  if (pr.state === ProgressState.StateReplicate) pr.becomeProbe();
  const what = `failed to send message to ${hex(m.from)} because it is unreachable`;
  raft.logger.debug(`${hex(raft.id)} ${what} [${pr}]`);
}
