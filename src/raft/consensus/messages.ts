/** Kinds of messages. Source: etcd's util.go. */
import { MessageType } from "../../proto/raftpb.ts";

/** By type, whether it is one of these: asked of every message, and an array answers fastest. */
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

/** Whether such a message answers another, so that it can only come from a member. */
export function isResponseMsg(type: MessageType): boolean {
  return responseTypes[type] === true;
}

/** The answer to a request for a vote. */
export function voteRespMsgType(
  type: typeof MessageType.MsgVote | typeof MessageType.MsgPreVote,
): MessageType {
  return type === MessageType.MsgVote ? MessageType.MsgVoteResp : MessageType.MsgPreVoteResp;
}
