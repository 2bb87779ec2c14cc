import type { ConfState } from "../proto/raftpb.ts";

/** A configuration as the generated code takes it. */
export interface MutableConfState {
  voters: number[];
  learners: number[];
  votersOutgoing: number[];
  learnersNext: number[];
  autoLeave: boolean;
}

/** For the generated code, every field present: then zeros are written too, as etcd does. */
export function mutableConfState(state: ConfState): MutableConfState {
  return {
    voters: [...state.voters],
    learners: [...state.learners],
    votersOutgoing: [...state.votersOutgoing],
    learnersNext: [...state.learnersNext],
    autoLeave: state.autoLeave,
  };
}

type Read = { readonly [K in keyof MutableConfState]?: MutableConfState[K] | null };

/** What the generated code read; an absent configuration is an empty one. */
export function confStateOf(state: Read | null | undefined): ConfState {
  return {
    voters: state?.voters ?? [],
    learners: state?.learners ?? [],
    votersOutgoing: state?.votersOutgoing ?? [],
    learnersNext: state?.learnersNext ?? [],
    autoLeave: state?.autoLeave ?? false,
  };
}
