import { type ConfChangeSingle, ConfChangeType, type ConfState } from "../../proto/raftpb.ts";
import { emptyConfig } from "../tracker/config.ts";
import { ProgressMap } from "../tracker/progressmap.ts";
import { Changer, type Membership } from "./changer.ts";

const { ConfChangeAddNode, ConfChangeAddLearnerNode, ConfChangeRemoveNode } = ConfChangeType;

/** What a restored membership needs besides the ConfState. */
export interface RestoreOptions {
  readonly maxInflight: number;
  readonly maxInflightBytes: number;
  /** The log's last index. */
  readonly lastIndex: number;
}

/**
 * The membership that a ConfState describes, with fresh progress for all members. Built from the
 * empty configuration by changes that lead there, so that every rule is checked. Throws
 * ConfChangeError where no changes lead there. Source: etcd's confchange/restore.go.
 */
export function restore(confState: ConfState, options: RestoreOptions): Membership {
  const { maxInflight, maxInflightBytes, lastIndex } = options;
  let membership: Membership = { config: emptyConfig, progress: ProgressMap.empty };
  const changer = (): Changer =>
    new Changer({ ...membership, maxInflight, maxInflightBytes }, lastIndex);
  const simple = (changes: readonly ConfChangeSingle[]): void => {
    // One at a time: more than one voter at once would need a joint configuration.
    for (const change of changes) membership = changer().simple([change]);
  };

  const { votersOutgoing } = confState;
  const incoming = [
    ...changes(ConfChangeAddNode, confState.voters),
    ...changes(ConfChangeAddLearnerNode, confState.learners),
    // In a joint configuration these vote in the outgoing half, and so go to learnersNext.
    ...changes(ConfChangeAddLearnerNode, confState.learnersNext),
  ];
  if (votersOutgoing.length === 0) {
    simple(incoming);
    return membership;
  }
  // First makes the outgoing voters the active configuration. Entering the joint one moves them to
  // the outgoing half and builds the incoming one from nothing.
  simple(changes(ConfChangeAddNode, votersOutgoing));
  return changer().enterJoint(confState.autoLeave, [
    ...changes(ConfChangeRemoveNode, votersOutgoing),
    ...incoming,
  ]);
}

function changes(type: ConfChangeType, ids: readonly number[]): ConfChangeSingle[] {
  return ids.map((nodeId) => ({ type, nodeId }));
}

/** Whether two ConfStates are equal, apart from the order of ids. */
export function confStatesEquivalent(a: ConfState, b: ConfState): boolean {
  return (
    a.autoLeave === b.autoLeave &&
    sameIds(a.voters, b.voters) &&
    sameIds(a.learners, b.learners) &&
    sameIds(a.votersOutgoing, b.votersOutgoing) &&
    sameIds(a.learnersNext, b.learnersNext)
  );
}

function sameIds(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  const sorted = b.toSorted((x, y) => x - y);
  return a.toSorted((x, y) => x - y).every((id, i) => id === sorted[i]);
}
