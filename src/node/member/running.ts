import { errors, KvError } from "../../etcd/errors.ts";
import { requestFormat } from "../../kv/apply/proposal.ts";
import type { StateMachine } from "../../kv/state-machine.ts";
import { AlarmType, ResponseHeader, type WatchCreateRequest } from "../../proto/generated/etcd.ts";
import { Query } from "../../proto/generated/kv.ts";
import { type Message, MessageType } from "../../proto/raftpb.ts";
import { type Id64, id64ToBigInt } from "../../rpc/id64.ts";
import type {
  BackupAnswer,
  BackupRequest,
  Header,
  MemberChange,
  MemberRecord,
} from "../../rpc/messages.ts";
import type { MemberStorage } from "../../storage/member-storage.ts";
import { type Reason, redirect, refused } from "../client/answers.ts";
import { Clients } from "../client/clients.ts";
import { AutoCompaction } from "../leader/auto-compaction.ts";
import { ClusterVersion, supportedVersion } from "../leader/cluster-version.ts";
import { Comparison } from "../leader/comparison.ts";
import { LeaseTime } from "../leader/lease-time.ts";
import { LeaseDriver } from "../leader/leases.ts";
import { isJoint, Membership } from "../leader/membership.ts";
import { Room } from "../leader/quota-room.ts";
import { Restore } from "../leader/restore.ts";
import { LeaderTransfer } from "../leader/transfer.ts";
import type { Call, CallBody, CallResponse, CallResponseBody } from "../peers/frame-codec.ts";
import type { MemberRoster } from "../peers/roster.ts";
import type { Transport } from "../peers/transport.ts";
import { RaftNode } from "../raft-node/raft-node.ts";
import { WatchBudget } from "../watch/budget.ts";
import { WatchService } from "../watch/service.ts";
import type { MemberEnvironment, PeerMethod } from "../world/environment.ts";
import type { MemberOptions } from "./inputs.ts";
import type { Halves } from "./start.ts";
import type { RunningStatus } from "./status.ts";

export interface RunningParts extends Halves {
  readonly environment: MemberEnvironment;
  readonly options: MemberOptions;
  readonly clusterId: Id64;
  readonly roster: MemberRoster;
  readonly transport: Transport;
  call(
    peer: number,
    method: PeerMethod,
    body: CallBody,
    locationHint?: string,
  ): Promise<CallResponse>;
  turn(input: () => void): void;
  tickCount(): number;
  /** The configuration no longer has this member. */
  removed(): void;
  /** Whether the whole base was checked as the member started. */
  readonly audited: boolean;
  /** This member's storage is not what it was: it ends after this turn. */
  damaged(why: string): void;
  /** Ends this and runs anew on what is stored after `install`; all in this turn. */
  replace(install: () => void): void;
}

const ticksBetweenSweeps = 10;

/** A member that has a log: raft and everything that rests on it. */
export class Running {
  readonly raft: RaftNode;
  readonly clients: Clients;
  readonly membership: Membership;
  readonly watches: WatchService;
  readonly restore: Restore;
  readonly machine: StateMachine;
  readonly storage: MemberStorage;
  readonly #parts: RunningParts;
  readonly #clusterId: bigint;
  readonly #leases: LeaseDriver;
  readonly #autoCompaction: AutoCompaction;
  readonly #room: Room;
  readonly #version: ClusterVersion;
  readonly #leaseTime: LeaseTime;
  readonly #comparison: Comparison;
  /** The commit index that was known at the start: up to it the member replays. */
  readonly #replayTo: number;
  readonly #transfer: LeaderTransfer;

  constructor(parts: RunningParts) {
    const { environment, options, machine, storage } = parts;
    const { tuning, memberId } = options;
    this.#parts = parts;
    this.#clusterId = id64ToBigInt(parts.clusterId);
    this.machine = machine;
    this.storage = storage;
    this.#leaseTime = new LeaseTime(() => environment.now(), tuning.tickMs);
    this.#leases = new LeaseDriver({
      machine,
      time: this.#leaseTime,
      propose: (data) => this.#proposeOwn(data),
      electionMs: tuning.electionTicks * tuning.tickMs,
      maxOverlayBytes: tuning.maxOverlayBytes,
    });
    this.#autoCompaction = new AutoCompaction({
      policy: tuning.autoCompaction,
      machine,
      tickMs: tuning.tickMs,
      propose: (data) => this.#proposeOwn(data, () => this.#room.compacted()),
    });
    this.#room = new Room({
      compacts: tuning.autoCompaction.mode !== "off",
      quotaBytes: tuning.quotaBytes,
      machine,
      tickMs: tuning.tickMs,
      propose: (data, ended) => this.#proposeOwn(data, ended),
    });
    this.raft = new RaftNode({
      ...parts,
      memberId,
      tuning,
      observer: options.observer,
      events: {
        leading: () => this.#leading(),
        followed: () => this.#followed(),
        reconfigured: () => this.#reconfigured(),
        applied: ({ revision, events }) => this.watches.applied(revision, events),
        allApplied: () => this.watches.flush(),
        installed: () => this.#installed(),
      },
    });
    this.#transfer = new LeaderTransfer({
      ...{ raft: this.raft, machine, memberId, electionTicks: tuning.electionTicks },
      tickCount: parts.tickCount,
    });
    this.clients = new Clients({
      machine,
      raft: this.raft,
      quotaBytes: tuning.quotaBytes,
      maxOverlayBytes: tuning.maxOverlayBytes,
      maxDatabaseBytes: tuning.maxDatabaseBytes,
      databaseBytes: () => environment.sql.databaseSize,
      memberId,
      proposeOwn: (data, ended) => this.#proposeOwn(data, ended),
      header: () => this.header,
      now: () => environment.now(),
      leaseNow: () => this.#leaseTime.nowMs,
      log: (message) => environment.log.error(message),
      hold: () => this.restore.hold,
      damaged: (why) => parts.damaged(why),
    });
    this.watches = new WatchService({
      history: machine.history,
      budget: new WatchBudget(tuning.watchBytes, tuning.watchStreamBytes),
      turnWork: tuning.watchTurnWork,
      header: (revision) => this.#responseHeader(revision),
      userOf: (token) => this.#userOf(token),
      authorize: (token, request) => this.#authorizeWatch(token, request),
      soon: (step) => {
        environment.timers.start(step, 0);
      },
    });
    this.membership = this.#newMembership();
    this.restore = this.#newRestore();
    this.#version = this.#newVersion();
    this.#comparison = this.#newComparison();
    this.#replayTo = this.raft.commitIndex;
    parts.roster.refresh(machine);
    if (parts.roster.isRemoved(memberId)) parts.removed();
  }

  /** Leases that this member found expired while it led. */
  get leasesExpired(): number {
    return this.#leases.expired;
  }

  get status(): RunningStatus {
    const { roster, options } = this.#parts;
    const { raft, machine, storage } = this;
    return { raft, machine, storage, roster, quotaBytes: options.tuning.quotaBytes };
  }

  get header(): Header {
    return {
      clusterId: this.#clusterId,
      memberId: this.#parts.options.memberId,
      revision: this.machine.revision,
      raftTerm: this.raft.term,
      appliedIndex: this.machine.appliedIndex,
      leader: this.raft.lead,
    };
  }

  /** Replays a slice of what was known to be committed. True when it is done. */
  replay(): boolean {
    if (this.machine.appliedIndex < this.#replayTo) {
      this.raft.replay(this.#parts.options.tuning.replaySliceEntries);
    }
    const done = this.machine.appliedIndex >= this.#replayTo;
    if (done) {
      // The log must not bring back tokens that had expired before this member went down.
      this.machine.auth.dropTokens();
    }
    return done;
  }

  /** The member serves, and may write. */
  resume(): void {
    this.raft.snapshots.resume();
  }

  /** Deletes some rows that nobody needs. */
  makeRoom(): void {
    const { checkpointSliceBytes: maxBytes } = this.#parts.options.tuning;
    if (this.machine.releaseGeneration()) return;
    this.machine.compactSlice({
      maxBytes,
      maxRows: this.#parts.options.tuning.compactionSliceRows,
    });
  }

  tick(): void {
    const now = this.#parts.tickCount();
    this.raft.tick(now);
    this.#leaseTime.tick();
    this.#leases.tick();
    this.#autoCompaction.tick();
    this.#room.tick();
    this.clients.tick(now);
    if (now % ticksBetweenSweeps === 0) {
      const nowMs = this.#parts.environment.now();
      this.machine.auth.sweepTokens(nowMs);
      this.watches.tick(nowMs);
    }
    this.membership.tick();
    this.restore.tick();
    this.#version.tick();
    this.#comparison.tick();
    this.#transfer.tick(now);
  }

  settle(): void {
    this.clients.settle();
    this.raft.settle();
    this.#transfer.settle();
  }

  /** The other end of a call, from a sender that was accepted. */
  answer(method: PeerMethod, { envelope, message, chunk, reason }: Call): CallResponseBody {
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
      case "fingerprint":
        return { fingerprints: this.machine.fingerprints };
      case "corrupt":
        if (from !== this.raft.lead || reason === "") return { refused: "not the leader's" };
        this.#parts.damaged(reason);
        return {};
      default:
        return { refused: `unknown method ${method}` };
    }
  }

  changeMember(
    change: MemberChange,
    deadlineTick: number,
    done: (added: MemberRecord | undefined) => void,
    failed: (reason: Reason) => void,
  ): void {
    this.membership.change(change, { deadlineTick, done, failed });
  }

  /**
   * A part of a backup, its header aside. A new one is begun by whoever leads, or by any member
   * where it may be old.
   */
  backup(
    { index, cursor, possiblyOld = false }: BackupRequest,
    done: (part: Omit<Extract<BackupAnswer, { kind: "ok" }>, "header">) => void,
    failed: (reason: Reason) => void,
  ): void {
    const { backups } = this.raft.snapshots;
    if (index > 0) {
      const chunk = backups.chunk(index, cursor);
      if (chunk === undefined) failed(refused(errors.compacted));
      else done({ kind: "ok", index, ...chunk });
    } else if (!this.raft.leads && !possiblyOld) {
      failed(redirect);
    } else {
      backups.begin((snapshot) => {
        if (snapshot === undefined) {
          failed(refused(errors.tooManyRequests));
          return;
        }
        const { data: bytes, metadata } = snapshot;
        done({ kind: "ok", index: metadata.index, bytes, nextCursor: new Uint8Array() });
      });
    }
  }

  moveLeader(target: number, done: (reason: Reason | undefined) => void): void {
    this.#transfer.begin(target, done);
  }

  /** This member is about to end, and asks another to lead, if it leads. */
  handOver(): void {
    this.raft.handOver(this.#transfer.bestTarget());
  }

  close(reason: Reason): void {
    this.raft.proposals.close(reason);
    this.raft.rounds.reads.close(reason);
    this.clients.close(reason);
    this.watches.closeAll(errors.stopped.code, errors.stopped.text);
    this.membership.close(reason);
    this.#transfer.end(reason);
    this.restore.reset();
    this.raft.close();
  }

  /** The message, if it is of the type that the method carries, and its sender's to this member. */
  #own(message: Message | undefined, type: MessageType, from: number): Message | undefined {
    const { memberId } = this.#parts.options;
    const own = message?.type === type && message.from === from && message.to === memberId;
    return own ? message : undefined;
  }

  #answerRound(message: Message | undefined): CallResponseBody {
    const response = message && this.raft.readRound(message);
    return response === undefined ? { refused: "not a leader's" } : { message: response };
  }

  #leading(): void {
    this.#leases.leading();
    this.#autoCompaction.leading();
    this.#room.leading();
  }

  #followed(): void {
    this.#leases.followed();
    this.#autoCompaction.followed();
    this.#room.followed();
    this.restore.reset();
    this.membership.reset();
  }

  #installed(): void {
    this.#leases.installed();
    this.watches.installed();
  }

  #responseHeader(revision: number): ResponseHeader {
    const { clusterId, memberId, raftTerm } = this.header;
    return ResponseHeader.create({ clusterId, memberId: BigInt(memberId), revision, raftTerm });
  }

  /** "" of a token that is none, or not known here yet. */
  #userOf(token: string): string {
    try {
      return this.clients.callers.callerOf(token).user;
    } catch (error) {
      if (error instanceof KvError) return "";
      throw error;
    }
  }

  /** Throws KvError where the holder of the token may not watch this. */
  #authorizeWatch(token: string, watchCreate: WatchCreateRequest): void {
    const caller = this.clients.callers.callerOf(token);
    const query = Query.create({ format: requestFormat, ...caller, watchCreate });
    this.machine.query(Query.encode(query), this.#parts.environment.now());
  }

  #reconfigured(): void {
    const { roster, options } = this.#parts;
    roster.refresh(this.machine);
    if (roster.isRemoved(options.memberId)) this.#parts.removed();
  }

  /** The cluster's own entries have nobody who waits: what gets lost is proposed again. */
  #proposeOwn(data: Uint8Array, ended: () => void = () => undefined): void {
    const { maxRequestMs, tickMs } = this.#parts.options.tuning;
    const deadlineTick = this.#parts.tickCount() + maxRequestMs / tickMs;
    this.raft.proposals.add({ data, deadlineTick, applied: ended, failed: ended });
  }

  /** Whether an entry of the present term is applied, and so everything that was before it. */
  get #termApplied(): boolean {
    return this.machine.appliedTerm === this.raft.term;
  }

  #newVersion(): ClusterVersion {
    const { options, roster, call, environment, turn } = this.#parts;
    const others = () => roster.records.filter(({ id }) => id !== options.memberId);
    return new ClusterVersion({
      supported: options.version ?? supportedVersion,
      current: () => this.machine.members.clusterVersion,
      open: () => this.raft.open,
      settled: () => this.membership.idle && this.#termApplied,
      others: () => others().map(({ id }) => id),
      ask: (id) => call(id, "wake", {}),
      propose: (data, ended) => this.#proposeOwn(data, ended),
      turn,
      log: (message) => environment.log.debug(message),
    });
  }

  #newComparison(): Comparison {
    const { options, environment, call, turn, damaged } = this.#parts;
    const { tuning, memberId } = options;
    const { raft, machine } = this;
    return new Comparison({
      memberId,
      everyTicks: Math.ceil(tuning.compareEveryMs / tuning.tickMs),
      leads: () => raft.open,
      appliedIndex: () => machine.appliedIndex,
      own: () => machine.fingerprints,
      others: () => this.#parts.roster.records.map(({ id }) => id).filter((id) => id !== memberId),
      isRaised: (id) =>
        machine.alarms
          .list()
          .some(({ memberID, alarm }) => alarm === AlarmType.CORRUPT && memberID === BigInt(id)),
      call,
      propose: (data) => this.#proposeOwn(data),
      turn,
      differs: damaged,
      log: (message) => environment.log.error(message),
    });
  }

  #newRestore(): Restore {
    const { options, environment, tickCount, replace, machine, storage } = this.#parts;
    const { memberId, topology, tuning } = options;
    const { random, timers } = environment;
    return new Restore({
      ...{ memberId, topology, tuning, random, timers, machine, storage, replace },
      raft: this.raft,
      membership: this.membership,
      now: tickCount,
    });
  }

  #newMembership(): Membership {
    const { options, call, environment, turn, tickCount } = this.#parts;
    const { raft, machine } = this;
    return new Membership({
      topology: options.topology,
      open: () => raft.open,
      view: () => ({
        members: machine.members.members(),
        removed: machine.members.removed(),
        leader: options.memberId,
        activeForMs: (id) => raft.activeForMs(id),
        match: (id) => raft.node.status().progress.get(id)?.match,
      }),
      settled: () => !isJoint(machine.confState),
      ready: () => this.#termApplied,
      requiredVersion: () => this.#version.required,
      tooEarlyToTell: () => raft.tooEarlyToTell,
      handOver: (tried) => this.moveLeader(0, tried),
      propose: (change, proposal) => raft.proposeChange(change, proposal),
      askToJoin: (id, hint) => call(id, "join", { join: id }, hint),
      turn,
      now: tickCount,
      log: (message) => environment.log.info(message),
    });
  }
}
