/** A client's watch, with what is needed to resume it at another member. */
import {
  WatchCreateRequest,
  WatchRequest,
  type WatchResponse,
} from "../../proto/generated/etcd.ts";

export class Watch {
  /** The id that the client knows. */
  readonly clientId: bigint;
  /** The id that members know: never used twice on a stream. */
  readonly memberId: bigint;
  readonly #request: WatchCreateRequest;
  /** The first revision of which the client may miss an event. */
  #next: number;
  /** The revision whose events were sent in part, and how many of them. */
  #partial = { revision: 0, count: 0 };
  /** Events still to be skipped, since a resumed watch sends them again. */
  #skip = 0;

  /** `revision`: the store's revision when the watch was created. */
  constructor(clientId: bigint, memberId: bigint, request: WatchCreateRequest, revision: number) {
    this.clientId = clientId;
    this.memberId = memberId;
    this.#request = request;
    this.#next = request.startRevision === 0 ? revision + 1 : request.startRevision;
  }

  /** Whether progress of that revision may be sent: not before the watch's start revision. */
  hasReached(revision: number): boolean {
    return revision >= this.#request.startRevision;
  }

  /** The request that resumes the watch at another member. */
  resumption(): WatchRequest {
    this.#skip = this.#partial.count;
    const startRevision = this.#next;
    const fields = { ...this.#request, watchId: this.memberId, startRevision };
    return WatchRequest.create({ createRequest: WatchCreateRequest.create(fields) });
  }

  /** The response without events that the client has; undefined if none are left. */
  take(response: WatchResponse): WatchResponse | undefined {
    const revision = response.header?.revision ?? 0;
    if (response.events.length === 0) {
      // Progress: all later events have a higher revision.
      if (!response.canceled && this.#partial.count === 0) this.#advance(revision + 1);
      return response;
    }
    const left = this.#skip;
    this.#skip = Math.max(0, left - response.events.length);
    const events = response.events.slice(left);
    const last = response.events.at(-1)?.kv?.modRevision ?? 0;
    if (!response.fragment) {
      this.#partial = { revision: 0, count: 0 };
      this.#advance(last + 1);
    } else {
      const before = this.#partial.revision === last ? this.#partial.count : 0;
      const sent = events.filter((event) => event.kv?.modRevision === last).length;
      this.#partial = { revision: last, count: before + sent };
      this.#advance(last);
    }
    return events.length === 0 ? undefined : { ...response, events };
  }

  #advance(next: number): void {
    this.#next = Math.max(this.#next, next);
  }
}
