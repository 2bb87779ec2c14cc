import { errors } from "../../etcd/errors.ts";
import { type AdminRequest, type Reason, refused, unavailable } from "../../rpc/answers.ts";
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
  type ProposeRequest,
  type QueryRequest,
  type Refusal,
  type RestoreAnswer,
  type RestoreRequest,
} from "../../rpc/messages.ts";
import { Birth } from "../birth/birth.ts";
import { forceNew, type Renewed } from "../birth/force-new.ts";
import type { Core, Halves } from "../core.ts";
import { PeerCalls } from "../peers/calls.ts";
import { decodeCall } from "../peers/frame-codec.ts";
import { Identity } from "../peers/identity.ts";
import { removalOf } from "../peers/peers.ts";
import { MemberRoster } from "../peers/roster.ts";
import { Transport } from "../peers/transport.ts";
import { wakesForCall } from "../sleep/wakers.ts";
import type { WatchClient, WatchSession } from "../watch/service.ts";
import { stopReason } from "../world/damage.ts";
import { DiskWatch } from "../world/disk-watch.ts";
import { Ending } from "../world/ending.ts";
import type {
  MemberEnvironment,
  PeerMethod,
  PeerSocket,
  SocketReceiver,
} from "../world/environment.ts";
import type { MemberOptions } from "../world/options.ts";
import { TickCount } from "../world/tick-count.ts";
import { Ticker } from "../world/ticker.ts";
import { inTurns, TurnEnvironment } from "../world/turn-environment.ts";
import type { MemberInputs } from "./inputs.ts";
import { memberMetrics } from "./metrics.ts";
import { PeerAnswers } from "./peer-answers.ts";
import { Running } from "./running.ts";
import { bootstrap, joinEmpty, Start, type StartResult } from "./start.ts";
import { MemberState } from "./state.ts";
import { headerOf, memberStatus } from "./status.ts";
import { attempt, databaseBytes, endsInOrder } from "./stop.ts";
import { transportEvents } from "./transport-events.ts";
import { type Needs, ticksOf, WaitingClients } from "./waiting.ts";
import { WaitingWatch, waitFailed } from "./waiting-watch.ts";

/**
 * One member of a cluster, on any platform. Every input is a turn inside a try whose catch aborts
 * the instance at once: otherwise half a turn would be committed, and memory and storage would
 * disagree.
 */
export class Member implements MemberInputs {
  readonly #environment: TurnEnvironment;
  readonly #options: MemberOptions;
  readonly #identity: Identity;
  readonly #roster: MemberRoster;
  readonly #waiting = new WaitingClients();
  readonly #transport: Transport;
  readonly #ticker: Ticker;
  readonly #birth: Birth;
  readonly #disk: DiskWatch;
  readonly #calls: PeerCalls;
  readonly #answers: PeerAnswers;
  readonly #state = new MemberState();
  readonly #ticks = new TickCount();
  readonly #ending = new Ending();
  #start: Start | undefined;
  /** Whether the state is being replaced by hand in this turn. */
  #replacing = false;
  #inTurn = false;
  #aborted = false;

  constructor(environment: MemberEnvironment, options: MemberOptions) {
    this.#environment = new TurnEnvironment(environment, (input) => this.#turn(input));
    this.#options = options;
    this.#identity = new Identity(environment.sql);
    this.#roster = new MemberRoster(this.#identity, options.memberId);
    this.#disk = new DiskWatch({
      environment: this.#environment,
      makeRoom: () => this.#state.running?.makeRoom(),
      recovered: () => this.#recovered(),
    });
    const { memberId, tuning } = options;
    const events = transportEvents(memberId, this.#identity, this.#state, this.#ending, () => {
      return this.#birth;
    });
    this.#transport = new Transport(this.#environment, tuning, this.#roster, events);
    this.#ticker = new Ticker(this.#environment, tuning, () => this.#tick());
    this.#birth = new Birth(this.#environment, options, this.#identity, {
      found: () => this.#found(),
      joined: () => this.#run(joinEmpty(environment.sql, this.#identity, options)),
    });
    this.#calls = new PeerCalls(this.#environment, this.#transport, this.#ending);
    this.#answers = new PeerAnswers(this.#state, this.#birth, this.#roster, this.#disk);
    this.#turn(() => {
      if (this.#identity.removed) this.#ending.remove();
      if (this.#identity.damage !== "") this.#ending.damaged(this.#identity.damage);
      if (this.#ending.removed || this.#ending.reason !== "") return;
      this.#identity.seal();
      if (this.#sleeps && this.#identity.clusterId !== "") this.#ticker.rest();
      this.#looked();
      this.#disk.begin();
      this.#start = Start.of(environment, options, this.#identity.clusterId);
      this.#soon(() => this.#continueStart());
    });
  }

  acceptSocket(socket: PeerSocket): SocketReceiver {
    let receiver: SocketReceiver | undefined;
    this.#turn(() => {
      this.#woken();
      if (this.#state.phase === "stopped") socket.close(1013, this.#state.reason.slice(0, 120));
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
      if (this.#state.phase === "stopped" || this.#disk.holds) return;
      // The alarm may fire at any time; the tick still comes only when it is due.
      this.#ticker.alarmFired();
      if (!this.#ticker.resting) return;
      this.#answers.when(this.#loading, () => this.#state.serving?.sleep.alarm());
    });
  }

  async peerCall(method: PeerMethod, body: Uint8Array): Promise<Uint8Array> {
    const call = decodeCall(body);
    return new Promise((resolve) => {
      this.#turn(() => {
        this.#woken();
        if (wakesForCall(method)) this.#wake();
        // Two that start at once must not wait for each other.
        const asks = method === "slept" && this.#state.running?.sleep.starting === true;
        this.#answers.ask(method, call, this.#loading && !asks, resolve);
      });
    });
  }

  propose(request: ProposeRequest): Promise<Answer> {
    return new Promise((resolve) => {
      const run = (running: Running, deadlineTick: number) =>
        running.clients.propose(request, deadlineTick, resolve);
      this.#serve(request, this.#failing(resolve), run, { bytes: request.request.length });
    });
  }

  query(request: QueryRequest): Promise<Answer> {
    return new Promise((resolve) => {
      const run = (running: Running, deadlineTick: number) =>
        running.clients.query(request, deadlineTick, resolve);
      const needs = request.consistency === "serializable" ? "state" : "leader";
      const { length: bytes } = request.query;
      this.#serve(request, this.#failing(resolve), run, { bytes, needs });
    });
  }

  openWatch(token: string, receiver: WatchClient, from = ""): WatchSession {
    const waiting = new WaitingWatch((input) => this.#turn(input));
    const failed = (reason: Reason) => waitFailed(receiver, reason(this.header));
    const open = (running: Running) => waiting.opened(running.watches.open(token, receiver, from));
    const client = { token, timeoutMs: this.#options.tuning.changeMs };
    this.#serve(client, failed, open, { needs: "nothing" });
    return waiting;
  }

  changeMember(change: MemberChange, token: string): Promise<MemberAnswer> {
    return this.#administer<MemberAnswer>({ token }, ({ administration }, client) =>
      administration.changeMember(change, client),
    );
  }

  moveLeader(target: number, token: string): Promise<Answer> {
    return this.#administer<Answer>({ token }, ({ administration }, client) =>
      administration.moveLeader(target, client),
    );
  }

  backup(request: BackupRequest): Promise<BackupAnswer> {
    // The permission to begin a backup covers reading it to the end.
    const trust = request.index > 0 ? { token: "", deployment: true } : request;
    return this.#administer<BackupAnswer>(trust, ({ administration }, client) =>
      administration.backup(request, client),
    );
  }

  restore(request: RestoreRequest): Promise<RestoreAnswer> {
    return this.#administer<RestoreAnswer>({ token: request.token }, ({ administration }, client) =>
      administration.restore(request, client),
    );
  }

  forceNew(request: ForceNewRequest): Promise<ForceNewAnswer> {
    return this.#administer<ForceNewAnswer>(request, (running, client) =>
      running.administration.forceNew(client, () => this.#renew(running)),
    );
  }

  status(): MemberStatus {
    this.#turn(() => this.#looked());
    const { phase, reason, running } = this.#state;
    return memberStatus({
      phase,
      reason: reason || this.#disk.note || (running ? "" : this.#birth.note),
      cluster: this.#options.cluster,
      version: this.#options.version,
      header: this.header,
      identity: this.#identity,
      databaseBytes: databaseBytes(this.#environment.sql),
      ...memberMetrics([this.#transport, this.#ticker, this.#calls], running),
      running,
    });
  }

  get header(): Header {
    if (this.#state.running !== undefined) return this.#state.running.header;
    return headerOf(this.#identity, this.#options.memberId);
  }

  /**
   * Runs an administrator's request. One with the deployment's token, checked by the Worker, needs
   * no permission.
   */
  #administer<A>(
    { token, deployment = false }: { readonly token: string; readonly deployment?: boolean },
    run: (running: Running, client: AdminRequest<A>) => void,
  ): Promise<A | Refusal> {
    return new Promise((resolve) => {
      const failed = this.#failing(resolve);
      const { changeMs: timeoutMs } = this.#options.tuning;
      this.#serve(
        { token: deployment ? "" : token, timeoutMs },
        failed,
        (running, deadlineTick) => {
          const fault = deployment ? undefined : running.clients.adminFault(token);
          if (fault !== undefined) failed(fault);
          else run(running, { deadlineTick, answer: resolve, failed });
        },
      );
    });
  }

  #failing(answer: (outcome: Refusal) => void) {
    return (reason: Reason) => answer(reason(this.header));
  }

  /** Runs one turn: all code of this member runs in here. */
  #turn(input: () => void): void {
    if (this.#aborted) return;
    if (this.#inTurn) {
      input();
      return;
    }
    this.#inTurn = true;
    try {
      input();
      this.#state.serving?.settle();
      if (this.#waiting.some) this.#admit();
      if (this.#state.phase === "stopped") return;
      if (this.#ending.removed) {
        this.#identity.leave();
        this.#stop(removalOf(this.#options.memberId));
      } else if (this.#ending.reason !== "") this.#stop(this.#ending.reason);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#inTurn = false;
    }
  }

  #failed(error: unknown): void {
    const halfDone = this.#replacing || this.#state.running?.raft.installing === true;
    if (endsInOrder(error, this.#state.phase === "starting", halfDone)) {
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
    this.#state.serving?.handOver();
    this.#state.phase = "stopped";
    this.#state.reason = why;
    this.#start = undefined;
    this.#state.running?.close(unavailable(why));
    this.#state.running = undefined;
    this.#transport.close(0, "stopped");
    this.#ticker.stop();
    this.#waiting.fail(unavailable(why));
  }

  #soon(run: () => void): void {
    this.#environment.timers.start(run, 0);
  }

  /** Reading the status wakes an existing member, but creates none. */
  #looked(): void {
    if (this.#state.phase !== "stopped" && this.#begun && !this.#disk.holds) this.#ticker.ensure();
  }

  /** An input from outside restarts a stopped ticker. */
  #woken(): void {
    if (this.#state.phase === "stopped" || this.#disk.holds) return;
    this.#ticker.ensure();
    if (this.#state.phase === "empty") this.#birth.advance();
  }

  /** Something needs raft: a member that sleeps goes on. */
  #wake(): void {
    if (this.#state.phase === "stopped" || this.#disk.holds) return;
    const { running } = this.#state;
    if (running === undefined) this.#ticker.wake();
    else running.sleep.wake();
  }

  get #sleeps(): boolean {
    return this.#options.tuning.sleepAfterMs > 0;
  }

  /** Whether what peers ask must wait. One that may sleep answers once it knows if it does. */
  get #loading(): boolean {
    const starts = this.#sleeps && this.#state.phase === "starting";
    return this.#start !== undefined || (starts && this.#state.running !== undefined);
  }

  /** Whether this member was ever asked for anything, which gives it its instance. */
  get #begun(): boolean {
    return this.#identity.instance !== "";
  }

  #tick(): void {
    const now = this.#ticks.next();
    if (this.#state.phase === "empty" && this.#begun) this.#birth.tick();
    this.#state.serving?.tick();
    this.#waiting.expire(now, () =>
      unavailable(this.#state.phase === "empty" ? this.#birth.note : "member is starting"),
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
    if (!this.#loading) this.#answers.loaded();
  }

  #loaded(result: StartResult): void {
    if (result.state === "damaged") this.#stop(result.reason);
    else if (result.state === "loaded") {
      this.#run(result, result);
      if (this.#ticker.resting) return;
      // A member removed while it was down learns so before it could campaign.
      for (const { id } of this.#roster.records) {
        if (id !== this.#options.memberId) this.#calls.tell(id, "wake", {});
      }
    } else if (this.#identity.clusterId !== "") {
      this.#stop("the log is gone, although this member belongs to a cluster");
    } else {
      this.#state.phase = "empty";
      if ((this.#begun || this.#waiting.some) && !this.#disk.holds) this.#birth.advance();
    }
  }

  #run(halves: Halves, { audited = true, setAside }: Partial<Core> = {}): void {
    this.#state.phase = "starting";
    const core: Core = {
      ...halves,
      audited,
      setAside,
      environment: this.#environment,
      options: this.#options,
      clusterId: this.#identity.clusterId,
      roster: this.#roster,
      transport: this.#transport,
      calls: this.#calls,
      ticks: this.#ticks,
      ticker: this.#ticker,
      ending: this.#ending,
    };
    this.#state.running = new Running(core, (install) => this.#replace(halves, install));
    this.#replay(this.#state.running);
  }

  /** Replaces the state of the only voter, which then restarts and campaigns at once. */
  #replace(halves: Halves, install: () => void): void {
    this.#state.running?.close(unavailable("a backup was restored"));
    this.#replacing = true;
    install();
    this.#run(halves);
    this.#replacing = false;
    this.#state.running?.raft.node.campaign();
  }

  /** Restarts the only remaining member under a new cluster's id. */
  #renew(running: Running): Renewed & { readonly header: Header } {
    running.close(unavailable("the member was made a new cluster"));
    this.#transport.close(0, "the member was made a new cluster");
    const renewed = forceNew(running, this.#identity, this.#options, this.#environment);
    this.#run({ storage: running.storage, machine: running.machine });
    this.#state.running?.raft.node.campaign();
    return { ...renewed, header: this.header };
  }

  #replay(running: Running): void {
    if (this.#state.running !== running) return;
    if (!running.replay()) {
      this.#soon(() => this.#replay(running));
      return;
    }
    if (this.#disk.holds) this.#state.phase = "full";
    else running.sleep.start(() => this.#ready(running));
  }

  #ready(running: Running): void {
    this.#state.phase = "ready";
    running.resume();
    if (this.#sleeps) this.#answers.loaded();
  }

  /** The disk has room again: continues what was held. */
  #recovered(): void {
    if (this.#state.phase === "full") this.#state.phase = "ready";
    this.#ticker.wake();
    this.#state.serving?.resume();
    this.#woken();
  }

  /** Runs waiting clients once the member serves; raft has handled what was ready. */
  #admit(): void {
    const { phase, running } = this.#state;
    if (phase !== "full" && phase !== "ready") return;
    if (running === undefined) throw new Error(`${phase}, and nothing runs`);
    if (phase === "full") this.#waiting.admitReads(running, refused(errors.diskFull));
    else {
      this.#waiting.admit(running);
      running.settle();
    }
  }

  #found(): void {
    this.#run(bootstrap(this.#environment.sql, this.#identity, this.#options));
    // No other member could lead, so it campaigns at once.
    this.#state.running?.raft.node.campaign();
  }

  /** Runs a client's request as soon as this member serves. A stranger's creates no member. */
  #serve(
    client: Pick<QueryRequest, "token" | "timeoutMs" | "stranger">,
    failed: (reason: Reason) => void,
    run: (running: Running, deadlineTick: number) => void,
    { bytes = 0, needs = "raft" }: { readonly bytes?: number; readonly needs?: Needs } = {},
  ): void {
    this.#turn(() => {
      if (!this.#begun && isStranger(client)) return failed(refused(errors.notBorn));
      this.#woken();
      if (needs === "raft") this.#wake();
      const deadlineTick = this.#ticks.now + ticksOf(client.timeoutMs, this.#options.tuning);
      const damaged = (why: string) => {
        failed(unavailable(why));
        this.#ending.damaged(why);
      };
      const served = (running: Running) => {
        if (needs === "leader") running.sleep.read(client.token);
        attempt(() => run(running, deadlineTick), damaged);
      };
      const { serving } = this.#state;
      if (serving) served(serving);
      else if (this.#state.phase === "stopped") failed(unavailable(this.#state.reason));
      else if (!this.#waiting.add({ deadlineTick, bytes, needs, failed, run: served })) {
        failed(unavailable("member is starting"));
      }
    });
  }
}
