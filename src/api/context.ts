/** What a route knows of the request that it answers. */
import type { Header } from "../node/rpc.ts";
import { ResponseHeader } from "../proto/generated/etcd.ts";
import type { Call, Clock, ClusterClient } from "./cluster/client.ts";
import type { ClusterView } from "./cluster/view.ts";

/** etcd's default: 5 s and two election timeouts. */
export const requestTimeoutMs = 7_000;

export interface ContextOptions {
  readonly cluster: ClusterClient;
  readonly view: ClusterView;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array;
  readonly token: string;
  /** Scheme, host and port by which the client came. */
  readonly origin: string;
  /** What the client allows for the whole request; undefined: the default for each call. */
  readonly deadlineMs: number | undefined;
  /** Grpc-Metadata-Hasleader: a stream ends where there is no leader. */
  readonly needsLeader: boolean;
  /** Aborted when the client goes away: asked for where something waits for that. */
  readonly signal: () => AbortSignal;
  /** Keeps the Worker running for what must be done although the client has gone away. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

export class Context {
  readonly cluster: ClusterClient;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array;
  readonly origin: string;
  readonly needsLeader: boolean;
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly #clientSignal: () => AbortSignal;
  #gone: AbortController | undefined;
  readonly #view: ClusterView;
  readonly #token: string;
  readonly #deadlineMs: number | undefined;

  constructor(options: ContextOptions) {
    this.cluster = options.cluster;
    this.clock = options.clock;
    this.random = options.random;
    this.origin = options.origin;
    this.needsLeader = options.needsLeader;
    this.#clientSignal = options.signal;
    this.waitUntil = options.waitUntil;
    this.#view = options.view;
    this.#token = options.token;
    this.#deadlineMs = options.deadlineMs;
  }

  /**
   * Aborted when the client has gone away, or has no more time: for what waits for more than calls
   * to end, a watch or a lock. Whoever only calls pays for none of it.
   */
  get signal(): AbortSignal {
    return this.#leaving().signal;
  }

  /** Members that a cluster of this deployment is born with. */
  get initialMembers(): number {
    return this.#view.initialMembers;
  }

  /** The client has gone away. */
  leave(): void {
    this.#leaving().abort();
  }

  #leaving(): AbortController {
    if (this.#gone !== undefined) return this.#gone;
    const gone = new AbortController();
    this.#gone = gone;
    const client = this.#clientSignal();
    if (client.aborted) gone.abort();
    client.addEventListener("abort", () => gone.abort());
    if (this.#deadlineMs !== undefined) {
      const left = Math.max(0, this.#deadlineMs - this.clock.now());
      const cancel = this.clock.after(left, () => gone.abort());
      gone.signal.addEventListener("abort", cancel);
    }
    return gone;
  }

  /** For one call of the cluster that begins now. */
  call(): Call {
    const latest = this.clock.now() + requestTimeoutMs;
    return { token: this.#token, deadlineMs: Math.min(latest, this.#deadlineMs ?? latest) };
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
