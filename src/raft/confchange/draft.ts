import { idsOf } from "../quorum/ids.ts";
import { JointConfig } from "../quorum/joint.ts";
import { MajorityConfig } from "../quorum/majority.ts";
import type { Config } from "../tracker/config.ts";
import type { Progress } from "../tracker/progress.ts";
import { ProgressMap } from "../tracker/progressmap.ts";

/** A configuration under construction, which shares nothing with its source. */
export class Draft {
  readonly incoming: Set<number>;
  outgoing: MajorityConfig;
  readonly learners: Set<number>;
  readonly learnersNext: Set<number>;
  autoLeave: boolean;
  readonly progress: Map<number, Progress>;

  constructor(config: Config, progress: ProgressMap) {
    this.incoming = new Set(config.voters.incoming.ids);
    this.outgoing = config.voters.outgoing;
    this.learners = new Set(config.learners);
    this.learnersNext = new Set(config.learnersNext);
    this.autoLeave = config.autoLeave;
    this.progress = new Map(progress.list.map((pr) => [pr.id, pr]));
  }

  get isJoint(): boolean {
    return this.outgoing.size > 0;
  }

  /** Makes a member a learner or not, in a copy of its progress: the original is in use. */
  setLearner(id: number, isLearner: boolean): void {
    const pr = this.progress.get(id);
    if (pr === undefined) throw new Error(`no progress for ${id}`);
    this.progress.set(id, pr.withLearner(isLearner));
  }

  finish(): { readonly config: Config; readonly progress: ProgressMap } {
    const config: Config = {
      voters: new JointConfig(MajorityConfig.of(this.incoming), this.outgoing),
      autoLeave: this.autoLeave,
      learners: idsOf(this.learners),
      learnersNext: idsOf(this.learnersNext),
    };
    return { config, progress: new ProgressMap(this.progress.values()) };
  }
}
