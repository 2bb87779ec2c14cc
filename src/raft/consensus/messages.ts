/** Kinds of messages, and blank ones to fill in. Source: etcd's util.go. */
import { type Message, MessageType, noEntries, noMessages } from "../../proto/raftpb.ts";

const localTypes: ReadonlySet<MessageType> = new Set([
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

const responseTypes: ReadonlySet<MessageType> = new Set([
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
  return localTypes.has(type);
}

/** Whether such a message answers another, so that it can only come from a member. */
export function isResponseMsg(type: MessageType): boolean {
  return responseTypes.has(type);
}

/** The answer to a request for a vote. */
export function voteRespMsgType(
  type: typeof MessageType.MsgVote | typeof MessageType.MsgPreVote,
): MessageType {
  return type === MessageType.MsgVote ? MessageType.MsgVoteResp : MessageType.MsgPreVoteResp;
}

/** A message that is still being written. */
export type MessageDraft = { -readonly [Field in keyof Message]: Message[Field] };

/** A message with nothing but its address. All messages have this one shape. */
export function draftMessage(
  type: MessageType,
  to: number,
  from: number,
  term: number,
): MessageDraft {
  return {
    type,
    to,
    from,
    term,
    logTerm: 0,
    index: 0,
    entries: noEntries,
    commit: 0,
    vote: 0,
    snapshot: undefined,
    reject: false,
    rejectHint: 0,
    context: undefined,
    responses: noMessages,
  };
}
