import {
  leaderChanged,
  type Reason,
  redirect,
  timedOut,
  tooManyRequests,
} from "../../rpc/answers.ts";
import type { TimerHandle, Timers } from "../world/environment.ts";
import type { Tuning } from "../world/tuning.ts";
import { AppendPacer } from "./append-pacer.ts";

/** A client that waits for its entry. */
export interface Proposal<Result> {
  /** The entry's data. */
  readonly data: Uint8Array;
  /** The tick after which the client waits no longer. */
  readonly deadlineTick: number;
  applied(result: Result): void;
  /** The end without an outcome of the state machine. */
  failed(reason: Reason): void;
}

/** Where gathered proposals go: raft, as one MsgProp of many entries. */
export interface ProposalSink {
  /** Whether this node leads and takes proposals (no transfer of leadership is under way). */
  readonly open: boolean;
  /**
   * Appends them to the leader's log in order. Returns index and term of the first; undefined
   * where raft dropped them, and none of them will ever be in the log.
   */
  propose(
    data: readonly Uint8Array[],
  ): { readonly index: number; readonly term: number } | undefined;
}

/** This member's own clock and timers. */
export interface ProposalClock {
  now(): number;
  readonly timers: Timers;
}

interface Tracked<Result> {
  readonly term: number;
  readonly bytes: number;
  readonly proposal: Omit<Proposal<Result>, "data">;
}

/**
 * Group commit. With nothing in flight a proposal goes out at once. Otherwise proposals gather, and
 * go out together when an append in flight commits or after `gatherMs`, with at most
 * `maxAppendsInFlight` at a time. Where more would only queue they are fewer, and larger
 * (AppendPacer).
 */
export class Proposals<Result> {
  readonly #tuning: Tuning;
  readonly #clock: ProposalClock;
  readonly #pacer: AppendPacer;
  readonly #sink: ProposalSink;
  #gathered: Proposal<Result>[] = [];
  #gatheredBytes = 0;
  /** Of those in `#waiting`. */
  #waitingBytes = 0;
  #failures = 0;
  /** Nothing is in flight, or since the last was sent one has committed or gatherMs passed. */
  #ripe = true;
  #timer: TimerHandle | undefined;
  /** The last index of each append in flight, ascending. */
  #appends: number[] = [];
  /** By index of the entry. */
  readonly #waiting = new Map<number, Tracked<Result>>();

  constructor(tuning: Tuning, clock: ProposalClock, sink: ProposalSink) {
    this.#tuning = tuning;
    this.#clock = clock;
    this.#pacer = new AppendPacer(tuning.maxAppendsInFlight, tuning.gatherMs);
    this.#sink = sink;
  }

  get gathered(): number {
    return this.#gathered.length;
  }

  get gatheredBytes(): number {
    return this.#gatheredBytes;
  }

  /** Bytes of all proposals that are neither applied nor given up. */
  get bytes(): number {
    return this.#gatheredBytes + this.#waitingBytes;
  }

  /** Proposals that ended without an outcome of the state machine, or were not taken. */
  get failures(): number {
    return this.#failures;
  }

  /** Clients whose entries are proposed and not applied. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a proposal in, or fails it: beyond the bounds, or where no leader is. */
  add(proposal: Proposal<Result>): void {
    const { maxPendingProposals, maxPendingProposalBytes } = this.#tuning;
    if (!this.#sink.open) {
      this.#fail(proposal, redirect);
      return;
    }
    const bytes = this.#gatheredBytes + proposal.data.length;
    const full = this.#gathered.length >= maxPendingProposals || bytes > maxPendingProposalBytes;
    // What is proposed and waits for its commit counts too: memory holds it just as well.
    if (full || this.#waiting.size >= 4 * maxPendingProposals) {
      this.#fail(proposal, tooManyRequests);
      return;
    }
    this.#gathered.push(proposal);
    this.#gatheredBytes = bytes;
  }

  /** A client waits for an entry that was proposed elsewhere: a configuration change. */
  track(index: number, term: number, proposal: Omit<Proposal<Result>, "data">): void {
    this.#wait(index, { term, bytes: 0, proposal });
  }

  /** Whether a turn should flush now. */
  get due(): boolean {
    if (this.#gathered.length === 0 || !this.#sink.open) return false;
    return this.#ripe && this.#waitMs === 0;
  }

  /** Proposes what gathered, up to one message's size; a timer is set for the rest, if it helps. */
  flush(): void {
    if (this.due) this.#propose();
    if (this.#timer !== undefined || this.#gathered.length === 0 || !this.#sink.open) return;
    const waitMs = this.#waitMs;
    // As many appends are in flight as may be: the commit of one of them is what helps.
    if (waitMs === Number.POSITIVE_INFINITY) return;
    const gatherMs = this.#ripe ? 0 : this.#tuning.gatherMs;
    this.#timer = this.#clock.timers.start(
      () => {
        this.#timer = undefined;
        // The turn that this timer is flushes at its end.
        this.#ripe = true;
      },
      Math.max(gatherMs, waitMs),
    );
  }

  /** raft's commit index is now this. */
  committed(index: number): void {
    let count = 0;
    while ((this.#appends[count] ?? Number.POSITIVE_INFINITY) <= index) count += 1;
    if (count === 0) return;
    this.#appends.splice(0, count);
    this.#pacer.committed(count, this.#gathered.length, this.#clock.now());
    this.#ripe = true;
    // It was set for an append that is no longer in flight.
    this.#cancelTimer();
  }

  /** An entry was applied: its client, if it waits here, is answered. True where one was. */
  applied(index: number, term: number, result: () => Result): boolean {
    const waiting = this.#waiting.get(index);
    if (waiting === undefined) return false;
    this.#forget(index, waiting);
    // Another leader's entry took the place: ours is gone, but a copy may follow elsewhere.
    if (waiting.term !== term) this.#fail(waiting.proposal, leaderChanged);
    else waiting.proposal.applied(result());
    return true;
  }

  /**
   * This node leads no longer: what was not proposed fails definitely, what was proposed ends as
   * unknown (the next leader may or may not have it).
   */
  leadershipLost(): void {
    this.close(redirect);
  }

  /** The same before the member stops, for this reason. */
  close(reason: Reason): void {
    const gathered = this.#gathered;
    const waiting = [...this.#waiting.values()];
    this.#reset();
    for (const proposal of gathered) this.#fail(proposal, reason);
    for (const { proposal } of waiting) this.#fail(proposal, leaderChanged);
  }

  /** Ends what waits beyond its deadline. */
  tick(now: number): void {
    const late = this.#gathered.filter(({ deadlineTick }) => deadlineTick <= now);
    if (late.length > 0) {
      this.#gathered = this.#gathered.filter(({ deadlineTick }) => deadlineTick > now);
      this.#gatheredBytes = this.#gathered.reduce((sum, { data }) => sum + data.length, 0);
      for (const proposal of late) this.#fail(proposal, tooManyRequests);
    }
    for (const [index, waiting] of this.#waiting) {
      const { proposal } = waiting;
      if (proposal.deadlineTick > now) continue;
      this.#forget(index, waiting);
      this.#fail(proposal, timedOut);
    }
  }

  get #waitMs(): number {
    return this.#pacer.waitMs(this.#gathered.length, this.#clock.now());
  }

  #propose(): void {
    const batch = this.#takeBatch();
    const first = this.#sink.propose(batch.map(({ data }) => data));
    if (first === undefined) {
      this.#dropped(batch);
      return;
    }
    this.#ripe = false;
    this.#cancelTimer();
    batch.forEach((proposal, i) => {
      const bytes = proposal.data.length;
      this.#wait(first.index + i, { term: first.term, bytes, proposal });
    });
    this.#appends.push(first.index + batch.length - 1);
    this.#pacer.sent(batch.length, this.#clock.now());
  }

  /** The oldest gathered proposals, up to the size of a message and at least one. */
  #takeBatch(): Proposal<Result>[] {
    let bytes = 0;
    let count = 0;
    for (const { data } of this.#gathered) {
      if (count > 0 && bytes + data.length > this.#tuning.maxMessageBytes) break;
      bytes += data.length;
      count += 1;
    }
    this.#gatheredBytes -= bytes;
    return this.#gathered.splice(0, count);
  }

  /** Raft holds as many uncommitted bytes as it may: they wait for a commit, where one can come. */
  #dropped(batch: readonly Proposal<Result>[]): void {
    if (this.#appends.length === 0) {
      for (const proposal of batch) this.#fail(proposal, tooManyRequests);
      return;
    }
    this.#gathered.unshift(...batch);
    this.#gatheredBytes += batch.reduce((sum, { data }) => sum + data.length, 0);
    this.#ripe = false;
  }

  #wait(index: number, waiting: Tracked<Result>): void {
    this.#waiting.set(index, waiting);
    this.#waitingBytes += waiting.bytes;
  }

  #forget(index: number, { bytes }: Tracked<Result>): void {
    this.#waiting.delete(index);
    this.#waitingBytes -= bytes;
  }

  #fail(proposal: Omit<Proposal<Result>, "data">, reason: Reason): void {
    this.#failures += 1;
    proposal.failed(reason);
  }

  #reset(): void {
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#appends = [];
    this.#pacer.reset();
    this.#ripe = true;
    this.#cancelTimer();
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
