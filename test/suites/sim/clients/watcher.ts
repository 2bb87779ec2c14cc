import {
  WatchCreateRequest as Create,
  EventType,
  type WatchCreateRequest,
  WatchRequest,
  WatchResponse,
} from "../../../../src/proto/generated/etcd.ts";
import type { SeenEvent, WatchLog } from "../check/watch.ts";
import type { Prng } from "../world/random.ts";
import { held, toBytes, toText } from "./codec.ts";
import type { Surroundings, WatchStream, Ways } from "./surroundings.ts";

const reopenUs = 200_000;

/** What a watcher watches: all keys, or one family. */
export interface Watched {
  readonly prefix: string;
}

/**
 * A client that watches a range for the whole run. When its stream ends it goes on at the revision
 * after the last that it saw, on whatever member; sometimes it changes the member for no reason.
 */
export class Watcher {
  readonly #world: Surroundings;
  readonly #ways: Ways;
  readonly #place: string;
  readonly #random: Prng;
  readonly #members: () => readonly number[];
  readonly #watched: Watched;
  readonly #log: WatchLog;
  #stream: WatchStream | undefined;
  #streams = 0;

  constructor(
    world: Surroundings,
    ways: Ways,
    place: string,
    members: () => readonly number[],
    watched: Watched,
    log: WatchLog,
  ) {
    this.#world = world;
    this.#ways = ways;
    this.#place = place;
    this.#members = members;
    this.#watched = watched;
    this.#log = log;
    this.#random = world.random.fork(`watcher/${place}`);
    this.#reopen();
    this.#wander();
  }

  #wander(): void {
    this.#world.scheduler.after(5_000_000 + this.#random.exponential(15_000_000), () => {
      this.#stream?.close();
      this.#open();
      this.#wander();
    });
  }

  #reopen(): void {
    this.#world.scheduler.after(this.#random.exponential(reopenUs), () => this.#open());
  }

  #open(): void {
    const ordinal = ++this.#streams;
    const member = this.#random.pick(this.#members());
    const startRevision = this.#log.nextRevision;
    this.#world.say(this.#place, `watches m${member} from ${startRevision}`);
    const stream = this.#ways.watch(this.#place, member, {
      response: (bytes) => {
        if (ordinal === this.#streams) this.#response(bytes);
      },
      closed: () => {
        if (ordinal === this.#streams) this.#reopen();
      },
    });
    this.#stream = stream;
    stream.open(WatchRequest.encode(WatchRequest.create({ createRequest: this.#create() })));
  }

  #create(): WatchCreateRequest {
    const key = this.#watched.prefix === "" ? new Uint8Array(1) : toBytes(this.#watched.prefix);
    const rangeEnd = this.#watched.prefix === "" ? new Uint8Array(1) : after(key);
    const startRevision = this.#log.nextRevision;
    return Create.create({ key, rangeEnd, startRevision, prevKv: true, progressNotify: true });
  }

  #response(bytes: Uint8Array): void {
    const response = WatchResponse.decode(bytes);
    const revision = response.header?.revision ?? 0;
    if (response.canceled) {
      if (response.compactRevision > 0) this.#log.compacted(response.compactRevision);
      this.#stream?.close();
      this.#reopen();
      return;
    }
    if (response.created) return;
    const events = response.events.map(({ type, kv, prevKv }): SeenEvent => {
      if (kv === undefined) throw new Error("an event without a key");
      const { value, modRevision } = held(kv);
      return {
        key: toText(kv.key),
        revision: modRevision,
        value: type === EventType.DELETE ? undefined : value,
        previous: prevKv === undefined ? undefined : held(prevKv).value,
      };
    });
    const problem = this.#log.received(events, revision);
    if (problem !== undefined) {
      this.#world.violation("watch", `${this.#place} (${this.#watched.prefix}*): ${problem}`);
    }
  }
}

/** The smallest key above all that begin with `prefix`, which ends in no byte 255. */
function after(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice();
  end[end.length - 1] = (end[end.length - 1] ?? 0) + 1;
  return end;
}
