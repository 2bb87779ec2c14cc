import type { Event, KeyValue } from "../../proto/generated/etcd.ts";
import { EventType } from "../../proto/generated/etcd.ts";
import { partitionPoint } from "../../storage/partition-point.ts";
import { byteString, type KeyRange } from "../keys/key-range.ts";
import { keyValueOf } from "./event.ts";
import { eventBytes } from "./fragment.ts";
import type { Watcher } from "./stream.ts";
import { type TurnWork, watchCost } from "./turn-work.ts";

/** Bytes of previous values in one revision's events for one watch. */
export const maxPreviousBytes = 8_000_000;
/** Bytes of previous values from which on no other revision is added to a response. */
const enoughPreviousBytes = 262_144;

/** The part of a page for one watch, up to a revision that may be below the page's last. */
export interface Owed {
  readonly events: readonly Event[];
  readonly bytes: number;
  readonly through: number;
}

/**
 * The events of one or more whole revisions, shared by all watches at this place in history, so
 * that an event and its previous value are read once. Finds the events of a range in time
 * proportional to the logarithm of the page and to what is found.
 */
export class WatchPage {
  readonly id: number;
  /** The last revision in the page. */
  readonly through: number;
  /** The events without previous values. */
  readonly #bare: readonly Event[];
  readonly #full: (Event | undefined)[];
  #fullBytes = 0;
  /** How many previous values were read. */
  #reads = 0;
  /** Built on first use, since reading the page may have used up a turn's work. */
  #byKey: ByKey | undefined;
  /** The value of a key before a revision; undefined if it is no longer known. */
  readonly #valueBefore: (key: Uint8Array, revision: number) => KeyValue | undefined;

  /** @param events in order of revision, none above `through`. */
  constructor(
    id: number,
    events: readonly Event[],
    through: number,
    valueBefore: (key: Uint8Array, revision: number) => KeyValue | undefined,
  ) {
    this.id = id;
    this.through = through;
    this.#valueBefore = valueBefore;
    this.#bare = events.map((event) =>
      event.prevKv === undefined ? event : { ...event, prevKv: undefined },
    );
    this.#full = events.map((event) => (event.prevKv === undefined ? undefined : event));
  }

  /** Bytes of a range's events without previous values: 0 if there are none. */
  bytesIn({ begin, end }: KeyRange): number {
    this.#byKey ??= orderedByKey(this.#bare);
    const { keys, bytesBefore } = this.#byKey;
    return (bytesBefore[firstAt(keys, end)] ?? 0) - (bytesBefore[firstAt(keys, begin)] ?? 0);
  }

  /**
   * The events for a watch whose revision is in the page. Undefined where that exceeds this turn's
   * work; what was read so far is kept for the next turn.
   */
  owed(watcher: Watcher, work: TurnWork): Owed | undefined {
    if (this.#fullBytes > 2 * maxPreviousBytes) this.#forgetPrevious();
    const events: Event[] = [];
    let bytes = 0;
    let previousBytes = 0;
    let last = 0;
    const readBefore = this.#reads;
    for (const at of this.#within(watcher.range)) {
      const bare = this.#bare[at];
      if (bare === undefined) throw new Error(`event ${at} of ${this.#bare.length}`);
      work.charge(watchCost.visit);
      const { modRevision } = keyValueOf(bare);
      if (!watcher.wants(bare, modRevision)) continue;
      let event = bare;
      if (watcher.prevKv) {
        if (modRevision !== last && previousBytes >= enoughPreviousBytes) {
          return { events, bytes, through: modRevision - 1 };
        }
        if (previousBytes < maxPreviousBytes) {
          const mayRead = work.left > 0 || this.#reads === readBefore;
          const full = this.#fullAt(at, bare, mayRead ? work : undefined);
          if (full === undefined) return undefined;
          event = full;
          previousBytes += event.prevKv?.value.length ?? 0;
        }
      }
      last = modRevision;
      bytes += eventBytes(event);
      events.push(event);
    }
    return { events, bytes, through: this.through };
  }

  /**
   * The event at `at` with its previous value; undefined where work is needed and none is given.
   */
  #fullAt(at: number, bare: Event, work: TurnWork | undefined): Event | undefined {
    const known = this.#full[at];
    if (known !== undefined) return known;
    const kv = keyValueOf(bare);
    const created = bare.type === EventType.PUT && kv.createRevision === kv.modRevision;
    if (created) return bare;
    if (work === undefined) return undefined;
    this.#reads += 1;
    const prevKv = this.#valueBefore(kv.key, kv.modRevision);
    const full = { ...bare, prevKv };
    work.charge(watchCost.previous + (prevKv?.value.length ?? 0) * watchCost.previousByte);
    this.#fullBytes += prevKv?.value.length ?? 0;
    this.#full[at] = full;
    return full;
  }

  #forgetPrevious(): void {
    this.#full.fill(undefined);
    this.#fullBytes = 0;
  }

  /** The positions in #bare of a range's events, ascending. */
  #within({ begin, end }: KeyRange): Uint32Array {
    this.#byKey ??= orderedByKey(this.#bare);
    const { keys, order } = this.#byKey;
    return order.slice(firstAt(keys, begin), firstAt(keys, end)).sort();
  }
}

/** Events in order of key. */
interface ByKey {
  /** The position of each in order of revision. */
  readonly order: Uint32Array;
  readonly keys: readonly string[];
  /** Bytes of the events before each, and of all. */
  readonly bytesBefore: Float64Array;
}

function orderedByKey(events: readonly Event[]): ByKey {
  const keys = events.map((event) => byteString(keyValueOf(event).key));
  const order = keys.map((_, i) => i);
  order.sort((a, b) => compare(keys[a] ?? "", keys[b] ?? "") || a - b);
  const bytesBefore = new Float64Array(events.length + 1);
  order.forEach((at, i) => {
    const event = events[at];
    bytesBefore[i + 1] = (bytesBefore[i] ?? 0) + (event ? eventBytes(event) : 0);
  });
  return { order: Uint32Array.from(order), keys: order.map((i) => keys[i] ?? ""), bytesBefore };
}

/** The first position whose key is not below `key`. */
function firstAt(keys: readonly string[], key: string): number {
  return partitionPoint(keys, (other) => other < key);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
