import type { ConfState as Stored } from "../proto/generated/raft.ts";
import type { ConfState } from "../proto/raftpb.ts";

/** The configuration in a record that was read; an absent one is empty. */
export function confStateOf(stored: Stored | undefined): ConfState {
  return {
    voters: [...(stored?.voters ?? [])],
    learners: [...(stored?.learners ?? [])],
    votersOutgoing: [...(stored?.votersOutgoing ?? [])],
    learnersNext: [...(stored?.learnersNext ?? [])],
    autoLeave: stored?.autoLeave ?? false,
  };
}
