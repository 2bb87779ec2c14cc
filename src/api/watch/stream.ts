/**
 * A client's watch stream, over whatever members there are. Events come in order, once each and
 * without a gap, also when the member behind it ends: the stream then goes on at another one.
 */

import { type ErrorKind, errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { watchKeyFault } from "../../kv/watch/room.ts";
import { duplicateWatchId, refusal } from "../../kv/watch/stream.ts";
import {
  WatchCancelRequest,
  type WatchCreateRequest,
  WatchProgressRequest,
  WatchRequest,
  WatchResponse,
} from "../../proto/generated/etcd.ts";
import { ApiError, isKind } from "../base/error.ts";
import type { MemberWatch } from "../cluster/client.ts";
import type { Context } from "../http/context.ts";
import { pulseMs } from "../http/pulse.ts";
import { FrameReader } from "./frames.ts";
import { Mailbox } from "./mailbox.ts";
import { errorOfReason } from "./reason.ts";
import { Watch } from "./watch.ts";

const refusedId = -1n;
const retryMs = 200;
const largeFrameBytes = 65_536;

export interface ClientWatchesOptions {
  /** End without a leader instead of waiting for one. */
  readonly needsLeader?: boolean;
  /** A stream that was silent for so long says how far it is. Infinity: it does not. */
  readonly heartbeatMs?: number;
}

type FrameSource = ReadableStreamDefaultReader<Uint8Array>;

/** The member has no room for a watch of this stream: another one may have. */
class MemberFullError extends Error {}

/** A create request that waits for its answer. */
interface PendingCreate {
  readonly request: WatchCreateRequest;
  readonly memberId: bigint;
  readonly answered: () => void;
}

export class ClientWatches {
  readonly #context: Context;
  readonly #options: Required<ClientWatchesOptions>;
  readonly #out = new Mailbox<WatchResponse | ApiError>();
  readonly #watches = new Map<bigint, Watch>();
  #nextClientId = 0n;
  #nextMemberId = 1n;
  #pending: PendingCreate | undefined;
  /** The client has asked how far it is, or only its silence has. */
  #progressAsked: "client" | "silence" | undefined;
  /** When its client was last told something, and its member. */
  #spokeMs: number;
  #askedMs: number;
  #stopHeartbeat: () => void = () => undefined;
  #stopAsking: () => void = () => undefined;
  #askAgainMs = retryMs;
  /** Watches that another member was asked to go on with, in that order, until it has answered. */
  #resuming: Watch[] = [];
  #connection: MemberWatch | undefined;
  #reader: FrameSource | undefined;
  /** The member knows all watches: what the client asks may be sent to it. */
  #ready = false;
  /** Watches that the client has canceled, by the ids that members know. */
  readonly #canceled = new Set<bigint>();
  /** Members that had no room for a watch of this stream. */
  readonly #full = new Set<number>();
  #closed = false;
  #running = false;
  #wake: () => void = () => undefined;
  #newestRevision = 0;

  constructor(context: Context, options: ClientWatchesOptions = {}) {
    this.#context = context;
    this.#spokeMs = context.clock.now();
    this.#askedMs = this.#spokeMs;
    this.#options = { needsLeader: false, heartbeatMs: pulseMs, ...options };
    // Also where nothing is ever asked: the platform ends a wait with nothing pending.
    this.#keepAlive();
  }

  /** Carries out one request; resolves when the next one may follow. */
  async request(request: WatchRequest): Promise<void> {
    const { createRequest, cancelRequest, progressRequest } = request;
    if (createRequest !== undefined) await this.#create(createRequest);
    else if (cancelRequest !== undefined) await this.#cancel(cancelRequest.watchId);
    else if (progressRequest !== undefined) await this.#askProgress();
  }

  /** The next response; undefined after the end. Throws ApiError where the stream fails. */
  async next(): Promise<WatchResponse | undefined> {
    const next = await this.#out.take();
    if (next instanceof ApiError) throw next;
    return next;
  }

  async *responses(): AsyncIterable<WatchResponse> {
    try {
      for (;;) {
        const next = await this.next();
        if (next === undefined) return;
        yield next;
      }
    } finally {
      this.close();
    }
  }

  /** Ends it with an error of its own, told to the client after what is already on its way. */
  fail(error: ApiError): void {
    void this.#out.put(error);
    this.close();
  }

  /** The client has gone. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopHeartbeat();
    this.#stopAsking();
    this.#wake();
    this.#out.close();
    this.#pending?.answered();
    this.#disconnect();
  }

  async #create(request: WatchCreateRequest): Promise<void> {
    const tooLarge = watchKeyFault(request.key, request.rangeEnd);
    if (tooLarge !== undefined) return this.#refuse(refusal(tooLarge));
    if (request.watchId !== 0n && this.#byClientId(request.watchId) !== undefined) {
      return this.#refuse(duplicateWatchId);
    }
    const memberId = this.#nextMemberId;
    this.#nextMemberId += 1n;
    await new Promise<void>((answered) => {
      this.#pending = { request, memberId, answered };
      this.#wake();
      if (this.#closed) answered();
      else if (this.#ready) void this.#send(this.#pendingRequest(this.#pending));
      else if (!this.#running) void this.#run();
    });
  }

  async #refuse(cancelReason: string): Promise<void> {
    const refused = { watchId: refusedId, created: true, canceled: true, cancelReason };
    await this.#out.put(this.#completed(WatchResponse.create(refused), this.#newestRevision));
  }

  async #cancel(clientId: bigint): Promise<void> {
    const watch = this.#byClientId(clientId);
    if (watch === undefined) return;
    this.#canceled.add(watch.memberId);
    if (this.#ready) await this.#send(cancellation(watch.memberId));
  }

  async #askProgress(): Promise<void> {
    if (this.#watches.size === 0) return;
    this.#progressAsked = "client";
    if (this.#ready) await this.#send(progress);
  }

  /** Later each time: a watch may begin at a revision that is far away. */
  #askAgain(): void {
    this.#progressAsked = "client";
    this.#stopAsking();
    this.#stopAsking = this.#context.clock.after(this.#askAgainMs, () => {
      if (this.#ready && !this.#closed) void this.#send(progress);
    });
    this.#askAgainMs = Math.min(2 * this.#askAgainMs, pulseMs);
  }

  #keepAlive(): void {
    const { heartbeatMs: everyMs } = this.#options;
    if (this.#closed || everyMs === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#context;
    const lookAgain = Math.max(1, Math.min(everyMs, this.#spokeMs + everyMs - clock.now()));
    this.#stopHeartbeat = clock.after(lookAgain, () => {
      const isDue = (sinceMs: number) => clock.now() - sinceMs >= everyMs;
      const asks = isDue(this.#spokeMs) && this.#watches.size > 0;
      if (asks) this.#progressAsked ??= "silence";
      // A member ends the stream of whom it hears nothing.
      const says = asks || isDue(this.#askedMs);
      if (says) this.#askedMs = clock.now();
      if (says && this.#ready) void this.#send(asks ? progress : stillHere);
      this.#context.answers.beat();
      // Also where nothing comes of it, it is not asked again at once.
      if (isDue(this.#spokeMs)) this.#spokeMs = clock.now();
      this.#keepAlive();
    });
  }

  #byClientId(id: bigint): Watch | undefined {
    for (const watch of this.#watches.values()) if (watch.clientId === id) return watch;
    return undefined;
  }

  #pendingRequest({ request, memberId }: PendingCreate): WatchRequest {
    const createRequest = { ...request, watchId: memberId };
    return WatchRequest.create({ createRequest });
  }

  /** Sends to the member there is; where there is none, the resumption says it all. */
  async #send(request: WatchRequest): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    try {
      await connection.control.request(WatchRequest.encode(request));
    } catch {
      // Its stream breaks too, or is broken now: what was asked is asked again of the next one.
      if (connection === this.#connection) await this.#reader?.cancel().catch(() => undefined);
    }
  }

  /** Reads one member's stream after another until the client goes. */
  async #run(): Promise<void> {
    this.#running = true;
    while (!this.#closed) {
      let full = false;
      try {
        await this.#connect();
        await this.#read();
      } catch (error) {
        full = error instanceof MemberFullError;
        // A stream that broke is no failure: the next member goes on with it.
        if (this.#isFinal(error)) this.#failed(error);
      }
      this.#disconnect();
      if (!this.#closed && !full) await this.#pause();
      if (!this.#closed && this.#idle) await this.#woken();
    }
  }

  /** Where no member has room for the only watch, that is refused, and the stream goes on. */
  #failed(error: ApiError): void {
    const pending = this.#pending;
    if (!isFull(error) || pending === undefined || this.#watches.size > 0) {
      this.fail(error);
      return;
    }
    this.#full.clear();
    this.#pending = undefined;
    void this.#refuse(refusal({ code: error.code, text: error.message }));
    pending.answered();
  }

  /** Nothing is watched, and nothing is to be. */
  get #idle(): boolean {
    return this.#pending === undefined && this.#watches.size === 0;
  }

  async #woken(): Promise<void> {
    await new Promise<void>((wake) => {
      this.#wake = wake;
    });
  }

  /** Only what no other member would say differently ends the stream. */
  #isFinal(error: unknown): error is ApiError {
    if (!(error instanceof ApiError)) return false;
    const passing = error.code === GrpcCode.Unavailable && !this.#context.isOverdue();
    return this.#options.needsLeader || !passing;
  }

  async #connect(): Promise<void> {
    const connection = await this.#context.cluster.watch(this.#context.call(), this.#full);
    if (this.#closed) {
      await connection.responses.cancel();
      return;
    }
    this.#connection = connection;
    this.#reader = connection.responses.getReader();
    this.#resuming = [...this.#watches.values()];
    for (const watch of [...this.#resuming]) await this.#send(watch.resumption());
    if (this.#connection !== connection) return;
    this.#ready = true;
    for (const memberId of this.#canceled) await this.#send(cancellation(memberId));
    if (this.#pending !== undefined) await this.#send(this.#pendingRequest(this.#pending));
    if (this.#progressAsked !== undefined) await this.#send(progress);
  }

  async #read(): Promise<void> {
    const reader = this.#reader;
    const frames = new FrameReader();
    const { answers } = this.#context;
    let held = 0;
    try {
      while (reader !== undefined && !this.#closed) {
        const { done, value } = await reader.read();
        if (done) return;
        const complete = frames.push(value);
        for (const frame of complete) await this.#received(WatchResponse.decode(frame));
        if (complete.length > 0) {
          answers.give(held);
          held = 0;
        }
        const { expected } = frames;
        if (held > 0 || expected < largeFrameBytes) continue;
        held = await this.#reserved(expected);
      }
    } finally {
      answers.give(held);
    }
  }

  /** What is large stays with its member until there is room for it here. Returns what is taken. */
  async #reserved(bytes: number): Promise<number> {
    while (!this.#closed) {
      try {
        await this.#context.answers.reserve(bytes);
        return bytes;
      } catch (error) {
        if (!isKind(error, errors.tooManyAnswers)) throw error;
        await this.#pause();
      }
    }
    return 0;
  }

  #disconnect(): void {
    const { control } = this.#connection ?? {};
    // The stub of an RPC session is to be let go of; in other hosts there is nothing to do.
    (control as Partial<Disposable> | undefined)?.[Symbol.dispose]?.();
    void this.#reader?.cancel().catch(() => undefined);
    this.#connection = undefined;
    this.#reader = undefined;
    this.#ready = false;
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resume) => this.#context.clock.after(retryMs, resume));
  }

  async #received(response: WatchResponse): Promise<void> {
    if (response.created) {
      await this.#created(response);
    } else if (response.watchId === refusedId) {
      await this.#progressed(response);
    } else {
      const watch = this.#watches.get(response.watchId);
      const rest = watch?.take(response);
      if (watch === undefined || rest === undefined) return;
      if (rest.canceled) this.#forget(watch);
      else if (rest.events.length === 0 && !watch.hasReached(revisionOf(rest))) return;
      await this.#out.put(this.#completed({ ...rest, watchId: watch.clientId }));
    }
  }

  /** Every watch has caught up with that revision. */
  async #progressed(response: WatchResponse): Promise<void> {
    const asked = this.#progressAsked;
    if (asked === undefined) return;
    this.#progressAsked = undefined;
    for (const watch of this.#watches.values()) watch.take(response);
    const all = [...this.#watches.values()];
    const reached = all.filter((watch) => watch.hasReached(revisionOf(response)));
    // As in etcd, no watch hears of a revision below the one from which a watch begins. Here the
    // member may only be behind another one: the client is answered when it has come so far.
    if (asked === "client" && reached.length < all.length) {
      this.#askAgain();
      return;
    }
    this.#askAgainMs = retryMs;
    // A client that has not asked hears it as from a watch that notifies of its progress.
    const watchId = asked === "client" ? refusedId : reached[0]?.clientId;
    if (watchId !== undefined) await this.#out.put(this.#completed({ ...response, watchId }));
  }

  /** Members answer create requests in order: those that resume are before the pending one. */
  async #created(response: WatchResponse): Promise<void> {
    const watch = this.#resuming.shift();
    const goesOn = watch !== undefined || this.#watches.size === 0;
    if (goesOn && response.canceled && isFull(errorOfReason(response.cancelReason))) {
      const memberId = this.#connection?.header.memberId;
      if (memberId !== undefined) this.#full.add(memberId);
      throw new MemberFullError(response.cancelReason);
    }
    if (watch === undefined) {
      if (this.#pending !== undefined) await this.#answered(this.#pending, response);
      return;
    }
    if (!response.canceled) return;
    this.#forget(watch);
    const { cancelReason, header } = response;
    const ended = { header, watchId: watch.clientId, canceled: true, cancelReason };
    await this.#out.put(this.#completed(WatchResponse.create(ended)));
  }

  /** The answer to the create request that waits. */
  async #answered(pending: PendingCreate, response: WatchResponse): Promise<void> {
    this.#pending = undefined;
    let { watchId } = response;
    if (!response.canceled) {
      this.#full.clear();
      watchId = pending.request.watchId === 0n ? this.#freeId() : pending.request.watchId;
      const { memberId, request } = pending;
      const watch = new Watch(watchId, memberId, request, revisionOf(response));
      this.#watches.set(pending.memberId, watch);
    }
    // Not held back by a slow reader: its next request may follow.
    const put = this.#out.put(this.#completed({ ...response, watchId }));
    pending.answered();
    await put;
  }

  #forget({ memberId }: Watch): void {
    this.#watches.delete(memberId);
    this.#canceled.delete(memberId);
  }

  /** Counts up from 0 past ids in use; an id that was given out is never given out again. */
  #freeId(): bigint {
    while (this.#byClientId(this.#nextClientId) !== undefined) this.#nextClientId += 1n;
    const id = this.#nextClientId;
    this.#nextClientId += 1n;
    return id;
  }

  #completed(response: WatchResponse, revision = response.header?.revision ?? 0): WatchResponse {
    this.#newestRevision = Math.max(this.#newestRevision, revision);
    this.#spokeMs = this.#context.clock.now();
    const { header } = this.#connection ?? {};
    return header === undefined
      ? response
      : { ...response, header: this.#context.header(header, revision) };
  }
}

const progress = WatchRequest.create({ progressRequest: WatchProgressRequest.create() });
const stillHere = WatchRequest.create();

const cancellation = (watchId: bigint): WatchRequest =>
  WatchRequest.create({ cancelRequest: WatchCancelRequest.create({ watchId }) });

const revisionOf = ({ header }: WatchResponse): number => header?.revision ?? 0;

/** Whether a watch or a stream was refused for want of room in a member. */
const isFull = (error: ApiError | undefined): boolean => noRoom.has(error?.kind);
const noRoom = new Set<ErrorKind | undefined>([
  errors.tooManyWatches,
  errors.tooManyWatchBytes,
  errors.tooManyStreams,
]);
