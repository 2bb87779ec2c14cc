import assert from "node:assert/strict";
import { LeaseGrantRequest, LeaseKeepAliveRequest } from "../../../../src/proto/generated/etcd.ts";
import { Query, Response } from "../../../../src/proto/generated/kv.ts";
import type { Answer } from "../../../../src/rpc/messages.ts";
import type { MemberObject } from "../../../suites/sim/world/object.ts";
import { Cluster, type ClusterOptions } from "../support/cluster.ts";

export const ids = [1, 2, 3];
const tuning = { sleepAfterMs: 1_000 };

const rests = ({ live, accepted }: MemberObject) => (live?.idle ?? true) && accepted.size === 0;
export const allRest = (cluster: Cluster) => cluster.world.objects.every(rests);

/** Whatever just happened woke nobody. */
export async function sleepOn(cluster: Cluster): Promise<void> {
  await cluster.run(300);
  for (const object of cluster.world.objects) assert.ok(rests(object), `${object.place} sleeps`);
}

export async function sleeps(cluster: Cluster): Promise<void> {
  await cluster.when("all sleep", () => allRest(cluster), 90_000);
}

export async function asleep(options: ClusterOptions = {}) {
  const cluster = new Cluster({ tuning, ...options });
  const leader = await cluster.start();
  await sleeps(cluster);
  const { term } = await cluster.peek(leader);
  const followers = ids.filter((id) => id !== leader);
  return { cluster, leader, term, followers, follower: followers[0] as number };
}

/** Memory is lost, as of an object that is idle. */
export function hibernate(cluster: Cluster, ...members: readonly number[]): void {
  for (const id of members) {
    const object = cluster.world.object(id);
    if (object.live !== undefined) assert.ok(object.evict(), `member ${id} hibernates`);
  }
}

export async function putAt(cluster: Cluster, id: number, value: string): Promise<number> {
  const fromMs = cluster.world.scheduler.nowMs;
  const answer = await cluster.until(cluster.put(id, "key", value));
  assert.equal(answer.kind, "ok");
  return cluster.world.scheduler.nowMs - fromMs;
}

export async function leadsStill(cluster: Cluster, leader: number, term: number): Promise<void> {
  const status = await cluster.peek(leader);
  assert.deepEqual([status.role, status.term], ["leader", term]);
}

export const renew = async (cluster: Cluster, leader: number) => {
  const query = Query.encode(
    Query.create({ format: 1, leaseKeepAlive: LeaseKeepAliveRequest.create({ ID: 7n }) }),
  );
  const ask = { query, consistency: "leader", token: "", timeoutMs: 5_000 } as const;
  return cluster.until(cluster.ask(leader, (member) => member.query(ask)));
};

/** The seconds that a renewed lease has. */
export function ttlOf(answer: Answer): number | undefined {
  assert.ok(answer.kind === "ok", answer.kind);
  return Response.decode(answer.response).leaseTimeToLive?.TTL;
}

export async function leased(ttlSeconds: number, lateMs = 0) {
  const all = await asleep();
  const { cluster, leader } = all;
  await putAt(cluster, leader, "awake");
  await cluster.run(lateMs);
  const leaseGrant = LeaseGrantRequest.create({ ID: 7n, TTL: ttlSeconds });
  const answer = await cluster.until(cluster.propose(leader, cluster.request({ leaseGrant })));
  assert.equal(answer.kind, "ok");
  const grantedMs = cluster.world.scheduler.nowMs;
  await sleeps(cluster);
  /** When the lease ended, in seconds since `fromMs`. */
  const endsAfter = async (
    fromMs: number,
    forMs: number,
    eachStep: () => void = () => undefined,
  ) => {
    const endMs = cluster.world.scheduler.nowMs + forMs;
    for (;;) {
      assert.ok(cluster.world.scheduler.nowMs < endMs, "the lease goes on");
      const revoked = (await cluster.peek(leader)).counters.etcd_debugging_lease_revoked_total;
      if ((revoked ?? 0) > 0) return (cluster.world.scheduler.nowMs - fromMs) / 1_000;
      await cluster.run(100);
      eachStep();
    }
  };
  return { ...all, grantedMs, endsAfter };
}
