/** One watch of a client, as the front must know it to go on at another member. */
import {
  WatchCreateRequest,
  WatchRequest,
  type WatchResponse,
} from "../../proto/generated/etcd.ts";

export class Watch {
  /** As the client knows it. */
  readonly clientId: bigint;
  /** As members know it: never used twice on a stream. */
  readonly memberId: bigint;
  readonly #request: WatchCreateRequest;
  /** The first revision of which the client may lack an event. */
  #next: number;
  /** A revision whose events came in part only, and how many of them. */
  #partial = { revision: 0, count: 0 };
  /** Events that come again after a resumption, still to be left out. */
  #skip = 0;

  /** `revision`: the store's, when the watch was made. */
  constructor(clientId: bigint, memberId: bigint, request: WatchCreateRequest, revision: number) {
    this.clientId = clientId;
    this.memberId = memberId;
    this.#request = request;
    this.#next = request.startRevision === 0 ? revision + 1 : request.startRevision;
  }

  /** Whether the client may hear of that revision: a watch is silent until its own is reached. */
  hasReached(revision: number): boolean {
    return revision >= this.#request.startRevision;
  }

  /** The request that makes another member go on where the last one stopped. */
  resumption(): WatchRequest {
    this.#skip = this.#partial.count;
    const startRevision = this.#next;
    const fields = { ...this.#request, watchId: this.memberId, startRevision };
    return WatchRequest.create({ createRequest: WatchCreateRequest.create(fields) });
  }

  /** The response without what the client has already; undefined where nothing is left of it. */
  take(response: WatchResponse): WatchResponse | undefined {
    const revision = response.header?.revision ?? 0;
    if (response.events.length === 0) {
      // Progress: whatever comes, comes after that revision.
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
