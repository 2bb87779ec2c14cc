import type { Inflights } from "./inflights.ts";

/** How the leader deals with a follower (etcd's tracker/state.go). The text is what logs print. */
export const StateType = {
  /** The follower's log is not known: one message at a time, until one is accepted. */
  StateProbe: "StateProbe",
  /** The logs are known to match: entries are streamed ahead of their acknowledgement. */
  StateReplicate: "StateReplicate",
  /** The follower needs entries that are gone: a snapshot was sent, nothing else goes out. */
  StateSnapshot: "StateSnapshot",
} as const;
export type StateType = (typeof StateType)[keyof typeof StateType];

/**
 * What the leader knows about one member's log, and the flow control of what it sends there.
 *
 * Invariant: 0 <= match < next. Source: etcd's tracker/progress.go.
 */
export class Progress {
  readonly id: number;

  /** The highest index at which the member's log is known to agree with the leader's. */
  match: number;

  /**
   * The next index to send. What lies strictly between match and next is in flight.
   * In StateSnapshot next === pendingSnapshot + 1.
   */
  next: number;

  /**
   * The highest commit index sent so far. It spares empty messages that would tell the member
   * nothing new. It goes back with `next` when what was sent turns out not to have arrived.
   * In StateSnapshot sentCommit === pendingSnapshot.
   */
  sentCommit = 0;

  state: StateType = StateType.StateProbe;

  /**
   * In StateSnapshot the index of the snapshot that was sent, otherwise 0. Only a report that the
   * snapshot arrived makes use of it: a MsgAppResp that reaches the leader's log ends the state
   * whatever this says, since hosts may deliver another snapshot than the one raft asked for.
   */
  pendingSnapshot = 0;

  /**
   * Whether any message came from the member since the last check of the quorum. Always true for
   * the leader itself.
   */
  recentActive: boolean;

  /**
   * Set when no further MsgApp may be sent until a response or heartbeat response comes: after a
   * probe, and in StateReplicate while the window of inflights is full.
   */
  msgAppFlowPaused = false;

  /** MsgApps with entries that were sent in StateReplicate and are not acknowledged. */
  readonly inflights: Inflights;

  /** Whether the member is tracked as a learner: it receives the log and has no vote. */
  readonly isLearner: boolean;

  constructor(
    id: number,
    next: number,
    inflights: Inflights,
    options: { readonly match?: number; isLearner?: boolean; recentActive?: boolean } = {},
  ) {
    this.id = id;
    this.match = options.match ?? 0;
    this.next = next;
    this.inflights = inflights;
    this.isLearner = options.isLearner ?? false;
    this.recentActive = options.recentActive ?? false;
    if (this.match >= next) throw new Error(`match ${this.match} is not below next ${next}`);
  }

  /** This progress with its other standing. It shares the inflights: use one of the two only. */
  withLearner(isLearner: boolean): Progress {
    if (isLearner === this.isLearner) return this;
    const { match, recentActive } = this;
    const copy = new Progress(this.id, this.next, this.inflights, {
      match,
      isLearner,
      recentActive,
    });
    copy.sentCommit = this.sentCommit;
    copy.state = this.state;
    copy.pendingSnapshot = this.pendingSnapshot;
    copy.msgAppFlowPaused = this.msgAppFlowPaused;
    return copy;
  }

  /** Enters a state with nothing paused, pending or in flight. */
  resetState(state: StateType): void {
    this.msgAppFlowPaused = false;
    this.pendingSnapshot = 0;
    this.state = state;
    this.inflights.reset();
  }

  /**
   * To StateProbe. It probes from match + 1; after a snapshot, which then is known to have arrived,
   * from behind it.
   */
  becomeProbe(): void {
    const pending = this.state === StateType.StateSnapshot ? this.pendingSnapshot : 0;
    this.resetState(StateType.StateProbe);
    this.next = Math.max(this.match, pending) + 1;
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
  }

  /** To StateReplicate, from match + 1. */
  becomeReplicate(): void {
    this.resetState(StateType.StateReplicate);
    this.next = this.match + 1;
  }

  /** To StateSnapshot, with a snapshot at that index under way. */
  becomeSnapshot(index: number): void {
    this.resetState(StateType.StateSnapshot);
    this.pendingSnapshot = index;
    this.next = index + 1;
    this.sentCommit = index;
  }

  /**
   * Accounts for a MsgApp that was sent with that many entries from `next` on, of so many bytes.
   * Throws in StateSnapshot, where none may be sent.
   */
  sentEntries(entries: number, bytes: number): void {
    switch (this.state) {
      case StateType.StateReplicate:
        if (entries > 0) {
          this.next += entries;
          this.inflights.add(this.next - 1, bytes);
        }
        // A window that is full now makes of this message a probe: the next waits for an answer.
        this.msgAppFlowPaused = this.inflights.full();
        return;
      case StateType.StateProbe:
        if (entries > 0) this.msgAppFlowPaused = true;
        return;
      default:
        throw new Error(`sending append in unhandled state ${this.state} to ${this.id}`);
    }
  }

  /**
   * Whether telling the member this commit index can move its own: not where one was sent already
   * that reaches it, or that reaches everything the member was sent.
   */
  canBumpCommit(index: number): boolean {
    return index > this.sentCommit && this.sentCommit < this.next - 1;
  }

  /** Records that this commit index was sent. */
  setSentCommit(commit: number): void {
    this.sentCommit = commit;
  }

  /** An acknowledgement up to that index. False where it tells nothing new. */
  maybeUpdate(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.msgAppFlowPaused = false;
    return true;
  }

  /**
   * A MsgApp at index `rejected` was refused; the logs may agree up to `matchHint`. Moves `next`
   * back and answers true, or false where the refusal is of a message long since superseded.
   */
  maybeDecrTo(rejected: number, matchHint: number): boolean {
    if (this.state === StateType.StateReplicate) {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      this.sentCommit = Math.min(this.sentCommit, this.next - 1);
      return true;
    }
    // One probe at a time is out, so a refusal of anything but the newest is an old one. Reordering
    // can deceive this, which then costs a further round trip and nothing else.
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, matchHint + 1), this.match + 1);
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
    this.msgAppFlowPaused = false;
    return true;
  }

  /** Whether no MsgApp may be sent now. */
  isPaused(): boolean {
    return this.state === StateType.StateSnapshot || this.msgAppFlowPaused;
  }

  /** etcd's text: `StateReplicate match=11 next=12 learner paused inflight=2[full]`. */
  toString(): string {
    let text = `${this.state} match=${this.match} next=${this.next}`;
    if (this.isLearner) text += " learner";
    if (this.isPaused()) text += " paused";
    if (this.pendingSnapshot > 0) text += ` pendingSnap=${this.pendingSnapshot}`;
    if (!this.recentActive) text += " inactive";
    if (this.inflights.count > 0) {
      text += ` inflight=${this.inflights.count}${this.inflights.full() ? "[full]" : ""}`;
    }
    return text;
  }
}
