import { type ErrorKind, errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import {
  type Event,
  EventType,
  FilterType,
  type WatchCreateRequest,
  type WatchResponse,
} from "../../proto/generated/etcd.ts";
import type { KeyRange } from "../keys/key-range.ts";
import { fragments } from "./fragment.ts";
import { type WatchSeat, watchKeyFault } from "./room.ts";
import { watchedBytes, watchRange } from "./watch-range.ts";

/**
 * synced: was sent everything up to the hub's revision, or begins at a later one. behind: history
 * may have events for it.
 */
export type WatcherState = "synced" | "behind";

/** One watch of one stream. */
export class Watcher {
  readonly stream: WatchStream;
  readonly id: bigint;
  readonly range: KeyRange;
  /** Bytes of its key and range end, as counted by its stream's seat. */
  readonly keyBytes: number;
  readonly prevKv: boolean;
  readonly fragment: boolean;
  readonly progressNotify: boolean;
  /**
   * The lowest revision with events still to send. While behind: lower ones were sent or did not
   * match.
   */
  next: number;
  state: WatcherState = "synced";
  /** The id of the history page last read for this watch; kept by the hub. */
  page = 0;
  /** Whether something was sent since progress was last due. */
  active = false;
  readonly #noPut: boolean;
  readonly #noDelete: boolean;

  constructor(stream: WatchStream, id: bigint, request: WatchCreateRequest, next: number) {
    this.stream = stream;
    this.id = id;
    this.range = watchRange(request);
    this.keyBytes = watchedBytes(request);
    this.prevKv = request.prevKv;
    this.fragment = request.fragment;
    this.progressNotify = request.progressNotify;
    this.next = next;
    this.#noPut = request.filters.includes(FilterType.NOPUT);
    this.#noDelete = request.filters.includes(FilterType.NODELETE);
  }

  /** Whether this watcher wants an event of its range at `revision`. */
  wants(event: Event, revision: number): boolean {
    if (revision < this.next) return false;
    return event.type === EventType.PUT ? !this.#noPut : !this.#noDelete;
  }
}

/** Sends one response to the client. False: the client is slow, no events until `drained`. */
export type WatchSink = (response: WatchResponse) => boolean;

/** What a stream needs of its hub. */
export interface StreamHost {
  /** The revision last passed to the hub. */
  readonly revision: number;
  readonly fragmentBytes: number;
  add(watcher: Watcher): void;
  remove(watcher: Watcher): void;
  /** The stream accepts events again, so its watchers may catch up. */
  drained(stream: WatchStream): void;
  /** The stream accepts no events for now. */
  filled(stream: WatchStream): void;
  closed(stream: WatchStream): void;
  respond(revision: number, fields: Partial<WatchResponse>): WatchResponse;
  /** Counts events sent to a watch. */
  sent(events: number): void;
}

const INVALID_WATCH_ID = -1n;
/** The cancel reason of a watch whose id another watch of its stream has. */
export const duplicateWatchId = "mvcc: duplicate watch ID provided on the WatchStream";

/**
 * The watches of one client's stream. Replies (created, canceled, progress) are always sent; events
 * only while the sink accepts them.
 */
export class WatchStream {
  readonly #host: StreamHost;
  readonly #sink: WatchSink;
  readonly #seat: WatchSeat;
  readonly #watchers = new Map<bigint, Watcher>();
  #nextId = 0n;
  #full = false;
  #open = true;
  #progressAsked = false;
  /** When progress is next due, by the host's clock; kept by the hub. */
  progressAtMs: number | undefined;
  readonly progressIntervalMs: number;
  /** Its watchers that are behind, the longest waiting first; kept by the hub. */
  readonly behind = new Set<Watcher>();

  /** Made by WatchHub.open. */
  constructor(host: StreamHost, sink: WatchSink, seat: WatchSeat, progressIntervalMs: number) {
    this.#host = host;
    this.#sink = sink;
    this.#seat = seat;
    this.progressIntervalMs = progressIntervalMs;
  }

  /** Whether the client is slow, so that only replies may be sent. */
  get full(): boolean {
    return this.#full;
  }

  get watchers(): Iterable<Watcher> {
    return this.#watchers.values();
  }

  /**
   * Begins a watch, or refuses it; replies either way. Permission was checked before: see `refuse`.
   */
  create(request: WatchCreateRequest): void {
    if (!this.#open) return;
    const tooLarge = watchKeyFault(request.key, request.rangeEnd);
    if (tooLarge !== undefined) {
      this.refuse(refusal(tooLarge));
      return;
    }
    const { begin, end } = watchRange(request);
    if (end <= begin) {
      this.refuse("mvcc: watcher range is empty");
    } else if (request.startRevision < 0) {
      this.refuse(errors.compacted.text);
    } else if (request.watchId !== 0n && this.#watchers.has(request.watchId)) {
      this.refuse(duplicateWatchId);
    } else {
      const noRoom = this.#seat.take(watchedBytes(request));
      if (noRoom === undefined) this.#begin(request);
      else this.refuse(refusal(noRoom));
    }
  }

  #begin(request: WatchCreateRequest): void {
    const id = request.watchId === 0n ? this.#freeId() : request.watchId;
    const next = request.startRevision === 0 ? this.#host.revision + 1 : request.startRevision;
    const watcher = new Watcher(this, id, request, next);
    this.#watchers.set(id, watcher);
    this.#reply({ watchId: id, created: true });
    this.#host.add(watcher);
  }

  /** Answers a create request without permission, as etcd does. */
  refuse(cancelReason: string): void {
    if (!this.#open) return;
    this.#reply({ watchId: INVALID_WATCH_ID, created: true, canceled: true, cancelReason });
  }

  /** Ends a watch; ignores an unknown id. */
  cancel(id: bigint): void {
    if (!this.#forget(id)) return;
    this.#reply({ watchId: id, canceled: true });
    this.answerProgress();
  }

  /**
   * Handles a progress request: answered once every watch of the stream has caught up; never on a
   * stream without watches.
   */
  requestProgress(): void {
    this.#progressAsked = this.#watchers.size > 0;
    this.answerProgress();
  }

  /** Answers a pending progress request. Called when a watch has caught up. */
  answerProgress(): void {
    if (!this.#progressAsked || this.#full || this.behind.size > 0) return;
    this.#progressAsked = false;
    if (this.#watchers.size > 0) this.#reply({ watchId: INVALID_WATCH_ID });
  }

  /**
   * Sends progress to the watches that asked to be notified and had no event since the last time.
   */
  notifyProgress(): void {
    for (const watcher of this.#watchers.values()) {
      if (watcher.progressNotify && !watcher.active) this.#progressOf(watcher);
      watcher.active = false;
    }
  }

  /** Sends events of a watch. The stream must not be full before, and may be after. */
  sendEvents(watcher: Watcher, revision: number, events: readonly Event[]): void {
    if (this.#full) throw new Error(`events for watch ${watcher.id} of a stream that is full`);
    watcher.active = true;
    const response = this.#host.respond(revision, { watchId: watcher.id, events });
    const parts = watcher.fragment ? fragments(response, this.#host.fragmentBytes) : [response];
    for (const part of parts) this.#deliver(part);
    this.#host.sent(events.length);
  }

  /** Ends a watch whose next revision is compacted; the header has no revision, as in etcd. */
  cancelCompacted(watcher: Watcher, compactRevision: number): void {
    this.#forget(watcher.id);
    const fields = { watchId: watcher.id, canceled: true, compactRevision };
    this.#deliver(this.#host.respond(0, fields));
    this.answerProgress();
  }

  /** Called when the sink accepts events again. */
  drained(): void {
    if (!this.#open || !this.#full) return;
    this.#full = false;
    this.#host.drained(this);
    this.answerProgress();
  }

  /** Called when the client is gone. Nothing is sent any more. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const watcher of this.#watchers.values()) {
      this.#host.remove(watcher);
      this.#seat.release(watcher.keyBytes);
    }
    this.#watchers.clear();
    this.#seat.leave();
    this.#host.closed(this);
  }

  /** The next id not in use, counting up from 0; no id is given out twice. */
  #freeId(): bigint {
    while (this.#watchers.has(this.#nextId)) this.#nextId += 1n;
    const id = this.#nextId;
    this.#nextId += 1n;
    return id;
  }

  #forget(id: bigint): boolean {
    const watcher = this.#watchers.get(id);
    if (!watcher) return false;
    this.#watchers.delete(id);
    this.#host.remove(watcher);
    this.#seat.release(watcher.keyBytes);
    return true;
  }

  #progressOf(watcher: Watcher): void {
    if (this.#full || watcher.state !== "synced") return;
    this.#reply({ watchId: watcher.id });
  }

  #reply(fields: Partial<WatchResponse>): void {
    this.#deliver(this.#host.respond(this.#host.revision, fields));
  }

  #deliver(response: WatchResponse): void {
    if (this.#sink(response) || this.#full) return;
    this.#full = true;
    this.#host.filled(this);
  }
}

const codeNames = new Map<number, string>(
  Object.entries(GrpcCode).map(([name, number]) => [number, name]),
);

/** A watch's refusal, as gRPC prints an error. */
export function refusal({ code, text }: Pick<ErrorKind, "code" | "text">): string {
  return `rpc error: code = ${codeNames.get(code)} desc = ${text}`;
}
