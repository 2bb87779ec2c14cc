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

/** What of a Ready is to be stored. */
export type StorageWrites = Pick<Ready, "entries" | "hardState" | "snapshot">;

/** Whether anything is to be stored, or waits for what is being stored. */
export function needStorageAppend(raft: Raft, writes: StorageWrites): boolean {
  return (
    writes.entries.length > 0 ||
    !isEmptyHardState(writes.hardState) ||
    !isEmptySnap(writes.snapshot) ||
    raft.msgsAfterAppend.length > 0
  );
}

/**
 * What the append thread is to store, with the responses to deliver when it is durable. Term, vote
 * and commit are either all those of a changed HardState, or all 0.
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
  // The acknowledgements go before the response that ends the entries' being unstable: a leader
  // finds their terms faster as long as they are.
  const responses = raft.msgsAfterAppend.slice();
  if (needStorageAppendResponse(raft, writes)) responses.push(storageAppendResponse(raft, writes));
  message.responses = responses;
  return message;
}

/** Whether raft must hear when something is stored: unstable entries, or a snapshot. */
export function needStorageAppendResponse(raft: Raft, writes: StorageWrites): boolean {
  return raft.log.hasNextOrInProgressUnstableEnts() || !isEmptySnap(writes.snapshot);
}

/**
 * The news that everything handed out so far is stored, up to the log's last entry now.
 *
 * It must not be taken for more than that when it arrives. Entries can be overwritten by those of a
 * later leader, and these again by the first ones, with index and term as before; in the meantime
 * the storage may still have the second ones, so forgetting the unstable ones would let reads see
 * them (an ABA race). So the response carries the node's term and is ignored in any later one: each
 * of those leaders has a term of its own. Since then no message might ever report those entries,
 * every response reports the end of the log while anything is unstable, even one whose message had
 * no entries; and a change of term always makes such a message.
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

/** What the apply thread is to apply, with the response to deliver when it has. Of no term. */
export function storageApply(raft: Raft, entries: readonly Entry[]): Message {
  const message = draftMessage(MessageType.MsgStorageApply, LocalApplyThread, raft.id, 0);
  message.entries = entries;
  message.responses = [storageApplyResponse(raft, entries)];
  return message;
}

/** The news that the entries are applied. */
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
