import { type Message, MessageType, newMessage } from "../../proto/raftpb.ts";
import type { Core } from "../core.ts";
import type { CallResponseBody, Stand } from "../peers/frame-codec.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";
import type { RaftListener } from "../raw-node/listener.ts";
import type { TimerHandle } from "../world/environment.ts";
import type { LeaseTime } from "../world/lease-time.ts";
import { Agreement } from "./agreement.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { askStand } from "./first-question.ts";
import { takeUpFault } from "./take-up.ts";
import { type Agreed, wakes } from "./wakers.ts";
import { Waking } from "./waking.ts";

export interface SleepParts {
  readonly core: Core;
  readonly raft: RaftNode;
  readonly leaseTime: LeaseTime;
  /** Whether something is under way that needs time to pass. */
  readonly busy: () => boolean;
  /** Whether a client waits for time to pass, or for an entry: reads have a round of their own. */
  readonly waits: () => boolean;
  /** This member goes on. */
  readonly woken: () => void;
}

/** A read of a member that sleeps wakes it where its round takes longer. */
const drowsyMs = 500;
/** A member sleeps upon no longer log: entries, and bytes of what they have changed. */
const maxReplayed = 500;
const maxReplayedBytes = 1 << 20;
/** Longer than a leader that is about to sleep goes on. */
const longAgoMs = 10_000;

/**
 * A cluster with nothing to do stops: no ticks, no sockets, no calls. Its leader goes on from where
 * it was, also in another life, by the sleep record in its log; what that life lets out which a
 * later one would have to know is in the record, or has made it void, before it leaves.
 */
export class Sleep implements RaftListener {
  readonly counters = { sleeps: 0, wakings: 0, drowsyReads: 0 };
  readonly #parts: SleepParts;
  readonly #core: Core;
  readonly #raft: RaftNode;
  readonly #agreement: Agreement;
  readonly #alarms: AlarmClock;
  #agreed: Agreed | undefined;
  #waking: Waking | undefined;
  /** What is to be done once a start knows whether its cluster sleeps. */
  #started: (() => void) | undefined;
  /** The clock up to which the time of leases is told, while this member sleeps as leader. */
  #toldMs = 0;
  #renewed: number;
  /** The index of the last change of the configuration that this life has applied. */
  #reconfiguredAt = 0;
  #drowsy: TimerHandle | undefined;

  constructor(parts: SleepParts) {
    this.#parts = parts;
    this.#core = parts.core;
    this.#raft = parts.raft;
    this.#agreement = new Agreement({
      ...{ core: parts.core, raft: parts.raft },
      busy: () => this.#mustWait(),
      stand: () => this.stand,
      agreed: (absent) => this.#fallAsleep(absent),
    });
    this.#alarms = new AlarmClock(parts.core, parts.leaseTime);
    this.#renewed = parts.core.machine.leases.counts.renewed;
  }

  get asleep(): boolean {
    return this.#agreed !== undefined;
  }

  /** Whether a start still asks if its cluster sleeps. */
  get starting(): boolean {
    return this.#started !== undefined;
  }

  /**
   * A start has replayed what it knew to be committed; `ready` once it is also known whether the
   * cluster sleeps: then it is as committed here as it was.
   */
  start(ready: () => void): void {
    // What was not read from storage is only just beginning.
    if (!this.#sleeps || this.#core.setAside === undefined) {
      ready();
      return;
    }
    this.#started = ready;
    if (this.#takeUp()) this.#endStart();
    else askStand(this.#core, this.#raft, (stand) => this.#learn(stand));
  }

  /** Something needs raft: it goes on. */
  wake(): void {
    const { ticker, transport, environment } = this.#core;
    const agreed = this.#agreed;
    if (this.#started !== undefined || agreed === undefined) {
      ticker.wake();
      return;
    }
    this.#passTime();
    this.#agreed = undefined;
    this.#endDrowsing();
    this.counters.wakings += 1;
    this.#agreement.woken(environment.now() - agreed.sinceMs);
    this.#parts.woken();
    transport.quiet = false;
    ticker.wake();
    this.#raft.node.restartElectionTimeout();
    this.#waking = new Waking(this.#core, this.#raft);
    if (agreed.lead !== this.#self) this.#waking.call(agreed.lead);
    // Nobody was silent: nobody was asked.
    else this.#raft.activity.leading(this.#core.ticks.now);
  }

  /** A client asks for what the leader alone can tell, and what takes no entry. */
  read(token: string): void {
    const agreed = this.#agreed;
    if (agreed === undefined) return;
    // A token may not be known here yet: its client waits for time to pass.
    if (agreed.lead !== this.#self || token !== "") {
      this.wake();
      return;
    }
    this.#passTime();
    this.counters.drowsyReads += 1;
    this.#drowsy ??= this.#core.environment.timers.start(() => {
      this.#drowsy = undefined;
      this.wake();
    }, drowsyMs);
  }

  /** Peers have said this; raft hears it next. */
  received(messages: readonly Message[]): void {
    if (this.#started !== undefined) {
      this.#core.ticker.wake();
      // Whoever sends entries says what is committed, and whoever campaigns must not wait.
      if (messages.some(({ type }) => type !== MessageType.MsgHeartbeat)) this.#endStart();
    }
    for (const message of messages) {
      if (this.#agreed === undefined) return;
      if (!wakes(message, this.#agreed, this.#core.environment.now())) continue;
      this.wake();
      const { type } = message;
      const asked = type === MessageType.MsgVote || type === MessageType.MsgPreVote;
      // The time asleep counts: who campaigns has not heard of the leader for long.
      if (asked && !this.#raft.role.leads) this.#raft.node.forgetLeader();
    }
  }

  reconfigured(): void {
    this.#reconfiguredAt = this.#applied;
  }

  /** The leader asks whether this member has the same and nothing to do: if so it sleeps. */
  agree(question: Stand, from: number): CallResponseBody {
    const sleep = this.stand;
    const { term, last, lastTerm, index } = sleep;
    const same = question.term === term && question.last === last && question.index === index;
    const whole = index === last && lastTerm === term && this.#applied === last;
    const lead = this.#raft.role.lead === from && from !== this.#self;
    if (!this.#sleeps) return { refused: "never sleeps", sleep };
    if (!same || !whole || !lead) return { refused: "is not as far", sleep };
    if (this.#mustWait()) return { refused: "is busy", sleep };
    const { storage } = this.#core;
    // Were the leader lost while all are without memory, the others would elect by a configuration
    // that is over, and might wait for the vote of a member that was removed.
    if (storage.storedCommit < this.#reconfiguredAt) storage.fence();
    this.#rest({ term, index, lead: from, sinceMs: this.#core.environment.now() });
    const { leaseMs } = question;
    this.#alarms.follow(leaseMs);
    return { sleep };
  }

  /** How far this member is. */
  get stand(): Stand {
    const { storage, machine } = this.#core;
    const { term, role, commitIndex: index } = this.#raft;
    const last = storage.raft.lastIndex();
    const leads = role.leads && machine.leases.primary;
    return {
      term,
      lead: role.lead,
      index,
      indexTerm: storage.raft.term(index),
      last,
      lastTerm: storage.raft.term(last),
      asleep: this.asleep,
      leaseMs: leads ? this.#alarms.firstLeaseMs : this.#alarms.leftMs,
    };
  }

  /** Before raft's tick. */
  beforeTick(): void {
    if (this.#waking?.tick() === false) this.#waking = undefined;
  }

  /** After a tick. */
  tick(): void {
    if (this.#sleeps) this.#agreement.tick();
  }

  /** The end of a turn, when all that raft asked for is done. */
  settle(): void {
    const { machine, storage } = this.#core;
    const { renewed } = machine.leases.counts;
    if (renewed !== this.#renewed && storage.sleepRecord !== undefined) {
      // The answer leaves after this row: a later life of this term must not know less.
      this.#record(storage.sleepRecord.absent);
    }
    this.#renewed = renewed;
    const agreed = this.#agreed;
    if (agreed === undefined) return;
    const { term, role, rounds } = this.#raft;
    const led = agreed.lead !== this.#self || role.leads;
    const same = term === agreed.term && storage.raft.lastIndex() === agreed.index;
    if (!led || !same || this.#parts.waits()) this.wake();
    else if (rounds.reads.pending === 0) this.#endDrowsing();
  }

  /** The object's alarm fired. */
  alarm(): void {
    const agreed = this.#agreed;
    if (agreed === undefined || !this.#alarms.due) return;
    if (agreed.lead !== this.#self) {
      this.#askLeader(agreed);
      return;
    }
    this.#passTime();
    if (this.#alarms.leaseEnded(() => this.wake())) this.wake();
  }

  close(): void {
    this.#endDrowsing();
    this.#agreed = undefined;
    this.#started = undefined;
    this.#core.transport.quiet = false;
  }

  get #sleeps(): boolean {
    return this.#core.options.tuning.sleepAfterMs > 0;
  }

  /** Whether something must be done before this member may sleep; then it is under way. */
  #mustWait(): boolean {
    const { machine, storage } = this.#core;
    const replayed = this.#applied - storage.raft.newest.index;
    const long = replayed > maxReplayed || machine.status.overlayBytes > maxReplayedBytes;
    if (replayed > 0 && long) {
      // What starts it again would wait for all of that.
      this.#raft.snapshots.checkpoint.ask();
      return true;
    }
    // A call holds the object, and calls back.
    return this.#core.calls.underWay > 0 || this.#parts.busy();
  }

  get #self(): number {
    return this.#core.options.memberId;
  }

  get #applied(): number {
    return this.#core.machine.appliedIndex;
  }

  /** Leads on from the sleep record, where there is one and all is as it was left. */
  #takeUp(): boolean {
    const { storage, machine, environment, setAside } = this.#core;
    const record = storage.sleepRecord;
    if (record === undefined || setAside === undefined) return false;
    const lastIndex = storage.raft.lastIndex();
    const fault = takeUpFault({
      ...{ self: this.#self, record, setAside, lastIndex },
      hardState: storage.raft.initialState().hardState,
      lastTerm: storage.raft.term(lastIndex),
      appliedIndex: this.#applied,
      confState: machine.confState,
    });
    if (fault !== undefined) {
      environment.log.info(`does not lead on: not so that ${fault}`);
      return false;
    }
    const { term, index, clockMs, leases, absent } = record;
    this.#raft.node.resumeLeadership();
    this.#raft.replay(1);
    machine.leases.resume(this.#parts.leaseTime.nowMs, leases);
    this.#toldMs = clockMs;
    this.#rest({ term, index, lead: this.#self, sinceMs: clockMs });
    this.#passTime();
    this.#alarms.lead(absent);
    return true;
  }

  /** What a start was told by a member that knows the leader. */
  #learn(stand: Stand | undefined): void {
    if (this.#started === undefined) return;
    if (stand === undefined) {
      this.#endStart();
      return;
    }
    const { storage, environment } = this.#core;
    const { term, lead, index, indexTerm, asleep, leaseMs } = stand;
    const last = storage.raft.lastIndex();
    const has = index <= last && index >= storage.raft.firstIndex() - 1;
    const known = has && storage.raft.term(index) === indexTerm && this.#raft.term === term;
    if (known && lead !== this.#self) {
      const type = MessageType.MsgHeartbeat;
      this.#raft.inbox.step(newMessage({ type, from: lead, to: this.#self, term, commit: index }));
      this.#raft.replay(Number.MAX_SAFE_INTEGER);
      if (asleep && last === index && indexTerm === term && this.#applied === last) {
        // What its leader says from now on wakes it.
        this.#rest({ term, index, lead, sinceMs: environment.now() - longAgoMs });
        this.#alarms.follow(leaseMs);
      }
    }
    this.#endStart();
  }

  #endStart(): void {
    const started = this.#started;
    this.#started = undefined;
    started?.();
    if (this.#agreed === undefined) this.#core.ticker.wake();
    else if (!this.#core.ticker.resting) this.wake();
  }

  #fallAsleep(absent: readonly number[]): void {
    const { storage, environment } = this.#core;
    const { term } = this.#raft;
    const index = storage.raft.lastIndex();
    const nowMs = environment.now();
    // One that is in force holds for this sleep too: what it says of leases is by the clock.
    if (`${storage.sleepRecord?.absent}` !== `${absent}`) this.#record(absent);
    this.#toldMs = nowMs;
    this.#rest({ term, index, lead: this.#self, sinceMs: nowMs });
    this.#alarms.lead(absent);
  }

  /** Writes the sleep record, with what is now left of the leases. */
  #record(absent: readonly number[]): void {
    const { storage, environment, machine } = this.#core;
    const { term, rounds } = this.#raft;
    const index = storage.raft.lastIndex();
    const leases = machine.leases.left(this.#parts.leaseTime.nowMs);
    const clockMs = this.#agreed === undefined ? environment.now() : this.#toldMs;
    storage.writeSleep({ term, index, clockMs, leases, absent });
    rounds.confirmation.rowBegun();
  }

  #rest(agreed: Agreed): void {
    const { transport, ticker } = this.#core;
    this.#agreed = agreed;
    this.#waking = undefined;
    this.counters.sleeps += 1;
    transport.close(0, "asleep");
    transport.quiet = true;
    // A start that was woken meanwhile has a ticker that runs.
    if (this.#started === undefined && !ticker.resting) ticker.rest();
  }

  /** Tells the time of leases how long this leader has slept. */
  #passTime(): void {
    if (this.#agreed?.lead !== this.#self) return;
    const nowMs = this.#core.environment.now();
    this.#parts.leaseTime.slept(Math.max(0, nowMs - this.#toldMs));
    this.#toldMs = nowMs;
  }

  #endDrowsing(): void {
    this.#drowsy?.cancel();
    this.#drowsy = undefined;
  }

  /** A lease should have ended, and the leader have woken all: it may be gone. */
  #askLeader({ lead, term, index }: Agreed): void {
    const { calls } = this.#core;
    const wake = () => {
      if (this.asleep) this.wake();
    };
    calls.call(
      lead,
      "slept",
      {},
      {
        done: ({ refused, sleep }) => {
          const same = sleep?.asleep === true && sleep.term === term && sleep.index === index;
          if (refused !== "" || !same) wake();
          else if (this.asleep && sleep.leaseMs > 0) this.#alarms.follow(sleep.leaseMs);
        },
        failed: wake,
      },
    );
  }
}
