import {
  LeaseGrantRequest,
  LeaseKeepAliveRequest,
  LeaseRevokeRequest,
  PutRequest,
  RangeRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { Query, Response } from "../../../../src/proto/generated/kv.ts";
import { earlyExpiry, type LeaseLife } from "../check/leases.ts";
import type { Prng } from "../world/random.ts";
import type { Load } from "./clients.ts";
import { encodeRequest, toBytes } from "./codec.ts";
import type { Front } from "./front.ts";
import type { Surroundings } from "./surroundings.ts";

const timeoutUs = 8_000_000;

/**
 * A client that takes leases: it grants one, attaches a key, renews it for a while, and then lets
 * it end by itself (or revokes it). Keys are below "lease/" and belong to one lease each.
 */
export class Leaseholder {
  readonly #world: Surroundings;
  readonly #place: string;
  readonly #random: Prng;
  readonly #front: Front;
  readonly #ttls: Load["leaseTtls"];
  readonly #lives = new Map<string, LeaseLife>();
  #count = 0;
  #stopped = false;
  granted = 0;
  expired = 0;

  constructor(world: Surroundings, place: string, front: Front, ttls: Load["leaseTtls"]) {
    this.#ttls = ttls;
    this.#world = world;
    this.#place = place;
    this.#random = world.random.fork(`leaseholder/${place}`);
    this.#front = front;
    this.#later(() => this.#grant());
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Leases that have not ended: their time is over by `graceUs`, or nobody renews any more. */
  overdue(graceUs: number): LeaseLife[] {
    const { nowUs } = this.#world.scheduler;
    const overdue = [...this.#lives.values()].filter(
      ({ renewedAtUs, ttlUs }) => renewedAtUs + ttlUs + graceUs < nowUs || this.#stopped,
    );
    for (const life of overdue) this.#look(life);
    return overdue;
  }

  /** Every watcher may have been behind when the deletion was compacted: the key tells. */
  #look({ key }: LeaseLife): void {
    const range = RangeRequest.create({ key: toBytes(key) });
    const query = Query.encode(Query.create({ format: 1, range }));
    this.#front.query({ query, consistency: "linearizable" }, timeoutUs, (outcome) => {
      if (outcome.kind !== "ok") return;
      if (Response.decode(outcome.response).range?.kvs.length === 0) this.deleted(key);
    });
  }

  /** A watcher saw the deletion of a key: the lease's end at the latest. */
  deleted(key: string): void {
    const life = this.#lives.get(key);
    if (life === undefined) return;
    this.#lives.delete(key);
    this.expired += 1;
    const problem = earlyExpiry(life, this.#world.scheduler.nowUs);
    if (problem !== undefined) this.#world.violation("leases", `${this.#place}: ${problem}`);
  }

  #later(run: () => void): void {
    this.#world.scheduler.after(this.#random.exponential(1_000_000), () => {
      if (!this.#stopped) run();
    });
  }

  #grant(): void {
    this.#count += 1;
    const id = BigInt(this.#random.uint32()) * 0x4000_0000n + BigInt(this.#count);
    const ttl = this.#random.between(...this.#ttls);
    const askedAtUs = this.#world.scheduler.nowUs;
    const body = { leaseGrant: LeaseGrantRequest.create({ ID: id, TTL: ttl }) };
    this.#front.propose(this.#request(body), timeoutUs, (outcome) => {
      if (outcome.kind !== "ok") {
        this.#later(() => this.#grant());
        return;
      }
      this.granted += 1;
      const key = `lease/${this.#place}/${this.#count}`;
      const ttlUs = ttl * 1_000_000;
      this.#attach({ id, key, ttlUs, renewedAtUs: askedAtUs, revoked: false });
    });
  }

  #attach(life: LeaseLife): void {
    const value = toBytes(`${this.#place}.${this.#count}`);
    const put = PutRequest.create({ key: toBytes(life.key), value, lease: life.id });
    this.#lives.set(life.key, life);
    this.#front.propose(this.#request({ put }), timeoutUs, (outcome) => {
      if (outcome.kind === "ok") {
        this.#keep(life, this.#random.below(6));
        return;
      }
      // The key may never come into being, so nobody waits for its end.
      this.#lives.delete(life.key);
      this.#later(() => this.#grant());
    });
  }

  #keep(life: LeaseLife, renewals: number): void {
    if (renewals === 0) {
      if (this.#random.chance(0.3)) this.#revoke(life);
      this.#later(() => this.#grant());
      return;
    }
    this.#world.scheduler.after(life.ttlUs / 3, () => this.#renew(life, renewals - 1));
  }

  #renew(life: LeaseLife, left: number): void {
    const askedAtUs = this.#world.scheduler.nowUs;
    const leaseKeepAlive = LeaseKeepAliveRequest.create({ ID: life.id });
    const query = Query.encode(Query.create({ format: 1, leaseKeepAlive }));
    this.#front.query({ query, consistency: "leader" }, timeoutUs, (outcome) => {
      const renewed = outcome.kind === "ok" && ttlOf(outcome.response) > 0;
      if (renewed) life.renewedAtUs = Math.max(life.renewedAtUs, askedAtUs);
      else if (outcome.kind === "ok") this.#gone(life);
      if (this.#stopped) return;
      this.#keep(life, renewed ? left : 0);
    });
  }

  /** A leader says that the lease has ended. */
  #gone(life: LeaseLife): void {
    const problem = earlyExpiry(life, this.#world.scheduler.nowUs);
    if (problem === undefined) return;
    this.#world.violation("leases", `${this.#place}: by a keep-alive's answer, ${problem}`);
  }

  #revoke(life: LeaseLife): void {
    life.revoked = true;
    const leaseRevoke = LeaseRevokeRequest.create({ ID: life.id });
    this.#front.propose(this.#request({ leaseRevoke }), timeoutUs, () => undefined);
  }

  #request(body: Parameters<typeof encodeRequest>[1]): Uint8Array {
    const id = { id: this.#random.bytes(16), seenIndex: this.#front.seenIndex };
    return encodeRequest(id, body);
  }
}

/** Of an answer to a renewal: 0 where there is no such lease any more. */
function ttlOf(response: Uint8Array): number {
  return Response.decode(response).leaseTimeToLive?.TTL ?? 0;
}
