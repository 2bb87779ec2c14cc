import { errors } from "../../etcd/errors.ts";
import { type Reason, redirect, refused } from "../../rpc/answers.ts";
import type { Core } from "../core.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";
import type { LeaderDuty } from "./duty.ts";

interface PendingTransfer {
  readonly target: number;
  readonly deadlineTick: number;
  done(reason: Reason | undefined): void;
}

const timedOut = refused({
  code: errors.notPrimaryLessor.code,
  text: "etcdserver: request timed out, leader transfer took too long",
});

/** Transfers leadership to another member, for an administrator or a removal. */
export class LeaderTransfer implements LeaderDuty {
  readonly #core: Core;
  readonly #raft: RaftNode;
  #transfer: PendingTransfer | undefined;

  constructor(core: Core, raft: RaftNode) {
    this.#core = core;
    this.#raft = raft;
  }

  /**
   * @param target 0: the most caught-up voter. `done` is called when it leads, or with the reason
   * why it does not.
   */
  begin(target: number, done: (reason: Reason | undefined) => void): void {
    const { role, node } = this.#raft;
    const { machine, options, ticks } = this.#core;
    const { memberId, tuning } = options;
    const to = target === 0 ? this.bestTarget() : target;
    const { learners } = machine.confState;
    if (!role.leads) done(redirect);
    else if (to === memberId && target !== 0) done(undefined);
    else if (!role.voters.has(to) || learners.includes(to) || to === memberId) {
      done(refused(errors.badLeaderTransferee));
    } else {
      this.end(timedOut);
      const deadlineTick = ticks.now + tuning.electionTicks + 1;
      this.#transfer = { target: to, deadlineTick, done };
      node.transferLeadership(to);
    }
  }

  get busy(): boolean {
    return this.#transfer !== undefined;
  }

  tick(): void {
    const { now } = this.#core.ticks;
    if (this.#transfer !== undefined && this.#transfer.deadlineTick <= now) this.end(timedOut);
  }

  /** Called at the end of a turn. */
  settle(): void {
    if (this.#transfer?.target === this.#raft.role.lead) this.end(undefined);
  }

  end(reason: Reason | undefined): void {
    const transfer = this.#transfer;
    this.#transfer = undefined;
    transfer?.done(reason);
  }

  /** The answering voter with the longest log; 0 for none. */
  bestTarget(): number {
    const { memberId } = this.#core.options;
    let best = { id: 0, match: -1 };
    for (const { id, match, isLearner } of this.#raft.node.status().progress) {
      if (isLearner || id === memberId || !this.#raft.hears(id)) continue;
      if (match > best.match) best = { id, match };
    }
    return best.id;
  }
}
