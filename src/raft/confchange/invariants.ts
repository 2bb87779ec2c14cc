import type { Config } from "../tracker/config.ts";
import type { ProgressMap } from "../tracker/progressmap.ts";

/**
 * Throws where a configuration and its progress contradict each other. The empty configuration is
 * fine: everything begins with it. Source: checkInvariants of etcd's confchange/confchange.go.
 */
export function checkInvariants(config: Config, progress: ProgressMap): void {
  const { voters, learners, learnersNext, autoLeave } = config;
  for (const ids of [voters.ids, learners, learnersNext]) {
    for (const id of ids) if (!progress.has(id)) throw new Error(`no progress for ${id}`);
  }
  for (const id of learnersNext) {
    if (!voters.outgoing.has(id)) throw new Error(`${id} is in LearnersNext, but not Voters[1]`);
    if (progress.get(id)?.isLearner) {
      throw new Error(`${id} is in LearnersNext, but is already marked as learner`);
    }
  }
  for (const id of learners) {
    if (voters.outgoing.has(id)) throw new Error(`${id} is in Learners and Voters[1]`);
    if (voters.incoming.has(id)) throw new Error(`${id} is in Learners and Voters[0]`);
    if (!progress.get(id)?.isLearner) {
      throw new Error(`${id} is in Learners, but is not marked as learner`);
    }
  }
  if (voters.isJoint) return;
  if (learnersNext.length > 0) throw new Error("LearnersNext must be empty when not joint");
  if (autoLeave) throw new Error("AutoLeave must be false when not joint");
}
