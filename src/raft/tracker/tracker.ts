import type { ConfState } from "../../proto/raftpb.ts";
import { VoteResult } from "../quorum/quorum.ts";
import { type Config, configToConfState, emptyConfig } from "./config.ts";
import type { Progress } from "./progress.ts";
import { ProgressMap } from "./progressmap.ts";

/** Votes of one election: granted, rejected, and the result. */
export interface Tally {
  readonly granted: number;
  readonly rejected: number;
  readonly result: VoteResult;
}

/**
 * The configuration, the progress of all members, and the votes of the current election. Source:
 * etcd's tracker/tracker.go.
 */
export class ProgressTracker {
  /** Messages that may be in flight to one member. */
  readonly maxInflight: number;
  /** Bytes of entries that may be in flight to one member; 0 means no limit. */
  readonly maxInflightBytes: number;

  #config: Config = emptyConfig;
  #progress: ProgressMap = ProgressMap.empty;
  readonly #votes = new Map<number, boolean>();

  // Bound once, since quorums use these for every acknowledgement and vote.
  readonly #ackedIndex = (id: number): number | undefined => this.#progress.get(id)?.match;
  readonly #vote = (id: number): boolean | undefined => this.#votes.get(id);
  readonly #active = (id: number): boolean | undefined => {
    const pr = this.#progress.get(id);
    return pr === undefined || pr.isLearner ? undefined : pr.recentActive;
  };

  constructor(maxInflight: number, maxInflightBytes = 0) {
    this.maxInflight = maxInflight;
    this.maxInflightBytes = maxInflightBytes;
  }

  get config(): Config {
    return this.#config;
  }

  get progress(): ProgressMap {
    return this.#progress;
  }

  /** Every member's progress in ascending order of ids; a stable array until the next change. */
  get members(): readonly Progress[] {
    return this.#progress.list;
  }

  get votes(): ReadonlyMap<number, boolean> {
    return this.#votes;
  }

  get(id: number): Progress | undefined {
    return this.#progress.get(id);
  }

  /** Installs the result of a Changer or of `restore`. */
  install(config: Config, progress: ProgressMap): void {
    this.#config = config;
    this.#progress = progress;
  }

  confState(): ConfState {
    return configToConfState(this.#config);
  }

  /** Whether there is only one voter, which decides alone. */
  isSingleton(): boolean {
    const { incoming, outgoing } = this.#config.voters;
    return incoming.size === 1 && outgoing.size === 0;
  }

  /** The highest index that a quorum has acknowledged. */
  committed(): number {
    return this.#config.voters.committedIndex(this.#ackedIndex);
  }

  /** Whether a quorum was heard of since activity was last reset. */
  quorumActive(): boolean {
    return this.#config.voters.voteResult(this.#active) === VoteResult.VoteWon;
  }

  /** Voters of both halves, ascending. */
  voterNodes(): readonly number[] {
    return this.#config.voters.ids;
  }

  learnerNodes(): readonly number[] {
    return this.#config.learners;
  }

  /** Begins a new election. */
  resetVotes(): void {
    this.#votes.clear();
  }

  /** Records a vote. A second vote of a member is ignored: it has one in a term. */
  recordVote(id: number, granted: boolean): void {
    if (!this.#votes.has(id)) this.#votes.set(id, granted);
  }

  /**
   * Counts the votes, without those of learners and of nodes that are not members, which may have
   * been recorded.
   */
  tallyVotes(): Tally {
    let granted = 0;
    let rejected = 0;
    for (const pr of this.#progress.list) {
      if (pr.isLearner) continue;
      const vote = this.#votes.get(pr.id);
      if (vote === undefined) continue;
      if (vote) granted++;
      else rejected++;
    }
    return { granted, rejected, result: this.#config.voters.voteResult(this.#vote) };
  }
}
