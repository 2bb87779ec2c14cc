import { errors } from "../../etcd/errors.ts";
import { id64ToBigInt } from "../../rpc/id64.ts";
import {
  type Answer,
  type BackupAnswer,
  type BackupRequest,
  type ForceNewAnswer,
  type ForceNewRequest,
  type Header,
  isStranger,
  type MemberAnswer,
  type MemberChange,
  type MemberStatus,
  type Phase,
  type ProposeRequest,
  type QueryRequest,
  type RestoreAnswer,
  type RestoreRequest,
} from "../../rpc/messages.ts";
import { limitsOfLog } from "../../storage/limits.ts";
import { Birth } from "../birth/birth.ts";
import { forceNew, type Renewed } from "../birth/force-new.ts";
import { Identity } from "../birth/identity.ts";
import { type Outcome, type Reason, refused, unavailable } from "../client/answers.ts";
import { decodeCall } from "../peers/frame-codec.ts";
import { removalOf } from "../peers/peers.ts";
import { MemberRoster } from "../peers/roster.ts";
import { Transport } from "../peers/transport.ts";
import type { WatchClient, WatchSession } from "../watch/service.ts";
import { DiskWatch } from "../world/disk-watch.ts";
import type {
  MemberEnvironment,
  PeerMethod,
  PeerSocket,
  SocketReceiver,
} from "../world/environment.ts";
import { Ticker } from "../world/ticker.ts";
import { inTurns, turnEnvironment } from "../world/turn-environment.ts";
import { Administration } from "./administration.ts";
import type { MemberInputs, MemberOptions } from "./inputs.ts";
import { memberMetrics } from "./metrics.ts";
import { PeerCalls } from "./peer-calls.ts";
import { Running } from "./running.ts";
import { bootstrap, type Halves, joinEmpty, Start, type StartResult, startLog } from "./start.ts";
import { memberStatus } from "./status.ts";
import { attempt, databaseBytes, endsInOrder, stopReason } from "./stop.ts";
import { maxWaiting, WaitingClients } from "./waiting.ts";
import { WaitingWatch, waitFailed } from "./waiting-watch.ts";

/**
 * One member of a cluster, whatever it lives in. Every input is a turn: it stands in a try whose
 * catch aborts at once, because an exception would otherwise leave half a turn committed, and
 * memory and storage in disagreement.
 */
export class Member implements MemberInputs {
  readonly #environment: MemberEnvironment;
  readonly #options: MemberOptions;
  readonly #identity: Identity;
  readonly #roster = new MemberRoster();
  readonly #whose = () => this.#roster.of(this.#identity, this.#options.memberId);
  readonly #waiting = new WaitingClients();
  readonly #transport: Transport;
  readonly #ticker: Ticker;
  readonly #birth: Birth;
  readonly #disk: DiskWatch;
  readonly #calls: PeerCalls;
  readonly #administration: Administration;
  #phase: Phase = "starting";
  #damage = "";
  #start: Start | undefined;
  #running: Running | undefined;
  #callers: (() => void)[] = [];
  #tickCount = 0;
  /** What the turn under way has met that ends this member. */
  #ending = "";
  /** One state is being put in the place of another by hand. */
  #replacing = false;
  #inTurn = false;
  #aborted = false;
  #removed = false;

  constructor(environment: MemberEnvironment, options: MemberOptions) {
    this.#environment = turnEnvironment(environment, (input) => this.#turn(input));
    this.#options = options;
    this.#identity = new Identity(environment.sql);
    this.#disk = new DiskWatch({
      environment: this.#environment,
      makeRoom: () => this.#running?.makeRoom(),
      recovered: () => this.#recovered(),
    });
    this.#transport = this.#newTransport();
    this.#ticker = new Ticker(this.#environment, options.tuning, () => this.#tick());
    this.#birth = this.#newBirth();
    this.#calls = this.#newCalls();
    this.#administration = this.#newAdministration();
    this.#turn(() => {
      this.#ending = this.#identity.damage;
      this.#removed = this.#identity.removed;
      if (this.#removed || this.#ending !== "") return;
      this.#identity.seal();
      this.#looked();
      this.#disk.begin();
      const { clusterId } = this.#identity;
      const told = startLog(environment.log);
      const limits = limitsOfLog(options.tuning.logBytes);
      this.#start = new Start(environment.sql, clusterId, options.memberId, told, limits);
      this.#soon(() => this.#continueStart());
    });
  }

  acceptSocket(socket: PeerSocket): SocketReceiver {
    let receiver: SocketReceiver | undefined;
    this.#turn(() => {
      this.#woken();
      if (this.#phase === "stopped") socket.close(1013, this.#damage.slice(0, 120));
      receiver = this.#transport.accept(socket);
    });
    if (receiver === undefined) return { frame: () => undefined, closed: () => undefined };
    return inTurns(receiver, (input) =>
      this.#turn(() => {
        this.#woken();
        input();
      }),
    );
  }

  alarm(): void {
    this.#turn(() => {
      if (this.#phase === "stopped" || this.#disk.holds) return;
      // The next tick comes when its time has passed: an alarm may fire at any moment.
      this.#ticker.alarmFired();
    });
  }

  async peerCall(method: PeerMethod, body: Uint8Array): Promise<Uint8Array> {
    const call = decodeCall(body);
    return new Promise((resolve) => {
      this.#turn(() => {
        this.#woken();
        this.#whenLoaded(() => resolve(this.#calls.answer(method, call)));
      });
    });
  }

  propose(request: ProposeRequest): Promise<Answer> {
    return new Promise((resolve) => {
      const run = (running: Running, deadlineTick: number) =>
        running.clients.propose(request, deadlineTick, resolve);
      this.#serve(request, this.#failing(resolve), run, request.request.length);
    });
  }

  query(request: QueryRequest): Promise<Answer> {
    return new Promise((resolve) => {
      const run = (running: Running, deadlineTick: number) =>
        running.clients.query(request, deadlineTick, resolve);
      const serializable = request.consistency === "serializable";
      const { length } = request.query;
      this.#serve(request, this.#failing(resolve), run, length, serializable);
    });
  }

  openWatch(token: string, receiver: WatchClient, from = ""): WatchSession {
    const waiting = new WaitingWatch((input) => this.#turn(input));
    const failed = (reason: Reason) => waitFailed(receiver, reason(this.header));
    this.#serve({ token, timeoutMs: this.#options.tuning.changeMs }, failed, (running) => {
      waiting.opened(running.watches.open(token, receiver, from));
    });
    return waiting;
  }

  changeMember(change: MemberChange, token: string): Promise<MemberAnswer> {
    return this.#administration.changeMember(change, token);
  }

  moveLeader(target: number, token: string): Promise<Answer> {
    return this.#administration.moveLeader(target, token);
  }

  backup(request: BackupRequest): Promise<BackupAnswer> {
    return this.#administration.backup(request);
  }

  restore(request: RestoreRequest): Promise<RestoreAnswer> {
    return this.#administration.restore(request);
  }

  forceNew(request: ForceNewRequest): Promise<ForceNewAnswer> {
    return this.#administration.forceNew(request);
  }

  status(): MemberStatus {
    const running = this.#running;
    this.#turn(() => this.#looked());
    return memberStatus({
      phase: this.#phase,
      damage: this.#damage || this.#disk.note || (running ? "" : this.#birth.note),
      cluster: this.#options.cluster,
      version: this.#options.version,
      header: this.header,
      identity: this.#identity,
      databaseBytes: databaseBytes(this.#environment.sql),
      ...memberMetrics([this.#transport, this.#ticker, this.#calls], running),
      running: running?.status,
    });
  }

  get header(): Header {
    if (this.#running !== undefined) return this.#running.header;
    const clusterId = id64ToBigInt(this.#identity.clusterId);
    const { memberId } = this.#options;
    return { clusterId, memberId, revision: 0, raftTerm: 0, appliedIndex: 0, leader: 0 };
  }

  #failing(answer: (outcome: Outcome) => void): (reason: Reason) => void {
    return (reason) => answer(reason(this.header));
  }

  /** Everything that happens in this member happens in here. */
  #turn(input: () => void): void {
    if (this.#aborted) return;
    if (this.#inTurn) {
      input();
      return;
    }
    this.#inTurn = true;
    try {
      input();
      if (this.#phase === "ready") this.#running?.settle();
      if (this.#waiting.some) this.#admit();
      if (this.#phase === "stopped") return;
      if (this.#removed) {
        this.#identity.leave();
        this.#stop(removalOf(this.#options.memberId));
      } else if (this.#ending !== "") this.#stop(this.#ending);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#inTurn = false;
    }
  }

  #failed(error: unknown): void {
    const halfDone = this.#replacing || this.#running?.raft.installing === true;
    if (endsInOrder(error, this.#phase === "starting", halfDone)) {
      this.#stop(stopReason(error));
      return;
    }
    this.#aborted = true;
    this.#disk.turnFailed(error);
    const reason = error instanceof Error ? error : new Error(String(error));
    this.#environment.log.error(`turn failed: ${reason.stack ?? reason.message}`);
    this.#environment.abort(reason);
  }

  #stop(why: string): void {
    this.#environment.log.error(`stops: ${why}`);
    if (this.#phase === "ready") this.#running?.handOver();
    this.#phase = "stopped";
    this.#damage = why;
    this.#start = undefined;
    this.#running?.close(unavailable(why));
    this.#running = undefined;
    this.#transport.close(0, "stopped");
    this.#ticker.stop();
    this.#waiting.fail(unavailable(why));
  }

  #soon(run: () => void): void {
    this.#environment.timers.start(run, 0);
  }

  /** Who only looks does not bring a member into the world. */
  #looked(): void {
    if (this.#phase !== "stopped" && this.#begun && !this.#disk.holds) this.#ticker.ensure();
  }

  /** Something came from outside: the ticker runs again if it had stopped. */
  #woken(): void {
    if (this.#phase === "stopped" || this.#disk.holds) return;
    this.#ticker.ensure();
    if (this.#phase === "empty") this.#birth.advance();
  }

  /** Whether this member has ever been asked for anything: only then has it an instance. */
  get #begun(): boolean {
    return this.#identity.instance !== "";
  }

  #tick(): void {
    this.#tickCount += 1;
    if (this.#phase === "empty" && this.#begun) this.#birth.tick();
    if (this.#phase === "ready") this.#running?.tick();
    this.#waiting.expire(this.#tickCount, () =>
      unavailable(this.#phase === "empty" ? this.#birth.note : "member is starting"),
    );
  }

  #continueStart(): void {
    const result = this.#start?.step();
    if (this.#start === undefined) return;
    if (result === undefined) {
      this.#soon(() => this.#continueStart());
      return;
    }
    this.#start = undefined;
    this.#loaded(result);
    for (const run of this.#callers.splice(0)) run();
  }

  #loaded(result: StartResult): void {
    if (result.state === "damaged") this.#stop(result.reason);
    else if (result.state === "loaded") {
      this.#run(result, result.audited);
      // Who was left behind by a cluster that goes on without him learns it before he campaigns.
      this.#calls.greet(this.#roster.records);
    } else if (this.#identity.clusterId !== "") {
      this.#stop("the log is gone, although this member belongs to a cluster");
    } else {
      this.#phase = "empty";
      if ((this.#begun || this.#waiting.some) && !this.#disk.holds) this.#birth.advance();
    }
  }

  /** Peers that call while the storage is being read are answered when it is. */
  #whenLoaded(run: () => void): void {
    if (this.#start === undefined) run();
    else if (this.#callers.length < maxWaiting) this.#callers.push(run);
  }

  #run(halves: Halves, audited = true): void {
    this.#phase = "starting";
    this.#running = new Running({
      ...halves,
      audited,
      damaged: (why) => {
        this.#ending = why;
      },
      environment: this.#environment,
      options: this.#options,
      clusterId: this.#identity.clusterId,
      roster: this.#roster,
      transport: this.#transport,
      call: (peer, method, body, hint) => this.#calls.call(peer, method, body, hint),
      turn: (input) => this.#turn(input),
      tickCount: () => this.#tickCount,
      removed: () => {
        this.#removed = true;
      },
      replace: (install) => this.#replace(halves, install),
    });
    this.#replay(this.#running);
  }

  /** The only voter changes its own state by hand: as after a restart, and nobody else can lead. */
  #replace(halves: Halves, install: () => void): void {
    this.#running?.close(unavailable("a backup was restored"));
    this.#replacing = true;
    install();
    this.#run(halves);
    this.#replacing = false;
    this.#running?.raft.node.campaign();
  }

  /** The one that is left goes on alone, under another cluster's name. */
  #renew(running: Running): Renewed {
    running.close(unavailable("the member was made a new cluster"));
    this.#transport.close(0, "the member was made a new cluster");
    const renewed = forceNew(running, this.#identity, this.#options, this.#environment);
    this.#run({ storage: running.storage, machine: running.machine });
    this.#running?.raft.node.campaign();
    return renewed;
  }

  #replay(running: Running): void {
    if (this.#running !== running) return;
    if (!running.replay()) {
      this.#soon(() => this.#replay(running));
      return;
    }
    this.#phase = this.#disk.holds ? "full" : "ready";
    if (this.#phase === "ready") running.resume();
  }

  /** There is room on the disk again: what was held goes on. */
  #recovered(): void {
    if (this.#phase === "full") this.#phase = "ready";
    if (this.#phase === "ready") this.#running?.resume();
    this.#woken();
  }

  /** Clients that came before the member could serve; raft has done what was ready by now. */
  #admit(): void {
    if (this.#phase === "full") {
      if (this.#running) this.#waiting.admitReads(this.#running, refused(errors.diskFull));
    } else if (this.#phase === "ready") {
      const running = this.#running;
      if (running === undefined) throw new Error("ready, and nothing runs");
      this.#waiting.admit(running);
      running.settle();
    }
  }

  #found(): void {
    this.#run(bootstrap(this.#environment.sql, this.#identity, this.#options));
    // Nobody else could lead: there is nothing to wait for.
    this.#running?.raft.node.campaign();
  }

  #joined(): void {
    this.#run(joinEmpty(this.#environment.sql, this.#identity, this.#options));
  }

  /** Runs a client's request as soon as this member serves. A stranger brings none to life. */
  #serve(
    client: Pick<QueryRequest, "token" | "timeoutMs" | "stranger">,
    failed: (reason: Reason) => void,
    run: (running: Running, deadlineTick: number) => void,
    bytes = 0,
    serializable = false,
  ): void {
    this.#turn(() => {
      if (!this.#begun && isStranger(client)) return failed(refused(errors.notBorn));
      this.#woken();
      const { tickMs, maxRequestMs } = this.#options.tuning;
      const ticks = Math.ceil(Math.min(Math.max(client.timeoutMs, 1), maxRequestMs) / tickMs);
      const deadlineTick = this.#tickCount + ticks;
      const damaged = (why: string) => {
        failed(unavailable(why));
        this.#ending = why;
      };
      const served = (running: Running) => attempt(() => run(running, deadlineTick), damaged);
      if (this.#phase === "ready" && this.#running) served(this.#running);
      else if (this.#phase === "stopped") failed(unavailable(this.#damage));
      else if (!this.#waiting.add({ deadlineTick, bytes, serializable, failed, run: served })) {
        failed(unavailable("member is starting"));
      }
    });
  }

  #newTransport(): Transport {
    return new Transport(this.#environment, this.#options.tuning, this.#whose, {
      received: (from, messages) => {
        if (this.#phase === "ready") this.#running?.raft.received(from, messages);
      },
      unreachable: (peer) => {
        if (this.#phase === "ready") this.#running?.raft.unreachable(peer);
      },
      removed: () => {
        this.#removed = true;
      },
      refused: ({ to, toInstance, cluster }) => {
        const recorded = to === this.#options.memberId && toInstance !== "";
        if (this.#phase === "empty" && recorded && toInstance !== this.#identity.instance) {
          this.#birth.recordedElsewhere(toInstance, cluster);
        }
      },
    });
  }

  #newCalls(): PeerCalls {
    return new PeerCalls({
      environment: this.#environment,
      birth: this.#birth,
      roster: this.#whose,
      envelope: (peer) => this.#transport.envelope(peer),
      answer: (method, call) =>
        this.#phase === "ready" && this.#running !== undefined
          ? this.#running.answer(method, call)
          : { refused: `member is ${this.#phase}` },
      joinable: () =>
        this.#phase === "stopped"
          ? `stopped: ${this.#damage}`
          : (this.#running?.storage.raft.lastIndex() ?? 0) === 0,
      held: () => (this.#disk.holds ? errors.diskFull.text : ""),
      removed: () =>
        this.#turn(() => {
          this.#removed = true;
        }),
    });
  }

  #newAdministration(): Administration {
    return new Administration({
      header: () => this.header,
      members: () => this.#roster.records,
      serve: (token, failed, run) =>
        this.#serve({ token, timeoutMs: this.#options.tuning.changeMs }, failed, run),
      renew: (running) => this.#renew(running),
    });
  }

  #newBirth(): Birth {
    const { cluster, memberId, topology, version } = this.#options;
    return new Birth({
      ...{ environment: this.#environment, identity: this.#identity },
      ...{ cluster, memberId, topology, version },
      turn: (input) => this.#turn(input),
      found: () => this.#found(),
      joined: () => this.#joined(),
    });
  }
}
