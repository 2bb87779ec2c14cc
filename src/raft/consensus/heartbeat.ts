/** Heartbeats: they show that the leader is alive, and carry the commit index and read rounds. */
import { type Message, MessageType } from "../../proto/raftpb.ts";
import type { Progress } from "../tracker/progress.ts";
import type { Raft } from "./raft.ts";

/** Sends all other members a heartbeat, with the context of waiting reads, if any. */
export function bcastHeartbeat(raft: Raft): void {
  const context = raft.readOnly.heartbeatContext();
  for (const pr of raft.tracker.members) {
    if (pr.id !== raft.id) sendHeartbeat(raft, pr, context);
  }
}

function sendHeartbeat(raft: Raft, pr: Progress, context: Uint8Array | undefined): void {
  // At most the member's match: beyond it its log may differ from this one.
  const commit = Math.min(pr.match, raft.log.committed);
  const message = raft.message(MessageType.MsgHeartbeat, pr.id);
  message.commit = commit;
  message.context = context;
  raft.send(message);
  pr.setSentCommit(commit);
}

/**
 * A follower responds to the leader's heartbeat; in a read round also with its last index, where
 * that is of the leader's term, if terms are resumable. The leader compares it with its own of then
 * (checkMessage): had the follower to compare, an append that overtakes a round would fail it.
 */
export function handleHeartbeat(raft: Raft, m: Message): void {
  raft.log.commitTo(m.commit);
  const response = raft.message(MessageType.MsgHeartbeatResp, m.from);
  response.context = m.context;
  const asked = m.context !== undefined && m.context.length > 0;
  if (raft.config.resumable && asked && raft.log.lastTerm() === raft.term) {
    response.index = raft.log.lastIndex();
  }
  raft.send(response);
}
