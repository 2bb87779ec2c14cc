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
  /** The data of the entry. */
  readonly data: Uint8Array;
  /** The last tick at which the client still waits. */
  readonly deadlineTick: number;
  applied(result: Result): void;
  /** Ends the wait without an outcome of the state machine. */
  failed(reason: Reason): void;
}

/** Where gathered proposals go: raft, as one MsgProp with many entries. */
export interface ProposalSink {
  /** Whether this member leads and takes proposals (no leadership transfer is in progress). */
  readonly open: boolean;
  /**
   * Appends them to the leader's log in order. Returns the first one's index and term; undefined
   * where raft dropped them, so that none will ever be in the log.
   */
  propose(
    data: readonly Uint8Array[],
  ): { readonly index: number; readonly term: number } | undefined;
}

/** This member's clock and timers. */
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
 * Group commit. With nothing in flight a proposal is sent at once. Otherwise proposals gather until
 * an append commits or `gatherMs` have passed, with at most `maxAppendsInFlight` in flight.
 * AppendPacer makes them fewer and larger where more would only queue.
 */
export class Proposals<Result> {
  readonly #tuning: Tuning;
  readonly #clock: ProposalClock;
  readonly #pacer: AppendPacer;
  readonly #sink: ProposalSink;
  #gathered: Proposal<Result>[] = [];
  #gatheredBytes = 0;
  /** Bytes of the proposals in `#waiting`. */
  #waitingBytes = 0;
  #failures = 0;
  /**
   * Whether gathered proposals may be sent: nothing is in flight, or a commit or gatherMs came
   * since the last send.
   */
  #ripe = true;
  #timer: TimerHandle | undefined;
  /** The last index of each append in flight, ascending. */
  #appends: number[] = [];
  /** Waiting proposals by index of their entry. */
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

  /** Proposals that were refused, or ended without an outcome of the state machine. */
  get failures(): number {
    return this.#failures;
  }

  /** Clients whose entries are proposed and not applied. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Adds a proposal; fails it beyond the bounds, or without a leader. */
  add(proposal: Proposal<Result>): void {
    const { maxPendingProposals, maxPendingProposalBytes } = this.#tuning;
    if (!this.#sink.open) {
      this.#fail(proposal, redirect);
      return;
    }
    const bytes = this.#gatheredBytes + proposal.data.length;
    const full = this.#gathered.length >= maxPendingProposals || bytes > maxPendingProposalBytes;
    // Proposed entries count too, since memory holds them until they are applied.
    if (full || this.#waiting.size >= 4 * maxPendingProposals) {
      this.#fail(proposal, tooManyRequests);
      return;
    }
    this.#gathered.push(proposal);
    this.#gatheredBytes = bytes;
  }

  /** Tracks a client whose entry was proposed elsewhere: a configuration change. */
  track(index: number, term: number, proposal: Omit<Proposal<Result>, "data">): void {
    this.#wait(index, { term, bytes: 0, proposal });
  }

  /** Whether this turn should flush. */
  get due(): boolean {
    if (this.#gathered.length === 0 || !this.#sink.open) return false;
    return this.#ripe && this.#waitMs === 0;
  }

  /**
   * Proposes gathered proposals, up to one message's size; sets a timer for the rest, if useful.
   */
  flush(): void {
    if (this.due) this.#propose();
    if (this.#timer !== undefined || this.#gathered.length === 0 || !this.#sink.open) return;
    const waitMs = this.#waitMs;
    // The limit of appends in flight is reached, so only a commit helps.
    if (waitMs === Number.POSITIVE_INFINITY) return;
    const gatherMs = this.#ripe ? 0 : this.#tuning.gatherMs;
    this.#timer = this.#clock.timers.start(
      () => {
        this.#timer = undefined;
        // The timer's turn flushes at its end.
        this.#ripe = true;
      },
      Math.max(gatherMs, waitMs),
    );
  }

  /** Notes raft's new commit index. */
  committed(index: number): void {
    let count = 0;
    while ((this.#appends[count] ?? Number.POSITIVE_INFINITY) <= index) count += 1;
    if (count === 0) return;
    this.#appends.splice(0, count);
    this.#pacer.committed(count, this.#gathered.length, this.#clock.now());
    this.#ripe = true;
    // The timer was for an append that is no longer in flight.
    this.#cancelTimer();
  }

  /** Answers the client of an applied entry. True where one was waiting. */
  applied(index: number, term: number, result: () => Result): boolean {
    const waiting = this.#waiting.get(index);
    if (waiting === undefined) return false;
    this.#forget(index, waiting);
    // Another leader's entry took this index; the client's entry may still be applied at another.
    if (waiting.term !== term) this.#fail(waiting.proposal, leaderChanged);
    else waiting.proposal.applied(result());
    return true;
  }

  /**
   * Fails all proposals when this member stops leading: those not proposed definitely, the others
   * as unknown (the next leader may have them).
   */
  leadershipLost(): void {
    this.close(redirect);
  }

  /** Fails all proposals with this reason, before the member stops. */
  close(reason: Reason): void {
    const gathered = this.#gathered;
    const waiting = [...this.#waiting.values()];
    this.#reset();
    for (const proposal of gathered) this.#fail(proposal, reason);
    for (const { proposal } of waiting) this.#fail(proposal, leaderChanged);
  }

  /** Fails proposals whose deadline has passed. */
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

  /** The oldest gathered proposals, up to a message's size and at least one. */
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

  /**
   * Raft has reached its bound of uncommitted bytes: the batch waits for a commit, if one can come.
   */
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
