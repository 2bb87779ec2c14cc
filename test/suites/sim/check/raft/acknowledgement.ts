import { type Message, MessageType } from "../../../../../src/proto/raftpb.ts";
import type { Invariant, Sender } from "./facts.ts";

/**
 * What a follower acknowledges is in its storage, and stays there until a leader of a later term
 * overrides it (Raft paper, figure 2: respond after updating stable storage).
 */
export class Acknowledgement implements Invariant {
  readonly name = "acknowledgement";

  sent(message: Message, from: Sender): string | undefined {
    if (message.type !== MessageType.MsgAppResp || message.reject) return undefined;
    const { durable } = from;
    const { index, term, to } = message;
    if (index <= durable.lastIndex) return undefined;
    // A later leader may have cut the log short since.
    if (durable.hardState.term > term) return undefined;
    return (
      `${from.name} acknowledges ${index} to ${to} in term ${term}, ` +
      `its storage ends at ${durable.lastIndex}`
    );
  }
}
