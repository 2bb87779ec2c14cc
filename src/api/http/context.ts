/** What a route knows of the request that it answers. */
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

/** Bytes that a client may send before it is known who it is: a name, a password, little more. */
export const maxStrangerBytes = 4_096;
/** So long it may take to send them. */
export const maxStrangerMs = 10_000;

const sendsTooMuch = new ApiError(
  GrpcCode.ResourceExhausted,
  `more than ${maxStrangerBytes} bytes from a client that is not known yet`,
);
const sendsTooSlowly = new ApiError(
  GrpcCode.ResourceExhausted,
  `no whole request within ${maxStrangerMs} ms from a client that is not known yet`,
);
const isNobody = ApiError.of(errors.invalidAuthToken);

/** etcd's default: 5 s and two election timeouts. */
export const requestTimeoutMs = 7_000;

export interface ContextOptions {
  readonly cluster: ClusterClient;
  readonly view: ClusterView;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array;
  readonly token: string;
  /** Where the client comes from, where that is known. */
  readonly from?: string;
  /** What the front keeps open for all clients together; without it, for this one alone. */
  readonly open?: OpenRequests;
  /** What the front holds of answers for all clients together; without it, for this one alone. */
  readonly answers?: Answers;
  /** Whether the client has shown the deployment's own token. */
  readonly deployment?: boolean;
  /** Scheme, host and port by which the client came. */
  readonly origin: string;
  /** What the client allows for the whole request; undefined: the default for each call. */
  readonly deadlineMs: number | undefined;
  /** Grpc-Metadata-Hasleader: a stream ends where there is no leader. */
  readonly needsLeader: boolean;
  /**
   * Proves for a client without the deployment's token that its own is a user's; rejects
   * with ApiError. "never" where a route asks for no token; undefined for who is trusted.
   */
  readonly prove?: (() => Promise<void>) | "never" | undefined;
  /** Aborted when the client goes away: asked for where something waits for that. */
  readonly signal: () => AbortSignal;
  /** Keeps the Worker running for what must be done although the client has gone away. */
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
  /** Answers that are in memory for this client, until their sender releases them. */
  readonly answers: Holding;
  readonly #clientSignal: () => AbortSignal;
  readonly #prove: (() => Promise<void>) | "never" | undefined;
  #proof: Promise<void> | undefined;
  #known: boolean;
  readonly #places = new Set<Place>();
  /** Who is called when the client goes. */
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

  /** Members that a cluster of this deployment is born with. */
  get initialMembers(): number {
    return this.#view.initialMembers;
  }

  /** Whether it is known that there is such a cluster: it was used before. */
  get exists(): boolean {
    return this.#view.exists;
  }

  /** Whether nothing has shown yet who the client is. */
  get isStranger(): boolean {
    return !this.#known;
  }

  /** Where the client comes from, where that is known. */
  get from(): string {
    return this.#from;
  }

  /** Whether the client has gone away, or has no more time. */
  get gone(): boolean {
    return this.#left || this.isOverdue() || this.#clientSignal().aborted;
  }

  /**
   * Calls back when the client goes away or its time is over, unless what it returns was called
   * before: for what waits for more than calls to end, a watch or a lock. A client that only calls
   * pays for none of it.
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
   * Resolves where this client may have sent so many bytes: a stranger proves first who it is.
   * Rejects with ApiError.
   */
  async admit(bytes: number): Promise<void> {
    if (bytes > maxStrangerBytes) await this.#knownOr(sendsTooMuch);
  }

  /**
   * Resolves when it is known who this client is: for what costs much. Rejects with ApiError.
   */
  proven(): Promise<void> {
    return this.#knownOr(isNobody);
  }

  async #knownOr(refusal: ApiError): Promise<void> {
    if (this.#known) return;
    if (this.#prove === "never" || this.#prove === undefined) throw refusal;
    this.#proof ??= this.#prove();
    try {
      await this.#proof;
    } catch (error) {
      // A member may know it later, or be there again.
      this.#proof = undefined;
      throw error;
    }
    this.#known = true;
    for (const place of this.#places) place.trust();
  }

  /**
   * What the client has still to send, which a stranger must have done in time. Rejects with
   * ApiError where it was not, and is no user's.
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
   * What a stream says, to a stranger for no longer than it may be one: who it is is asked at once,
   * and again when the time is over. What it is told meanwhile is for the members to say, and is
   * etcd's refusal. Throws ApiError where it is no user's.
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

  /** Rejects when the time of a stranger is over, unless it turns out to be a user. */
  #strangersTime(): { readonly late: Promise<never>; readonly cancel: () => void } {
    const { promise: late, reject } = Promise.withResolvers<never>();
    // It may not be waited for just then.
    late.catch(noTimer);
    const over = () => {
      this.#knownOr(sendsTooSlowly).catch((error) => {
        // What a member does for it ends as well.
        this.leave();
        reject(error);
      });
    };
    return { late, cancel: this.clock.after(maxStrangerMs, over) };
  }

  /** The same of a body, while which a stranger takes one of the places of those. */
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

  /** The client has gone away. */
  leave(): void {
    this.#left = true;
    for (const gone of [...this.#waiting]) gone();
  }

  /**
   * A place among what is kept open, until what it returns is called; among those of strangers as
   * long as the client is one. Throws ApiError where there is none left for it.
   */
  keepOpen(): () => void {
    const place = this.#open.enter(this.#from, this.clock, !this.#known);
    this.#places.add(place);
    return () => {
      this.#places.delete(place);
      place.leave();
    };
  }

  /** For one call of the cluster that begins now. */
  call(): Terms {
    const latest = this.clock.now() + requestTimeoutMs;
    return this.#callUntil(Math.min(latest, this.#deadlineMs ?? latest));
  }

  /** For what is cleaned up after the client, which has no time of its own any more. */
  lastCall(): Terms {
    return this.#callUntil(this.clock.now() + requestTimeoutMs);
  }

  #callUntil(deadlineMs: number): Terms {
    const admitted = () => this.#admitted();
    const stranger = this.#prove === undefined ? {} : { stranger: true };
    const { answers } = this;
    return { token: this.#token, from: this.#from, deadlineMs, admitted, answers, ...stranger };
  }

  /** A client that was let in keeps what it began when etcd's auth is switched off. */
  #admitted(): void {
    if (this.#token.startsWith(tokenRequired))
      this.#token = this.#token.slice(tokenRequired.length);
  }

  /** Whether the time that the client itself allowed is over. */
  isOverdue(): boolean {
    return this.#deadlineMs !== undefined && this.clock.now() >= this.#deadlineMs;
  }

  /** Of a reply about keys: with the store's revision. */
  header(from: Header, revision: number): ResponseHeader {
    // A serializable read may come from a member that has not heard of the newest term.
    const raftTerm = Math.max(from.raftTerm, this.#view.term);
    const memberId = BigInt(from.memberId);
    return ResponseHeader.create({ clusterId: from.clusterId, memberId, revision, raftTerm });
  }
}
