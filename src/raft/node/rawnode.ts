import { encodeConfChange, encodeConfChangeV2 } from "../../proto/codec.ts";
import {
  type ConfChangeI,
  type ConfState,
  draftMessage,
  type Entry,
  EntryType,
  type HardState,
  type Message,
  MessageType,
  newEntry,
  noMessages,
  normalEntry,
} from "../../proto/raftpb.ts";
import { confChangeAsV2 } from "../confchange/v2.ts";
import { type Config, resolveConfig } from "../config.ts";
import { applyConfChange } from "../consensus/membership.ts";
import { isLocalMsg, isResponseMsg } from "../consensus/messages.ts";
import { handleProposal } from "../consensus/proposal.ts";
import type { Raft } from "../consensus/raft.ts";
import { resumeLeadership } from "../consensus/roles.ts";
import { newRaft } from "../consensus/start.ts";
import { step } from "../consensus/step.ts";
import { tick } from "../consensus/tick.ts";
import { traceEvent } from "../consensus/trace.ts";
import { checkMessage } from "../consensus/validate.ts";
import {
  InvalidMessageError,
  panic,
  StepLocalMessageError,
  StepPeerNotFoundError,
} from "../errors.ts";
import { entriesSize } from "../log/size.ts";
import { isLocalTarget, None } from "../target.ts";
import {
  type SnapshotStatus,
  SnapshotStatus as SnapshotStatuses,
  type SoftState,
  StateType,
} from "../types.ts";
import { isEmptyHardState, mustSync, type Ready } from "./ready.ts";
import { type BasicStatus, basicStatusOf, type Status, statusOf } from "./status.ts";
import {
  needStorageAppend,
  needStorageAppendResponse,
  type StorageWrites,
  storageAppend,
  storageAppendResponse,
  storageApply,
  storageApplyResponse,
} from "./storage-messages.ts";

/**
 * One raft node: a state machine that is driven by calls and answers with Readys. Its host carries
 * messages, keeps time, stores and applies. Source: etcd's rawnode.go.
 *
 * With synchronous storage writes (the default) each Ready is handled as a whole (store, send,
 * apply) and then advanced before the next is taken. With asynchronous ones Readys may be taken at
 * any time; MsgStorageAppend and MsgStorageApply among their messages are done in order, each in
 * its own queue, and their responses are delivered (to `step` if they are for this node) when done.
 */
export class RawNode {
  readonly #raft: Raft;
  readonly #async: boolean;
  #previousSoftState: SoftState;
  #previousHardState: HardState;
  /** Messages to this node itself, stepped when the Ready is handled. */
  #stepsOnAdvance: readonly Message[] = noMessages;

  /** Throws ConfigError, with the reason, for a configuration that cannot work. */
  constructor(config: Config) {
    const resolved = resolveConfig(config);
    this.#raft = newRaft(resolved);
    this.#async = resolved.asyncStorageWrites;
    this.#previousSoftState = this.#raft.softState();
    this.#previousHardState = this.#raft.hardState();
  }

  /** Advances time by a tick, which may cause campaigns and heartbeats. */
  tick(): void {
    tick(this.#raft);
  }

  /** Campaigns now, if this node may. */
  campaign(): void {
    this.#stepLocal(MessageType.MsgHup, None);
  }

  /**
   * Proposes an entry. Throws ProposalDroppedError where it cannot be proposed; it may still get
   * lost later: only its being applied shows that it was not.
   */
  propose(data: Uint8Array): void {
    this.#propose([normalEntry(data)]);
  }

  /** Proposes several entries in one message: all are proposed, or none. Throws as propose. */
  proposeBatch(data: readonly Uint8Array[]): void {
    if (data.length === 0) throw new InvalidMessageError("an empty batch was proposed");
    this.#propose(data.map(normalEntry));
  }

  /**
   * Proposes a configuration change. The leader replaces it by an empty entry where an earlier one
   * is not applied yet, or it does not fit the configuration. Throws as propose.
   */
  proposeConfChange(change: ConfChangeI): void {
    const entry =
      "changes" in change
        ? newEntry({ type: EntryType.EntryConfChangeV2, data: encodeConfChangeV2(change) })
        : newEntry({ type: EntryType.EntryConfChange, data: encodeConfChange(change) });
    this.#propose([entry]);
  }

  #propose(entries: readonly Entry[]): void {
    if (this.#raft.state === StateType.StateLeader) {
      // A shortcut for stepping the message, since proposals are many and made at the leader.
      handleProposal(this.#raft, entries);
      return;
    }
    const message = draftMessage(MessageType.MsgProp, None, this.#raft.id, 0);
    message.entries = entries;
    step(this.#raft, message);
  }

  /**
   * Applies a committed configuration change; to be called for each, unless the host refuses it.
   * Returns the new configuration, which belongs into the next snapshot. Throws ConfChangeError
   * where it does not fit.
   */
  applyConfChange(change: ConfChangeI): ConfState {
    return applyConfChange(this.#raft, "changes" in change ? change : confChangeAsV2(change));
  }

  /**
   * Steps a message of another node, or a response of the own storage threads. Throws and changes
   * nothing for a message that only this node itself may make (StepLocalMessageError), a response
   * of a node that is not a member (StepPeerNotFoundError), and one that no correct node sends
   * (InvalidMessageError, DecodeError); throws ProposalDroppedError for a forwarded proposal that
   * is dropped.
   */
  step(message: Message): void {
    const { type, from } = message;
    if (isLocalTarget(from)) {
      if (!isLocalMsg(type) || !isResponseMsg(type)) throw new StepLocalMessageError();
      step(this.#raft, message);
      return;
    }
    if (isLocalMsg(type)) throw new StepLocalMessageError();
    if (isResponseMsg(type) && this.#raft.tracker.get(from) === undefined) {
      throw new StepPeerNotFoundError();
    }
    checkMessage(this.#raft, message);
    step(this.#raft, message);
  }

  /**
   * Asks for the index at which a read is linearizable. A ReadState with this context in some Ready
   * answers it; without a known leader, or if a message is lost, none does.
   */
  readIndex(context: Uint8Array): void {
    const message = draftMessage(MessageType.MsgReadIndex, None, None, 0);
    message.entries = [normalEntry(context)];
    step(this.#raft, message);
  }

  /** Asks the leader, this node or another, to transfer leadership to that member. */
  transferLeadership(transferee: number): void {
    this.#stepLocal(MessageType.MsgTransferLeader, transferee);
  }

  /**
   * Forgets a follower's leader without campaigning. With check-quorum, a node that has reason to
   * think its leader dead can then vote before the lease is over.
   */
  forgetLeader(): void {
    this.#stepLocal(MessageType.MsgForgetLeader, None);
  }

  /**
   * Leads on, without an election, in a term that this node led before it lost its memory. To be
   * called before anything else, where the host knows that all which left this node as leader of
   * that term is in its storage. Throws InvariantError where that cannot be. Not of etcd.
   */
  resumeLeadership(): void {
    resumeLeadership(this.#raft);
  }

  /**
   * The time since the last election timeout, or since the leader was heard of, does not count: a
   * follower campaigns later for it, a leader looks later whether it has a quorum. Not of etcd.
   */
  restartElectionTimeout(): void {
    this.#raft.electionElapsed = 0;
  }

  /** Reports that the last message to that member could not be delivered. */
  reportUnreachable(id: number): void {
    this.#stepLocal(MessageType.MsgUnreachable, id);
  }

  /** Reports the result of a MsgSnap to that member. Must be called for each. */
  reportSnapshot(id: number, status: SnapshotStatus): void {
    const message = draftMessage(MessageType.MsgSnapStatus, None, id, 0);
    message.reject = status === SnapshotStatuses.SnapshotFailure;
    step(this.#raft, message);
  }

  #stepLocal(type: MessageType, from: number): void {
    step(this.#raft, draftMessage(type, None, from, 0));
  }

  /** Whether there is work for the host. */
  hasReady(): boolean {
    const raft = this.#raft;
    const { log } = raft;
    return (
      raft.msgs.length > 0 ||
      raft.msgsAfterAppend.length > 0 ||
      log.hasNextUnstableEnts() ||
      log.hasNextCommittedEnts(!this.#async) ||
      raft.readStates.length > 0 ||
      log.hasNextUnstableSnapshot() ||
      this.#changedSoftState() !== undefined ||
      this.#changedHardState() !== undefined
    );
  }

  #changedSoftState(): SoftState | undefined {
    const { lead, raftState } = this.#previousSoftState;
    const same = lead === this.#raft.lead && raftState === this.#raft.state;
    return same ? undefined : this.#raft.softState();
  }

  #changedHardState(): HardState | undefined {
    const raft = this.#raft;
    const { term, vote, commit } = this.#previousHardState;
    const same = term === raft.term && vote === raft.vote && commit === raft.log.committed;
    return same ? undefined : raft.hardState();
  }

  /** Takes the work for the host. It must be handled before the next is taken: see the class. */
  ready(): Ready {
    const raft = this.#raft;
    const { log } = raft;
    const entries = log.nextUnstableEnts();
    const hardState = this.#changedHardState();
    const snapshot = log.nextUnstableSnapshot();
    const committedEntries = log.nextCommittedEnts(!this.#async);
    const messages = this.#async
      ? this.#withStorageMessages({ entries, hardState, snapshot }, committedEntries)
      : this.#withMessagesAfterAppend();
    const ready: Ready = {
      softState: this.#changedSoftState(),
      hardState,
      readStates: raft.readStates,
      entries,
      snapshot,
      committedEntries,
      messages,
      mustSync: mustSync(
        hardState ?? this.#previousHardState,
        this.#previousHardState,
        entries.length,
      ),
    };
    this.#accept(ready);
    return ready;
  }

  #withStorageMessages(writes: StorageWrites, committed: readonly Entry[]): readonly Message[] {
    const raft = this.#raft;
    const messages = raft.msgs;
    if (needStorageAppend(raft, writes)) messages.push(storageAppend(raft, writes));
    if (committed.length > 0) messages.push(storageApply(raft, committed));
    return messages;
  }

  /**
   * A Ready's messages are sent after its writes, so those that wait for the writes are included.
   */
  #withMessagesAfterAppend(): readonly Message[] {
    const { id, msgs, msgsAfterAppend } = this.#raft;
    for (let i = 0; i < msgsAfterAppend.length; i++) {
      const message = msgsAfterAppend[i] as Message;
      if (message.to !== id) msgs.push(message);
    }
    return msgs;
  }

  #accept(ready: Ready): void {
    const raft = this.#raft;
    const { committedEntries } = ready;
    if (ready.softState !== undefined) this.#previousSoftState = ready.softState;
    if (ready.hardState !== undefined && !isEmptyHardState(ready.hardState)) {
      this.#previousHardState = ready.hardState;
    }
    if (ready.readStates.length > 0) raft.readStates = [];
    if (!this.#async) this.#keepSteps(ready);
    raft.msgs = [];
    raft.msgsAfterAppend = [];
    raft.log.acceptUnstable();
    const last = committedEntries.at(-1);
    if (last !== undefined) {
      raft.log.acceptApplying(last.index, entriesSize(committedEntries), !this.#async);
    }
    traceEvent(raft, "Ready");
  }

  #keepSteps(ready: Ready): void {
    const raft = this.#raft;
    if (this.#stepsOnAdvance.some((message) => message.to === raft.id)) {
      panic(raft.logger, "two accepted Ready structs without call to Advance");
    }
    // Messages for other nodes are among the Ready's, and are skipped here.
    const steps = raft.msgsAfterAppend;
    if (needStorageAppendResponse(raft, ready)) steps.push(storageAppendResponse(raft, ready));
    if (ready.committedEntries.length > 0) {
      steps.push(storageApplyResponse(raft, ready.committedEntries));
    }
    this.#stepsOnAdvance = steps;
  }

  /** Reports the Ready as handled. Not with asynchronous storage writes. */
  advance(): void {
    const raft = this.#raft;
    if (this.#async) {
      panic(raft.logger, "Advance must not be called when using AsyncStorageWrites");
    }
    const steps = this.#stepsOnAdvance;
    this.#stepsOnAdvance = noMessages;
    for (let i = 0; i < steps.length; i++) {
      const message = steps[i] as Message;
      if (message.to === raft.id) step(raft, message);
    }
  }

  basicStatus(): BasicStatus {
    return basicStatusOf(this.#raft);
  }

  status(): Status {
    return statusOf(this.#raft);
  }

  /** Sets when this node campaigns, until raft draws the next timeout. */
  setRandomizedElectionTimeout(ticks: number): void {
    this.#raft.randomizedElectionTimeout = ticks;
  }
}
