import { byteString, bytesOf } from "../../../../src/kv/keys/key-range.ts";
import type { History, HistoryLimits, HistoryPage } from "../../../../src/kv/store/history.ts";
import { keyValueOf } from "../../../../src/kv/watch/event.ts";
import { WatchRoom, WatchSeat } from "../../../../src/kv/watch/room.ts";
import type { Event, KeyValue, WatchResponse } from "../../../../src/proto/generated/etcd.ts";
import {
  EventType,
  KeyValue as KeyValueMessage,
  ResponseHeader,
  WatchCreateRequest,
} from "../../../../src/proto/generated/etcd.ts";

/** As much of history at once as a client that reads is given. */
export const slice: HistoryLimits = { maxRevisions: 1_000, maxBytes: 256 * 1024 };

/** A store that is nothing but its history. */
export class ModelHistory implements History {
  readonly #events: Event[] = [];
  readonly #live = new Map<string, KeyValue>();
  revision = 1;
  compactRevision = -1;
  reads = 0;

  /** One revision: each key is put, or deleted where the value is undefined and it lives. */
  write(changes: readonly (readonly [string, string | undefined])[]): readonly Event[] {
    const revision = this.revision + 1;
    const events = changes.flatMap(([key, value]) => this.#change(key, value, revision));
    if (events.length > 0) this.revision = revision;
    this.#events.push(...events);
    return events;
  }

  all(): readonly Event[] {
    return this.#events;
  }

  eventsFrom(from: number, wants: (key: string) => boolean, limits: HistoryLimits): HistoryPage {
    this.reads += 1;
    if (from < this.compactRevision) throw new Error(`read at ${from}, which is compacted`);
    const events: Event[] = [];
    let bytes = 0;
    let at = from;
    for (; at <= this.revision; at += 1) {
      if (at - from >= limits.maxRevisions || bytes >= limits.maxBytes) break;
      for (const event of this.#events) {
        const kv = keyValueOf(event);
        if (kv.modRevision !== at || !wants(byteString(kv.key))) continue;
        events.push({ ...event, prevKv: undefined });
        bytes += kv.key.length + kv.value.length;
      }
    }
    return { events, nextRevision: at };
  }

  valueAt(key: Uint8Array, revision: number): KeyValue | undefined {
    if (revision < this.compactRevision) return undefined;
    const same = this.#events.filter(({ kv }) => kv && byteString(kv.key) === byteString(key));
    const last = same.findLast(({ kv }) => kv && kv.modRevision <= revision);
    return last?.type === EventType.PUT ? last.kv : undefined;
  }

  #change(key: string, value: string | undefined, revision: number): Event[] {
    const prevKv = this.#live.get(key);
    if (value === undefined) {
      if (!this.#live.delete(key)) return [];
      const kv = KeyValueMessage.create({ key: bytesOf(key), modRevision: revision });
      return [{ type: EventType.DELETE, kv, prevKv }];
    }
    const kv = KeyValueMessage.create({
      key: bytesOf(key),
      value: bytesOf(value),
      createRevision: prevKv?.createRevision ?? revision,
      modRevision: revision,
      version: (prevKv?.version ?? 0) + 1,
    });
    this.#live.set(key, kv);
    return [{ type: EventType.PUT, kv, prevKv }];
  }
}

export const headerAt = (revision: number): ResponseHeader => ResponseHeader.create({ revision });

/** A create request for [key, rangeEnd) of byte strings. */
export function watch(
  key: string,
  rangeEnd = "",
  fields: Partial<WatchCreateRequest> = {},
): WatchCreateRequest {
  const range = { key: bytesOf(key), rangeEnd: bytesOf(rangeEnd) };
  return WatchCreateRequest.create({ ...range, ...fields });
}

/** A response in a line: what tests compare. */
export function line(response: WatchResponse): string {
  const words = [`${response.watchId}@${response.header?.revision}`];
  if (response.created) words.push("created");
  if (response.canceled) words.push("canceled");
  if (response.compactRevision !== 0) words.push(`compacted=${response.compactRevision}`);
  if (response.cancelReason !== "") words.push(`(${response.cancelReason})`);
  words.push(...response.events.map(eventLine));
  if (response.fragment) words.push("...");
  return words.join(" ");
}

export function eventLine(event: Event): string {
  const kv = keyValueOf(event);
  const what = event.type === EventType.PUT ? `=${byteString(kv.value)}` : " gone";
  const before = event.prevKv ? ` was ${byteString(event.prevKv.value)}` : "";
  return `[${byteString(kv.key)}${what} #${kv.modRevision}${before}]`;
}

/** A place in a room of its own. */
export function anySeat(): WatchSeat {
  const seat = new WatchRoom().enter("");
  if (seat instanceof WatchSeat) return seat;
  throw new Error(seat.text);
}
