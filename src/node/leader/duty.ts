import type { RaftListener } from "../raw-node/listener.ts";

/** What a member does while it leads, and no other member does. */
export interface LeaderDuty extends RaftListener {
  /** Every tick, whether it leads or not. */
  tick(): void;
}
