import { type ConfChangeSingle, ConfChangeType } from "../../proto/raftpb.ts";
import { MajorityConfig } from "../quorum/majority.ts";
import type { Config } from "../tracker/config.ts";
import { Inflights } from "../tracker/inflights.ts";
import { Progress } from "../tracker/progress.ts";
import type { ProgressMap } from "../tracker/progressmap.ts";
import { Draft } from "./draft.ts";
import { ConfChangeError } from "./errors.ts";
import { checkInvariants } from "./invariants.ts";

/** A configuration and the progress of its members: what ProgressTracker.install takes. */
export interface Membership {
  readonly config: Config;
  readonly progress: ProgressMap;
}

/** What a Changer starts from: a Membership and the limits for new members' inflights. */
export interface ChangerBase extends Membership {
  readonly maxInflight: number;
  readonly maxInflightBytes: number;
}

/**
 * Derives the next configuration from the current one, which it never changes. Each method throws
 * ConfChangeError where the change is not allowed, and a plain Error where the current
 * configuration is broken. Source: etcd's confchange/confchange.go.
 */
export class Changer {
  readonly #base: ChangerBase;
  readonly #lastIndex: number;

  /** @param lastIndex the log's last index, from which new members are probed. */
  constructor(base: ChangerBase, lastIndex: number) {
    this.#base = base;
    this.#lastIndex = lastIndex;
  }

  /**
   * Applies changes without a joint configuration: at most one voter more or less, so that any
   * majority of the old voters meets any of the new. Learners may change freely.
   */
  simple(changes: readonly ConfChangeSingle[]): Membership {
    const draft = this.#draft();
    if (draft.isJoint) {
      throw new ConfChangeError("can't apply simple config change in joint config");
    }
    this.#apply(draft, changes);
    if (symmetricDifference(this.#base.config.voters.incoming, draft.incoming) > 1) {
      throw new ConfChangeError("more than one voter changed without entering joint config");
    }
    return checked(draft);
  }

  /**
   * Makes the current voters the outgoing half and applies the changes to the incoming one, so that
   * (1 2 3) becomes (1 2 3)&&(1 2 3) and then, with `v4 r1`, (2 3 4)&&(1 2 3). Raft thesis, 4.3.
   */
  enterJoint(autoLeave: boolean, changes: readonly ConfChangeSingle[]): Membership {
    const draft = this.#draft();
    if (draft.isJoint) throw new ConfChangeError("config is already joint");
    if (draft.incoming.size === 0) {
      // The empty configuration may change to any other, but only in a simple change: an empty
      // outgoing half would mean that the configuration is not joint.
      throw new ConfChangeError("can't make a zero-voter config joint");
    }
    draft.outgoing = MajorityConfig.of(draft.incoming);
    this.#apply(draft, changes);
    draft.autoLeave = autoLeave;
    return checked(draft);
  }

  /**
   * Drops the outgoing half. Its members in learnersNext become learners; others that are no longer
   * voters are no longer tracked.
   */
  leaveJoint(): Membership {
    const draft = this.#draft();
    if (!draft.isJoint) throw new ConfChangeError("can't leave a non-joint config");
    for (const id of draft.learnersNext) {
      draft.learners.add(id);
      draft.setLearner(id, true);
    }
    draft.learnersNext.clear();
    for (const id of draft.outgoing.ids) {
      if (!draft.incoming.has(id) && !draft.learners.has(id)) draft.progress.delete(id);
    }
    draft.outgoing = MajorityConfig.empty;
    draft.autoLeave = false;
    return checked(draft);
  }

  #draft(): Draft {
    const { config, progress } = this.#base;
    checkInvariants(config, progress);
    return new Draft(config, progress);
  }

  #apply(draft: Draft, changes: readonly ConfChangeSingle[]): void {
    for (const { type, nodeId } of changes) {
      // A host that refuses a committed change sets its node to 0.
      if (nodeId === 0) continue;
      switch (type) {
        case ConfChangeType.ConfChangeAddNode:
          this.#makeVoter(draft, nodeId);
          break;
        case ConfChangeType.ConfChangeAddLearnerNode:
          this.#makeLearner(draft, nodeId);
          break;
        case ConfChangeType.ConfChangeRemoveNode:
          remove(draft, nodeId);
          break;
        case ConfChangeType.ConfChangeUpdateNode:
          break;
        default:
          throw new ConfChangeError(`unexpected conf type ${type satisfies never}`);
      }
    }
    if (draft.incoming.size === 0) throw new ConfChangeError("removed all voters");
  }

  #makeVoter(draft: Draft, id: number): void {
    if (!draft.progress.has(id)) this.#addProgress(draft, id, false);
    draft.setLearner(id, false);
    draft.learners.delete(id);
    draft.learnersNext.delete(id);
    draft.incoming.add(id);
  }

  #makeLearner(draft: Draft, id: number): void {
    const pr = draft.progress.get(id);
    if (pr === undefined) {
      this.#addProgress(draft, id, true);
      draft.learners.add(id);
      return;
    }
    if (pr.isLearner) return;
    remove(draft, id);
    draft.progress.set(id, pr);
    // The member still votes in the outgoing half, so it becomes a learner only after that.
    if (draft.outgoing.has(id)) {
      draft.learnersNext.add(id);
    } else {
      draft.setLearner(id, true);
      draft.learners.add(id);
    }
  }

  #addProgress(draft: Draft, id: number, isLearner: boolean): void {
    const { maxInflight, maxInflightBytes } = this.#base;
    // The new member is probed at the end of the log, where it learns what it lacks (for an empty
    // log mostly a snapshot). It counts as active at first: otherwise a leader that checks its
    // quorum could step down before the member could answer.
    const next = Math.max(this.#lastIndex, 1);
    const inflights = new Inflights(maxInflight, maxInflightBytes);
    draft.progress.set(id, new Progress(id, next, inflights, { isLearner, recentActive: true }));
  }
}

function remove(draft: Draft, id: number): void {
  if (!draft.progress.has(id)) return;
  draft.incoming.delete(id);
  draft.learners.delete(id);
  draft.learnersNext.delete(id);
  // A voter of the outgoing half stays tracked.
  if (!draft.outgoing.has(id)) draft.progress.delete(id);
}

function checked(draft: Draft): Membership {
  const membership = draft.finish();
  checkInvariants(membership.config, membership.progress);
  return membership;
}

/** How many voters are in only one of the two. */
function symmetricDifference(before: MajorityConfig, after: ReadonlySet<number>): number {
  const kept = before.ids.filter((id) => after.has(id)).length;
  return before.size - kept + (after.size - kept);
}
