import type { StateMachine } from "../../kv/state-machine.ts";
import type { Entry, SnapshotMetadata } from "../../proto/raftpb.ts";
import type { BasicStatus, Ready, Storage, TraceLogger } from "../../raft/index.ts";

/**
 * Hears what a member does, as it does it, and changes nothing: how the simulator checks raft's
 * invariants on the real host. Nothing else uses it.
 */
export interface MemberObserver {
  /** Raft is about to start from what the storage holds, and from this state. */
  recovered(storage: Storage, machine: StateMachine): void;
  /** A Ready, before anything that it asks was done. `status` is raft's at that moment. */
  ready(ready: Ready, status: BasicStatus): void;
  /** A committed entry was applied; the state machine stands right after it. */
  applied(entry: Entry, machine: StateMachine): void;
  /** A leader's snapshot became the state. */
  installed(snapshot: SnapshotMetadata, machine: StateMachine): void;
  /** Hears of every transition of raft's state machine, where it is there. */
  readonly traceLogger?: TraceLogger;
}
