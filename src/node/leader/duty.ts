import type { RaftListener } from "../raw-node/listener.ts";

/** What only a leader does. */
export interface LeaderDuty extends RaftListener {
  /** Called every tick, whether this member leads or not. */
  tick(): void;
}
