/**
 * Linearizable reads without a log entry (Raft thesis, 6.4): the leader notes its commit index,
 * makes sure that it still leads, and the read is served once that index is applied.
 */
import { type Entry, type Message, MessageType } from "../../proto/raftpb.ts";
import { None } from "../target.ts";
import type { Progress } from "../tracker/progress.ts";
import { hex, ReadOnlyOption } from "../types.ts";
import { bcastHeartbeat } from "./heartbeat.ts";
import type { Raft } from "./raft.ts";

/** The leader handles a read request of its own host, or one forwarded by a follower. */
export function handleReadIndex(raft: Raft, m: Message): void {
  if (raft.tracker.isSingleton()) {
    answerRead(raft, m, raft.log.committed);
  } else if (!raft.committedEntryInCurrentTerm()) {
    // A new leader may not yet know what earlier leaders committed.
    raft.pendingReadIndexMessages.push(m);
  } else {
    beginRead(raft, m);
  }
}

/** Begins the reads that waited for the first commit of the leader's term. */
export function releasePendingReadIndexMessages(raft: Raft): void {
  if (raft.pendingReadIndexMessages.length === 0) return;
  if (!raft.committedEntryInCurrentTerm()) {
    const when = "only after first commit in current term";
    raft.logger.error(`pending MsgReadIndex should be released ${when}`);
    return;
  }
  const waiting = raft.pendingReadIndexMessages;
  raft.pendingReadIndexMessages = [];
  for (const message of waiting) beginRead(raft, message);
}

function beginRead(raft: Raft, m: Message): void {
  if (raft.readOnly.option === ReadOnlyOption.ReadOnlyLeaseBased) {
    answerRead(raft, m, raft.log.committed);
    return;
  }
  raft.readOnly.addRequest(raft.log.committed, m);
  raft.readOnly.recvAck(raft.id, raft.readOnly.heartbeatContext());
  bcastHeartbeat(raft);
}

/** The leader handles a member's acknowledgement of a heartbeat with a read context. */
export function handleReadAck(raft: Raft, m: Message, pr: Progress): void {
  const none = m.context === undefined || m.context.length === 0;
  if (raft.readOnly.option !== ReadOnlyOption.ReadOnlySafe || none) return;
  raft.readOnly.recvAck(pr.id, m.context);
  for (const read of raft.readOnly.maybeAdvance(raft.tracker.config.voters)) {
    answerRead(raft, read.message, read.index);
  }
}

/** Answers a read request, of the own host or another node, with the index to read at. */
function answerRead(raft: Raft, request: Message, index: number): void {
  if (request.from === None || request.from === raft.id) {
    const { data: requestCtx } = request.entries[0] as Entry;
    raft.readStates.push({ index, requestCtx });
    return;
  }
  const response = raft.message(MessageType.MsgReadIndexResp, request.from);
  response.index = index;
  response.entries = request.entries;
  raft.send(response);
}

/** A follower handles the response to a request that it forwarded. */
export function handleReadIndexResponse(raft: Raft, m: Message): void {
  const [entry] = m.entries;
  if (entry === undefined || m.entries.length !== 1) {
    const what = `invalid format of MsgReadIndexResp from ${hex(m.from)}`;
    const id = hex(raft.id);
    raft.logger.error(`${id} ${what}, entries count: ${m.entries.length}`);
    return;
  }
  raft.readStates.push({ index: m.index, requestCtx: entry.data });
}
