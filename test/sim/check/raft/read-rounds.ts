import { type Message, MessageType } from "../../../../src/proto/raftpb.ts";
import type { Invariant, Sender } from "./facts.ts";

/**
 * Acknowledgements of a read round come from the live instance only: its heartbeats and responses
 * carry no context on sockets, which a superseded instance keeps (DESIGN.md, linearizable reads).
 */
export class ReadRounds implements Invariant {
  readonly name = "read rounds";

  sent(message: Message, from: Sender): string | undefined {
    const { type, context } = message;
    if (type !== MessageType.MsgHeartbeat && type !== MessageType.MsgHeartbeatResp) {
      return undefined;
    }
    if (context === undefined || context.length === 0) return undefined;
    return `${from.name} sent a read context on a socket`;
  }
}
