import type { Entry, HardState, Message, Snapshot } from "../../proto/raftpb.ts";
import type { ReadState, SoftState } from "../types.ts";

/**
 * Work for the host. Nothing in it may be changed. With asynchronous storage writes only messages,
 * soft state and read states need handling: the rest is in the messages to the local threads.
 * Source: etcd's node.go.
 */
export interface Ready {
  /** Undefined if unchanged. */
  readonly softState: SoftState | undefined;
  /** To be saved before the messages are sent. Undefined if unchanged. */
  readonly hardState: HardState | undefined;
  /** Reads that may be served once their index is applied. */
  readonly readStates: readonly ReadState[];
  /** To be saved before the messages are sent. */
  readonly entries: readonly Entry[];
  /** To be saved and applied before the messages are sent. */
  readonly snapshot: Snapshot | undefined;
  /** To be applied. An earlier Ready saved them, or they are in this one's entries. */
  readonly committedEntries: readonly Entry[];
  /**
   * To be sent after the above is saved, except that a leader's MsgApp and MsgHeartbeat need not
   * wait (Raft thesis, 10.2.1). The result of a MsgSnap must be given to reportSnapshot.
   */
  readonly messages: readonly Message[];
  /** Whether the writes must be durable before anything else is done. */
  readonly mustSync: boolean;
}

export function isEmptyHardState(state: HardState | undefined): boolean {
  return state === undefined || (state.term === 0 && state.vote === 0 && state.commit === 0);
}

export function isEmptySnap(snapshot: Snapshot | undefined): boolean {
  return snapshot === undefined || snapshot.metadata.index === 0;
}

/**
 * Whether persistent state (term, vote, entries: figure 2 of the Raft paper) changed, so that the
 * write must be durable. A commit index can be learned again.
 */
export function mustSync(state: HardState, previous: HardState, entries: number): boolean {
  return entries !== 0 || state.vote !== previous.vote || state.term !== previous.term;
}
