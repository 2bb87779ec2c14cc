import { errors } from "../../etcd/errors.ts";
import type { StateMachine } from "../../kv/state-machine.ts";
import { type Reason, redirect, refused } from "../client/answers.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";

export interface LeaderTransferParts {
  readonly raft: RaftNode;
  readonly machine: StateMachine;
  readonly memberId: number;
  readonly electionTicks: number;
  tickCount(): number;
}

interface Transfer {
  readonly target: number;
  readonly deadlineTick: number;
  done(reason: Reason | undefined): void;
}

const timedOut = refused({
  code: errors.notPrimaryLessor.code,
  text: "etcdserver: request timed out, leader transfer took too long",
});

/** Hands leadership to another member because somebody asked for it. */
export class LeaderTransfer {
  readonly #parts: LeaderTransferParts;
  #transfer: Transfer | undefined;

  constructor(parts: LeaderTransferParts) {
    this.#parts = parts;
  }

  /** @param target 0: the most caught-up voter. `done` when it leads, or with why it does not. */
  begin(target: number, done: (reason: Reason | undefined) => void): void {
    const { raft, machine, memberId, electionTicks, tickCount } = this.#parts;
    const to = target === 0 ? this.bestTarget() : target;
    const { learners } = machine.confState;
    if (!raft.leads) done(redirect);
    else if (to === memberId && target !== 0) done(undefined);
    else if (!raft.voters.has(to) || learners.includes(to) || to === memberId) {
      done(refused(errors.badLeaderTransferee));
    } else {
      this.end(timedOut);
      this.#transfer = { target: to, deadlineTick: tickCount() + electionTicks + 1, done };
      raft.node.transferLeadership(to);
    }
  }

  tick(now: number): void {
    if (this.#transfer !== undefined && this.#transfer.deadlineTick <= now) this.end(timedOut);
  }

  /** At the end of a turn. */
  settle(): void {
    if (this.#transfer?.target === this.#parts.raft.lead) this.end(undefined);
  }

  end(reason: Reason | undefined): void {
    const transfer = this.#transfer;
    this.#transfer = undefined;
    transfer?.done(reason);
  }

  /** Of the voters that answer, the one that has most of the log; 0 for none. */
  bestTarget(): number {
    const { raft, memberId } = this.#parts;
    let best = { id: 0, match: -1 };
    for (const { id, match, isLearner } of raft.node.status().progress) {
      if (isLearner || id === memberId || !raft.hears(id)) continue;
      if (match > best.match) best = { id, match };
    }
    return best.id;
  }
}
