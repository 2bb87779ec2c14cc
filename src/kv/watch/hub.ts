import type { Event, KeyValue, ResponseHeader } from "../../proto/generated/etcd.ts";
import { EventType, WatchResponse } from "../../proto/generated/etcd.ts";
import { byteString } from "../key-range.ts";
import { maxMessageBytes } from "../limits.ts";
import type { History, HistoryLimits } from "../tables.ts";
import { keyValueOf } from "./event.ts";
import type { WatchSeat } from "./room.ts";
import type { StreamHost, WatchSink } from "./stream.ts";
import { WatchStream } from "./stream.ts";
import type { Watcher, WatcherState } from "./watcher.ts";
import { WatcherIndex } from "./watcher-index.ts";

export interface WatchHubOptions {
  /** The header of a response at `revision` (0: to be left out). */
  readonly header: (revision: number) => ResponseHeader;
  /** What one catchUp reads now. */
  readonly slice: () => HistoryLimits;
  /** Responses are split at this size for who asked for it. */
  readonly fragmentBytes?: number;
}

const DEFAULT_PROGRESS_INTERVAL_MS = 600_000;

/** The events of one pass, for each watcher that is owed some. */
type Batches = Map<Watcher, Event[]>;

/**
 * The watchers of one member (etcd: watchableStore). Synced ones are fed by `notify`; the others
 * catch up from history, a slice for each call of `catchUp`. Nothing is queued here: whoever cannot
 * take an event now goes back to catching up from its revision. Deterministic, without a clock.
 */
export class WatchHub {
  readonly #history: History;
  readonly #options: WatchHubOptions;
  readonly #synced = new WatcherIndex();
  readonly #unsynced = new WatcherIndex();
  /** Watchers that can be served now, the longest waiting first. */
  readonly #ready = new Set<Watcher>();
  readonly #streams = new Set<WatchStream>();
  #revision: number;
  #eventsSent = 0;

  constructor(history: History, options: WatchHubOptions) {
    this.#history = history;
    this.#options = options;
    this.#revision = history.revision;
  }

  /** The revision of the last change that was handed to `notify`. */
  get revision(): number {
    return this.#revision;
  }

  /** Events that were sent, to all watches together. */
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

  /** Whether `catchUp` has something to do. */
  get pending(): boolean {
    return this.#ready.size > 0;
  }

  /**
   * A client's stream, and the place that it has in its member's room. `progressIntervalMs` is for
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
   * Hands over what the revisions up to `revision` changed, in the turn in which they were applied
   * and before anything else is done here. A call without events does nothing.
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
    const batches: Batches = new Map();
    this.#collect(this.#synced, events, batches, revision);
    for (const [watcher, owed] of batches) {
      if (!watcher.stream.full) {
        watcher.stream.sendEvents(watcher, revision, owed);
      } else {
        watcher.next = Math.max(watcher.next, first);
        this.#move(watcher, this.#behind(watcher));
      }
    }
  }

  /**
   * Serves the watcher that has waited longest, and whoever is at the same place in history, from
   * one slice of it. Returns whether more can be done now; call it again in a later turn.
   */
  catchUp(): boolean {
    const [first] = this.#ready;
    if (!first) return false;
    const { compactRevision } = this.#history;
    if (first.next < compactRevision) {
      first.stream.cancelCompacted(first, compactRevision);
      return this.pending;
    }
    this.#serve(first.next);
    return this.pending;
  }

  /**
   * The store was replaced by a snapshot, or was replayed without `notify`: whoever is now behind
   * catches up from history, or is canceled if that is compacted.
   */
  reset(): void {
    const { revision } = this.#history;
    if (revision < this.#revision) {
      throw new Error(`the store went back from revision ${this.#revision} to ${revision}`);
    }
    for (const stream of this.#streams) {
      for (const watcher of stream.watchers) {
        if (watcher.state !== "synced") continue;
        watcher.next = Math.max(watcher.next, this.#revision + 1);
        if (watcher.next <= revision) this.#move(watcher, this.#behind(watcher));
      }
    }
    this.#revision = revision;
  }

  /** Sends the progress that is due by now to the watches that asked for it. */
  tick(nowMs: number): void {
    for (const stream of this.#streams) {
      stream.progressAtMs ??= nowMs + stream.progressIntervalMs;
      if (nowMs < stream.progressAtMs) continue;
      stream.progressAtMs = nowMs + stream.progressIntervalMs;
      stream.notifyProgress();
    }
  }

  /** Reads a slice of history from `from` on and sends it to all whose place is in it. */
  #serve(from: number): void {
    const slice = this.#options.slice();
    const page = this.#history.eventsFrom(from, (key) => this.#unsynced.has(key), slice);
    if (page.nextRevision <= from) {
      throw new Error(`history from ${from} was read to ${page.nextRevision}`);
    }
    const through = Math.min(page.nextRevision - 1, this.#revision);
    const group = [...this.#ready].filter(({ next }) => next >= from && next <= through);
    const batches: Batches = new Map();
    this.#collect(this.#unsynced, page.events, batches, through);
    for (const watcher of group) {
      const owed = batches.get(watcher);
      if (owed) {
        if (watcher.stream.full) continue;
        watcher.stream.sendEvents(watcher, this.#revision, owed);
      }
      watcher.next = through + 1;
      this.#move(watcher, through === this.#revision ? "synced" : this.#behind(watcher));
      if (watcher.state === "synced") watcher.stream.answerProgress();
    }
    for (const watcher of group) {
      if (watcher.state === "ready" && watcher.stream.full) this.#move(watcher, "parked");
    }
  }

  /** Adds to `batches` what watchers of the index want of the events up to revision `through`. */
  #collect(index: WatcherIndex, events: readonly Event[], batches: Batches, through: number): void {
    for (const event of events) {
      const kv = keyValueOf(event);
      const revision = kv.modRevision;
      if (revision > through) return;
      const bare = event.prevKv ? { ...event, prevKv: undefined } : event;
      let full: Event | undefined;
      index.stab(byteString(kv.key), (watcher) => {
        if (watcher.state === "parked" || !watcher.wants(event, revision)) return;
        if (watcher.prevKv) full ??= this.#withPrevious(event, kv);
        const owed = watcher.prevKv && full ? full : bare;
        const batch = batches.get(watcher);
        if (batch) batch.push(owed);
        else batches.set(watcher, [owed]);
      });
    }
  }

  #withPrevious(event: Event, kv: KeyValue): Event {
    const created = event.type === EventType.PUT && kv.createRevision === kv.modRevision;
    if (event.prevKv || created) return event;
    return { ...event, prevKv: this.#history.valueAt(kv.key, kv.modRevision - 1) };
  }

  #behind(watcher: Watcher): WatcherState {
    return watcher.stream.full ? "parked" : "ready";
  }

  /** Puts a watcher where its new state belongs; among the ready ones, behind all others. */
  #move(watcher: Watcher, state: WatcherState): void {
    this.#remove(watcher);
    watcher.state = state;
    this.#place(watcher);
  }

  #place(watcher: Watcher): void {
    if (watcher.state === "synced") this.#synced.add(watcher);
    else this.#unsynced.add(watcher);
    if (watcher.state === "ready") this.#ready.add(watcher);
  }

  #remove(watcher: Watcher): void {
    if (watcher.state === "synced") this.#synced.delete(watcher);
    else this.#unsynced.delete(watcher);
    this.#ready.delete(watcher);
  }

  #host(): StreamHost {
    const hub = this;
    return {
      get revision() {
        return hub.#revision;
      },
      fragmentBytes: hub.#options.fragmentBytes ?? maxMessageBytes,
      add(watcher) {
        watcher.state = watcher.next > hub.#revision ? "synced" : hub.#behind(watcher);
        hub.#place(watcher);
      },
      remove: (watcher) => hub.#remove(watcher),
      unpark(stream) {
        for (const watcher of stream.watchers) {
          if (watcher.state === "parked") hub.#move(watcher, "ready");
        }
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
