/** A leader's own log: what it appends, and what it may commit. Source: etcd's raft.go. */
import { type Entry, MessageType } from "../../proto/raftpb.ts";
import { payloadsSize } from "../log/size.ts";
import { hex } from "../types.ts";
import type { Raft } from "./raft.ts";
import { traceEvent, traceReplicate } from "./trace.ts";

/**
 * Appends entries in the leader's term, behind its log. False where the bytes that are uncommitted
 * would become too many: then nothing was appended.
 */
export function appendEntry(raft: Raft, proposed: readonly Entry[]): boolean {
  const next = raft.log.lastIndex() + 1;
  const { term } = raft;
  const entries = proposed.map(({ type, data }, i) => ({ term, index: next + i, type, data }));
  if (!increaseUncommittedSize(raft, entries)) {
    const why = "would exceed uncommitted entry size limit; dropping proposal";
    raft.logger.warning(`${hex(raft.id)} appending new entries to log ${why}`);
    return false;
  }
  traceReplicate(raft, entries);
  const last = raft.log.append(entries);
  // The leader acknowledges to itself, like any follower once the entries are stable: that moves
  // its own progress on and may commit.
  const ack = raft.message(MessageType.MsgAppResp, raft.id);
  ack.index = last;
  raft.send(ack);
  return true;
}

/**
 * Counts the entries' payload in, if the limit allows. The first one that finds nothing uncommitted
 * always passes, so that any size can get through at all; so do empty ones, which begin a term and
 * leave joint configurations.
 */
function increaseUncommittedSize(raft: Raft, entries: readonly Entry[]): boolean {
  const size = payloadsSize(entries);
  const total = raft.uncommittedSize + size;
  const limit = raft.config.maxUncommittedEntriesSize;
  if (raft.uncommittedSize > 0 && size > 0 && total > limit) return false;
  raft.uncommittedSize = total;
  return true;
}

/** Counts applied payload out. What an earlier leader appended was never counted in. */
export function reduceUncommittedSize(raft: Raft, size: number): void {
  raft.uncommittedSize = Math.max(0, raft.uncommittedSize - size);
}

/**
 * Commits what a quorum has, if that is of the leader's own term (Raft paper, 5.4.2). Returns
 * whether anything changed, which all followers should then hear.
 */
export function maybeCommit(raft: Raft): boolean {
  const changed = raft.log.maybeCommit(raft.tracker.committed(), raft.term);
  traceEvent(raft, "Commit");
  return changed;
}
