import type { ConfState as Stored } from "../proto/generated/raft.ts";
import type { ConfState } from "../proto/raftpb.ts";

/** The configuration in a stored record; empty where the record has none. */
export function confStateOf(stored: Stored | undefined): ConfState {
  return {
    voters: [...(stored?.voters ?? [])],
    learners: [...(stored?.learners ?? [])],
    votersOutgoing: [...(stored?.votersOutgoing ?? [])],
    learnersNext: [...(stored?.learnersNext ?? [])],
    autoLeave: stored?.autoLeave ?? false,
  };
}
