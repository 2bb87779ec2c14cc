import type { StateMachine } from "../kv/state-machine.ts";
import { decodeMessage } from "../proto/codec.ts";
import {
  type ConfChangeV2,
  type ConfState,
  type Entry,
  type Message,
  MessageType,
} from "../proto/raftpb.ts";
import { ProposalDroppedError, RawNode, StateType } from "../raft/index.ts";
import { JointConfig } from "../raft/quorum/joint.ts";
import type { MemberStorage } from "../storage/member-storage.ts";
import { applyEntry, type Outcome } from "./apply.ts";
import { redirect } from "./client/answers.ts";
import { type Proposal, Proposals } from "./client/proposals.ts";
import type { MemberEnvironment, TimerHandle } from "./environment.ts";
import type { CallBody, CallResponse } from "./frame-codec.ts";
import type { Id64 } from "./ids.ts";
import type { MemberObserver } from "./observer.ts";
import { frameFault, isRefusal, raftConfig, raftLogger, withoutRound } from "./raft-config.ts";
import { Confirmation } from "./read/confirmation.ts";
import { Reads } from "./read/reads.ts";
import { type SnapshotMethod, Snapshots } from "./snapshot/snapshots.ts";
import { LazyCommits } from "./transport/lazy-commits.ts";
import type { Transport } from "./transport/transport.ts";
import type { Tuning } from "./tuning.ts";
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
  readonly events: RaftNodeEvents;
  readonly observer: MemberObserver | undefined;
}

/** What the rest of the member hears, in the turn in which it happens. */
export interface RaftNodeEvents {
  leading(): void;
  /** Leads no longer. */
  followed(): void;
  reconfigured(confState: ConfState): void;
  /** An entry was applied and changed something: for the watches. */
  applied(applied: ReturnType<StateMachine["apply"]>): void;
  /** The state was replaced by a snapshot. */
  installed(): void;
}

/** A client that waits for its configuration change. */
export type ChangeProposal = Omit<Proposal<Outcome>, "data">;

/** Entries applied in one turn; what is left waits for the next. */
const maxAppliedPerTurn = 2_000;
/** Calls of read rounds to one peer that are not answered. */
const maxRoundCalls = 8;

/**
 * A running raft node and what surrounds it: storage below, state machine above, peers and clients
 * beside it (etcd's raftNode and the apply side of EtcdServer). Every method is called in a turn,
 * and `settle` ends it.
 */
export class RaftNode {
  readonly #parts: RaftNodeParts;
  readonly node: RawNode;
  readonly proposals: Proposals<Outcome>;
  readonly reads: Reads;
  readonly confirmation: Confirmation;
  readonly snapshots: Snapshots;
  readonly #turn: Turn;
  readonly #lazyCommits: LazyCommits;
  /** Calls of read rounds under way, by peer. */
  readonly #roundCalls = new Map<number, number>();
  #voters: JointConfig;
  #lead = 0;
  #leads = false;
  #term = 0;
  #ticked = false;
  #fenceTimer: TimerHandle | undefined;
  #syncedRow = 0;
  #laterTimer: TimerHandle | undefined;
  /** Configuration changes that wait for the end of the turn. */
  #changes: { readonly change: ConfChangeV2; readonly proposal: ChangeProposal }[] = [];
  /** Where a MsgHeartbeatResp goes while its heartbeat is stepped. */
  #roundResponse: Message | undefined;
  /** Rows written in the turn under way. */
  wrote = false;
  readonly counters = { refusedMessages: 0, readRounds: 0, fences: 0, turns: 0, rows: 0 };

  constructor(parts: RaftNodeParts) {
    const { environment, tuning, storage, machine, memberId } = parts;
    this.#parts = parts;
    this.node = new RawNode(
      raftConfig(memberId, tuning, {
        storage: storage.raft,
        applied: machine.appliedIndex,
        random: environment.random,
        logger: raftLogger(environment.log),
      }),
    );
    this.#voters = votersOf(machine.confState);
    this.proposals = new Proposals(tuning, environment, this.#sink(), () =>
      parts.turn(() => undefined),
    );
    this.reads = new Reads(tuning, environment.random, (context) => this.#readIndex(context));
    this.confirmation = new Confirmation(memberId);
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
      sendReadRound: (heartbeat) => this.#sendReadRound(heartbeat),
      answerReadRound: (response) => this.#answerReadRound(response),
      sendSnapshot: (message) => this.snapshots.sender.send(message),
      holdReadState: (read) => this.#holdReadState(read.requestCtx, read.index),
      holdReadIndexResp: (response) => this.#holdReadIndexResp(response),
      apply: (entry) => this.#apply(entry),
      install: (snapshot, ready) => this.#install(snapshot, ready),
      rowWritten: () => this.#rowWritten(),
      committed: (index) => this.proposals.committed(index),
    });
    const { hardState } = this.node.basicStatus();
    this.#term = hardState.term;
    this.reads.applied(machine.appliedIndex);
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
    this.node.tick();
    this.proposals.tick(tickCount);
    this.reads.tick(tickCount);
    this.snapshots.tick();
  }

  /** Messages of one frame. What no correct member sends is dropped and counted. */
  received(from: number, messages: readonly Uint8Array[]): void {
    for (const bytes of messages) {
      const refused = this.#step(from, bytes);
      if (refused === "") continue;
      this.counters.refusedMessages += 1;
      this.#parts.environment.log.debug(`message of member ${from} refused: ${refused}`);
    }
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
    this.reads.flush();
    const { answered, more } = this.#turn.drain(maxAppliedPerTurn);
    if (more || (answered && this.proposals.due)) this.#later();
    else {
      this.#proposeChanges();
      this.proposals.flush();
      if (this.#turn.drain(maxAppliedPerTurn).more) this.#later();
    }
    this.snapshots.turnEnded();
    this.#confirmRows();
    this.#ticked = false;
    this.wrote = false;
  }

  /** Proposes a configuration change at the end of this turn. */
  proposeChange(change: ConfChangeV2, proposal: ChangeProposal): void {
    this.#changes.push({ change, proposal });
  }

  /** Handles what is ready, and nothing else: replay at start. Returns whether more is left. */
  replay(maxEntries: number): boolean {
    return this.#turn.drain(maxEntries).more;
  }

  close(): void {
    this.#fenceTimer?.cancel();
    this.#laterTimer?.cancel();
    this.#lazyCommits.reset();
    this.snapshots.close();
  }

  /** Hands raft a message that came by a call. False where raft refused it. */
  #stepped(message: Message): boolean {
    try {
      this.node.step(message);
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
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
      const [request] = message.entries;
      if (message.type === MessageType.MsgReadIndex && request !== undefined) {
        this.confirmation.arrived(request.data);
      }
      this.node.step(message);
      return "";
    } catch (error) {
      if (isRefusal(error)) return error.message;
      throw error;
    }
  }

  #send(messages: readonly Message[]): readonly number[] {
    return messages.length === 0 ? [] : this.#parts.transport.send(messages);
  }

  #readIndex(context: Uint8Array): void {
    this.confirmation.arrived(context);
    this.node.readIndex(context);
  }

  /**
   * A heartbeat that asks for an acknowledgement goes as a call on a fresh stub, which the platform
   * routes to the peer's live instance. That it keeps the peer from campaigning must not hang on
   * it, so a tick's heartbeat also goes as a frame, without its question.
   */
  #sendReadRound(heartbeat: Message): void {
    const { to, term, context } = heartbeat;
    if (context === undefined) throw new Error("a read round without a context");
    this.confirmation.sent(context);
    this.counters.readRounds += 1;
    if (this.#ticked) this.#send([{ ...heartbeat, context: undefined }]);
    const calls = this.#roundCalls.get(to) ?? 0;
    // A peer that does not answer is asked again with the next heartbeat, when there is room.
    if (calls >= maxRoundCalls) return;
    this.#roundCalls.set(to, calls + 1);
    const ended = () => this.#roundCalls.set(to, (this.#roundCalls.get(to) ?? 1) - 1);
    this.#parts.call(to, "readRound", { message: heartbeat }).then(
      ({ message }) => {
        ended();
        if (message !== undefined) this.#parts.turn(() => this.#roundAnswered(to, term, message));
      },
      (error) => {
        ended();
        this.#parts.environment.log.debug(`read round to member ${to}: ${error}`);
      },
    );
  }

  #roundAnswered(from: number, term: number, response: Message): void {
    const { context } = response;
    const wrong = response.type !== MessageType.MsgHeartbeatResp || response.from !== from;
    if (wrong || response.to !== this.#parts.memberId || context === undefined) return;
    // Contexts are counted from one again in each term.
    if (!this.#leads || response.term !== this.#term || term !== this.#term) return;
    if (!this.#voters.has(from)) return;
    if (!this.#stepped(response)) return;
    this.confirmation.answered(from, context, this.#voters);
  }

  #answerReadRound(response: Message): void {
    this.#roundResponse = response;
  }

  /** A leader's own reads wait for confirmation; a follower's were confirmed by the leader. */
  #holdReadState(context: Uint8Array, index: number): void {
    const release = () => {
      this.reads.confirmed(context, index);
    };
    if (this.#leads) this.confirmation.hold(context, this.#voters, release);
    else release();
  }

  #holdReadIndexResp(response: Message): void {
    const context = response.entries[0]?.data ?? new Uint8Array();
    this.confirmation.hold(context, this.#voters, () => {
      this.#lazyCommits.flush(response.to);
      this.#send([response]);
    });
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
          events.reconfigured(confState);
        },
      },
      entry,
    );
    observer?.applied(entry, machine);
    return this.reads.applied(entry.index) || answered;
  }

  #roleChanged(lead: number, leads: boolean): void {
    const { events } = this.#parts;
    const term = this.term;
    if (this.#leads && (!leads || term !== this.#term)) {
      this.#leads = false;
      this.proposals.leadershipLost();
      this.confirmation.reset();
      this.#lazyCommits.reset();
      this.snapshots.sender.reset();
      events.followed();
    }
    this.#lead = lead;
    this.#term = term;
    if (leads && !this.#leads) {
      this.#leads = true;
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
    this.snapshots.install(snapshot, ready);
    this.#parts.observer?.installed(snapshot.metadata, this.#parts.machine);
    this.#rowWritten();
    this.#voters = votersOf(snapshot.metadata.confState);
    this.reads.applied(snapshot.metadata.index);
    this.#parts.events.installed();
    this.#parts.events.reconfigured(snapshot.metadata.confState);
  }

  #rowWritten(): void {
    this.wrote = true;
    this.counters.rows += 1;
    this.confirmation.rowBegun();
  }

  /** Reads that wait for a row: one is written if need be, and its durability is awaited. */
  #confirmRows(): void {
    const { environment, tuning } = this.#parts;
    if (this.confirmation.needsRow && this.#fenceTimer === undefined) {
      const alone = this.#voters.ids.length === 1;
      this.#fenceTimer = environment.timers.start(
        () => {
          this.#fenceTimer = undefined;
          this.#parts.turn(() => this.#fence());
        },
        alone ? 0 : tuning.fenceMs,
      );
    }
    const row = this.confirmation.rowsBegun;
    if (row === this.#syncedRow || !this.confirmation.waiting) return;
    this.#syncedRow = row;
    environment.sync().then(
      () => this.#parts.turn(() => this.confirmation.rowDurable(row)),
      // The commit failed: the platform resets the object, and nothing of this instance leaves.
      (error) => environment.log.error(`commit failed: ${error}`),
    );
  }

  #fence(): void {
    if (!this.confirmation.needsRow) return;
    this.#parts.storage.fence();
    this.counters.fences += 1;
    this.#rowWritten();
  }

  #later(): void {
    this.#laterTimer ??= this.#parts.environment.timers.start(() => {
      this.#laterTimer = undefined;
      this.#parts.turn(() => this.snapshots.step());
    }, 0);
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
