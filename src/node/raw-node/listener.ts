import type { Applied } from "../../kv/state-machine.ts";

/** A part of the member that is told of raft's events, in the turn of the event. */
export interface RaftListener {
  /** This member has become leader. */
  leading?(): void;
  /** This member leads no longer. */
  followed?(): void;
  /** The configuration or a member's record has changed. */
  reconfigured?(): void;
  /** An entry was applied. */
  applied?(applied: Applied): void;
  /** All entries of this turn are applied. */
  allApplied?(): void;
  /** A snapshot has replaced the state. */
  installed?(): void;
}
