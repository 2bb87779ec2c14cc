/** Kinds of messages. Source: etcd's util.go. */
import { MessageType } from "../../proto/raftpb.ts";

/** A lookup by type: an array is fastest, and every message asks. */
function table(types: readonly MessageType[]): readonly boolean[] {
  return Array.from({ length: 24 }, (_, type) => types.includes(type as MessageType));
}

const localTypes = table([
  MessageType.MsgHup,
  MessageType.MsgBeat,
  MessageType.MsgUnreachable,
  MessageType.MsgSnapStatus,
  MessageType.MsgCheckQuorum,
  MessageType.MsgStorageAppend,
  MessageType.MsgStorageAppendResp,
  MessageType.MsgStorageApply,
  MessageType.MsgStorageApplyResp,
]);

const responseTypes = table([
  MessageType.MsgAppResp,
  MessageType.MsgVoteResp,
  MessageType.MsgHeartbeatResp,
  MessageType.MsgUnreachable,
  MessageType.MsgReadIndexResp,
  MessageType.MsgPreVoteResp,
  MessageType.MsgStorageAppendResp,
  MessageType.MsgStorageApplyResp,
]);

/** Whether only the node itself makes such messages. */
export function isLocalMsg(type: MessageType): boolean {
  return localTypes[type] === true;
}

/** Whether such a message is a response, which only a member may send. */
export function isResponseMsg(type: MessageType): boolean {
  return responseTypes[type] === true;
}

/** The type of the response to a vote request. */
export function voteRespMsgType(
  type: typeof MessageType.MsgVote | typeof MessageType.MsgPreVote,
): MessageType {
  return type === MessageType.MsgVote ? MessageType.MsgVoteResp : MessageType.MsgPreVoteResp;
}
