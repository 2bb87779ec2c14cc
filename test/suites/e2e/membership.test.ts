import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DeployedCluster } from "./support/cluster.ts";
import { post, refusedWith } from "./support/refused.ts";
import { until } from "./support/until.ts";
import { WriterLoad } from "./support/writer.ts";

let cluster: DeployedCluster;
after(DeployedCluster.stopAll);
let load: WriterLoad;
before(async () => {
  // So low that every member added later is sent a snapshot.
  cluster = await DeployedCluster.deployed({
    DEVELOPMENT: "true",
    SNAPSHOT_COUNT: "100",
    SNAPSHOT_CATCH_UP_ENTRIES: "10",
  });
  await cluster.voters([1, 2, 3]);
  load = new WriterLoad(cluster, "load/", 12);
  load.start();
});

/** Writes go on, through whatever was done before. */
async function goesOn(): Promise<void> {
  const { acknowledged } = load;
  await until("writes", 30_000, () => (load.acknowledged > acknowledged + 50 ? true : undefined));
}

/** As a client does who knows etcd's refusal: asks again until the learner has caught up. */
async function promote(path: string, body: unknown): Promise<void> {
  await until("a promotion", 60_000, async () => {
    await cluster.post(path, body);
    return true;
  });
}

test("under load, a member is added as a learner and arrives by snapshot", async () => {
  await until("a compacted log", 60_000, async () => {
    const { log } = await cluster.member(await cluster.leader());
    return log.firstIndex > 200 ? true : undefined;
  });
  const { added, members } = await cluster.post<{
    added: { id: number; isLearner: boolean };
    members: readonly unknown[];
  }>("/cluster/members", { name: "fourth" });
  assert.deepEqual([added.id, added.isLearner, members.length], [4, true, 4]);
  const fourth = await until("a learner that has caught up", 60_000, async () => {
    const { progress } = await cluster.member(await cluster.leader());
    if (progress.find(({ id }) => id === 4)?.state !== "replicate") return undefined;
    return cluster.member(4);
  });
  assert.equal(fourth.role, "learner");
  assert.ok(fourth.log.firstIndex > 100, "it was sent the whole log");
  await goesOn();
});

test("under load, the learner is promoted, and leads when it is told to", async () => {
  await promote("/v3/cluster/member/promote", { ID: "4" });
  await cluster.voters([1, 2, 3, 4]);
  assert.deepEqual(await cluster.post("/cluster/leader", { target: 4 }), { leader: 4 });
  assert.equal(await cluster.leader(), 4);
  await goesOn();
});

/** As a client does who knows etcd's refusal: asks again until all have answered for a while. */
async function remove(id: number): Promise<void> {
  await until(`the removal of member ${id}`, 30_000, async () => {
    await cluster.ask(`/cluster/members/${id}`, { method: "DELETE" });
    return true;
  });
}

test("under load, members are removed, the one that leads among them", async (t) => {
  await remove(1);
  await cluster.voters([2, 3, 4]);
  await goesOn();
  const removed = (await cluster.overview()).members.find(({ id }) => id === 1);
  if (removed !== undefined) assert.equal(removed.phase, "stopped", "it still runs");
  const { leader, term } = await cluster.overview();
  assert.equal(leader, 4);
  const beganAtMs = performance.now();
  await cluster.post("/v3/cluster/member/remove", { ID: "4" });
  await cluster.voters([2, 3]);
  await goesOn();
  const now = await cluster.overview();
  const pausesMs = load.acknowledgedAtMs
    .filter((atMs) => atMs > beganAtMs)
    .map((atMs, i, all) => atMs - (all[i - 1] ?? beganAtMs));
  const longestMs = Math.round(Math.max(...pausesMs));
  t.diagnostic(`removal of the leader, term ${term} to ${now.term}: no write for ${longestMs} ms`);
  assert.ok(longestMs < 3_000, `${longestMs} ms`);
});

test("under load, etcd's API adds, promotes and moves the leader as well", async () => {
  const { member } = await cluster.post<{ member: { ID: string; isLearner: boolean } }>(
    "/v3/cluster/member/add",
    { peerURLs: ["http://example.com:2380"], isLearner: true },
  );
  assert.deepEqual([member.ID, member.isLearner], ["5", true]);
  await promote("/cluster/members/5/promote", {});
  await cluster.voters([2, 3, 5]);
  await cluster.post("/v3/maintenance/transfer-leadership", { targetID: "5" });
  assert.equal(await cluster.leader(), 5);
  await goesOn();
});

test("what etcd refuses is refused, and changes nothing", async () => {
  const before = await cluster.post<{ members: unknown }>("/v3/cluster/member/list");
  const del = { method: "DELETE" };
  await refusedWith(cluster, 404, /member not found/, "/cluster/members/77", del);
  await refusedWith(cluster, 404, /member not found/, "/cluster/members/77/promote", post({}));
  await refusedWith(
    cluster,
    404,
    /member not found/,
    "/v3/cluster/member/remove",
    post({ ID: "77" }),
  );
  // Removed ids are never used again.
  await refusedWith(cluster, 400, /already exist/, "/cluster/members", post({ id: 4 }));
  await refusedWith(cluster, 400, /learner/, "/cluster/members/5/promote", post({}));
  await refusedWith(cluster, 400, /leader/, "/cluster/leader", post({ target: 77 }));
  const { members } = await cluster.post<{ members: unknown }>("/v3/cluster/member/list");
  assert.deepEqual(members, before.members);
});

test("one change at a time", async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 4 }, () => cluster.post("/cluster/members", {})),
  );
  const added = results.filter(({ status }) => status === "fulfilled");
  assert.ok(added.length >= 1, "none was carried out");
  for (const result of results) {
    if (result.status === "rejected") assert.match(String(result.reason), /in progress|learner/);
  }
  const { members } = await cluster.post<{ members: readonly { isLearner?: boolean }[] }>(
    "/v3/cluster/member/list",
  );
  assert.equal(members.filter(({ isLearner }) => isLearner).length, added.length);
});

test("after all of it nothing acknowledged is lost, and all members agree", async (t) => {
  await load.end();
  await load.check("load/");
  t.diagnostic(`${load.acknowledged} writes acknowledged, ${load.unknown} unknown`);
  await cluster.level([2, 3, 5]);
});

test("after a new start the same members agree, and those removed stay away", async () => {
  await cluster.restart();
  await load.check("load/");
  await cluster.voters([2, 3, 5]);
  load.start();
  await goesOn();
  await load.end();
  await load.check("load/");
  await cluster.level([2, 3, 5]);
  const removed = (await cluster.overview()).members.filter(({ id }) => id === 1 || id === 4);
  for (const { phase } of removed) assert.equal(phase, "stopped");
});
