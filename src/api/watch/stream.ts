/**
 * A client's watch stream over changing members. Events come in order, once each and without gaps,
 * even if a member ends: the stream then continues at another one.
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
  /** Whether to end the stream without a leader instead of waiting for one. */
  readonly needsLeader?: boolean;
  /** Milliseconds of silence until the stream sends progress; Infinity for never. */
  readonly heartbeatMs?: number;
}

type FrameSource = ReadableStreamDefaultReader<Uint8Array>;

/** The member has no room for a watch of this stream; another one may. */
class MemberFullError extends Error {}

/** A create request without an answer yet. */
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
  /** Whether the client asked for progress, or a long silence did. */
  #progressAsked: "client" | "silence" | undefined;
  /** When the client, and the member, were last sent something. */
  #spokeMs: number;
  #askedMs: number;
  #stopHeartbeat: () => void = () => undefined;
  #stopAsking: () => void = () => undefined;
  #askAgainMs = retryMs;
  /** Watches being resumed at a new member, in the order asked, until it has answered. */
  #resuming: Watch[] = [];
  #connection: MemberWatch | undefined;
  #reader: FrameSource | undefined;
  /** Whether the member knows all watches, so that requests may be sent to it. */
  #ready = false;
  /** Canceled watches, by the ids that members know. */
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
    // Keeps alive even a stream without requests: the platform ends a request that waits for
    // nothing.
    this.#keepAlive();
  }

  /** Handles one request; resolves when the next may follow. */
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

  /** Ends the stream with an error, after the responses that are queued. */
  fail(error: ApiError): void {
    void this.#out.put(error);
    this.close();
  }

  /** Called when the client has gone. */
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

  /** Asks later each time, since a watch may begin at a far revision. */
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
      // A member ends a stream that has been silent for too long.
      const says = asks || isDue(this.#askedMs);
      if (says) this.#askedMs = clock.now();
      if (says && this.#ready) void this.#send(asks ? progress : stillHere);
      this.#context.answers.touch();
      // Even without an effect it is not repeated at once.
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

  /** Sends to the current member; without one, the resumption will carry the request. */
  async #send(request: WatchRequest): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    try {
      await connection.control.request(WatchRequest.encode(request));
    } catch {
      // The member's stream breaks too, and the next member gets the request again.
      if (connection === this.#connection) await this.#reader?.cancel().catch(() => undefined);
    }
  }

  /** Reads one member's stream after another until the client has gone. */
  async #run(): Promise<void> {
    this.#running = true;
    while (!this.#closed) {
      let full = false;
      try {
        await this.#connect();
        await this.#read();
      } catch (error) {
        full = error instanceof MemberFullError;
        // A broken stream is no failure: the next member continues it.
        if (this.#isFinal(error)) this.#failed(error);
      }
      this.#disconnect();
      if (!this.#closed && !full) await this.#pause();
      if (!this.#closed && this.#idle) await this.#woken();
    }
  }

  /** Ends the stream; if no member has room for its only watch, refuses just that watch. */
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

  /** Whether the stream has no watches and creates none. */
  get #idle(): boolean {
    return this.#pending === undefined && this.#watches.size === 0;
  }

  async #woken(): Promise<void> {
    await new Promise<void>((wake) => {
      this.#wake = wake;
    });
  }

  /** Whether the error ends the stream, because every member would say the same. */
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

  /** Waits for room for a large message, which stays with its member. Returns the bytes taken. */
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
    // Releases the RPC stub; other hosts have none.
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

  /** Handles progress: every watch has caught up with the response's revision. */
  async #progressed(response: WatchResponse): Promise<void> {
    const asked = this.#progressAsked;
    if (asked === undefined) return;
    this.#progressAsked = undefined;
    for (const watch of this.#watches.values()) watch.take(response);
    const all = [...this.#watches.values()];
    const reached = all.filter((watch) => watch.hasReached(revisionOf(response)));
    // As in etcd, a watch gets no revision below its start. Here the member may only lag behind
    // another one, so the client is answered once the member has caught up.
    if (asked === "client" && reached.length < all.length) {
      this.#askAgain();
      return;
    }
    this.#askAgainMs = retryMs;
    // A client that has not asked gets it as a progress notification of a watch.
    const watchId = asked === "client" ? refusedId : reached[0]?.clientId;
    if (watchId !== undefined) await this.#out.put(this.#completed({ ...response, watchId }));
  }

  /**
   * Handles the answer to a create request. Members answer in order: resumed watches come before
   * the pending one.
   */
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

  /** Handles the answer to the pending create request. */
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
    // The next request need not wait for a slow reader of this answer.
    const put = this.#out.put(this.#completed({ ...response, watchId }));
    pending.answered();
    await put;
  }

  #forget({ memberId }: Watch): void {
    this.#watches.delete(memberId);
    this.#canceled.delete(memberId);
  }

  /** The next id not in use, counting up from 0; no id is given out twice. */
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

/** Whether a watch or a stream was refused because a member has no room. */
const isFull = (error: ApiError | undefined): boolean => noRoom.has(error?.kind);
const noRoom = new Set<ErrorKind | undefined>([
  errors.tooManyWatches,
  errors.tooManyWatchBytes,
  errors.tooManyStreams,
]);
