import type { StateMachine } from "../../kv/state-machine.ts";
import { decodeMessage } from "../../proto/codec.ts";
import {
  type ConfChangeV2,
  type ConfState,
  type Entry,
  type Message,
  MessageType,
  newMessage,
} from "../../proto/raftpb.ts";
import { InvalidMessageError, ProposalDroppedError, RawNode, StateType } from "../../raft/index.ts";
import { JointConfig } from "../../raft/quorum/joint.ts";
import type { Id64 } from "../../rpc/id64.ts";
import type { MemberStorage } from "../../storage/member-storage.ts";
import { redirect } from "../client/answers.ts";
import type { CallBody, CallResponse } from "../peers/frame-codec.ts";
import { LazyCommits } from "../peers/lazy-commits.ts";
import type { Transport } from "../peers/transport.ts";
import { ReadRounds } from "../read/quorum-round.ts";
import { type SnapshotMethod, Snapshots } from "../snapshot/snapshots.ts";
import type { MemberEnvironment, TimerHandle } from "../world/environment.ts";
import type { Tuning } from "../world/tuning.ts";
import { applyEntry, type Outcome } from "./apply.ts";
import { ElectionTimeout } from "./election-timeout.ts";
import type { MemberObserver } from "./observer.ts";
import { PeerActivity } from "./peer-activity.ts";
import { type Proposal, Proposals } from "./proposals.ts";
import { frameFault, isRefusal, raftConfig, raftLogger, withoutRound } from "./raft-config.ts";
import { Turn } from "./turn.ts";

export interface RaftNodeParts {
  readonly environment: MemberEnvironment;
  readonly memberId: number;
  readonly clusterId: Id64;
  readonly tuning: Tuning;
  readonly storage: MemberStorage;
  readonly machine: StateMachine;
  readonly transport: Transport;
  /** One call to a peer, with this member's envelope. */
  call(peer: number, method: "readRound" | SnapshotMethod, body: CallBody): Promise<CallResponse>;
  /** Runs a continuation as a turn of its own. */
  turn(input: () => void): void;
  /** Whether the whole base was checked as the member started. */
  readonly audited: boolean;
  /** This member's storage is not what it was: it ends after this turn. */
  damaged(why: string): void;
  readonly events: RaftNodeEvents;
  readonly observer: MemberObserver | undefined;
}

/** What the rest of the member hears, in the turn in which it happens. */
export interface RaftNodeEvents {
  leading(): void;
  /** Leads no longer. */
  followed(): void;
  /** The members are others, or may do other things. */
  reconfigured(): void;
  /** An entry was applied and changed something: for the watches. */
  applied(applied: ReturnType<StateMachine["apply"]>): void;
  /** Those entries were all, for now. */
  allApplied(): void;
  /** The state was replaced by a snapshot. */
  installed(): void;
}

/** A client that waits for its configuration change. */
export type ChangeProposal = Omit<Proposal<Outcome>, "data">;

/** Entries applied in one turn; what is left waits for the next. */
const maxAppliedPerTurn = 2_000;

/**
 * A running raft node and what surrounds it: storage below, state machine above, peers and clients
 * beside it (etcd's raftNode and the apply side of EtcdServer). Every method is called in a turn,
 * and `settle` ends it.
 */
export class RaftNode {
  readonly #parts: RaftNodeParts;
  readonly node: RawNode;
  readonly proposals: Proposals<Outcome>;
  readonly rounds: ReadRounds;
  readonly snapshots: Snapshots;
  readonly #turn: Turn;
  readonly #lazyCommits: LazyCommits;
  readonly #electionTimeout: ElectionTimeout;
  #voters: JointConfig;
  #lead = 0;
  #leads = false;
  #term = 0;
  #ticked = false;
  #tickCount = 0;
  readonly #activity: PeerActivity;
  #laterTimer: TimerHandle | undefined;
  /** Configuration changes that wait for the end of the turn. */
  #changes: { readonly change: ConfChangeV2; readonly proposal: ChangeProposal }[] = [];
  /** Where a MsgHeartbeatResp goes while its heartbeat is stepped. */
  #roundResponse: Message | undefined;
  /** A snapshot is being installed in the turn under way: half of it must not stay. */
  installing = false;
  readonly counters = { refusedMessages: 0, turns: 0, rows: 0 };
  /** Times that another leader, or one at all, was seen. */
  leaderChanges = 0;

  constructor(parts: RaftNodeParts) {
    const { environment, tuning, storage, machine, memberId } = parts;
    this.#parts = parts;
    this.node = new RawNode(
      raftConfig(memberId, tuning, {
        storage: storage.raft,
        applied: machine.appliedIndex,
        random: environment.random,
        logger: raftLogger(environment.log),
        traceLogger: parts.observer?.traceLogger,
      }),
    );
    this.#voters = votersOf(machine.confState);
    this.#activity = new PeerActivity(tuning.electionTicks);
    const { random } = environment;
    this.#electionTimeout = new ElectionTimeout(memberId, tuning.electionTicks, random, (ticks) =>
      this.node.setRandomizedElectionTimeout(ticks),
    );
    this.proposals = new Proposals(tuning, environment, this.#sink(), () =>
      parts.turn(() => undefined),
    );
    this.rounds = this.#newRounds();
    this.snapshots = new Snapshots({
      ...parts,
      node: this.node,
      step: (message) => this.#stepSnapshot(message),
      later: () => this.#later(),
    });
    parts.observer?.recovered(storage.raft, machine);
    this.#lazyCommits = new LazyCommits(environment.timers, tuning.commitDelayMs, (messages) => {
      for (const peer of this.#send(messages)) this.unreachable(peer);
    });
    this.#turn = new Turn({
      node: this.node,
      observe: (ready) => parts.observer?.ready(ready, this.node.basicStatus()),
      log: {
        lastIndex: () => storage.raft.lastIndex(),
        save: (hardState, entries) => storage.save(hardState, entries),
      },
      roleChanged: ({ lead, raftState }) =>
        this.#roleChanged(lead, raftState === StateType.StateLeader),
      send: (messages) => this.#send(this.#lazyCommits.take(messages)),
      sendReadRound: (heartbeat) => this.rounds.sendRound(heartbeat, this.#ticked),
      answerReadRound: (response) => this.#answerReadRound(response),
      sendSnapshot: (message) => this.snapshots.sender.send(message),
      holdReadState: (read) => this.rounds.holdReadState(read.requestCtx, read.index),
      holdReadIndexResp: (response) => this.rounds.holdReadIndexResp(response),
      apply: (entry) => this.#apply(entry),
      work: () => machine.work,
      applied: () => parts.events.allApplied(),
      install: (snapshot, ready) => this.#install(snapshot, ready),
      rowWritten: () => this.#rowWritten(),
      committed: (index) => this.proposals.committed(index),
    });
    const { hardState } = this.node.basicStatus();
    this.#term = hardState.term;
    this.rounds.reads.applied(machine.appliedIndex);
  }

  get leads(): boolean {
    return this.#leads;
  }

  get lead(): number {
    return this.#lead;
  }

  get term(): number {
    return this.node.basicStatus().hardState.term;
  }

  get commitIndex(): number {
    return this.node.basicStatus().hardState.commit;
  }

  /** Whether this node leads and takes proposals. */
  get open(): boolean {
    return this.#leads && this.node.basicStatus().leadTransferee === 0;
  }

  get voters(): JointConfig {
    return this.#voters;
  }

  tick(tickCount: number): void {
    this.#ticked = true;
    this.#tickCount = tickCount;
    this.#electionTimeout.follow(this.#lead, this.term, this.#voters.ids);
    this.node.tick();
    this.proposals.tick(tickCount);
    this.rounds.reads.tick(tickCount);
    this.snapshots.tick();
  }

  /** Messages of one frame. What no correct member sends is dropped and counted. */
  received(from: number, messages: readonly Uint8Array[]): void {
    for (const bytes of messages) {
      const refused = this.#step(from, bytes);
      if (refused === "") {
        this.#activity.heard(from, this.#tickCount);
        continue;
      }
      this.counters.refusedMessages += 1;
      this.#parts.environment.log.debug(`message of member ${from} refused: ${refused}`);
    }
  }

  /**
   * Whether a peer was heard of within the shortest election timeout. Raft's own mark is taken back
   * whenever the leader counts its quorum, also from those who answered a moment ago.
   */
  hears(peer: number): boolean {
    return this.activeForMs(peer) !== undefined;
  }

  /** For how long a peer has been answering without a break; undefined while it is silent. */
  activeForMs(peer: number): number | undefined {
    if (peer === this.#parts.memberId) return Infinity;
    const ticks = this.#activity.activeForTicks(peer, this.#tickCount);
    return ticks === undefined ? undefined : ticks * this.#parts.tuning.tickMs;
  }

  /** Whether this leader has led for so short a time that peers may not have been heard of yet. */
  get tooEarlyToTell(): boolean {
    return this.#activity.tooEarlyToTell(this.#tickCount);
  }

  unreachable(peer: number): void {
    this.node.reportUnreachable(peer);
  }

  /**
   * A read round's heartbeat, on a call that the platform routed to this live instance. Returns its
   * response, or undefined where raft gives none (the sender leads no longer).
   */
  readRound(heartbeat: Message): Message | undefined {
    this.#roundResponse = undefined;
    if (!this.#stepped(heartbeat)) return undefined;
    this.#turn.drain(maxAppliedPerTurn);
    const response = this.#roundResponse;
    this.#roundResponse = undefined;
    return response;
  }

  /**
   * The end of a turn: read rounds that gathered go out, what is ready is done, then proposals that
   * gathered follow. Where clients were answered, those have a turn of their own, so that the
   * answers do not wait for their write.
   */
  settle(): void {
    this.counters.turns += 1;
    this.rounds.reads.flush();
    const { answered, more } = this.#turn.drain(maxAppliedPerTurn);
    if (more || (answered && this.proposals.due)) this.#later();
    else {
      this.#proposeChanges();
      this.proposals.flush();
      if (this.#turn.drain(maxAppliedPerTurn).more) this.#later();
    }
    this.snapshots.turnEnded();
    this.rounds.settle();
    this.#ticked = false;
  }

  /** Proposes a configuration change at the end of this turn. */
  proposeChange(change: ConfChangeV2, proposal: ChangeProposal): void {
    this.#changes.push({ change, proposal });
  }

  /** This node cannot go on: if it leads, another is asked to campaign at once. */
  handOver(target: number): void {
    if (!this.#leads || target === 0) return;
    const type = MessageType.MsgTimeoutNow;
    const from = this.#parts.memberId;
    this.#send([newMessage({ type, from, to: target, term: this.term })]);
  }

  /** Handles what is ready, and nothing else: replay at start. Returns whether more is left. */
  replay(maxEntries: number): boolean {
    return this.#turn.drain(maxEntries).more;
  }

  /**
   * Applies what the log has beyond the commit, which nobody else will ever say anything about.
   * Only for who then begins anew: raft itself is not told.
   */
  applyRest(): void {
    const { storage, machine } = this.#parts;
    for (let index = machine.appliedIndex + 1; index <= storage.raft.lastIndex(); ) {
      const { maxMessageBytes } = this.#parts.tuning;
      const entries = storage.raft.entries(index, storage.raft.lastIndex() + 1, maxMessageBytes);
      if (entries.length === 0) throw new Error(`the log has no entry ${index}`);
      for (const entry of entries) this.#apply(entry);
      index += entries.length;
    }
  }

  close(): void {
    this.rounds.close();
    this.#laterTimer?.cancel();
    this.#lazyCommits.end();
    this.snapshots.close();
  }

  /** Hands raft a message that came by a call. False where raft refused it. */
  #stepped(message: Message): boolean {
    try {
      this.node.step(message);
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#refused(error);
      this.counters.refusedMessages += 1;
      this.#parts.environment.log.debug(`call of member ${message.from}: ${error.message}`);
      return false;
    }
  }

  /** Why a message was refused; "" where raft has it. */
  #step(from: number, bytes: Uint8Array): string {
    try {
      const message = withoutRound(decodeMessage(bytes));
      const fault = frameFault(message, from, this.#parts.memberId);
      if (fault !== "") return fault;
      this.rounds.asked(message);
      this.node.step(message);
      return "";
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#refused(error);
      return error.message;
    }
  }

  /** A leader that counts on entries which this member has stored: they were lost since. */
  #refused(error: Error): void {
    const lost = error instanceof InvalidMessageError && error.lostLog;
    if (lost) this.#parts.damaged(`entries at the end of the log are gone: ${error.message}`);
  }

  #send(messages: readonly Message[]): readonly number[] {
    return messages.length === 0 ? [] : this.#parts.transport.send(messages);
  }

  #answerReadRound(response: Message): void {
    this.#roundResponse = response;
  }

  #apply(entry: Entry): boolean {
    const { machine, events, observer } = this.#parts;
    const answered = applyEntry(
      {
        node: this.node,
        machine,
        answer: ({ index, term }, outcome) => this.proposals.applied(index, term, outcome),
        applied: (applied) => events.applied(applied),
        reconfigured: (confState) => {
          this.#voters = votersOf(confState);
          events.reconfigured();
        },
      },
      entry,
    );
    observer?.applied(entry, machine);
    return this.rounds.reads.applied(entry.index) || answered;
  }

  #roleChanged(lead: number, leads: boolean): void {
    const { events } = this.#parts;
    const term = this.term;
    if (this.#leads && (!leads || term !== this.#term)) {
      this.#leads = false;
      this.proposals.leadershipLost();
      this.rounds.reset();
      this.#lazyCommits.end();
      this.snapshots.sender.reset();
      events.followed();
    }
    if (lead !== 0 && lead !== this.#lead) this.leaderChanges += 1;
    this.#lead = lead;
    this.#term = term;
    if (leads && !this.#leads) {
      this.#leads = true;
      this.#activity.leading(this.#tickCount);
      events.leading();
    }
  }

  #stepSnapshot(message: Message): boolean {
    const before = this.snapshots.installed;
    if (!this.#stepped(message)) return false;
    this.#turn.drain(maxAppliedPerTurn);
    return this.snapshots.installed > before;
  }

  #install(...[snapshot, ready]: Parameters<Snapshots["install"]>): void {
    this.installing = true;
    this.snapshots.install(snapshot, ready);
    this.installing = false;
    this.#parts.observer?.installed(snapshot.metadata, this.#parts.machine);
    this.#rowWritten();
    this.#voters = votersOf(snapshot.metadata.confState);
    this.rounds.reads.applied(snapshot.metadata.index);
    this.#parts.events.installed();
    this.#parts.events.reconfigured();
  }

  #rowWritten(): void {
    this.counters.rows += 1;
    this.rounds.confirmation.rowBegun();
  }

  #later(): void {
    this.#laterTimer ??= this.#parts.environment.timers.start(() => {
      this.#laterTimer = undefined;
      this.#parts.turn(() => this.snapshots.step());
    }, 0);
  }

  #newRounds(): ReadRounds {
    const { storage } = this.#parts;
    return new ReadRounds({
      ...this.#parts,
      readIndex: (context) => this.node.readIndex(context),
      step: (message) => this.#stepped(message),
      send: (messages) => {
        this.#send(messages);
      },
      tellCommit: (peer) => this.#lazyCommits.flush(peer),
      leads: () => this.#leads,
      term: () => this.#term,
      voters: () => this.#voters,
      writeFence: () => {
        storage.fence();
        this.#rowWritten();
      },
    });
  }

  #sink() {
    const raftNode = this;
    return {
      get open() {
        return raftNode.open;
      },
      propose: (data: readonly Uint8Array[]) => raftNode.#propose(data),
    };
  }

  #proposeChanges(): void {
    const changes = this.#changes;
    this.#changes = [];
    for (const { change, proposal } of changes) {
      const index = this.#parts.storage.raft.lastIndex() + 1;
      if (this.open && this.#proposed(() => this.node.proposeConfChange(change))) {
        this.proposals.track(index, this.#term, proposal);
        // The next one's index is known only when this one is written.
        this.#turn.drain(maxAppliedPerTurn);
      } else proposal.failed(redirect);
    }
  }

  #propose(data: readonly Uint8Array[]): { index: number; term: number } | undefined {
    const index = this.#parts.storage.raft.lastIndex() + 1;
    return this.#proposed(() => this.node.proposeBatch(data))
      ? { index, term: this.#term }
      : undefined;
  }

  #proposed(propose: () => void): boolean {
    try {
      propose();
      return true;
    } catch (error) {
      if (error instanceof ProposalDroppedError) return false;
      throw error;
    }
  }
}

function votersOf({ voters, votersOutgoing }: ConfState): JointConfig {
  return JointConfig.of(voters, votersOutgoing);
}
