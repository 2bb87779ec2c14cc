import { errors, KvError } from "../../etcd/errors.ts";
import { requestFormat } from "../../kv/apply/proposal.ts";
import type { StateMachine } from "../../kv/state-machine.ts";
import { decodeMessage } from "../../proto/codec.ts";
import { DecodeError } from "../../proto/errors.ts";
import { ResponseHeader, type WatchCreateRequest } from "../../proto/generated/etcd.ts";
import { Query } from "../../proto/generated/kv.ts";
import { type Message, MessageType } from "../../proto/raftpb.ts";
import type { Reason } from "../../rpc/answers.ts";
import type { Header } from "../../rpc/messages.ts";
import type { MemberStorage } from "../../storage/member-storage.ts";
import { Clients } from "../client/clients.ts";
import type { Core } from "../core.ts";
import { AutoCompaction } from "../leader/auto-compaction.ts";
import { ClusterVersion } from "../leader/cluster-version.ts";
import { Comparison } from "../leader/comparison.ts";
import type { LeaderDuty } from "../leader/duty.ts";
import { LeaseDriver } from "../leader/leases.ts";
import { Membership } from "../leader/membership.ts";
import { Room } from "../leader/quota-room.ts";
import { Restore } from "../leader/restore.ts";
import { LeaderTransfer } from "../leader/transfer.ts";
import type { Call, CallResponseBody } from "../peers/frame-codec.ts";
import { RaftNode } from "../raft-node/raft-node.ts";
import { Sleep } from "../sleep/sleep.ts";
import { WatchBudget } from "../watch/budget.ts";
import { WatchService } from "../watch/service.ts";
import type { PeerMethod } from "../world/environment.ts";
import { LeaseTime } from "../world/lease-time.ts";
import { supportedVersion } from "../world/version.ts";
import { Administration } from "./administration.ts";

const ticksBetweenSweeps = 10;

/** A member with a log: raft and everything built on it. */
export class Running {
  readonly core: Core;
  readonly raft: RaftNode;
  readonly clients: Clients;
  readonly watches: WatchService;
  readonly administration: Administration;
  readonly sleep: Sleep;
  readonly machine: StateMachine;
  readonly storage: MemberStorage;
  readonly #leaseTime: LeaseTime;
  readonly #leases: LeaseDriver;
  readonly #transfer: LeaderTransfer;
  readonly #membership: Membership;
  readonly #restore: Restore;
  readonly #version: ClusterVersion;
  readonly #duties: readonly LeaderDuty[];
  /** The commit index known at the start, up to which the member replays. */
  readonly #replayTo: number;

  /** @param replace ends this member, installs a state and restarts from it, all in this turn. */
  constructor(core: Core, replace: (install: () => void) => void) {
    const { environment, options, machine, storage } = core;
    const { tuning } = options;
    this.core = core;
    this.machine = machine;
    this.storage = storage;
    this.raft = new RaftNode(core);
    this.#leaseTime = new LeaseTime(environment.now, tuning.tickMs);
    this.#leases = new LeaseDriver(core, this.raft, this.#leaseTime);
    this.#transfer = new LeaderTransfer(core, this.raft);
    const version = this.#newVersion();
    this.#version = version;
    this.#membership = new Membership(core, this.raft, this.#transfer, version);
    this.#restore = new Restore(core, this.raft, this.#membership, replace);
    this.clients = new Clients(core, this.raft, this.#leaseTime, this.#restore);
    this.watches = this.#newWatches();
    const [transfer, membership, restore] = [this.#transfer, this.#membership, this.#restore];
    this.administration = new Administration(core, this.raft, membership, transfer, restore);
    this.sleep = new Sleep({
      ...{ core, raft: this.raft, leaseTime: this.#leaseTime },
      busy: () => this.#busy,
      waits: () => this.#waits,
      woken: () => this.#version.retry(),
    });
    this.#duties = [
      this.#leases,
      ...this.#newCompaction(),
      this.#membership,
      this.#restore,
      version,
      new Comparison(core, this.raft),
      this.#transfer,
    ];
    this.raft.listen(...this.#duties, this.sleep, {
      applied: ({ revision, events }) => this.watches.applied(revision, events),
      allApplied: () => this.watches.flush(),
      installed: () => this.watches.installed(),
      reconfigured: () => this.#reconfigured(),
    });
    this.#replayTo = this.raft.commitIndex;
    this.#reconfigured();
  }

  /** Leases that this member found expired while it led. */
  get leasesExpired(): number {
    return this.#leases.expired;
  }

  get header(): Header {
    return this.raft.header;
  }

  /** Replays a slice of the committed entries. True when all are replayed. */
  replay(): boolean {
    if (this.machine.appliedIndex < this.#replayTo) {
      this.raft.replay(this.core.options.tuning.replaySliceEntries);
    }
    const done = this.machine.appliedIndex >= this.#replayTo;
    if (done) {
      // Replay must not revive tokens that had expired before.
      this.machine.auth.dropTokens();
    }
    return done;
  }

  /** Called when the member serves and may write. */
  resume(): void {
    this.raft.snapshots.resume();
  }

  /** Deletes some rows that nothing needs. */
  makeRoom(): void {
    const { checkpointSliceBytes: maxBytes, compactionSliceRows: maxRows } =
      this.core.options.tuning;
    if (!this.machine.checkpoints.releaseGeneration()) {
      this.machine.checkpoints.compactSlice({ maxBytes, maxRows });
    }
  }

  tick(): void {
    const { now } = this.core.ticks;
    this.sleep.beforeTick();
    this.raft.tick();
    this.#leaseTime.tick();
    this.clients.tick();
    if (now % ticksBetweenSweeps === 0) {
      const nowMs = this.core.environment.now();
      this.machine.auth.sweepTokens(nowMs);
      this.watches.tick(nowMs);
    }
    for (const duty of this.#duties) duty.tick();
    this.sleep.tick();
  }

  /** Messages of one frame. */
  received(from: number, messages: readonly Uint8Array[]): void {
    if (this.sleep.asleep || this.sleep.starting) this.sleep.received(readable(messages));
    this.raft.received(from, messages);
  }

  settle(): void {
    this.clients.settle();
    this.raft.settle();
    this.#transfer.settle();
    this.sleep.settle();
  }

  /** Answers a call of an accepted sender. */
  answer(method: PeerMethod, call: Call): CallResponseBody {
    const { envelope, message, chunk, reason, sleep } = call;
    const { from } = envelope;
    switch (method) {
      case "readRound":
        return this.#answerRound(this.#own(message, MessageType.MsgHeartbeat, from));
      case "snapshot": {
        const snapshot = this.#own(message, MessageType.MsgSnap, from);
        if (snapshot === undefined) return { refused: "no MsgSnap" };
        return { refused: this.raft.snapshots.receiver.offer(snapshot) };
      }
      case "snapshotStatus": {
        const status = this.#own(message, MessageType.MsgSnapStatus, from);
        if (status === undefined) return { refused: "no MsgSnapStatus" };
        this.raft.snapshots.sender.ended(from, !status.reject);
        return {};
      }
      case "snapshotChunk": {
        const found = chunk && this.raft.snapshots.sender.chunk(from, chunk);
        return found === undefined ? { refused: "this snapshot is not here" } : { chunk: found };
      }
      case "sleep":
        return sleep ? this.sleep.agree(sleep, from) : { refused: "nothing to agree to" };
      case "slept":
        return { sleep: this.sleep.stand };
      case "fingerprint":
        return { fingerprints: this.machine.status.fingerprints };
      case "corrupt":
        if (from !== this.raft.role.lead || reason === "") return { refused: "not the leader's" };
        this.core.ending.damaged(reason);
        return {};
      default:
        return { refused: `unknown method ${method}` };
    }
  }

  /** Called before this member ends: if it leads, asks another to campaign. */
  handOver(): void {
    this.raft.handOver(this.#transfer.bestTarget());
  }

  close(reason: Reason): void {
    this.raft.proposals.close(reason);
    this.raft.rounds.reads.close(reason);
    this.clients.close(reason);
    this.watches.closeAll(errors.stopped.code, errors.stopped.text);
    this.#membership.close(reason);
    this.#transfer.end(reason);
    this.#restore.reset();
    this.sleep.close();
    this.raft.close();
  }

  /** Whether something is under way, here or for others, that time must pass for. */
  get #busy(): boolean {
    const { raft } = this;
    if (this.#waits || raft.rounds.reads.pending > 0) return true;
    if (raft.snapshots.busy || this.#restore.busy) return true;
    if (!raft.role.leads) return false;
    const changes = !this.#membership.idle || !this.#membership.complete;
    return changes || this.#transfer.busy || this.#version.due;
  }

  /** Whether a client waits for time to pass, or for an entry. */
  get #waits(): boolean {
    const { proposals } = this.raft;
    return proposals.gathered + proposals.waiting > 0 || this.clients.waits;
  }

  /** The message, if its type fits the method and it goes from the sender to this member. */
  #own(message: Message | undefined, type: MessageType, from: number): Message | undefined {
    const { memberId } = this.core.options;
    const own = message?.type === type && message.from === from && message.to === memberId;
    return own ? message : undefined;
  }

  #answerRound(message: Message | undefined): CallResponseBody {
    const response = message && this.raft.readRound(message);
    return response === undefined ? { refused: "not a leader's" } : { message: response };
  }

  #reconfigured(): void {
    const { roster, options, ending } = this.core;
    roster.refresh(this.machine);
    if (roster.isRemoved(options.memberId)) ending.remove();
  }

  #newWatches(): WatchService {
    const { environment, options } = this.core;
    const { watchBytes, watchStreamBytes, watchTurnWork } = options.tuning;
    return new WatchService({
      history: this.machine.history,
      budget: new WatchBudget(watchBytes, watchStreamBytes),
      turnWork: watchTurnWork,
      header: (revision) => this.#responseHeader(revision),
      userOf: (token) => this.#userOf(token),
      authorize: (token, request) => this.#authorizeWatch(token, request),
      soon: (step) => {
        environment.timers.start(step, 0);
      },
    });
  }

  #responseHeader(revision: number): ResponseHeader {
    const { clusterId, memberId, raftTerm } = this.header;
    return ResponseHeader.create({ clusterId, memberId: BigInt(memberId), revision, raftTerm });
  }

  /** The user of a token; "" if it is invalid or not known here yet. */
  #userOf(token: string): string {
    try {
      return this.clients.callers.callerOf(token).user;
    } catch (error) {
      if (error instanceof KvError) return "";
      throw error;
    }
  }

  /** Throws KvError where the token's user may not watch the range. */
  #authorizeWatch(token: string, watchCreate: WatchCreateRequest): void {
    const caller = this.clients.callers.callerOf(token);
    const query = Query.create({ format: requestFormat, ...caller, watchCreate });
    this.machine.query(Query.encode(query), this.core.environment.now());
  }

  #newVersion(): ClusterVersion {
    const { options, roster, calls } = this.core;
    const others = () => roster.records.filter(({ id }) => id !== options.memberId);
    return new ClusterVersion({
      supported: options.version ?? supportedVersion,
      current: () => this.machine.members.clusterVersion,
      open: () => this.raft.role.open,
      settled: () => this.#membership.idle && this.raft.termApplied,
      others: () => others().map(({ id }) => id),
      askAll: (members, done) => calls.callAll(members, "wake", done),
      propose: (data, ended) => this.raft.proposeOwn(data, ended),
    });
  }

  /** Duties of compaction: by time or revisions, and by quota. */
  #newCompaction(): readonly LeaderDuty[] {
    const { machine } = this;
    const { tickMs, quotaBytes, autoCompaction: policy } = this.core.options.tuning;
    const propose = (data: Uint8Array, ended?: () => void) => this.raft.proposeOwn(data, ended);
    const compacts = policy.mode !== "off";
    const room = new Room({ compacts, quotaBytes, machine, tickMs, propose });
    const compaction = new AutoCompaction({
      ...{ policy, machine, tickMs },
      propose: (data) => propose(data, () => room.compacted()),
    });
    return [compaction, room];
  }
}

/** Those that can be read: the others are refused by raft's inbox. */
function readable(messages: readonly Uint8Array[]): Message[] {
  return messages.flatMap((bytes) => {
    try {
      return [decodeMessage(bytes)];
    } catch (error) {
      if (error instanceof DecodeError) return [];
      throw error;
    }
  });
}
