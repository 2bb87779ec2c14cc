import { type ErrorKind, errors } from "../../kv/errors.ts";
import type { ConfState } from "../../proto/raftpb.ts";
import type { Progress } from "../../raft/index.ts";

/** What the rules of reconfiguration look at, as the leader sees it. */
export interface View {
  readonly self: number;
  readonly confState: ConfState;
  readonly progress: { get(id: number): Pick<Progress, "match"> | undefined };
  /** Whether a member was heard of lately; true of the leader itself. */
  hears(id: number): boolean;
}

/** etcd allows one learner at a time unless told otherwise (--max-learners). */
export const maxLearners = 1;

/** A learner is in sync when it has this part of the leader's log (etcd: readyPercentThreshold). */
const readyShare = 0.9;

/** Whether so many of the voters that a majority decides with are heard of. */
function hasQuorum(view: View, voters: readonly number[]): boolean {
  const active = voters.filter((id) => view.hears(id));
  return active.length >= Math.floor(voters.length / 2) + 1;
}

/**
 * Whether a voter may be added: the members that are there must be a majority also with the new
 * one, which may never start (etcd: IsReadyToAddVotingMember; strict reconfiguration check).
 */
export function mayAddVoter(view: View): ErrorKind | undefined {
  const { voters } = view.confState;
  // A single member that adds its second cannot do better.
  if (voters.length === 1) return undefined;
  return hasQuorum(view, [...voters, 0]) ? undefined : errors.memberNotEnoughStarted;
}

/** etcd: IsReadyToRemoveVotingMember. What is left must be a majority that is there. */
export function mayRemove(view: View, id: number): ErrorKind | undefined {
  const { voters, learners } = view.confState;
  if (learners.includes(id)) return undefined;
  const rest = voters.filter((voter) => voter !== id);
  if (rest.length === 0) return errors.memberNotEnoughStarted;
  return hasQuorum(view, rest) ? undefined : errors.memberNotEnoughStarted;
}

/** etcd: IsReadyToPromoteMember, isLearnerReady. */
export function mayPromote(view: View, id: number): ErrorKind | undefined {
  const { voters, learners } = view.confState;
  if (voters.includes(id)) return errors.memberNotLearner;
  if (!learners.includes(id)) return errors.memberNotFound;
  const learner = view.progress.get(id);
  const leader = view.progress.get(view.self);
  const ready =
    learner !== undefined &&
    leader !== undefined &&
    view.hears(id) &&
    learner.match >= leader.match * readyShare;
  if (!ready) return errors.learnerNotReady;
  return voters.length === 1 || hasQuorum(view, [...voters, id])
    ? undefined
    : errors.memberNotEnoughStarted;
}
