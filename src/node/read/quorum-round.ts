import { type Message, MessageType } from "../../proto/raftpb.ts";
import type { RawNode } from "../../raft/index.ts";
import type { Core } from "../core.ts";
import type { LazyCommits } from "../peers/lazy-commits.ts";
import type { Inbox } from "../raw-node/inbox.ts";
import type { Role } from "../raw-node/role.ts";
import type { TimerHandle } from "../world/environment.ts";
import type { Confirmation } from "./confirmation.ts";
import { Reads } from "./read-index.ts";

export interface ReadRoundsParts {
  readonly node: RawNode;
  readonly role: Role;
  readonly inbox: Inbox;
  readonly commits: LazyCommits;
  readonly confirmation: Confirmation;
}

/** Unanswered calls of read rounds to one peer. */
const maxCalls = 8;

/**
 * Linearizable reads between raft and the platform: this member's own, and on a leader those of
 * followers. Rounds are calls on fresh stubs, which the platform routes to a peer's live instance;
 * their indexes are released when this leader is proven not to be superseded.
 */
export class ReadRounds {
  readonly reads: Reads;
  readonly confirmation: Confirmation;
  readonly counters = { readRounds: 0, fences: 0 };
  readonly #core: Core;
  readonly #role: Role;
  readonly #inbox: Inbox;
  readonly #commits: LazyCommits;
  readonly #calls = new Map<number, number>();
  #fenceTimer: TimerHandle | undefined;
  #syncedRow = 0;

  constructor(core: Core, { node, role, inbox, commits, confirmation }: ReadRoundsParts) {
    this.#core = core;
    this.#role = role;
    this.#inbox = inbox;
    this.#commits = commits;
    this.confirmation = confirmation;
    this.reads = new Reads(core.options.tuning, core.environment.random, (context) => {
      confirmation.arrived(context);
      node.readIndex(context);
    });
  }

  /**
   * Sends a heartbeat as a call that asks for an acknowledgement. A tick's heartbeat also goes as a
   * frame without context: keeping the peer from campaigning must not depend on the call.
   */
  sendRound(heartbeat: Message, isTick: boolean): void {
    const { to, term, context } = heartbeat;
    if (context === undefined) throw new Error("a read round without a context");
    this.confirmation.sent(context);
    this.counters.readRounds += 1;
    if (isTick) this.#core.transport.send([{ ...heartbeat, context: undefined }]);
    const calls = this.#calls.get(to) ?? 0;
    // A peer that does not answer is asked again with the next heartbeat, when a call is free.
    if (calls >= maxCalls) return;
    this.#calls.set(to, calls + 1);
    const ended = () => this.#calls.set(to, (this.#calls.get(to) ?? 1) - 1);
    this.#core.calls.call(
      to,
      "readRound",
      { message: heartbeat },
      {
        done: ({ message }) => {
          ended();
          if (message !== undefined) this.#answered(to, term, message);
        },
        failed: (error) => {
          ended();
          this.#core.environment.log.debug(`read round to member ${to}: ${error}`);
        },
      },
    );
  }

  /** Holds a leader's own read for confirmation; a follower's was confirmed by the leader. */
  holdReadState(context: Uint8Array, index: number): void {
    const release = () => {
      this.reads.confirmed(context, index);
    };
    if (this.#role.leads) this.confirmation.hold(context, this.#role.voters, release);
    else release();
  }

  holdReadIndexResp(response: Message): void {
    const context = response.entries[0]?.data ?? new Uint8Array();
    this.confirmation.hold(context, this.#role.voters, () => {
      // The follower's read will wait for the commit index.
      this.#commits.flush(response.to);
      this.#core.transport.send([response]);
    });
  }

  /** Ends the turn: writes a row for reads that wait for one, and waits for its commit. */
  settle(): void {
    const { environment, options } = this.#core;
    if (this.confirmation.needsRow && this.#fenceTimer === undefined) {
      const alone = this.#role.voters.ids.length === 1;
      this.#fenceTimer = environment.timers.start(
        () => this.#fence(),
        // A single voter has no peers to confirm it, so the row is written at once.
        alone ? 0 : options.tuning.fenceMs,
      );
    }
    const row = this.confirmation.rowsBegun;
    if (row === this.#syncedRow || !this.confirmation.waiting) return;
    this.#syncedRow = row;
    environment.afterCommit({
      done: () => this.confirmation.rowDurable(row),
      // A failed commit makes the platform reset the object, and nothing of this instance is sent.
      failed: (error) => environment.log.error(`commit failed: ${error}`),
    });
  }

  /** Drops all rounds when this member leads no longer. */
  reset(): void {
    this.confirmation.reset();
  }

  close(): void {
    this.#fenceTimer?.cancel();
    this.#fenceTimer = undefined;
  }

  #answered(from: number, term: number, response: Message): void {
    const { context } = response;
    const { memberId } = this.#core.options;
    const { leads, term: current, voters } = this.#role;
    const wrong = response.type !== MessageType.MsgHeartbeatResp || response.from !== from;
    if (wrong || response.to !== memberId || context === undefined) return;
    // Contexts are counted from one in each term.
    if (!leads || response.term !== current || term !== current) return;
    if (!voters.has(from) || !this.#inbox.step(response)) return;
    this.confirmation.answered(from, context, voters);
  }

  #fence(): void {
    this.#fenceTimer = undefined;
    if (!this.confirmation.needsRow) return;
    this.#core.storage.fence();
    this.confirmation.rowBegun();
    this.counters.fences += 1;
  }
}
