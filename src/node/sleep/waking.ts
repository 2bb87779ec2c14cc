import { VoteResult } from "../../raft/index.ts";
import type { Core } from "../core.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";

/** A leader that has just woken does without a quorum for so long, at most. */
const quorumMs = 5_000;
/** A follower waits so long for the leader that it has called, before it campaigns. */
const leaderMs = 3_000;

/**
 * The first seconds after a sleep, in which others are not to be judged by their silence: they may
 * have to start before they can answer.
 */
export class Waking {
  readonly #core: Core;
  readonly #raft: RaftNode;
  readonly #sinceTick: number;
  /** The last leader is called, and has not answered. */
  #called = false;

  constructor(core: Core, raft: RaftNode) {
    this.#core = core;
    this.#raft = raft;
    this.#sinceTick = core.ticks.now;
  }

  /** Wakes the last leader. Where it is not to be had, this member votes and campaigns freely. */
  call(leader: number): void {
    this.#called = true;
    const { calls, environment } = this.#core;
    const forget = () => {
      if (this.#called && this.#raft.role.lead === leader) this.#raft.node.forgetLeader();
      this.#called = false;
    };
    calls.call(
      leader,
      "wake",
      {},
      {
        done: ({ refused }) => {
          if (refused === "") this.#called = false;
          else forget();
        },
        failed: (error) => {
          environment.log.debug(`member ${leader} is not woken: ${error}`);
          forget();
        },
      },
    );
  }

  /** Before raft's tick. False where the waking is over. */
  tick(): boolean {
    const { ticks, options } = this.#core;
    const { tickMs, electionTicks } = options.tuning;
    const { leads } = this.#raft.role;
    const passedMs = (ticks.now - this.#sinceTick) * tickMs;
    const limitMs = leads ? quorumMs : leaderMs - electionTicks * tickMs;
    const holds = leads ? !this.#quorumHeard : this.#called;
    if (!holds || passedMs >= limitMs) return false;
    this.#raft.node.restartElectionTimeout();
    return true;
  }

  get #quorumHeard(): boolean {
    const { activity, role } = this.#raft;
    const { memberId } = this.#core.options;
    const vote = (id: number) => id === memberId || activity.heardAfter(id, this.#sinceTick);
    return role.voters.voteResult(vote) === VoteResult.VoteWon;
  }
}
