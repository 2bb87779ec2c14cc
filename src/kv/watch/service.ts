import { DecodeError } from "../../proto/errors.ts";
import type { Event, ResponseHeader, WatchCreateRequest } from "../../proto/generated/etcd.ts";
import { WatchRequest, WatchResponse } from "../../proto/generated/etcd.ts";
import { Code, errors, KvError } from "../errors.ts";
import type { History } from "../tables.ts";
import { WatchHub } from "./hub.ts";
import { WatchBudget } from "./send-queue.ts";
import type { WatchStream } from "./stream.ts";

/** What waits to be sent on all watch streams of a member together. */
const BUDGET_BYTES = 2_000_000;
/** Streams are small, but not nothing. */
const MAX_STREAMS = 4096;

export interface WatchServiceParts {
  readonly history: History;
  /** Cluster, member and term; `revision` 0 is to be left out. */
  readonly header: (revision: number) => ResponseHeader;
  /** Throws KvError where the holder of the token may not watch this, or the token is none. */
  readonly authorize: (token: string, request: WatchCreateRequest) => void;
  /** Runs `step` in a turn of its own, soon. */
  readonly soon: (step: () => void) => void;
}

/** Takes the responses of one stream to its client. It must not call the service from within. */
export interface WatchClient {
  /** One encoded WatchResponse. False: the client is slow, wait for `drained`. */
  response(bytes: Uint8Array): boolean;
  closed(code: Code, message: string): void;
}

/** One stream of watches, as its client sees it. */
export interface WatchSession {
  /** One encoded WatchRequest. */
  request(bytes: Uint8Array): void;
  drained(): void;
  close(): void;
}

interface Session {
  readonly client: WatchClient;
  readonly stream: WatchStream;
}

/**
 * The watches of one member, between its clients and its state: reads requests, asks whether they
 * may be, and lets those that are behind catch up a slice at a time.
 */
export class WatchService {
  /** What the senders of all streams hold: see SendQueue. Without room, events wait in history. */
  readonly budget: WatchBudget;
  readonly hub: WatchHub;
  readonly #parts: WatchServiceParts;
  readonly #sessions = new Set<Session>();
  #scheduled = false;

  constructor(parts: WatchServiceParts) {
    this.#parts = parts;
    this.budget = new WatchBudget(BUDGET_BYTES, () => this.#schedule());
    this.hub = new WatchHub(parts.history, {
      header: parts.header,
      roomForEvents: () => this.budget.hasRoom,
    });
  }

  /** A client's stream; `token` says who it is. Closed at once where there are too many. */
  open(token: string, client: WatchClient, progressIntervalMs?: number): WatchSession {
    const sink = (response: WatchResponse) => client.response(WatchResponse.encode(response));
    const stream = this.hub.open(sink, progressIntervalMs);
    const session = { client, stream };
    this.#sessions.add(session);
    if (this.#sessions.size > MAX_STREAMS) {
      const { code, text } = errors.tooManyRequests;
      this.#end(session, code, text);
    }
    return {
      request: (bytes) => this.#request(session, token, bytes),
      drained: () => {
        stream.drained();
        this.#schedule();
      },
      close: () => this.#forget(session),
    };
  }

  /** After each entry that was applied, before the next. */
  applied(revision: number, events: readonly Event[]): void {
    this.hub.notify(revision, events);
    this.#schedule();
  }

  /** The state was replaced, or entries were applied without a word to `applied`. */
  installed(): void {
    this.hub.reset();
    this.#schedule();
  }

  /** About every second. */
  tick(nowMs: number): void {
    this.hub.tick(nowMs);
    this.#schedule();
  }

  /** This member serves no more: every stream ends. */
  closeAll(code: Code, message: string): void {
    for (const session of [...this.#sessions]) this.#end(session, code, message);
  }

  #request(session: Session, token: string, bytes: Uint8Array): void {
    if (!this.#sessions.has(session)) return;
    let request: WatchRequest;
    try {
      request = WatchRequest.decode(bytes.slice());
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#end(session, Code.InvalidArgument, error.message);
      return;
    }
    const { createRequest, cancelRequest, progressRequest } = request;
    if (createRequest) this.#create(session, token, createRequest);
    else if (cancelRequest) session.stream.cancel(cancelRequest.watchId);
    else if (progressRequest) session.stream.requestProgress();
    this.#schedule();
  }

  #create({ stream }: Session, token: string, request: WatchCreateRequest): void {
    try {
      this.#parts.authorize(token, request);
    } catch (error) {
      if (!(error instanceof KvError)) throw error;
      stream.refuse(refusal(error));
      return;
    }
    stream.create(request);
  }

  #end(session: Session, code: Code, message: string): void {
    if (this.#forget(session)) session.client.closed(code, message);
  }

  #forget(session: Session): boolean {
    session.stream.close();
    return this.#sessions.delete(session);
  }

  #schedule(): void {
    if (this.#scheduled || !this.hub.pending || !this.budget.hasRoom) return;
    this.#scheduled = true;
    this.#parts.soon(() => {
      this.#scheduled = false;
      this.hub.catchUp();
      this.#schedule();
    });
  }
}

const codeNames = new Map<number, string>(
  Object.entries(Code).map(([name, number]) => [number, name]),
);

/** A refused watch carries the error as gRPC prints it. */
function refusal({ code, message }: KvError): string {
  return `rpc error: code = ${codeNames.get(code)} desc = ${message}`;
}
