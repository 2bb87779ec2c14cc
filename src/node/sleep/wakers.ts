import { type Message, MessageType } from "../../proto/raftpb.ts";
import { isResponseMsg } from "../../raft/index.ts";
import type { PeerMethod } from "../world/environment.ts";

/** What a member slept upon. */
export interface Agreed {
  readonly term: number;
  /** The last index: committed and applied. */
  readonly index: number;
  /** Who leads: this member, or another. */
  readonly lead: number;
  /** By this member's clock, milliseconds since the epoch. */
  readonly sinceMs: number;
}

/** For so long the leader may not know yet that all agree, and says what it always says. */
const settlingMs = 1_000;

/** Whether a member that sleeps must wake for what a peer says. */
export function wakes(message: Message, { term, index, sinceMs }: Agreed, nowMs: number): boolean {
  const { type } = message;
  if (message.term > term) return true;
  if (isResponseMsg(type)) return false;
  if (type !== MessageType.MsgHeartbeat && type !== MessageType.MsgApp) return true;
  // Of an earlier term: the answer tells its sender, which then campaigns or follows.
  if (message.term < term) return false;
  const last = message.entries.at(-1)?.index ?? message.index;
  const passedMs = nowMs - sinceMs;
  const settling = passedMs >= 0 && passedMs < settlingMs;
  return !settling || message.commit > index || last > index;
}

/** Calls that are answered from what is there. */
const quietCalls: ReadonlySet<PeerMethod> = new Set(["readRound", "sleep", "slept", "fingerprint"]);

/** Whether a member that sleeps must wake for a call of a peer. */
export function wakesForCall(method: PeerMethod): boolean {
  return !quietCalls.has(method);
}
