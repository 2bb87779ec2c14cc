import {
  draftMessage,
  type HardState,
  type Message,
  type MessageDraft,
  MessageType,
} from "../../proto/raftpb.ts";
import type { ResolvedConfig } from "../config.ts";
import { messageTypeName } from "../describe.ts";
import { panic } from "../errors.ts";
import { RaftLog } from "../log/raftlog.ts";
import type { Logger } from "../logger.ts";
import { None } from "../target.ts";
import { Inflights } from "../tracker/inflights.ts";
import { Progress } from "../tracker/progress.ts";
import { ProgressMap } from "../tracker/progressmap.ts";
import { ProgressTracker } from "../tracker/tracker.ts";
import { type ReadState, type SoftState, StateType } from "../types.ts";
import { ReadOnly } from "./readonly.ts";
import { traceSendMessage } from "./trace.ts";

/**
 * A node's state, shared by all parts of the core. The parts (elections, replication, snapshots,
 * ...) are files of functions over it, and step.ts calls them. Exported from the package is RawNode
 * instead. Source: etcd's raft.go.
 */
export class Raft {
  readonly id: number;
  readonly config: ResolvedConfig;
  readonly logger: Logger;
  readonly log: RaftLog;

  term = 0;
  /** The node that this one voted for in `term`, or None. */
  vote = None;
  state: StateType = StateType.StateFollower;
  /** The known leader of `term`, or None. */
  lead = None;
  /** Whether this node is a member without a vote. */
  isLearner = false;

  tracker: ProgressTracker;

  /** Messages to other nodes that may be sent at once. */
  msgs: Message[] = [];
  /**
   * Messages that promise something this node must not forget: MsgAppResp, MsgVoteResp and
   * MsgPreVoteResp, to others and to itself. They are sent once everything unstable now is stable.
   */
  msgsAfterAppend: Message[] = [];

  /** Confirmed reads of this node's host. */
  readStates: ReadState[] = [];
  /** Reads in their round of confirmation. */
  readOnly: ReadOnly;
  /** Reads that came before the leader had committed anything in its term. */
  pendingReadIndexMessages: Message[] = [];

  /** The member that leadership is being transferred to, or None (Raft thesis, 3.10). */
  leadTransferee = None;
  /**
   * At or above the index of the newest configuration change that may not be applied yet. Another
   * may be proposed only after the leader has applied up to here.
   */
  pendingConfIndex = 0;
  /** Bytes of payload that this leader appended and that are not applied: a lower estimate. */
  uncommittedSize = 0;

  /**
   * Ticks since the last election timeout (a leader, a candidate), or since a message of the
   * current leader (a follower).
   */
  electionElapsed = 0;
  /** Ticks since the leader's last heartbeat. */
  heartbeatElapsed = 0;
  /** Ticks after which to campaign: electionTick and a random part of as many again. */
  randomizedElectionTimeout = 0;

  constructor(config: ResolvedConfig) {
    this.id = config.id;
    this.config = config;
    this.logger = config.logger;
    this.log = new RaftLog(config.storage, config.logger, config.maxCommittedSizePerReady);
    this.tracker = new ProgressTracker(config.maxInflightMsgs, config.maxInflightBytes);
    this.readOnly = new ReadOnly(config.readOnlyOption);
  }

  /** What a membership needs besides a ConfState to be restored. */
  restoreOptions(lastIndex = this.log.lastIndex()) {
    const { maxInflightMsgs: maxInflight, maxInflightBytes } = this.config;
    return { maxInflight, maxInflightBytes, lastIndex };
  }

  softState(): SoftState {
    return { lead: this.lead, raftState: this.state };
  }

  hardState(): HardState {
    return { term: this.term, vote: this.vote, commit: this.log.committed };
  }

  /** A blank message from this node, in its term. */
  message(type: MessageType, to: number): MessageDraft {
    // A forwarded message counts as local at the leader, and so has no term.
    const local = type === MessageType.MsgProp || type === MessageType.MsgReadIndex;
    return draftMessage(type, to, this.id, local ? 0 : this.term);
  }

  /** Queues a message, which the caller must not change after. */
  send(message: Message): void {
    const { type } = message;
    if (
      type === MessageType.MsgAppResp ||
      type === MessageType.MsgVoteResp ||
      type === MessageType.MsgPreVoteResp
    ) {
      // These messages promise something that rests on this node's term, vote or entries, which may
      // not be stored yet. Sent earlier, a restart could break the promise (Raft thesis, 3.8). A
      // rejection mostly promises nothing, but is too rare to be worth an exception.
      this.msgsAfterAppend.push(message);
    } else {
      if (message.to === this.id) {
        const name = messageTypeName(type);
        panic(this.logger, `message should not be self-addressed when sending ${name}`);
      }
      this.msgs.push(message);
    }
    traceSendMessage(this, message);
  }

  /** Resets everything of the last role, and in a new term the vote too. */
  reset(term: number): void {
    if (this.term !== term) {
      this.term = term;
      this.vote = None;
    }
    this.lead = None;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.resetRandomizedElectionTimeout();
    this.abortLeaderTransfer();
    this.tracker.resetVotes();
    this.#resetProgress();
    this.pendingConfIndex = 0;
    this.uncommittedSize = 0;
    this.readOnly = new ReadOnly(this.readOnly.option);
  }

  #resetProgress(): void {
    const last = this.log.lastIndex();
    const { config, members, maxInflight, maxInflightBytes } = this.tracker;
    const fresh = members.map(({ id, isLearner }) => {
      const inflights = new Inflights(maxInflight, maxInflightBytes);
      return new Progress(id, last + 1, inflights, { match: id === this.id ? last : 0, isLearner });
    });
    this.tracker.install(config, new ProgressMap(fresh));
  }

  resetRandomizedElectionTimeout(): void {
    const { electionTick, random } = this.config;
    this.randomizedElectionTimeout = electionTick + random(electionTick);
  }

  abortLeaderTransfer(): void {
    this.leadTransferee = None;
  }

  /** Whether this node may campaign: it is a voter, and no snapshot is being applied. */
  promotable(): boolean {
    const pr = this.tracker.get(this.id);
    return pr !== undefined && !pr.isLearner && !this.log.hasNextOrInProgressSnapshot();
  }

  pastElectionTimeout(): boolean {
    return this.electionElapsed >= this.randomizedElectionTimeout;
  }

  /** Whether the leader has committed in its own term, and so knows the commit index. */
  committedEntryInCurrentTerm(): boolean {
    return this.log.maybeTerm(this.log.committed) === this.term;
  }
}
