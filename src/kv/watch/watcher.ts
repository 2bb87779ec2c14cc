import type { Event, WatchCreateRequest } from "../../proto/generated/etcd.ts";
import { EventType, FilterType } from "../../proto/generated/etcd.ts";
import type { KeyRange } from "../range/key-range.ts";
import { keyRange } from "../range/key-range.ts";
import type { WatchStream } from "./stream.ts";

/**
 * synced: has been sent everything up to the hub's revision, or waits for a later one.
 * behind: is owed something, or may be, that is in history.
 */
export type WatcherState = "synced" | "behind";

/** One watch of one stream. */
export class Watcher {
  readonly stream: WatchStream;
  readonly id: bigint;
  readonly range: KeyRange;
  /** Bytes of the ends of its range, as its stream's room counts them. */
  readonly keyBytes: number;
  readonly prevKv: boolean;
  readonly fragment: boolean;
  readonly progressNotify: boolean;
  /** No event below it is owed. While not synced: everything below was sent or did not match. */
  next: number;
  state: WatcherState = "synced";
  /** The id of what was read from history with this watch in mind; kept by the hub. */
  page = 0;
  /** Something was sent since progress was last due. */
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

  /** Whether an event at `revision` that lies in the range is owed to this watcher. */
  wants(event: Event, revision: number): boolean {
    if (revision < this.next) return false;
    return event.type === EventType.PUT ? !this.#noPut : !this.#noDelete;
  }
}

/** What a watch holds of its request. */
export const watchedBytes = ({ key, rangeEnd }: WatchCreateRequest): number =>
  key.length + rangeEnd.length;

/** What a request watches; an absent key is the least key there could be, as in etcd. */
export function watchRange(request: Pick<WatchCreateRequest, "key" | "rangeEnd">): KeyRange {
  const key = request.key.length === 0 ? new Uint8Array(1) : request.key;
  return keyRange(key, request.rangeEnd);
}
