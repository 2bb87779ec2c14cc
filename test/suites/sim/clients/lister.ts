import { RangeRequest } from "../../../../src/proto/generated/etcd.ts";
import { Query, Response } from "../../../../src/proto/generated/kv.ts";
import type { Prng } from "../world/random.ts";
import { toText } from "./codec.ts";
import type { Front, Outcome } from "./front.ts";
import type { Surroundings } from "./surroundings.ts";

const everything = Uint8Array.of(0);
const timeoutUs = 5_000_000;
const everyUs = 2_000_000;
/** Between two pages: long enough for compactions and checkpoints. */
const pauseUs = 400_000;
const holdIdBytes = 16;

/** One list under way. */
interface Reading {
  readonly hold: Uint8Array;
  readonly keys: string[];
  revision: number;
  count: number;
}

/**
 * A client that lists everything, one key a page, slowly: what it is told is all that lived at the
 * revision of its first page, whatever is compacted meanwhile; or it is told nothing more.
 */
export class Lister {
  readonly #world: Surroundings;
  readonly #name: string;
  readonly #front: Front;
  readonly #random: Prng;
  #stopped = false;

  constructor(world: Surroundings, name: string, front: Front) {
    this.#world = world;
    this.#name = name;
    this.#front = front;
    this.#random = world.random.fork(`lister/${name}`);
    this.#again();
  }

  stop(): void {
    this.#stopped = true;
  }

  #again(): void {
    this.#world.scheduler.after(this.#random.exponential(everyUs), () => {
      if (this.#stopped) return;
      const hold = this.#random.bytes(holdIdBytes);
      this.#page({ hold, keys: [], revision: 0, count: 0 }, new Uint8Array(), undefined);
    });
  }

  #page(reading: Reading, pageKey: Uint8Array, member: number | undefined): void {
    const { hold, revision } = reading;
    const range = RangeRequest.create({ key: everything, rangeEnd: everything, revision });
    const query = Query.encode(Query.create({ format: 1, range, hold, pageKey, maxBytes: 1 }));
    const consistency = revision === 0 ? "linearizable" : "serializable";
    this.#front.query({ query, consistency, member }, timeoutUs, (outcome) => {
      const next = this.#take(reading, outcome);
      if (next === undefined || this.#stopped) {
        this.#again();
        return;
      }
      const waitUs = this.#random.exponential(pauseUs);
      this.#world.scheduler.after(waitUs, () => this.#page(reading, next.pageKey, next.member));
    });
  }

  /** Where the list goes on; undefined where it does not. */
  #take(reading: Reading, outcome: Outcome): { pageKey: Uint8Array; member: number } | undefined {
    if (outcome.kind !== "ok") return undefined;
    const { range, nextKey: pageKey } = Response.decode(outcome.response);
    if (range === undefined) return undefined;
    if (reading.revision === 0) {
      reading.revision = range.header?.revision ?? 0;
      ({ count: reading.count } = range);
    }
    for (const { key, modRevision } of range.kvs) {
      reading.keys.push(toText(key));
      if (modRevision > reading.revision) this.#wrong(reading, `a key of ${modRevision}`);
    }
    if (pageKey.length > 0) {
      // Instances are named m<member>.<which>.
      return { pageKey, member: Number(/^m(\d+)/.exec(outcome.by)?.[1]) };
    }
    const { keys, count } = reading;
    const sorted = [...new Set(keys)].sort();
    if (sorted.length !== count || sorted.join() !== keys.join()) {
      this.#wrong(reading, `${count} keys, and was told of ${keys.join(", ")}`);
    }
    return undefined;
  }

  #wrong({ revision }: Reading, what: string): void {
    this.#world.violation("list", `${this.#name} at revision ${revision}: ${what}`);
  }
}
