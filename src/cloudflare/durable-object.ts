import { DurableObject, RpcTarget } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { Member } from "../node/member/member.ts";
import { Identity } from "../node/peers/identity.ts";
import { type DiskMemory, diskMemory } from "../node/world/disk-memory.ts";
import type {
  MemberEnvironment,
  MemberLog,
  PeerMethod,
  PeerSocket,
  SocketReceiver,
} from "../node/world/environment.ts";
import { decodeProposeRequest, decodeQueryRequest, encodeAnswer } from "../rpc/codec.ts";
import type { Histogram } from "../rpc/histogram.ts";
import type {
  Answer,
  BackupAnswer,
  BackupRequest,
  ForceNewAnswer,
  ForceNewRequest,
  MemberAnswer,
  MemberChange,
  MemberRpc,
  MemberStatus,
  OpenedWatch,
  RestoreAnswer,
  RestoreRequest,
} from "../rpc/messages.ts";
import { objectName, parseObjectName, type Topology } from "../rpc/topology.ts";
import { configuration, type MemberVariables } from "./configuration.ts";
import { boundedSql, type CountedSql, cryptoRandom, measured } from "./sql.ts";
import { watchStream } from "./watch-stream.ts";

export interface MemberBindings extends MemberVariables {
  readonly MEMBER: DurableObjectNamespace<RaftMember>;
}

const memberUrl = "https://member/raft";
/** Milliseconds until a member that has not answered is dialled again. */
const dialTimeoutMs = 10_000;

/**
 * The Durable Object: gives one member the platform, and passes inputs to it. Only members call
 * `fetch` and `peerCall`, and only the Worker the other methods: no outside address leads to it.
 */
export class RaftMember extends DurableObject<MemberBindings> implements MemberRpc {
  readonly #member: Member;
  readonly #sql: CountedSql;
  readonly #commits: Histogram;
  readonly #receivers = new Map<WebSocket, SocketReceiver>();

  constructor(ctx: DurableObjectState, env: MemberBindings) {
    super(ctx, env);
    const bounded = boundedSql(ctx.storage.sql);
    const { sql, commits } = measured(
      bounded,
      () => Date.now(),
      () => ctx.storage.sync(),
    );
    this.#sql = sql;
    this.#commits = commits;
    const object = parseObjectName(ctx.id.name ?? "") ?? new Identity(sql).object;
    if (object === undefined) throw new Error(`"${ctx.id.name}" is no member's name`);
    const { topology, tuning } = configuration(env);
    const { cluster, id: memberId } = object;
    const peers = new PlatformPeers(env.MEMBER, cluster, topology);
    const disk = diskMemory(objectName(cluster, memberId));
    disk.begin();
    const environment = platform(ctx, sql, peers, disk, `${cluster}/${memberId}`);
    this.#member = new Member(environment, { cluster, memberId, topology, tuning });
    // Sockets dialled by others survive this object's memory.
    for (const socket of ctx.getWebSockets()) this.#receiverOf(socket);
  }

  /** Accepts a socket that another member dials. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade") !== "websocket") return new Response(null, { status: 426 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    this.#receiverOf(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, message: ArrayBuffer | string): void {
    const bytes = typeof message === "string" ? new Uint8Array() : new Uint8Array(message);
    this.#receiverOf(socket).frame(bytes);
  }

  override webSocketClose(socket: WebSocket, _code: number, reason: string): void {
    this.#receiverOf(socket).closed(reason);
    this.#receivers.delete(socket);
  }

  override webSocketError(socket: WebSocket, error: unknown): void {
    this.webSocketClose(socket, 1006, String(error));
  }

  override alarm(): void {
    this.#member.alarm();
  }

  peerCall(method: PeerMethod, body: Uint8Array): Promise<Uint8Array> {
    return this.#member.peerCall(method, body);
  }

  async propose(request: Uint8Array): Promise<Uint8Array> {
    return encodeAnswer(await this.#member.propose(decodeProposeRequest(request)));
  }

  async query(request: Uint8Array): Promise<Uint8Array> {
    return encodeAnswer(await this.#member.query(decodeQueryRequest(request)));
  }

  changeMember(change: MemberChange, token: string): Promise<MemberAnswer> {
    return this.#member.changeMember(change, token);
  }

  moveLeader(target: number, token: string): Promise<Answer> {
    return this.#member.moveLeader(target, token);
  }

  async status(): Promise<MemberStatus> {
    const status = this.#member.status();
    const { rowsWritten } = this.#sql;
    const counters = { ...status.counters, rowsWritten };
    return { ...status, counters, commits: this.#commits.status };
  }

  backup(request: BackupRequest): Promise<BackupAnswer> {
    return this.#member.backup(request);
  }

  restore(request: RestoreRequest): Promise<RestoreAnswer> {
    return this.#member.restore(request);
  }

  forceNew(request: ForceNewRequest): Promise<ForceNewAnswer> {
    return this.#member.forceNew(request);
  }

  async watch(token: string, from = ""): Promise<OpenedWatch> {
    const { responses, request, close, refused } = watchStream((receiver) =>
      this.#member.openWatch(token, receiver, from),
    );
    const control = new Control(request, close);
    return refused === undefined ? { responses, control } : { responses, control, refused };
  }

  #receiverOf(socket: WebSocket): SocketReceiver {
    const known = this.#receivers.get(socket);
    if (known !== undefined) return known;
    const receiver = this.#member.acceptSocket(peerSocket(socket, () => undefined));
    this.#receivers.set(socket, receiver);
    return receiver;
  }
}

/** The client's control of a watch stream; disposing it ends the stream. */
class Control extends RpcTarget {
  readonly #request: (bytes: Uint8Array) => void;
  readonly #close: () => void;

  constructor(request: (bytes: Uint8Array) => void, close: () => void) {
    super();
    this.#request = request;
    this.#close = close;
  }

  async request(bytes: Uint8Array): Promise<void> {
    this.#request(bytes);
  }

  [Symbol.dispose](): void {
    this.#close();
  }
}

function platform(
  ctx: DurableObjectState,
  sql: MemberEnvironment["sql"],
  peers: MemberEnvironment["peers"],
  disk: DiskMemory,
  name: string,
): MemberEnvironment {
  const { storage } = ctx;
  const abort = (reason: Error) => {
    disk.end();
    ctx.abort(reason.message);
  };
  return {
    sql,
    now: () => Date.now(),
    timers: {
      start: (callback, delayMs) => {
        const timer = setTimeout(callback, delayMs);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    alarm: {
      get: async () => (await storage.getAlarm()) ?? undefined,
      set: (atMs) => void storage.setAlarm(atMs).catch(abort),
      clear: () => void storage.deleteAlarm().catch(abort),
    },
    random: cryptoRandom((bytes) => crypto.getRandomValues(bytes)),
    sha256: (bytes) => createHash("sha256").update(bytes).digest(),
    peers,
    sync: () => storage.sync(),
    disk,
    abort,
    log: consoleLog(name),
  };
}

/** The cluster's other members, in the object's own namespace. */
class PlatformPeers {
  readonly #namespace: DurableObjectNamespace<RaftMember>;
  readonly #cluster: string;
  readonly #topology: Topology;

  constructor(namespace: DurableObjectNamespace<RaftMember>, cluster: string, topology: Topology) {
    this.#namespace = namespace;
    this.#cluster = cluster;
    this.#topology = topology;
  }

  /** Uses a fresh stub each time, which the platform routes to the live instance. */
  call(
    peer: number,
    method: PeerMethod,
    body: Uint8Array,
    locationHint?: string,
  ): Promise<Uint8Array> {
    return this.#stub(peer, locationHint).peerCall(method, body);
  }

  dial(peer: number, receiver: SocketReceiver): PeerSocket {
    const dialled = new DialledSocket(receiver);
    const headers = { upgrade: "websocket" };
    const late = () => dialled.failed(`member ${peer}: no answer in ${dialTimeoutMs} ms`);
    const timer = setTimeout(late, dialTimeoutMs);
    this.#stub(peer)
      .fetch(memberUrl, { headers })
      .then(
        ({ webSocket, status }) => {
          // Closes a socket that comes too late.
          if (webSocket) dialled.opened(webSocket);
          else dialled.failed(`member ${peer} answered ${status}`);
        },
        (error: unknown) => dialled.failed(String(error)),
      )
      .finally(() => clearTimeout(timer));
    return dialled;
  }

  #stub(peer: number, hint?: string): DurableObjectStub<RaftMember> {
    const configured = this.#topology.find(({ id }) => id === peer)?.locationHint;
    const locationHint = (hint || configured || undefined) as DurableObjectLocationHint | undefined;
    const id = this.#namespace.idFromName(objectName(this.#cluster, peer));
    return this.#namespace.get(id, locationHint === undefined ? {} : { locationHint });
  }
}

/** A socket that is being opened; queues what is sent until it is open. */
class DialledSocket implements PeerSocket {
  readonly #receiver: SocketReceiver;
  #queue: Uint8Array[] = [];
  #socket: PeerSocket | undefined;
  #closed = false;

  constructor(receiver: SocketReceiver) {
    this.#receiver = receiver;
  }

  send(frame: Uint8Array): void {
    if (this.#socket !== undefined) this.#socket.send(frame);
    else if (!this.#closed) this.#queue.push(frame);
  }

  close(code: number, reason: string): void {
    this.#closed = true;
    this.#socket?.close(code, reason);
  }

  failed(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.#receiver.closed(reason);
  }

  opened(socket: WebSocket): void {
    socket.binaryType = "arraybuffer";
    socket.accept();
    if (this.#closed) {
      socket.close(1001, "no longer needed");
      return;
    }
    socket.addEventListener("message", ({ data }) => {
      if (data instanceof ArrayBuffer) this.#receiver.frame(new Uint8Array(data));
    });
    socket.addEventListener("close", ({ reason }) => this.failed(reason));
    socket.addEventListener("error", ({ message }) => this.failed(message));
    this.#socket = peerSocket(socket, (reason) => this.failed(reason));
    for (const frame of this.#queue.splice(0)) this.#socket.send(frame);
  }
}

/** Wraps a socket, which may be closed already: then `lost` is called in a turn of its own. */
function peerSocket(socket: WebSocket, lost: (reason: string) => void): PeerSocket {
  const attempt = (use: () => void) => {
    try {
      use();
    } catch (error) {
      queueMicrotask(() => lost(String(error)));
    }
  };
  return {
    send: (frame) => attempt(() => socket.send(frame)),
    close: (code, reason) => attempt(() => socket.close(code, reason)),
  };
}

function consoleLog(name: string): MemberLog {
  return {
    debug: () => undefined,
    info: (message) => console.log(`${name} ${message}`),
    warn: (message) => console.warn(`${name} ${message}`),
    error: (message) => console.error(`${name} ${message}`),
  };
}
