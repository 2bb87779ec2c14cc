/**
 * Messages between a node and its own storage. With asynchronous storage writes its host carries
 * them; without, RawNode keeps the responses until advance. Source: etcd's rawnode.go.
 */
import {
  draftMessage,
  type Entry,
  type Message,
  type MessageDraft,
  MessageType,
} from "../../proto/raftpb.ts";
import type { Raft } from "../consensus/raft.ts";
import { LocalAppendThread, LocalApplyThread } from "../target.ts";
import { isEmptyHardState, isEmptySnap, type Ready } from "./ready.ts";

/** The parts of a Ready that are stored. */
export type StorageWrites = Pick<Ready, "entries" | "hardState" | "snapshot">;

/** Whether there is anything to store, or messages wait for a write. */
export function needStorageAppend(raft: Raft, writes: StorageWrites): boolean {
  return (
    writes.entries.length > 0 ||
    !isEmptyHardState(writes.hardState) ||
    !isEmptySnap(writes.snapshot) ||
    raft.msgsAfterAppend.length > 0
  );
}

/**
 * The append thread's work, with the responses to deliver when it is durable. Term, vote and commit
 * are all those of a changed HardState, or all 0.
 */
export function storageAppend(raft: Raft, writes: StorageWrites): Message {
  const message = draftMessage(MessageType.MsgStorageAppend, LocalAppendThread, raft.id, 0);
  message.entries = writes.entries;
  if (writes.hardState !== undefined && !isEmptyHardState(writes.hardState)) {
    message.term = writes.hardState.term;
    message.vote = writes.hardState.vote;
    message.commit = writes.hardState.commit;
  }
  if (!isEmptySnap(writes.snapshot)) message.snapshot = writes.snapshot;
  // Acknowledgements come before the response that makes the entries stable: until then a leader
  // finds their terms faster.
  const responses = raft.msgsAfterAppend.slice();
  if (needStorageAppendResponse(raft, writes)) responses.push(storageAppendResponse(raft, writes));
  message.responses = responses;
  return message;
}

/** Whether raft must be told of the write: it has unstable entries, or a snapshot. */
export function needStorageAppendResponse(raft: Raft, writes: StorageWrites): boolean {
  return raft.log.hasNextOrInProgressUnstableEnts() || !isEmptySnap(writes.snapshot);
}

/**
 * The response that everything handed out so far is stored, up to the log's last entry now.
 *
 * It must not mean more than that when it arrives. Entries can be overwritten by a later leader's,
 * and these again by the first ones, with index and term as before; meanwhile the storage may still
 * have the second ones, so dropping the unstable ones would let reads see them (an ABA race). So
 * the response carries the node's term and is ignored in any later one: each of those leaders has a
 * term of its own. Since then no message might ever report those entries, every response reports
 * the end of the log while anything is unstable, even if its message had no entries; and a change
 * of term always makes such a message.
 */
export function storageAppendResponse(raft: Raft, writes: StorageWrites): Message {
  const message = draftMessage(
    MessageType.MsgStorageAppendResp,
    raft.id,
    LocalAppendThread,
    raft.term,
  );
  if (raft.log.hasNextOrInProgressUnstableEnts()) {
    message.index = raft.log.lastIndex();
    message.logTerm = raft.log.lastTerm();
  }
  if (!isEmptySnap(writes.snapshot)) message.snapshot = writes.snapshot;
  return message;
}

/** The apply thread's work, with the response to deliver after it. Has no term. */
export function storageApply(raft: Raft, entries: readonly Entry[]): Message {
  const message = draftMessage(MessageType.MsgStorageApply, LocalApplyThread, raft.id, 0);
  message.entries = entries;
  message.responses = [storageApplyResponse(raft, entries)];
  return message;
}

/** The response that the entries are applied. */
export function storageApplyResponse(raft: Raft, entries: readonly Entry[]): Message {
  const message: MessageDraft = draftMessage(
    MessageType.MsgStorageApplyResp,
    raft.id,
    LocalApplyThread,
    0,
  );
  message.entries = entries;
  return message;
}
