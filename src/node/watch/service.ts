import { KvError } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import type { History } from "../../kv/store/history.ts";
import { eventBytes } from "../../kv/watch/fragment.ts";
import { WatchHub } from "../../kv/watch/hub.ts";
import { WatchRoom, WatchSeat } from "../../kv/watch/room.ts";
import { refusal, type WatchStream } from "../../kv/watch/stream.ts";
import { maxTurnWork } from "../../kv/watch/turn-work.ts";
import { DecodeError } from "../../proto/errors.ts";
import type { Event, ResponseHeader, WatchCreateRequest } from "../../proto/generated/etcd.ts";
import { WatchRequest, WatchResponse } from "../../proto/generated/etcd.ts";
import type { WatchBudget } from "./budget.ts";

/** Revisions in one slice of history at most; etcd: watchBatchMaxRevs. */
const MAX_REVISIONS = 1_000;
/** Ticks after which a silent stream is closed as abandoned. */
const MAX_SILENT_TICKS = 90;
/** Ticks that a stream may exceed the budget while others wait. */
export const maxOverdrawnTicks = 30;

export interface WatchServiceParts {
  readonly history: History;
  /** Responses of all streams that are not sent yet. */
  readonly budget: WatchBudget;
  /** Work of one turn; see turn-work.ts. */
  readonly turnWork?: number;
  /** A response header with cluster, member and term; `revision` 0 is left out. */
  readonly header: (revision: number) => ResponseHeader;
  /** The user of a token; "" if unknown. */
  readonly userOf: (token: string) => string;
  /** Throws KvError where the token is invalid or its user may not watch the range. */
  readonly authorize: (token: string, request: WatchCreateRequest) => void;
  /** Runs `step` in a turn of its own, soon. */
  readonly soon: (step: () => void) => void;
}

/**
 * Sends one stream's responses to its client. Must not call the service from within a method, and
 * reports sent bytes to `WatchSession.sent`: while too many wait, no events follow.
 */
export interface WatchClient {
  /** Sends one encoded WatchResponse. */
  response(bytes: Uint8Array): void;
  /** Ends the stream. `number`: that of its ErrorKind, if it has one. */
  closed(code: GrpcCode, message: string, number?: number): void;
}

/** One stream of watches, as its client uses it. */
export interface WatchSession {
  /** Handles one encoded WatchRequest; an empty one only shows that the client is there. */
  request(bytes: Uint8Array): void;
  /** Notes that bytes of responses were sent. May be called at any time, since it only counts. */
  sent(bytes: number): void;
  close(): void;
}

interface Session {
  readonly client: WatchClient;
  readonly stream: WatchStream;
  /** Bytes of its responses that are not sent yet, and whether they are too many. */
  waiting: number;
  full: boolean;
  /** How many of them exceed the budget, and for how many ticks. */
  overdrawn: number;
  overdrawnTicks: number;
  /** Ticks since its client was last heard of. */
  silentTicks: number;
}

/**
 * The watches of one member, between clients and state: reads requests, checks permissions, and
 * lets watchers that are behind catch up a slice at a time.
 */
export class WatchService {
  readonly hub: WatchHub;
  readonly #room = new WatchRoom();
  readonly #budget: WatchBudget;
  readonly #parts: WatchServiceParts;
  readonly #sessions = new Set<Session>();
  /** Applied events not yet passed to the hub, and the revision of the last. */
  #applied: Event[] = [];
  #appliedBytes = 0;
  #revision = 0;
  #scheduled = false;

  constructor(parts: WatchServiceParts) {
    this.#parts = parts;
    this.#budget = parts.budget;
    this.hub = new WatchHub(parts.history, {
      header: parts.header,
      slice: () => ({ maxRevisions: MAX_REVISIONS, maxBytes: this.#budget.shareBytes }),
      room: (bytes) => this.#budget.fits(bytes),
      turnWork: parts.turnWork ?? maxTurnWork,
    });
  }

  /**
   * Opens a client's stream for the user of `token`, from `from`. Closes it at once where this
   * member has no room; another one may.
   */
  open(token: string, client: WatchClient, from = ""): WatchSession {
    this.flush();
    const user = this.#parts.userOf(token);
    const seat = this.#room.enter(user === "" ? from : `user ${user}`);
    if (!(seat instanceof WatchSeat)) {
      client.closed(seat.code, seat.text, seat.number);
      return { request: () => undefined, sent: () => undefined, close: () => undefined };
    }
    const sink = (response: WatchResponse) => this.#send(session, WatchResponse.encode(response));
    const stream = this.hub.open(sink, seat);
    const session: Session = {
      ...{ client, stream, waiting: 0, full: false, silentTicks: 0 },
      ...{ overdrawn: 0, overdrawnTicks: 0 },
    };
    this.#sessions.add(session);
    return {
      request: (bytes) => this.#request(session, token, bytes),
      sent: (bytes) => this.#release(session, bytes),
      close: () => this.#forget(session),
    };
  }

  /** Called after each applied entry. Its watchers get the events with `flush`. */
  applied(revision: number, events: readonly Event[]): void {
    if (events.length === 0) return;
    for (const event of events) {
      this.#applied.push(event);
      this.#appliedBytes += eventBytes(event);
    }
    this.#revision = revision;
    if (this.#appliedBytes >= this.#budget.shareBytes) this.#notify();
  }

  /**
   * Sends the events of applied entries at the end of their turn: one response for each watch,
   * since the cost is mostly for each response.
   */
  flush(): void {
    this.#notify();
    this.hub.renew();
  }

  #notify(): void {
    if (this.#applied.length === 0) return;
    const events = this.#applied;
    this.#applied = [];
    this.#appliedBytes = 0;
    this.hub.notify(this.#revision, events);
    this.#schedule();
  }

  /** Called when the state was replaced, or entries were applied without `applied`. */
  installed(): void {
    this.flush();
    this.hub.reset();
    this.#schedule();
  }

  /** Called about every second. */
  tick(nowMs: number): void {
    this.flush();
    this.hub.tick(nowMs);
    for (const session of [...this.#sessions]) {
      session.silentTicks += 1;
      if (session.overdrawn > 0) session.overdrawnTicks += 1;
      if (session.silentTicks > MAX_SILENT_TICKS) {
        this.#end(session, GrpcCode.Unavailable, "the client of the stream is silent");
      } else if (session.overdrawnTicks > maxOverdrawnTicks && this.hub.waitingForRoom > 0) {
        this.#end(session, GrpcCode.Unavailable, "the client of the stream reads too slowly");
      }
    }
    this.#schedule();
  }

  /** Ends every stream, since this member no longer serves. */
  closeAll(code: GrpcCode, message: string): void {
    for (const session of [...this.#sessions]) this.#end(session, code, message);
  }

  #request(session: Session, token: string, bytes: Uint8Array): void {
    if (!this.#sessions.has(session)) return;
    session.silentTicks = 0;
    this.flush();
    let request: WatchRequest;
    try {
      request = WatchRequest.decode(bytes.slice());
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#end(session, GrpcCode.InvalidArgument, error.message);
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
      stream.refuse(refusal(error.kind));
      return;
    }
    stream.create(request);
  }

  #send(session: Session, response: Uint8Array): boolean {
    session.waiting += response.length;
    session.overdrawn += this.#budget.take(response.length);
    if (session.waiting > this.#budget.shareBytes) session.full = true;
    session.client.response(response);
    return !session.full;
  }

  /** Releases sent bytes; a stream that has ended has none left to release. */
  #release(session: Session, bytes: number): void {
    if (!this.#sessions.has(session)) return;
    session.waiting -= bytes;
    this.#budget.release(bytes);
    if (this.hub.waitingForRoom > 0) this.#schedule();
    if (!session.full || session.waiting > this.#budget.shareBytes / 2) return;
    session.full = false;
    this.#repay(session);
    this.#parts.soon(() => {
      this.flush();
      session.stream.drained();
      this.#schedule();
    });
  }

  #repay(session: Session): void {
    this.#budget.repay(session.overdrawn);
    session.overdrawn = 0;
    session.overdrawnTicks = 0;
  }

  #end(session: Session, code: GrpcCode, message: string): void {
    if (this.#forget(session)) session.client.closed(code, message);
  }

  #forget(session: Session): boolean {
    session.stream.close();
    if (!this.#sessions.delete(session)) return false;
    this.#budget.release(session.waiting);
    this.#repay(session);
    // Other streams may have waited for this one's room.
    this.#schedule();
    return true;
  }

  #schedule(): void {
    if (this.#scheduled || !this.hub.pending) return;
    this.#scheduled = true;
    this.#parts.soon(() => {
      this.#scheduled = false;
      this.flush();
      this.hub.catchUp();
      this.#schedule();
    });
  }
}
