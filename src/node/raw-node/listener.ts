import type { Applied } from "../../kv/state-machine.ts";

/** A part of the member that hears what raft does, in the turn in which it happens. */
export interface RaftListener {
  /** This member leads from now on. */
  leading?(): void;
  /** It leads no longer. */
  followed?(): void;
  /** The members are others, or may do other things. */
  reconfigured?(): void;
  /** An entry was applied. */
  applied?(applied: Applied): void;
  /** Those entries were all, for now. */
  allApplied?(): void;
  /** The state was replaced by a snapshot. */
  installed?(): void;
}
