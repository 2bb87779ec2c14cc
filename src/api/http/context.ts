/**
 * What a route knows of the request that it answers. A client not authenticated yet is a stranger.
 */
import { errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { ResponseHeader } from "../../proto/generated/etcd.ts";
import { type Header, tokenRequired } from "../../rpc/messages.ts";
import { Answers, Holding } from "../base/answers.ts";
import type { Clock } from "../base/clock.ts";
import { ApiError, asApiError } from "../base/error.ts";
import { OpenRequests, type Place } from "../base/open-requests.ts";
import type { ClusterClient, Terms } from "../cluster/client.ts";
import type { ClusterView } from "../cluster/view.ts";

/** Bytes that a stranger may send: enough for a name and a password. */
export const maxStrangerBytes = 4_096;
/** How long a stranger may take to send them. */
export const maxStrangerMs = 10_000;

const sendsTooMuch = new ApiError(
  GrpcCode.ResourceExhausted,
  `more than ${maxStrangerBytes} bytes from a client that is not known yet`,
);
const sendsTooSlowly = new ApiError(
  GrpcCode.ResourceExhausted,
  `no whole request within ${maxStrangerMs} ms from a client that is not known yet`,
);
const invalidToken = ApiError.of(errors.invalidAuthToken);

/** etcd's default: 5 s and two election timeouts. */
export const requestTimeoutMs = 7_000;

export interface ContextOptions {
  readonly cluster: ClusterClient;
  readonly view: ClusterView;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array;
  readonly token: string;
  /** Where the client comes from, if known. */
  readonly from?: string;
  /** What the front keeps open for all clients; without it, a new one for this client alone. */
  readonly open?: OpenRequests;
  /** Memory of the front for all clients' answers; without it, a new one for this client alone. */
  readonly answers?: Answers;
  /** Whether the client has shown the deployment's own token. */
  readonly deployment?: boolean;
  /** Scheme, host and port in the client's URL. */
  readonly origin: string;
  /** The client's own deadline for the whole request; undefined: each call has the default. */
  readonly deadlineMs: number | undefined;
  /** Grpc-Metadata-Hasleader: whether a stream ends when there is no leader. */
  readonly needsLeader: boolean;
  /**
   * Proves that the client's token is an etcd user's; rejects with ApiError. "never" where a route
   * needs no token; undefined for a trusted client.
   */
  readonly prove?: (() => Promise<void>) | "never" | undefined;
  /** Aborted when the client goes away. Called only where something waits for that. */
  readonly signal: () => AbortSignal;
  /** Keeps the Worker running for work that must be finished after the client has gone. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

const noTimer = (): void => undefined;

export class Context {
  readonly cluster: ClusterClient;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array;
  readonly origin: string;
  readonly needsLeader: boolean;
  readonly deployment: boolean;
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Memory of answers for this client, until their sender releases them. */
  readonly answers: Holding;
  readonly #clientSignal: () => AbortSignal;
  readonly #prove: (() => Promise<void>) | "never" | undefined;
  #proof: Promise<void> | undefined;
  #known: boolean;
  readonly #places = new Set<Place>();
  /** Called when the client goes away. */
  readonly #waiting = new Set<() => void>();
  #left = false;
  readonly #view: ClusterView;
  #token: string;
  readonly #from: string;
  readonly #open: OpenRequests;
  readonly #deadlineMs: number | undefined;

  constructor(options: ContextOptions) {
    this.cluster = options.cluster;
    this.clock = options.clock;
    this.random = options.random;
    this.origin = options.origin;
    this.needsLeader = options.needsLeader;
    this.deployment = options.deployment === true;
    this.#clientSignal = options.signal;
    this.#prove = options.prove;
    this.#known = options.prove === undefined;
    this.waitUntil = options.waitUntil;
    this.#view = options.view;
    this.#token = options.token;
    this.#from = options.from ?? "";
    this.#open = options.open ?? new OpenRequests();
    this.answers = new Holding(options.answers ?? new Answers(), this.#from, options.clock);
    this.#deadlineMs = options.deadlineMs;
  }

  /** How many members a new cluster of this deployment has. */
  get initialMembers(): number {
    return this.#view.initialMembers;
  }

  /** Whether the cluster is known to exist, because it was used before. */
  get exists(): boolean {
    return this.#view.exists;
  }

  /** Whether the client is not authenticated yet. */
  get isStranger(): boolean {
    return !this.#known;
  }

  /** Where the client comes from; "" if unknown. */
  get from(): string {
    return this.#from;
  }

  /** Whether the client has gone away or its deadline is over. */
  get gone(): boolean {
    return this.#left || this.isOverdue() || this.#clientSignal().aborted;
  }

  /**
   * Calls back when the client goes away or its deadline is over, unless the returned function is
   * called before. For waits on more than calls, such as a watch or a lock.
   */
  whenGone(run: () => void): () => void {
    const signal = this.#clientSignal();
    const gone = () => {
      forget();
      run();
    };
    const { clock } = this;
    const ms = (this.#deadlineMs ?? 0) - clock.now();
    const cancel = this.#deadlineMs === undefined ? noTimer : clock.after(Math.max(0, ms), gone);
    const forget = () => {
      cancel();
      signal.removeEventListener("abort", gone);
      this.#waiting.delete(gone);
    };
    signal.addEventListener("abort", gone);
    this.#waiting.add(gone);
    return forget;
  }

  /**
   * Resolves where this client may have sent so many bytes; a stranger must be authenticated first.
   * Rejects with ApiError.
   */
  async admit(bytes: number): Promise<void> {
    if (bytes > maxStrangerBytes) await this.#knownOr(sendsTooMuch);
  }

  /** Resolves when the client is authenticated, for expensive requests. Rejects with ApiError. */
  proven(): Promise<void> {
    return this.#knownOr(invalidToken);
  }

  async #knownOr(refusal: ApiError): Promise<void> {
    if (this.#known) return;
    if (this.#prove === "never" || this.#prove === undefined) throw refusal;
    this.#proof ??= this.#prove();
    try {
      await this.#proof;
    } catch (error) {
      // Allows another try: the member may not know the token yet, or have been down.
      this.#proof = undefined;
      throw error;
    }
    this.#known = true;
    for (const place of this.#places) place.trust();
  }

  /**
   * Waits for what the client sends; a stranger must send it in time or be authenticated. Rejects
   * with ApiError.
   */
  async inTime<T>(received: Promise<T>): Promise<T> {
    if (this.#known) return received;
    const { late, cancel } = this.#strangersTime();
    try {
      return await Promise.race([received, late]);
    } finally {
      cancel();
    }
  }

  /**
   * Passes on a stream. A stranger is authenticated at the start, and again when its time is over;
   * meanwhile the members decide what it gets, which is etcd's refusal. Throws ApiError where it is
   * no user's.
   */
  async *whileKnown<T>(messages: AsyncIterable<T>): AsyncGenerator<T> {
    if (this.#known) return yield* messages;
    const { late, cancel } = this.#strangersTime();
    const source = messages[Symbol.asyncIterator]();
    this.proven().catch(noTimer);
    try {
      for (;;) {
        const next = this.#known ? source.next() : Promise.race([source.next(), late]);
        const message = await next;
        if (message.done) return;
        yield message.value;
      }
    } finally {
      cancel();
      void source.return?.();
    }
  }

  /** Rejects when a stranger's time is over, unless it is authenticated then. */
  #strangersTime(): { readonly late: Promise<never>; readonly cancel: () => void } {
    const { promise: late, reject } = Promise.withResolvers<never>();
    // Nothing may be waiting for it when it rejects.
    late.catch(noTimer);
    const over = () => {
      this.#knownOr(sendsTooSlowly).catch((error) => {
        // Ends what members do for the client as well.
        this.leave();
        reject(error);
      });
    };
    return { late, cancel: this.clock.after(maxStrangerMs, over) };
  }

  /** Reads a body; meanwhile a stranger takes one of the strangers' places. */
  async receive<T>(read: () => Promise<T>): Promise<T> {
    if (this.#known) return read();
    let leave = noTimer;
    try {
      leave = this.keepOpen();
    } catch (error) {
      await this.#knownOr(asApiError(error));
    }
    try {
      return await this.inTime(read());
    } finally {
      leave();
    }
  }

  /** Called when the client has gone away. */
  leave(): void {
    this.#left = true;
    for (const gone of [...this.#waiting]) gone();
  }

  /**
   * Takes a place for an open request, until the returned function is called; a stranger's place
   * while the client is one. Throws ApiError where there is none left.
   */
  keepOpen(): () => void {
    const place = this.#open.enter(this.#from, this.clock, !this.#known);
    this.#places.add(place);
    return () => {
      this.#places.delete(place);
      place.leave();
    };
  }

  /** The terms of a call that begins now. */
  call(): Terms {
    const latest = this.clock.now() + requestTimeoutMs;
    return this.#callUntil(Math.min(latest, this.#deadlineMs ?? latest));
  }

  /** The terms of a clean-up after the client, whose own deadline may be over. */
  lastCall(): Terms {
    return this.#callUntil(this.clock.now() + requestTimeoutMs);
  }

  #callUntil(deadlineMs: number): Terms {
    const admitted = () => this.#admitted();
    const stranger = this.#prove === undefined ? {} : { stranger: true };
    const { answers } = this;
    return { token: this.#token, from: this.#from, deadlineMs, admitted, answers, ...stranger };
  }

  /**
   * An accepted token is not required any more: the client goes on if etcd's auth is switched off.
   */
  #admitted(): void {
    if (this.#token.startsWith(tokenRequired))
      this.#token = this.#token.slice(tokenRequired.length);
  }

  /** Whether the client's own deadline is over. */
  isOverdue(): boolean {
    return this.#deadlineMs !== undefined && this.clock.now() >= this.#deadlineMs;
  }

  /** The response header for a reply about keys, with the store's revision. */
  header(from: Header, revision: number): ResponseHeader {
    // A serializable read may come from a member that does not know the newest term.
    const raftTerm = Math.max(from.raftTerm, this.#view.term);
    const memberId = BigInt(from.memberId);
    return ResponseHeader.create({ clusterId: from.clusterId, memberId, revision, raftTerm });
  }
}
