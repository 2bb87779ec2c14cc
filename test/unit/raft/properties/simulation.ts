import {
  type ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  type Message,
  MessageType,
  newConfState,
  newSnapshot,
  noBytes,
} from "../../../../src/proto/raftpb.ts";
import { confStatesEquivalent } from "../../../../src/raft/confchange/restore.ts";
import {
  InvalidMessageError,
  ProposalDroppedError,
  StepPeerNotFoundError,
} from "../../../../src/raft/errors.ts";
import { SnapshotStatus } from "../../../../src/raft/types.ts";
import { Dice } from "./dice.ts";
import { History, Violation } from "./history.ts";
import { FreshStorage, Member } from "./member.ts";
import { Network } from "./network.ts";

/** What is the same throughout one schedule. */
export interface Setting {
  /** Voters at the beginning; two more members can join. */
  readonly nodes: number;
  readonly asyncStorageWrites: boolean;
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
  /** Whether messages are really encoded. */
  readonly encoded: boolean;
  readonly stepDownOnRemoval: boolean;
  readonly maxInflightMsgs: number;
  readonly maxSizePerMsg: number;
  readonly maxCommittedSizePerReady: number;
}

/** What happened, to show that a schedule is worth running. */
export interface PropertyTotals {
  steps: number;
  elections: number;
  restarts: number;
  snapshots: number;
  compactions: number;
  membershipChanges: number;
  committed: number;
  reads: number;
  /** Schedules after which a network without faults had to come to rest. */
  settled: number;
  duplicated: number;
  lost: number;
}

export function noPropertyTotals(): PropertyTotals {
  return {
    steps: 0,
    elections: 0,
    restarts: 0,
    snapshots: 0,
    compactions: 0,
    membershipChanges: 0,
    committed: 0,
    reads: 0,
    settled: 0,
    duplicated: 0,
    lost: 0,
  };
}

/** Logs begin behind a snapshot, so that who joins needs one: it brings the configuration. */
const base = 5;

/** A cluster on an unreliable network, driven by random steps and checked after each. */
export class Simulation {
  readonly #setting: Setting;
  readonly #history = new History(base);
  readonly #network: Network;
  readonly #members: Member[] = [];
  readonly #totals: PropertyTotals;
  /** What was committed when each read was asked for, by its context. */
  readonly #reads = new Map<number, number>();
  #counter = 0;
  #dice = new Dice(0);

  constructor(setting: Setting, totals: PropertyTotals) {
    this.#setting = setting;
    this.#totals = totals;
    this.#network = new Network(setting.encoded);
    const voters = Array.from({ length: setting.nodes }, (_, i) => i + 1);
    for (let id = 1; id <= setting.nodes + 2; id++) {
      const storage = new FreshStorage();
      if (id <= setting.nodes) {
        const confState = newConfState({ voters });
        storage.applySnapshot(newSnapshot({ index: base, term: 1, confState }, new Uint8Array(4)));
      }
      this.#members.push(this.#member(id, storage));
    }
  }

  #member(id: number, storage: FreshStorage): Member {
    const { nodes: _, encoded: __, ...config } = this.#setting;
    const options = {
      ...config,
      electionTick: 4,
      heartbeatTick: 1,
      random: (bound: number) => this.#dice.below(bound),
    };
    return new Member(id, storage, options, this.#history, {
      send: (message) => this.#network.send(message),
      busy: () => this.#dice.percent(20),
      readState: (context, index) => this.#readState(context, index),
    });
  }

  /** Does what the integer says, and checks all members. Throws Violation. */
  step(choice: number): void {
    const dice = new Dice(choice);
    this.#dice = dice;
    const before = this.#restarts();
    this.#act(dice);
    for (const member of this.#members) member.observe();
    this.#totals.steps++;
    this.#totals.restarts += this.#restarts() - before;
  }

  /** Adds what this schedule came to. */
  finish(): void {
    this.#totals.elections += this.#history.elections;
    this.#totals.membershipChanges += this.#history.membershipChanges;
    this.#totals.committed += this.#history.lastCommitted - base;
    for (const { restored } of this.#members) this.#totals.snapshots += restored;
  }

  #restarts(): number {
    return this.#members.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  #act(dice: Dice): void {
    const action = dice.below(100);
    const member = dice.pick(this.#members);
    if (action < 22) this.#deliverSome(dice);
    else if (action < 48) this.#round(dice);
    else if (action < 59) this.#tick(dice, member);
    else if (action < 71) this.#propose(dice, member);
    else if (action < 77) this.#work(dice, member);
    else if (action < 83) this.#changeMembership(dice);
    else if (action < 85) member.restart();
    else if (action < 88) this.#compact(dice, member);
    else if (action < 91) this.#cut(dice);
    else if (action < 93) member.raw.campaign();
    else if (action < 98) this.#read(dice, member);
    else this.#disturb(dice, member);
  }

  /** A few messages arrive, one by one, and their recipients answer. */
  #deliverSome(dice: Dice): void {
    for (let left = 1 + dice.below(4); left > 0 && this.#network.size > 0; left--) {
      const duplicate = dice.percent(5);
      const message = this.#network.take(dice, duplicate);
      if (message === undefined) return;
      if (duplicate) this.#totals.duplicated++;
      if (!this.#deliver(message, dice.percent(8))) continue;
      if (dice.percent(70)) this.#work(dice, this.#memberOf(message.to));
    }
  }

  /** Everybody works, and all that is in flight arrives. */
  #round(dice: Dice): void {
    for (const member of this.#members) this.#work(dice, member);
    for (const message of this.#network.takeAll()) this.#deliver(message, dice.percent(3));
    for (const member of this.#members) this.#work(dice, member);
  }

  #memberOf(id: number): Member {
    const member = this.#members[id - 1];
    if (member === undefined) throw new Violation(`a message to ${id}, which does not exist`);
    return member;
  }

  /** Whether the message arrived. A snapshot's fate is reported to its sender. */
  #deliver(message: Message, lose: boolean): boolean {
    const arrives = !lose && this.#network.passes(message);
    if (arrives) this.#stepIn(message);
    else this.#totals.lost++;
    if (message.type === MessageType.MsgSnap) {
      const status = arrives ? SnapshotStatus.SnapshotFinish : SnapshotStatus.SnapshotFailure;
      this.#memberOf(message.from).raw.reportSnapshot(message.to, status);
    }
    return arrives;
  }

  #stepIn(message: Message): void {
    const member = this.#memberOf(message.to);
    // A snapshot changes raft's configuration at once. A change that is older than the snapshot and
    // still waits to be applied would come on top of it, so a host must apply such changes first.
    if (message.type === MessageType.MsgSnap) while (member.hasApplyWork) member.applyThread();
    try {
      member.raw.step(message);
    } catch (error) {
      // A member that was removed may still answer, and a proposal may find no leader.
      const expected = error instanceof StepPeerNotFoundError || isDropped(error);
      if (!expected) throw error;
    }
    member.observe();
  }

  #work(dice: Dice, member: Member): void {
    if (member.raw.hasReady()) member.handleReady(dice.percent(2));
    if (member.hasAppendWork && dice.percent(70)) member.appendThread();
    if (member.hasApplyWork && dice.percent(70)) member.applyThread();
  }

  #tick(dice: Dice, member: Member): void {
    const leaderless = this.#leader() === undefined;
    const members = leaderless || dice.percent(50) ? this.#members : [member];
    const times = leaderless ? 4 : 1 + dice.below(3);
    for (const each of members) {
      for (let i = 0; i < times; i++) each.raw.tick();
      this.#work(dice, each);
    }
  }

  #propose(dice: Dice, member: Member): void {
    const proposer = this.#leader() ?? member;
    const target = dice.percent(80) ? proposer : member;
    const data = Array.from({ length: 1 + dice.below(3) }, () => this.#unique());
    attempt(() => target.raw.proposeBatch(data));
    if (dice.percent(50)) this.#work(dice, target);
  }

  #unique(): Uint8Array {
    const data = new Uint8Array(4);
    new DataView(data.buffer).setUint32(0, ++this.#counter);
    return data;
  }

  /** Who leads in the latest term that anybody leads in. */
  #leader(): Member | undefined {
    let leader: Member | undefined;
    let term = 0;
    for (const member of this.#members) {
      const { hardState, softState } = member.raw.basicStatus();
      if (softState.raftState !== "StateLeader" || hardState.term <= term) continue;
      leader = member;
      term = hardState.term;
    }
    return leader;
  }

  /** Only a leader's own proposal is checked against the configuration that it will meet. */
  #changeMembership(dice: Dice): void {
    const leader = this.#leader();
    if (leader === undefined) return;
    const { voters } = leader.raw.status().config;
    if (voters.isJoint) {
      if (dice.percent(70)) return;
      const context = noBytes;
      attempt(() => leader.raw.proposeConfChange({ transition: 0, changes: [], context }));
      return;
    }
    const changes = this.#changes(dice, new Set(voters.incoming.ids));
    const transition = dice.pick(Object.values(ConfChangeTransition));
    const [only, ...more] = changes;
    if (only === undefined) return;
    if (more.length === 0 && transition === 0 && dice.percent(50)) {
      const change = { id: this.#counter, ...only, context: noBytes };
      attempt(() => leader.raw.proposeConfChange(change));
    } else {
      attempt(() => leader.raw.proposeConfChange({ transition, changes, context: noBytes }));
    }
  }

  /** One to five changes that leave at least two voters. */
  #changes(dice: Dice, voters: Set<number>): ConfChangeSingle[] {
    const changes: ConfChangeSingle[] = [];
    for (let left = 1 + dice.below(5); left > 0; left--) {
      const nodeId = dice.pick(this.#members).id;
      const adds = dice.percent(60);
      if (adds) voters.add(nodeId);
      else if (voters.size <= 2) continue;
      else voters.delete(nodeId);
      const { ConfChangeAddNode, ConfChangeAddLearnerNode, ConfChangeRemoveNode } = ConfChangeType;
      const other = dice.percent(50) ? ConfChangeAddLearnerNode : ConfChangeRemoveNode;
      changes.push({ type: adds ? ConfChangeAddNode : other, nodeId });
    }
    return changes;
  }

  #compact(dice: Dice, member: Member): void {
    if (member.compact(dice.below(4))) this.#totals.compactions++;
  }

  /** Mostly the leader is cut off, or the two halves of a joint configuration from each other. */
  #cut(dice: Dice): void {
    const leader = this.#leader();
    const voters = leader?.raw.status().config.voters;
    if (this.#network.partitioned && dice.percent(70)) this.#network.heal();
    else if (voters?.isJoint)
      this.#network.partition(dice.pick([voters.incoming, voters.outgoing]).ids);
    else if (dice.percent(50) && leader !== undefined) this.#network.partition([leader.id]);
    else this.#network.partition(this.#members.filter(() => dice.percent(40)).map(({ id }) => id));
  }

  #disturb(dice: Dice, { raw }: Member): void {
    const other = dice.pick(this.#members).id;
    const kind = dice.below(3);
    if (kind === 0) raw.transferLeadership(other);
    else if (kind === 1) raw.forgetLeader();
    else raw.reportUnreachable(other);
  }

  #read(dice: Dice, member: Member): void {
    const reader = dice.percent(70) ? (this.#leader() ?? member) : member;
    const context = this.#unique();
    this.#reads.set(this.#counter, this.#history.lastCommitted);
    reader.raw.readIndex(context);
    if (dice.percent(50)) this.#work(dice, reader);
  }

  /** Linearizability: a read sees all that was committed when it was asked for. */
  #readState(context: Uint8Array, index: number): void {
    const asked = this.#reads.get(new DataView(context.slice().buffer).getUint32(0));
    if (asked === undefined) throw new Violation("a read that nobody asked for");
    if (index < asked) throw new Violation(`a read at ${index} asked for when ${asked} was there`);
    this.#totals.reads++;
  }

  /**
   * The network heals and nobody crashes any more: then all members of the configuration must come
   * to apply the same, including a new proposal. Whoever was removed stays silent.
   *
   * Only where all members agree on the configuration, and leaders do not step down on their
   * removal. A node knows a configuration only when it has applied it, so one that alone knows its
   * own removal may not campaign, while others still need its vote and do not get it, since its log
   * is longer than theirs: then nobody can ever win. (The same is true of etcd's.)
   */
  settle(choice: number): void {
    if (this.#setting.stepDownOnRemoval || !this.#agree()) return;
    this.#totals.settled++;
    this.#dice = new Dice(choice);
    this.#network.heal();
    let goal = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 300; round++) {
      const newest = this.#members.reduce((a, b) => (b.applied > a.applied ? b : a));
      const current = this.#configured([newest]);
      if (current.every(({ applied }) => applied >= goal)) return;
      const alive = this.#configured(current);
      for (const { raw } of alive) raw.tick();
      for (let i = 0; i < 4; i++) this.#exchange(alive);
      const leader = this.#leader();
      if (goal === Number.POSITIVE_INFINITY && leader !== undefined && alive.includes(leader)) {
        if (attempt(() => leader.raw.propose(this.#unique())) && round > 20) {
          goal = this.#history.lastCommitted + 1;
        }
      }
    }
    const members = this.#members.map((member) => `\n${member}`).join("");
    throw new Violation(`no progress on a network without faults to ${goal}:${members}`);
  }

  /** Whether all members know the same configuration, and it is not joint. */
  #agree(): boolean {
    const newest = this.#members.reduce((a, b) => (b.applied > a.applied ? b : a));
    return this.#configured([newest]).every(
      ({ confState }) =>
        confState.votersOutgoing.length === 0 && confStatesEquivalent(confState, newest.confState),
    );
  }

  /** Everybody who is named in the configuration of one of these. */
  #configured(members: readonly Member[]): Member[] {
    const ids = members.flatMap(({ confState }) => [
      ...confState.voters,
      ...confState.votersOutgoing,
      ...confState.learners,
    ]);
    return this.#members.filter(({ id }) => ids.includes(id));
  }

  #exchange(alive: readonly Member[]): void {
    for (const member of alive) {
      while (member.raw.hasReady()) member.handleReady();
      while (member.hasAppendWork) member.appendThread();
      while (member.hasApplyWork) member.applyThread();
      member.observe();
    }
    for (const message of this.#network.takeAll()) {
      if (alive.some(({ id }) => id === message.to)) this.#deliver(message, false);
    }
  }
}

function isDropped(error: unknown): boolean {
  return error instanceof ProposalDroppedError;
}

/** Whether a proposal was taken in. */
function attempt(proposal: () => void): boolean {
  try {
    proposal();
    return true;
  } catch (error) {
    if (isDropped(error)) return false;
    if (error instanceof InvalidMessageError) throw new Violation(error.message);
    throw error;
  }
}
