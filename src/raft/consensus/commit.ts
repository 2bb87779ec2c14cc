/** A leader's own log: what it appends, and what it may commit. Source: etcd's raft.go. */
import { type Entry, MessageType } from "../../proto/raftpb.ts";
import { payloadsSize } from "../log/size.ts";
import { hex } from "../types.ts";
import type { Raft } from "./raft.ts";
import { traceEvent, traceReplicate } from "./trace.ts";

/**
 * Appends entries to the log in the leader's term. False where uncommitted bytes would exceed their
 * limit: then nothing was appended.
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
  // The leader acknowledges to itself once the entries are stable, like a follower: that advances
  // its own progress and may commit.
  const ack = raft.message(MessageType.MsgAppResp, raft.id);
  ack.index = last;
  raft.send(ack);
  return true;
}

/**
 * Adds the entries' payload, if the limit allows. If nothing is uncommitted any size passes, so
 * that a large entry can pass at all; empty entries, which begin a term or leave joint
 * configurations, always pass.
 */
function increaseUncommittedSize(raft: Raft, entries: readonly Entry[]): boolean {
  const size = payloadsSize(entries);
  const total = raft.uncommittedSize + size;
  const limit = raft.config.maxUncommittedEntriesSize;
  if (raft.uncommittedSize > 0 && size > 0 && total > limit) return false;
  raft.uncommittedSize = total;
  return true;
}

/** Subtracts applied payload. Entries of an earlier leader were never added. */
export function reduceUncommittedSize(raft: Raft, size: number): void {
  raft.uncommittedSize = Math.max(0, raft.uncommittedSize - size);
}

/**
 * Commits what a quorum has, if it is of the leader's own term (Raft paper, 5.4.2). Returns whether
 * the commit index moved, which all followers must then be told.
 */
export function maybeCommit(raft: Raft): boolean {
  const changed = raft.log.maybeCommit(raft.tracker.committed(), raft.term);
  traceEvent(raft, "Commit");
  return changed;
}
