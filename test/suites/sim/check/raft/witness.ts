import type { StateMachine } from "../../../../../src/kv/state-machine.ts";
import { decodeFrame } from "../../../../../src/node/peers/frame-codec.ts";
import type { MemberObserver } from "../../../../../src/node/world/observer.ts";
import { decodeMessage } from "../../../../../src/proto/codec.ts";
import type {
  ConfState,
  Entry,
  HardState,
  SnapshotMetadata,
} from "../../../../../src/proto/raftpb.ts";
import {
  type BasicStatus,
  noLimit,
  type Ready,
  StateType,
  type Storage,
  type TracingEvent,
} from "../../../../../src/raft/index.ts";
import type { ObjectInstance } from "../../world/instance.ts";
import type { SocketEnd } from "../../world/socket.ts";
import type { Witness, World } from "../../world/world.ts";
import { Acknowledgement } from "./acknowledgement.ts";
import { ClusterVersionRule } from "./cluster-version.ts";
import { CommitRule } from "./commit-rule.ts";
import { ConfigurationSafety } from "./configuration.ts";
import { ElectionSafety } from "./election-safety.ts";
import type { Incarnation, Invariant } from "./facts.ts";
import { Fingerprints } from "./fingerprints.ts";
import { LeaderCompleteness } from "./leader-completeness.ts";
import { LogMatching } from "./log-matching.ts";
import { Monotonic } from "./monotonic.ts";
import { OneCluster } from "./one-cluster.ts";
import { OneVote } from "./one-vote.ts";
import { Persistence } from "./persistence.ts";
import { ReadRounds } from "./read-rounds.ts";
import { lostWithoutReason } from "./retention.ts";
import { isConfChange, type Mark, markOf, ShadowLog } from "./shadow-log.ts";
import { StateMachineSafety } from "./state-machine-safety.ts";

const emptyHardState: HardState = { term: 0, vote: 0, commit: 0 };
const noConfState: ConfState = {
  voters: [],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

/** What a rule can be about; the fingerprint has a way of its own. */
type Fact = Exclude<keyof Invariant, "name" | "fingerprint">;

class Observed implements Incarnation {
  readonly instance: ObjectInstance;
  readonly durable: ShadowLog;
  log = new ShadowLog();
  confState = noConfState;
  applied = 0;
  hardState = emptyHardState;
  leads = false;
  /** The state machine, once an entry was applied since the last turn ended. */
  changed: StateMachine | undefined;
  /** Its state was just made from storage. */
  recovered = false;

  constructor(instance: ObjectInstance, durable: ShadowLog) {
    this.instance = instance;
    this.durable = durable;
  }

  get member(): number {
    return this.instance.object.id;
  }

  get name(): string {
    return this.instance.name;
  }

  get superseded(): boolean {
    return this.instance.superseded;
  }
}

/** Watches every member of a world, and holds what it sees against raft's rules. */
export class RaftWitness implements Witness {
  readonly #world: World;
  readonly #rules: Readonly<Record<Fact, readonly Invariant[]>>;
  readonly #durable = new Map<number, ShadowLog[]>();
  readonly #observed = new Map<ObjectInstance, Observed>();
  readonly elections = new ElectionSafety();
  readonly fingerprints = new Fingerprints();
  readonly configurations = new ConfigurationSafety();
  readonly applied = new StateMachineSafety();
  readonly versions = new ClusterVersionRule();
  installed = 0;
  /** Gets every transition of every raft, where it is set before the first member starts. */
  traceEvent: ((event: TracingEvent) => void) | undefined;
  onInstalled: (member: number) => void = () => undefined;
  #leaderId = 0;
  #leaderTerm = 0;

  constructor(world: World) {
    this.#world = world;
    const all: readonly Invariant[] = [
      this.elections,
      new LogMatching(),
      new LeaderCompleteness(),
      this.applied,
      new Monotonic(),
      new OneVote(),
      new CommitRule((member) => this.#durable.get(member) ?? []),
      this.configurations,
      new OneCluster(),
      new Acknowledgement(),
      new ReadRounds(),
      new Persistence(),
      this.fingerprints,
      this.versions,
    ];
    const about = (fact: Fact): readonly Invariant[] => all.filter((rule) => rule[fact]);
    this.#rules = {
      recovered: about("recovered"),
      persisted: about("persisted"),
      leads: about("leads"),
      committed: about("committed"),
      progressed: about("progressed"),
      readable: about("readable"),
      applied: about("applied"),
      configured: about("configured"),
      installed: about("installed"),
      versioned: about("versioned"),
      sent: about("sent"),
    };
    world.witnesses.push(this);
    world.observe = (instance) => this.#observer(instance);
  }

  /** Who leads in the highest term seen; 0 before anybody does. */
  get leaderId(): number {
    return this.#leaderId;
  }

  /** The member's storage is gone, or was replaced by another. */
  wiped(member: number): void {
    this.#durable.set(member, [...(this.#durable.get(member) ?? []), new ShadowLog()]);
  }

  turnEnded(instance: ObjectInstance): void {
    const who = this.#observed.get(instance);
    if (who?.changed === undefined) return;
    const machine = who.changed;
    who.changed = undefined;
    const index = who.applied;
    const { version } = instance;
    const clusterVersion = Number(machine.members.clusterVersion);
    this.#check("versioned", (rule) => rule.versioned?.(who, version, clusterVersion));
    const fingerprint = this.fingerprints.fingerprint(who, index, machine, who.recovered);
    who.recovered = false;
    instance.whenVisible(this.#later(this.fingerprints, fingerprint));
  }

  frameSent(from: SocketEnd, _to: SocketEnd, bytes: Uint8Array): void {
    const member = from.object.id;
    const { envelope, messages } = decodeFrame(bytes);
    const { owner } = from;
    const name = owner?.name ?? from.object.place;
    const superseded = owner?.superseded ?? false;
    // Of a member that was wiped a superseded instance speaks of what was there before.
    const durable = (owner && this.#observed.get(owner)?.durable) ?? this.#durableLog(member);
    const sender = { member, name, superseded, durable };
    for (const encoded of messages) {
      const message = decodeMessage(encoded);
      this.#check("sent", (rule) => rule.sent?.(message, sender, envelope.cluster));
    }
  }

  instanceDied(instance: ObjectInstance): void {
    this.#observed.delete(instance);
  }

  #durableLog(member: number): ShadowLog {
    const logs = this.#durable.get(member) ?? [];
    if (logs.length === 0) {
      logs.push(new ShadowLog());
      this.#durable.set(member, logs);
    }
    return logs.at(-1) ?? new ShadowLog();
  }

  #check(fact: Fact, run: (rule: Invariant) => string | undefined): void {
    for (const rule of this.#rules[fact]) {
      const problem = run(rule);
      if (problem !== undefined) this.#world.violation(rule.name, problem);
    }
  }

  #later(rule: Invariant, run: () => string | undefined): () => void {
    return () => {
      const problem = run();
      if (problem !== undefined) this.#world.violation(rule.name, problem);
    };
  }

  #observer(instance: ObjectInstance): MemberObserver {
    const durable = this.#durableLog(instance.object.id);
    const who = new Observed(instance, durable);
    this.#observed.set(instance, who);
    return {
      recovered: (storage, machine) => this.#recovered(who, storage, machine),
      ready: (ready, status) => this.#ready(who, ready, status),
      applied: (entry, machine) => this.#applied(who, entry, machine),
      installed: (snapshot, machine) => this.#installed(who, snapshot, machine),
      ...(this.traceEvent === undefined ? {} : { traceLogger: { traceEvent: this.traceEvent } }),
    };
  }

  #recovered(who: Observed, storage: Storage, machine: StateMachine): void {
    const { hardState, confState } = storage.initialState();
    const first = storage.firstIndex();
    const base = { index: first - 1, term: storage.term(first - 1) };
    const last = storage.lastIndex();
    who.log = new ShadowLog();
    who.log.restart(base);
    if (last >= first) who.log.append(storage.entries(first, last + 1, noLimit));
    who.hardState = hardState;
    who.confState = confState;
    who.applied = machine.appliedIndex;
    // What a restart makes of the storage is the state of a committed prefix, and looked at whole.
    who.changed = machine;
    who.recovered = true;
    this.#check("recovered", (rule) => rule.recovered?.(who));
    if (who.durable.lastIndex === 0 && who.durable.hardState.term === 0) {
      who.durable.restart(base);
    }
  }

  #ready(who: Observed, ready: Ready, status: BasicStatus): void {
    const { entries, snapshot, hardState } = ready;
    const before = who.hardState;
    const now = hardState ?? before;
    who.hardState = now;
    this.#check("progressed", (rule) => rule.progressed?.(who, before, now));
    if (snapshot !== undefined) who.log.restart(snapshot.metadata);
    const marks = entries.map(markOf);
    who.log.append(entries, marks);
    const sync = now.term !== before.term || now.vote !== before.vote;
    if (entries.length > 0 || snapshot !== undefined || sync) {
      if (!who.superseded) who.instance.whenDurable(() => this.#persist(who, ready, marks, now));
    }
    // Who led before led when these reads came: a follower's are of the leader that it asked.
    if (who.leads && now.term === before.term) this.#readable(who, now.term, ready);
    this.#role(who, status);
    if (who.leads && now.commit > before.commit) this.#commit(who, now);
  }

  #readable(who: Observed, term: number, { readStates }: Ready): void {
    for (const { index } of readStates) {
      this.#check("readable", (rule) => rule.readable?.(who, term, index));
    }
  }

  /** @param marks of the entries as they were when they were written. */
  #persist(
    who: Observed,
    { snapshot, entries }: Ready,
    marks: readonly Mark[],
    hardState: HardState,
  ): void {
    const before = who.durable.hardState;
    const lost = lostWithoutReason(who.durable, snapshot?.metadata, entries);
    if (lost !== undefined) this.#world.violation("retention", `${who.name} ${lost}`);
    if (snapshot !== undefined) who.durable.restart(snapshot.metadata);
    who.durable.append(entries, marks);
    who.durable.hardState = hardState;
    this.#check("persisted", (rule) => rule.persisted?.(who, before, hardState));
  }

  #role(who: Observed, { hardState, softState }: BasicStatus): void {
    const leads = softState.raftState === StateType.StateLeader;
    const became = leads && !who.leads;
    who.leads = leads;
    if (!became) return;
    const { term } = hardState;
    if (!who.superseded && term >= this.#leaderTerm) {
      this.#leaderTerm = term;
      this.#leaderId = who.member;
    }
    this.#world.say(who.name, `leads in term ${term}`);
    const log = who.log.copy();
    const then = { ...who, member: who.member, name: who.name, superseded: who.superseded, log };
    who.instance.whenVisible(() => this.#check("leads", (rule) => rule.leads?.(then, term)));
  }

  #commit(who: Observed, { term, commit: index }: HardState): void {
    const fact = { leader: who, term, index, mark: who.log.at(index), confState: who.confState };
    who.instance.whenVisible(() => this.#check("committed", (rule) => rule.committed?.(fact)));
  }

  #applied(who: Observed, entry: Entry, machine: StateMachine): void {
    const { index } = entry;
    if (index !== who.applied + 1) {
      this.#world.violation("monotonic", `${who.name} applied ${index} after ${who.applied}`);
    }
    who.applied = index;
    who.changed = machine;
    const mark = markOf(entry);
    who.instance.whenVisible(() =>
      this.#check("applied", (rule) => rule.applied?.(who, index, mark)),
    );
    if (!isConfChange(entry)) return;
    const { confState } = machine;
    const then = { ...who, member: who.member, name: who.name, superseded: who.superseded };
    who.confState = confState;
    who.instance.whenVisible(() =>
      this.#check("configured", (rule) => rule.configured?.(then, index, confState)),
    );
  }

  #installed(who: Observed, snapshot: SnapshotMetadata, machine: StateMachine): void {
    this.installed += 1;
    who.instance.whenDurable(() => this.onInstalled(who.member));
    if (snapshot.index <= who.applied) {
      const problem = `${who.name} installed ${snapshot.index}, applied was ${who.applied}`;
      this.#world.violation("monotonic", problem);
    }
    who.applied = snapshot.index;
    who.changed = machine;
    who.recovered = true;
    who.confState = snapshot.confState;
    this.#check("installed", (rule) => rule.installed?.(who, snapshot));
  }
}
