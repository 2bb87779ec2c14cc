import { type ConfChangeV2, type Message, MessageType, newMessage } from "../../proto/raftpb.ts";
import { ProposalDroppedError, RawNode } from "../../raft/index.ts";
import { redirect } from "../../rpc/answers.ts";
import { id64ToBigInt } from "../../rpc/id64.ts";
import type { Header } from "../../rpc/messages.ts";
import type { Core } from "../core.ts";
import { LazyCommits } from "../peers/lazy-commits.ts";
import { ElectionTimeout } from "../raw-node/election-timeout.ts";
import { Inbox } from "../raw-node/inbox.ts";
import type { RaftListener } from "../raw-node/listener.ts";
import { PeerActivity } from "../raw-node/peer-activity.ts";
import { raftConfig, raftLogger } from "../raw-node/raft-config.ts";
import { Role } from "../raw-node/role.ts";
import { Confirmation } from "../read/confirmation.ts";
import { ReadRounds } from "../read/quorum-round.ts";
import { Snapshots } from "../snapshot/snapshots.ts";
import { NextTurn } from "../world/next-turn.ts";
import type { ProposalOutcome } from "./outcome.ts";
import { type Proposal, Proposals } from "./proposals.ts";
import { Turn } from "./turn.ts";

/** A client that waits for its configuration change. */
export type ChangeProposal = Omit<Proposal<ProposalOutcome>, "data">;

/** Entries applied in one turn; the rest waits for the next. */
const maxAppliedPerTurn = 2_000;

/**
 * A running raft node with its storage, state machine, peers and clients (etcd's raftNode and the
 * apply side of EtcdServer). Every method is called within a turn, which `settle` ends.
 */
export class RaftNode {
  readonly node: RawNode;
  readonly role: Role;
  readonly inbox: Inbox;
  readonly proposals: Proposals<ProposalOutcome>;
  readonly rounds: ReadRounds;
  readonly snapshots: Snapshots;
  readonly activity: PeerActivity;
  readonly #core: Core;
  readonly #clusterId: bigint;
  readonly #turn: Turn;
  readonly #commits: LazyCommits;
  readonly #electionTimeout: ElectionTimeout;
  readonly #nextTurn: NextTurn;
  readonly #listeners: RaftListener[];
  /** Configuration changes to propose at the end of the turn. */
  #changes: { readonly change: ConfChangeV2; readonly proposal: ChangeProposal }[] = [];
  #turns = 0;

  constructor(core: Core) {
    const { environment, options, storage, machine, ticks } = core;
    const { tuning, memberId, observer } = options;
    const { random, timers } = environment;
    this.#core = core;
    this.#clusterId = id64ToBigInt(core.clusterId);
    this.node = new RawNode(
      raftConfig(memberId, tuning, {
        ...{ storage: storage.raft, applied: machine.appliedIndex, random },
        logger: raftLogger(environment.log),
        traceLogger: observer?.traceLogger,
      }),
    );
    this.role = new Role(this.node, machine.confState);
    this.activity = new PeerActivity(tuning.electionTicks);
    this.#listeners = [{ leading: () => this.activity.leading(ticks.now) }];
    this.#electionTimeout = new ElectionTimeout(memberId, tuning.electionTicks, random, (ticks) =>
      this.node.setRandomizedElectionTimeout(ticks),
    );
    this.#nextTurn = new NextTurn(timers, () => this.snapshots.step());
    this.proposals = new Proposals(tuning, environment, this.#sink());
    this.#commits = new LazyCommits(timers, tuning.commitDelayMs, (messages) => {
      for (const peer of core.transport.send(messages)) this.unreachable(peer);
    });
    const confirmation = new Confirmation(memberId);
    const { node, role, proposals } = this;
    this.inbox = new Inbox(core, node, this.activity);
    const [inbox, commits] = [this.inbox, this.#commits];
    this.rounds = new ReadRounds(core, { node, role, inbox, commits, confirmation });
    this.snapshots = new Snapshots(core, node, inbox, this.#nextTurn);
    observer?.recovered(storage.raft, machine);
    const { rounds, snapshots } = this;
    const listeners = this.#listeners;
    this.#turn = new Turn(core, { node, role, commits, rounds, proposals, snapshots, listeners });
    rounds.reads.applied(machine.appliedIndex);
  }

  /** Adds listeners, which are called in this order. */
  listen(...listeners: readonly RaftListener[]): void {
    this.#listeners.push(...listeners);
  }

  get counters() {
    const { refusedMessages } = this.inbox.counters;
    return { refusedMessages, turns: this.#turns, rows: this.rounds.confirmation.rowsBegun };
  }

  get term(): number {
    return this.node.basicStatus().hardState.term;
  }

  get commitIndex(): number {
    return this.node.basicStatus().hardState.commit;
  }

  /** Whether this turn installs a snapshot, half of which must not be kept. */
  get installing(): boolean {
    return this.#turn.installing;
  }

  get header(): Header {
    const { machine, options } = this.#core;
    return {
      clusterId: this.#clusterId,
      memberId: options.memberId,
      revision: machine.revision,
      raftTerm: this.term,
      appliedIndex: machine.appliedIndex,
      leader: this.role.lead,
    };
  }

  /** Whether an entry of the current term is applied, and so all earlier ones. */
  get termApplied(): boolean {
    return this.#core.machine.appliedTerm === this.term;
  }

  tick(): void {
    const { now } = this.#core.ticks;
    this.#turn.ticked = true;
    this.#electionTimeout.follow(this.role.lead, this.term, this.role.voters.ids);
    this.node.tick();
    this.proposals.tick(now);
    this.rounds.reads.tick(now);
    this.snapshots.tick();
  }

  /** Steps the messages of one frame into raft. */
  received(from: number, messages: readonly Uint8Array[]): void {
    const { confirmation } = this.rounds;
    this.inbox.received(from, messages, (message) => confirmation.asked(message));
  }

  /**
   * Whether a peer was heard of within the shortest election timeout. Raft's own flag does not
   * tell: it is reset whenever the leader checks its quorum.
   */
  hears(peer: number): boolean {
    return this.activeForMs(peer) !== undefined;
  }

  /** How long a peer has answered without a break, in ms; undefined while it is silent. */
  activeForMs(peer: number): number | undefined {
    const { options, ticks } = this.#core;
    if (peer === options.memberId) return Infinity;
    const active = this.activity.activeForTicks(peer, ticks.now);
    return active === undefined ? undefined : active * options.tuning.tickMs;
  }

  /** Whether this leader has led so briefly that peers may not have been heard of yet. */
  get tooEarlyToTell(): boolean {
    return this.activity.tooEarlyToTell(this.#core.ticks.now);
  }

  unreachable(peer: number): void {
    this.node.reportUnreachable(peer);
  }

  /**
   * Steps a read round's heartbeat, which came by a call to this live instance. Returns the
   * response, or undefined where raft gives none (the sender leads no longer).
   */
  readRound(heartbeat: Message): Message | undefined {
    return this.inbox.step(heartbeat) ? this.#drain().roundResponse : undefined;
  }

  /**
   * Ends the turn: sends gathered read rounds, handles Readies, then proposes gathered entries. If
   * clients were answered, the entries get a turn of their own, so that the answers do not wait for
   * their write.
   */
  settle(): void {
    this.#turns += 1;
    this.#takeSnapshot();
    this.rounds.reads.flush();
    const { answered, more } = this.#drain();
    if (more || (answered && this.proposals.due)) this.#nextTurn.ask();
    else {
      this.#proposeChanges();
      this.proposals.flush();
      if (this.#drain().more) this.#nextTurn.ask();
    }
    this.snapshots.turnEnded();
    this.rounds.settle();
    this.#turn.ticked = false;
  }

  /** Proposes a configuration change at the end of this turn. */
  proposeChange(change: ConfChangeV2, proposal: ChangeProposal): void {
    this.#changes.push({ change, proposal });
  }

  /**
   * Proposes an entry without a client; its owner proposes a lost one again. `ended` is called when
   * it is applied or lost.
   */
  proposeOwn(data: Uint8Array, ended: () => void = () => undefined): void {
    const { options, ticks } = this.#core;
    const { maxRequestMs, tickMs } = options.tuning;
    const deadlineTick = ticks.now + maxRequestMs / tickMs;
    this.proposals.add({ data, deadlineTick, applied: ended, failed: ended });
  }

  /** Called when this member cannot go on: if it leads, asks another to campaign at once. */
  handOver(target: number): void {
    if (!this.role.leads || target === 0) return;
    const type = MessageType.MsgTimeoutNow;
    const from = this.#core.options.memberId;
    this.#core.transport.send([newMessage({ type, from, to: target, term: this.term })]);
  }

  /** Handles Readies without proposing, for replay at the start. Returns whether more is left. */
  replay(maxEntries: number): boolean {
    return this.#turn.drain(maxEntries).more;
  }

  /**
   * Applies entries beyond the commit index, which no other member will confirm. Only before a new
   * log begins; raft is not told.
   */
  applyRest(): void {
    const { storage, machine, options } = this.#core;
    for (let index = machine.appliedIndex + 1; index <= storage.raft.lastIndex(); ) {
      const { maxMessageBytes } = options.tuning;
      const entries = storage.raft.entries(index, storage.raft.lastIndex() + 1, maxMessageBytes);
      if (entries.length === 0) throw new Error(`the log has no entry ${index}`);
      for (const entry of entries) this.#turn.apply(entry);
      index += entries.length;
    }
  }

  close(): void {
    this.rounds.close();
    this.#nextTurn.cancel();
    this.#commits.end();
    this.snapshots.close();
  }

  #drain() {
    return this.#turn.drain(maxAppliedPerTurn);
  }

  /** Steps a MsgSnap into raft when all its rows are staged. */
  #takeSnapshot(): void {
    const { receiver } = this.snapshots;
    const message = receiver.takeWhole();
    if (message === undefined) return;
    receiver.ended(message, this.inbox.step(message) && this.#drain().installed);
  }

  #sink() {
    const { role } = this;
    return {
      get open() {
        return role.open;
      },
      propose: (data: readonly Uint8Array[]) => this.#propose(data),
    };
  }

  #proposeChanges(): void {
    const changes = this.#changes;
    this.#changes = [];
    for (const { change, proposal } of changes) {
      const index = this.#core.storage.raft.lastIndex() + 1;
      if (this.role.open && isTaken(() => this.node.proposeConfChange(change))) {
        this.proposals.track(index, this.role.term, proposal);
        // The next change's index is known only after this one is written.
        this.#drain();
      } else proposal.failed(redirect);
    }
  }

  #propose(data: readonly Uint8Array[]): { index: number; term: number } | undefined {
    const index = this.#core.storage.raft.lastIndex() + 1;
    const taken = isTaken(() => this.node.proposeBatch(data));
    return taken ? { index, term: this.role.term } : undefined;
  }
}

/** Whether raft took a proposal. */
function isTaken(propose: () => void): boolean {
  try {
    propose();
    return true;
  } catch (error) {
    if (error instanceof ProposalDroppedError) return false;
    throw error;
  }
}
