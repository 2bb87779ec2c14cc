import type { StateMachine } from "../kv/state-machine.ts";
import type { Entry, HardState, SnapshotMetadata } from "../proto/raftpb.ts";
import type { BasicStatus, Ready } from "../raft/index.ts";

/** What raft begins with after a start: the newest snapshot, and the log after it. */
export interface Recovered {
  readonly hardState: HardState;
  readonly snapshot: SnapshotMetadata;
  readonly entries: readonly Entry[];
}

/**
 * Is told what a member does, as it does it, and changes nothing: how the simulator checks raft's
 * invariants on the real host. Nobody else uses it.
 */
export interface MemberObserver {
  /** The storage was read, and raft is about to start from it. */
  recovered(state: Recovered): void;
  /** A Ready, before anything that it asks was done. `status` is raft's at that moment. */
  ready(ready: Ready, status: BasicStatus): void;
  /** A committed entry was applied; the state machine stands right after it. */
  applied(entry: Entry, machine: StateMachine): void;
  /** A leader's snapshot became the state. */
  installed(snapshot: SnapshotMetadata, machine: StateMachine): void;
}
