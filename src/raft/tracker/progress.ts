import type { Inflights } from "./inflights.ts";

/**
 * How the leader replicates to a follower (etcd's tracker/state.go). The text is what logs print.
 */
export const StateType = {
  /** The follower's log is unknown: one message at a time, until one is accepted. */
  StateProbe: "StateProbe",
  /** The logs are known to match: entries are streamed ahead of their acknowledgement. */
  StateReplicate: "StateReplicate",
  /** The follower needs entries that are compacted: a snapshot was sent, nothing else is. */
  StateSnapshot: "StateSnapshot",
} as const;
export type StateType = (typeof StateType)[keyof typeof StateType];

/**
 * The leader's knowledge of one member's log, and the flow control of its messages.
 *
 * Invariant: 0 <= match < next. Source: etcd's tracker/progress.go.
 */
export class Progress {
  readonly id: number;

  /** The highest index at which the member's log is known to agree with the leader's. */
  match: number;

  /**
   * The next index to send. Entries strictly between match and next are in flight. In StateSnapshot
   * next === pendingSnapshot + 1.
   */
  next: number;

  /**
   * The highest commit index sent so far, which spares empty messages without news. It moves back
   * with `next` when sent messages turn out to be lost. In StateSnapshot sentCommit ===
   * pendingSnapshot.
   */
  sentCommit = 0;

  state: StateType = StateType.StateProbe;

  /**
   * In StateSnapshot the index of the sent snapshot, otherwise 0. Only used by a report that the
   * snapshot arrived: a MsgAppResp that reaches the leader's log ends the state in any case, since
   * hosts may deliver another snapshot than the one raft asked for.
   */
  pendingSnapshot = 0;

  /**
   * Whether a message came from the member since the last check of the quorum. Always true for the
   * leader itself.
   */
  recentActive: boolean;

  /**
   * Whether no MsgApp may be sent until a response or heartbeat response comes: after a probe, and
   * in StateReplicate while the window of inflights is full.
   */
  msgAppFlowPaused = false;

  /** MsgApps with entries sent in StateReplicate and not acknowledged. */
  readonly inflights: Inflights;

  /** Whether the member is a learner: it receives the log and has no vote. */
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

  /**
   * This progress as a learner's, or as a voter's. Both share the inflights: use one of them only.
   */
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
   * To StateProbe, from match + 1; after a snapshot, which is then known to have arrived, from the
   * entry after it.
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

  /** To StateSnapshot, with a snapshot at that index in transfer. */
  becomeSnapshot(index: number): void {
    this.resetState(StateType.StateSnapshot);
    this.pendingSnapshot = index;
    this.next = index + 1;
    this.sentCommit = index;
  }

  /**
   * Records a sent MsgApp with that many entries from `next` on, of so many bytes. Throws in
   * StateSnapshot, where none may be sent.
   */
  sentEntries(entries: number, bytes: number): void {
    switch (this.state) {
      case StateType.StateReplicate:
        if (entries > 0) {
          this.next += entries;
          this.inflights.add(this.next - 1, bytes);
        }
        // If this message fills the window, the next one waits for a response.
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
   * Whether sending this commit index can move the member's: not if one was sent that reaches it,
   * or that reaches everything sent to the member.
   */
  canBumpCommit(index: number): boolean {
    return index > this.sentCommit && this.sentCommit < this.next - 1;
  }

  /** Records that this commit index was sent. */
  setSentCommit(commit: number): void {
    this.sentCommit = commit;
  }

  /** Records an acknowledgement up to that index. False if it brings nothing new. */
  maybeUpdate(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.msgAppFlowPaused = false;
    return true;
  }

  /**
   * Records that a MsgApp at index `rejected` was refused; the logs may agree up to `matchHint`.
   * Moves `next` back and returns true, or returns false for the refusal of an outdated message.
   */
  maybeDecrTo(rejected: number, matchHint: number): boolean {
    if (this.state === StateType.StateReplicate) {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      this.sentCommit = Math.min(this.sentCommit, this.next - 1);
      return true;
    }
    // One probe at a time is sent, so a refusal of any but the newest is outdated. Reordering can
    // deceive this, at the cost of another round trip.
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
