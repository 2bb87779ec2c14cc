import assert from "node:assert/strict";
import { after, test } from "node:test";
import { DeployedCluster } from "./support/cluster.ts";
import { until } from "./support/until.ts";

after(DeployedCluster.stopAll);

interface Forced {
  readonly warning: string;
  readonly clusterId: string;
  readonly formerClusterId: string;
  readonly removed: readonly number[];
}

const force = (cluster: DeployedCluster, body: object) =>
  cluster.fetch("/cluster/force-new", { method: "POST", body: JSON.stringify(body) });

async function refuses(cluster: DeployedCluster, body: object, why: RegExp): Promise<void> {
  const response = await force(cluster, body);
  const text = await response.text();
  assert.equal(response.status, 400, text);
  assert.match(text, why);
}

test("two of three are lost for good: the third is backed up and goes on alone", async () => {
  const cluster = await DeployedCluster.breakable();
  await cluster.voters([1, 2, 3]);
  for (let i = 0; i < 10; i++) await cluster.put(`k${i}`, `v${i}`);
  await cluster.level([1, 2, 3]);
  const { clusterId } = await cluster.overview();
  await refuses(cluster, { member: 2, confirm: "default" }, /members 1, 2, 3 answer/);
  const lost = [1, 3];
  await cluster.break({ members: lost, stopped: true, reset: true });
  await until("the survivor sees no leader", 30_000, async () =>
    (await cluster.member(2)).role !== "leader" && (await cluster.overview()).leader === 0
      ? true
      : undefined,
  );
  assert.equal(await cluster.get("k3", undefined, "?consistency=serializable"), "v3");

  assert.equal((await cluster.fetch("/cluster/backup?member=2")).status, 400);
  const backup = await cluster.fetch("/cluster/backup?member=2&possibly_old=true");
  assert.equal(backup.status, 200);
  assert.equal(backup.headers.get("x-possibly-old"), "true");
  assert.match(backup.headers.get("content-disposition") ?? "", /possibly-old-of-member-2\.backup/);
  const bytes = await backup.arrayBuffer();

  await refuses(cluster, { member: 2 }, /confirm must be the cluster's name: default/);
  await refuses(cluster, { confirm: "default" }, /member must be/);
  const response = await force(cluster, { member: 2, confirm: "default" });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  const forced = JSON.parse(text) as Forced;
  assert.match(forced.warning, /may be missing/);
  assert.deepEqual([forced.formerClusterId, forced.removed], [clusterId, lost]);
  assert.notEqual(forced.clusterId, clusterId);
  assert.equal(await cluster.leader(), 2);
  for (let i = 0; i < 10; i++) assert.equal(await cluster.get(`k${i}`), `v${i}`);
  await cluster.put("after", "1");

  // Those that were lost come back, both at once, and whoever asks them gets nothing from them.
  await cluster.break({ members: lost, stopped: false });
  for (const id of lost) {
    await until(`member ${id} has stopped`, 30_000, async () => {
      const member = (await cluster.overview()).members.find((one) => one.id === id);
      return member?.damage === `member ${id} was removed` ? true : undefined;
    });
    const removed = new RegExp(`503 .*member ${id} was removed`);
    await assert.rejects(cluster.put("after", "harm", id), removed);
    await assert.rejects(cluster.get("after", id, "?consistency=serializable"), removed);
    assert.equal(await cluster.get("after"), "1");
  }
  await cluster.put("after", "2");

  // New members have new ids.
  const add = { method: "POST", body: "{}" };
  const { added } = await cluster.ask<{ added: { id: number } }>("/cluster/members", add);
  assert.equal(added.id, 4);
  await until("the new member is promoted", 30_000, async () => {
    const promote = await cluster.fetch("/cluster/members/4/promote", { method: "POST" });
    return promote.ok ? true : undefined;
  });
  await cluster.level([2, 4]);

  const body = { method: "POST", body: bytes, headers: { "x-cluster": "copy" } };
  assert.equal((await cluster.fetch("/cluster/restore", body)).status, 200);
  const copied = await cluster.fetch("/kv/k3", { headers: { "x-cluster": "copy" } });
  assert.equal(await copied.text(), "v3");
});
