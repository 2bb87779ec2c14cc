import type { Event, KeyValue, ResponseHeader } from "../../proto/generated/etcd.ts";
import { EventType, WatchResponse } from "../../proto/generated/etcd.ts";
import { byteString } from "../keys/key-range.ts";
import type { History, HistoryLimits } from "../store/history.ts";
import { maxMessageBytes } from "../work/limits.ts";
import { keyValueOf } from "./event.ts";
import { eventBytes } from "./fragment.ts";
import { maxPreviousBytes, WatchPage } from "./page.ts";
import type { WatchSeat } from "./room.ts";
import type { StreamHost, Watcher, WatcherState, WatchSink } from "./stream.ts";
import { WatchStream } from "./stream.ts";
import { TurnWork, watchCost } from "./turn-work.ts";
import { WatcherIndex } from "./watcher-index.ts";

export interface WatchHubOptions {
  /** The header of a response at `revision` (0: left out). */
  readonly header: (revision: number) => ResponseHeader;
  /** How much history one catchUp reads now. */
  readonly slice: () => HistoryLimits;
  /** Responses are split at this size for streams that ask for fragments. */
  readonly fragmentBytes?: number;
  /** Whether so many bytes may be sent now, to any client; always, if not given. */
  readonly room?: (bytes: number) => boolean;
  /** Work of one turn; see turn-work.ts. */
  readonly turnWork?: number;
}

const DEFAULT_PROGRESS_INTERVAL_MS = 600_000;

/** The events of one pass, for each watcher that gets some. */
type Batches = Map<Watcher, { readonly events: Event[]; bytes: number }>;

/**
 * The watchers of one member (etcd: watchableStore). Synced ones are fed by `notify`; the others
 * catch up from history, a slice for each call of `catchUp`. Nothing is queued: a watcher that
 * cannot be sent an event now, or that this turn has no work left for, catches up from its
 * revision. Deterministic, without a clock.
 */
export class WatchHub {
  readonly #history: History;
  readonly #options: WatchHubOptions;
  readonly #synced = new WatcherIndex();
  readonly #unsynced = new WatcherIndex();
  /** Streams with watchers behind that can be served now, the longest waiting first. */
  readonly #queue = new Set<WatchStream>();
  /** Streams with watchers behind that wait for room, and the bytes they need. */
  readonly #waiting = new Map<WatchStream, number>();
  readonly #streams = new Set<WatchStream>();
  readonly #work: TurnWork;
  /** The page of history read last, until all its watchers have it. */
  #page: WatchPage | undefined;
  #pageUsed = false;
  #pages = 0;
  /** The revision last passed to `notify`. */
  #revision: number;
  #eventsSent = 0;

  constructor(history: History, options: WatchHubOptions) {
    this.#history = history;
    this.#options = options;
    this.#work = new TurnWork(options.turnWork);
    this.#revision = history.revision;
  }

  /** Events sent to all watches together. */
  get eventsSent(): number {
    return this.#eventsSent;
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  get watcherCount(): number {
    return this.#synced.size + this.#unsynced.size;
  }

  /** Watchers that are behind (etcd's metric slow_watcher_total). */
  get slowWatcherCount(): number {
    return this.#unsynced.size;
  }

  /** Streams that wait for room alone. */
  get waitingForRoom(): number {
    return this.#waiting.size;
  }

  /** Whether `catchUp` has something to do. */
  get pending(): boolean {
    if (this.#queue.size > 0) return true;
    const [bytes] = this.#waiting.values();
    return bytes !== undefined && this.#fits(bytes);
  }

  /**
   * Opens a client's stream with its seat in this member's room. `progressIntervalMs` is for
   * watches with progress_notify; see `tick`.
   */
  open(
    sink: WatchSink,
    seat: WatchSeat,
    progressIntervalMs = DEFAULT_PROGRESS_INTERVAL_MS,
  ): WatchStream {
    const stream = new WatchStream(this.#host(), sink, seat, progressIntervalMs);
    this.#streams.add(stream);
    return stream;
  }

  /**
   * Passes on the changes up to `revision`, in the turn that applied them and before any other
   * call. Does nothing without events. Watchers that exceed this turn's work become behind.
   */
  notify(revision: number, events: readonly Event[]): void {
    const [oldest, newest] = [events[0], events.at(-1)];
    if (oldest === undefined || newest === undefined) return;
    const first = keyValueOf(oldest).modRevision;
    const last = keyValueOf(newest).modRevision;
    if (first !== this.#revision + 1 || last !== revision) {
      const handed = `revisions ${first} to ${last} as those up to ${revision}`;
      throw new Error(`watch hub at revision ${this.#revision} was handed ${handed}`);
    }
    this.#revision = revision;
    if (this.#synced.size === 0) return;
    const batches = this.#collect(events);
    if (batches === undefined) {
      this.#postpone(first, events);
      return;
    }
    for (const [watcher, { events: owed, bytes }] of batches) {
      const { stream } = watcher;
      if (!stream.full && this.#work.left > 0 && this.#fits(bytes)) {
        this.#send(watcher, owed, bytes);
      } else {
        this.#fallBehind(watcher, first);
      }
    }
  }

  /** Begins another turn, with new work for `notify`. */
  renew(): void {
    this.#work.renew();
  }

  /**
   * Serves the stream that has waited longest, and others at the same place in history, from one
   * slice of it, within the work of a turn. Returns whether more can be done; call it again in a
   * later turn.
   */
  catchUp(): boolean {
    this.#work.renew();
    this.#admit();
    const [stream] = this.#queue;
    const [first] = stream?.behind ?? [];
    if (!first) return this.pending;
    if (first.next < this.#history.compactRevision) this.#cancelCompacted(first.stream);
    else this.#serve(this.#pageFor(first));
    return this.pending;
  }

  /**
   * Called when a snapshot replaced the store, or the log was replayed without `notify`: watchers
   * that are now behind catch up, or are canceled if their revision is compacted.
   */
  reset(): void {
    const { revision } = this.#history;
    if (revision < this.#revision) {
      throw new Error(`the store went back from revision ${this.#revision} to ${revision}`);
    }
    this.#page = undefined;
    for (const stream of this.#streams) {
      for (const watcher of stream.watchers) {
        if (watcher.state !== "synced") continue;
        watcher.next = Math.max(watcher.next, this.#revision + 1);
        if (watcher.next <= revision) this.#move(watcher, "behind");
      }
    }
    this.#revision = revision;
  }

  /** Sends progress that is due to the watches that asked for it. */
  tick(nowMs: number): void {
    if (!this.#pageUsed) this.#page = undefined;
    this.#pageUsed = false;
    for (const stream of this.#streams) {
      stream.progressAtMs ??= nowMs + stream.progressIntervalMs;
      if (nowMs < stream.progressAtMs) continue;
      stream.progressAtMs = nowMs + stream.progressIntervalMs;
      stream.notifyProgress();
    }
  }

  /** A slice of history from a watcher's revision on, including what other watchers at it want. */
  #pageFor(first: Watcher): WatchPage {
    this.#pageUsed = true;
    if (this.#page !== undefined && covers(this.#page, first)) return this.#page;
    const from = first.next;
    const slice = this.#options.slice();
    const read = this.#history.eventsFrom(from, (key) => this.#unsynced.has(key), slice);
    if (read.nextRevision <= from) {
      throw new Error(`history from ${from} was read to ${read.nextRevision}`);
    }
    this.#work.charge(read.events.length * watchCost.read);
    const through = Math.min(read.nextRevision - 1, this.#revision);
    const page = this.#newPage(
      read.events.filter((event) => keyValueOf(event).modRevision <= through),
      through,
    );
    for (const stream of this.#queue) {
      for (const watcher of stream.behind) if (watcher.next >= from) watcher.page = page.id;
    }
    this.#page = page;
    return page;
  }

  #newPage(events: readonly Event[], through: number): WatchPage {
    this.#pages += 1;
    return new WatchPage(this.#pages, events, through, (key, revision) =>
      this.#history.valueAt(key, revision - 1),
    );
  }

  /** Sends a page to its watchers until this turn's work is used up. */
  #serve(page: WatchPage): void {
    let served = 0;
    for (const stream of [...this.#queue]) {
      let more = true;
      for (const watcher of [...stream.behind]) {
        if (!covers(page, watcher)) continue;
        more = this.#work.left > 0 && this.#feed(watcher, page);
        if (!more) break;
        served += 1;
      }
      // Queued again last, but first if only this turn's work ran out.
      const unfinished = !more && this.#queue.has(stream);
      if (unfinished && served === 0) return;
      if (this.#queue.delete(stream)) this.#enqueue(stream);
      if (unfinished) return;
    }
    if (this.#waiting.size === 0) this.#page = undefined;
  }

  /** Sends a watcher its part of a page; false where its stream can be sent nothing more now. */
  #feed(watcher: Watcher, page: WatchPage): boolean {
    const { stream } = watcher;
    this.#work.charge(watchCost.find);
    const least = page.bytesIn(watcher.range);
    if (!this.#hasRoom(stream, least)) return false;
    const owed = least === 0 ? { events: [], bytes: 0, through: page.through } : undefined;
    const found = owed ?? page.owed(watcher, this.#work);
    if (found === undefined) return false;
    if (found.events.length > 0) {
      if (!this.#hasRoom(stream, found.bytes)) return false;
      this.#send(watcher, found.events, found.bytes);
    }
    const { through } = found;
    watcher.next = through + 1;
    this.#move(watcher, through === this.#revision ? "synced" : "behind");
    if (watcher.state === "synced") stream.answerProgress();
    return !stream.full;
  }

  #send(watcher: Watcher, events: readonly Event[], bytes: number): void {
    const { response, event, byte } = watchCost;
    this.#work.charge(response + events.length * event + bytes * byte);
    watcher.stream.sendEvents(watcher, this.#revision, events);
  }

  #fits(bytes: number): boolean {
    return this.#options.room?.(bytes) ?? true;
  }

  /** Whether so much may be sent to a stream; if not, it waits for room. */
  #hasRoom(stream: WatchStream, bytes: number): boolean {
    if (this.#fits(bytes)) return true;
    this.#queue.delete(stream);
    this.#waiting.set(stream, bytes);
    return false;
  }

  /** Queues streams that wait for room, as far as there is some. */
  #admit(): void {
    let sum = 0;
    for (const [stream, bytes] of this.#waiting) {
      sum += bytes;
      if (!this.#fits(sum)) return;
      this.#waiting.delete(stream);
      this.#enqueue(stream);
    }
  }

  #enqueue(stream: WatchStream): void {
    if (stream.full || stream.behind.size === 0 || this.#waiting.has(stream)) return;
    this.#queue.add(stream);
  }

  #cancelCompacted(stream: WatchStream): void {
    const { compactRevision } = this.#history;
    for (const watcher of [...stream.behind]) {
      if (watcher.next >= compactRevision) continue;
      if (this.#work.left <= 0) break;
      this.#work.charge(watchCost.response);
      stream.cancelCompacted(watcher, compactRevision);
      if (stream.full) break;
    }
    if (this.#queue.delete(stream)) this.#enqueue(stream);
  }

  /** The events for each synced watcher; undefined where that exceeds this turn's work. */
  #collect(events: readonly Event[]): Batches | undefined {
    const batches: Batches = new Map();
    const work = this.#work;
    let previousBytes = 0;
    for (const event of events) {
      work.charge(watchCost.find);
      const kv = keyValueOf(event);
      const bare = event.prevKv ? { ...event, prevKv: undefined } : event;
      let full: Event | undefined;
      this.#synced.stab(byteString(kv.key), (watcher) => {
        work.charge(watchCost.visit);
        if (work.left <= 0 || !watcher.wants(event, kv.modRevision)) return;
        if (watcher.prevKv && full === undefined) {
          full = this.#withPrevious(event, kv);
          previousBytes += full.prevKv?.value.length ?? 0;
        }
        const owed = watcher.prevKv && full ? full : bare;
        const batch = batches.get(watcher) ?? { events: [], bytes: 0 };
        batch.events.push(owed);
        batch.bytes += eventBytes(owed);
        batches.set(watcher, batch);
      });
      if (work.left <= 0 || previousBytes > maxPreviousBytes) return undefined;
    }
    return batches;
  }

  #withPrevious(event: Event, kv: KeyValue): Event {
    const created = event.type === EventType.PUT && kv.createRevision === kv.modRevision;
    if (event.prevKv || created) return event;
    const prevKv = this.#history.valueAt(kv.key, kv.modRevision - 1);
    const bytes = prevKv?.value.length ?? 0;
    this.#work.charge(watchCost.previous + bytes * watchCost.previousByte);
    return { ...event, prevKv };
  }

  /** Marks all synced watchers of these events as behind, from revision `first` on. */
  #postpone(first: number, events: readonly Event[]): void {
    const page = this.#newPage(events, this.#revision);
    for (const stream of this.#streams) {
      for (const watcher of stream.watchers) {
        if (watcher.state !== "synced" || watcher.next > this.#revision) continue;
        if (page.bytesIn(watcher.range) === 0) continue;
        this.#fallBehind(watcher, first);
        watcher.page = page.id;
      }
    }
    this.#page ??= page;
  }

  #fallBehind(watcher: Watcher, first: number): void {
    watcher.next = Math.max(watcher.next, first);
    this.#move(watcher, "behind");
  }

  /** Moves a watcher to its new state; those behind queue last. */
  #move(watcher: Watcher, state: WatcherState): void {
    if (watcher.state === state && state === "behind") {
      watcher.stream.behind.delete(watcher);
      watcher.stream.behind.add(watcher);
      return;
    }
    this.#remove(watcher);
    watcher.state = state;
    this.#place(watcher);
  }

  #place(watcher: Watcher): void {
    if (watcher.state === "synced") {
      this.#synced.add(watcher);
      return;
    }
    this.#unsynced.add(watcher);
    watcher.stream.behind.add(watcher);
    this.#enqueue(watcher.stream);
  }

  #remove(watcher: Watcher): void {
    watcher.page = 0;
    if (watcher.state === "synced") {
      this.#synced.delete(watcher);
      return;
    }
    this.#unsynced.delete(watcher);
    const { stream } = watcher;
    stream.behind.delete(watcher);
    if (stream.behind.size > 0) return;
    this.#queue.delete(stream);
    this.#waiting.delete(stream);
  }

  #host(): StreamHost {
    const hub = this;
    return {
      get revision() {
        return hub.#revision;
      },
      fragmentBytes: hub.#options.fragmentBytes ?? maxMessageBytes,
      add(watcher) {
        watcher.state = watcher.next > hub.#revision ? "synced" : "behind";
        hub.#place(watcher);
      },
      remove: (watcher) => hub.#remove(watcher),
      drained: (stream) => hub.#enqueue(stream),
      filled(stream) {
        hub.#queue.delete(stream);
        hub.#waiting.delete(stream);
      },
      closed: (stream) => hub.#streams.delete(stream),
      sent: (events) => {
        hub.#eventsSent += events;
      },
      respond: (revision, fields) =>
        WatchResponse.create({ ...fields, header: hub.#options.header(revision) }),
    };
  }
}

/** Whether a page was read for a watcher and begins at its revision. */
const covers = (page: WatchPage, watcher: Watcher): boolean =>
  watcher.page === page.id && watcher.next <= page.through;
