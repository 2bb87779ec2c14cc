import type { Birth } from "../birth/birth.ts";
import type { Identity } from "../peers/identity.ts";
import type { TransportEvents } from "../peers/transport.ts";
import type { Ending } from "../world/ending.ts";
import type { MemberState } from "./state.ts";

/** What comes of that which the transport tells a member. */
export function transportEvents(
  memberId: number,
  identity: Identity,
  state: MemberState,
  ending: Ending,
  birth: () => Birth,
): TransportEvents {
  return {
    received: (from, messages) => state.hearing?.received(from, messages),
    unreachable: (peer) => state.serving?.raft.unreachable(peer),
    removed: () => ending.remove(),
    refused: ({ to, toInstance, cluster }) => {
      const recorded = to === memberId && toInstance !== "";
      if (state.phase === "empty" && recorded && toInstance !== identity.instance) {
        birth().recordedElsewhere(toInstance, cluster);
      }
    },
  };
}
