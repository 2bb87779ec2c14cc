import { type Message, MessageType } from "../../../../../src/proto/raftpb.ts";
import type { Incarnation, Invariant, Sender } from "./facts.ts";

/**
 * Acknowledgements of a read round come from the live instance only: its heartbeats and responses
 * carry no context on sockets, which a superseded instance keeps (docs/architecture.md, Reads).
 * And a leader answers no read before it has committed an entry of its term: until then it may not
 * know of all that is committed (Raft paper, section 8). So its read indexes are of such entries.
 */
export class ReadRounds implements Invariant {
  readonly name = "read rounds";

  readable(who: Incarnation, term: number, index: number): string | undefined {
    return early(who.name, term, index, who.log.termAt(index));
  }

  sent(message: Message, from: Sender): string | undefined {
    const { type, context } = message;
    if (type === MessageType.MsgReadIndexResp && !from.superseded) {
      const { term, index } = message;
      return early(from.name, term, index, from.durable.termAt(index));
    }
    if (type !== MessageType.MsgHeartbeat && type !== MessageType.MsgHeartbeatResp) {
      return undefined;
    }
    if (context === undefined || context.length === 0) return undefined;
    return `${from.name} sent a read context on a socket`;
  }
}

/** @param at the term of the entry at the read's index, as far as it is known. */
function early(name: string, term: number, index: number, at = term): string | undefined {
  if (at === term) return undefined;
  return `${name} answers a read in term ${term} with ${index}, which is of term ${at}`;
}
