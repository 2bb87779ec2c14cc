/** Snapshots, from the leader's side. Source: etcd's raft.go. */
import { type Message, MessageType } from "../../proto/raftpb.ts";
import { InvariantError, SnapshotTemporarilyUnavailableError } from "../errors.ts";
import { type Progress, StateType as ProgressState } from "../tracker/progress.ts";
import { hex } from "../types.ts";
import type { Raft } from "./raft.ts";

/**
 * Sends the newest snapshot to a member whose next entry is compacted, and pauses its replication.
 * Not to a member that was not heard of lately: it could not take it. Returns whether it was sent.
 */
export function maybeSendSnapshot(raft: Raft, pr: Progress): boolean {
  const [id, to] = [hex(raft.id), hex(pr.id)];
  if (!pr.recentActive) {
    raft.logger.debug(`ignore sending snapshot to ${to} since it is not recently active`);
    return false;
  }
  const snapshot = readySnapshot(raft);
  if (snapshot === undefined) {
    const why = "because snapshot is temporarily unavailable";
    raft.logger.debug(`${id} failed to send snapshot to ${to} ${why}`);
    return false;
  }
  const { index, term } = snapshot.metadata;
  if (index === 0) throw new InvariantError("need non-empty snapshot");
  const log = `[firstindex: ${raft.log.firstIndex()}, commit: ${raft.log.committed}]`;
  const what = `snapshot[index: ${index}, term: ${term}]`;
  raft.logger.debug(`${id} ${log} sent ${what} to ${to} [${pr}]`);
  pr.becomeSnapshot(index);
  raft.logger.debug(`${id} paused sending replication messages to ${to} [${pr}]`);
  const message = raft.message(MessageType.MsgSnap, pr.id);
  message.snapshot = snapshot;
  raft.send(message);
  return true;
}

function readySnapshot(raft: Raft) {
  try {
    return raft.log.snapshot();
  } catch (error) {
    if (error instanceof SnapshotTemporarilyUnavailableError) return undefined;
    throw error;
  }
}

/** Handles the host's report of a snapshot's transfer. */
export function handleSnapStatus(raft: Raft, m: Message, pr: Progress): void {
  if (pr.state !== ProgressState.StateSnapshot) return;
  // A failed snapshot changes nothing: probing continues from the member's match.
  if (m.reject) pr.pendingSnapshot = 0;
  pr.becomeProbe();
  const outcome = m.reject ? "failed" : "succeeded";
  const what = `resumed sending replication messages to ${hex(m.from)} [${pr}]`;
  raft.logger.debug(`${hex(raft.id)} snapshot ${outcome}, ${what}`);
  // After a success its MsgAppResp is coming; after a failure, wait for a heartbeat before the next
  // try.
  pr.msgAppFlowPaused = true;
}
