import type { StateMachine } from "../../kv/state-machine.ts";
import type { Entry, SnapshotMetadata } from "../../proto/raftpb.ts";
import type { BasicStatus, Ready, Storage, TraceLogger } from "../../raft/index.ts";

/**
 * Observes a member without changing anything: the simulator checks raft's invariants by it on the
 * real host. Nothing else uses it.
 */
export interface MemberObserver {
  /** Raft is about to start from this storage and state. */
  recovered(storage: Storage, machine: StateMachine): void;
  /** A Ready, before it is handled. `status` is raft's at that moment. */
  ready(ready: Ready, status: BasicStatus): void;
  /** A committed entry was applied; the state machine is right after it. */
  applied(entry: Entry, machine: StateMachine): void;
  /** A leader's snapshot replaced the state. */
  installed(snapshot: SnapshotMetadata, machine: StateMachine): void;
  /** Gets every transition of raft's state machine, if set. */
  readonly traceLogger?: TraceLogger;
}
