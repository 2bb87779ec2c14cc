import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { b } from "../../support/base64.ts";
import { type ClusterOverview, DeployedCluster } from "./support/cluster.ts";

const members = [1, 2, 3];

function asOne({ clusterId, leader, term, members: them }: ClusterOverview): void {
  assert.match(clusterId, /^[1-9][0-9]*$/);
  assert.equal(them.filter(({ role }) => role === "leader").length, 1);
  assert.equal(them.find(({ role }) => role === "leader")?.id, leader);
  for (const member of them) {
    assert.equal(member.phase, "ready", member.damage);
    assert.equal(member.term, term);
    assert.deepEqual([...member.voters].sort(), members);
    assert.deepEqual(member.learners, []);
    assert.match(member.instanceId, /^[0-9a-f]{16}$/);
  }
  assert.equal(new Set(them.map(({ instanceId }) => instanceId)).size, members.length);
}

describe("birth and election, on the bundle that is deployed", () => {
  let cluster: DeployedCluster;
  after(DeployedCluster.stopAll);

  test("many first requests at once are the birth of one cluster", async () => {
    cluster = await DeployedCluster.deployed();
    const keys = Array.from({ length: 20 }, (_, i) => `first/${i}`);
    const [{ clusterId }] = await Promise.all([
      cluster.overview(),
      ...keys.map((key) => cluster.put(key, key)),
    ]);
    assert.deepEqual([...(await cluster.list("first/")).keys()].sort(), keys.sort());
    assert.equal((await cluster.overview()).clusterId, clusterId);
  });

  test("the configured members join the founder, and agree", async () => {
    await cluster.voters(members);
    await cluster.level(members);
    asOne(await cluster.overview());
  });

  test("each member leads when it is told to, and takes puts and gets", async () => {
    for (const target of members) {
      const { leader } = await cluster.post<{ leader: number }>("/cluster/leader", { target });
      assert.equal(leader, target);
      await cluster.put("led-by", String(target));
      assert.equal(await cluster.get("led-by"), String(target));
    }
  });

  test("another name is another cluster, with an id of its own", async () => {
    const headers = { "x-cluster": "other" };
    await cluster.ask("/kv/there", { method: "PUT", body: "1", headers });
    const other = await cluster.ask<ClusterOverview>("/cluster", { headers });
    const first = await cluster.overview();
    assert.notEqual(other.clusterId, first.clusterId);
    assert.equal(await cluster.get("there"), undefined);
  });
});

describe("by way of every member", () => {
  let cluster: DeployedCluster;
  after(DeployedCluster.stopAll);

  test("a put is carried out once, and a get at once answered by every other member", async () => {
    cluster = await DeployedCluster.breakable();
    await cluster.voters(members);
    let revision = await cluster.put("before", "");
    for (const first of members) {
      const wrote = await cluster.put("key", `by way of ${first}`, first);
      assert.equal(wrote, revision + 1, "a redirected put was carried out more than once");
      revision = wrote;
      for (const other of members) {
        assert.equal(await cluster.get("key", other), `by way of ${first}`);
      }
    }
  });

  test("every member answers linearizable reads itself", async () => {
    const key = b("key");
    for (const first of members) {
      const { header } = await cluster.ask<{ header: { member_id: string } }>("/v3/kv/range", {
        method: "POST",
        body: JSON.stringify({ key }),
        headers: { "x-first-member": String(first) },
      });
      assert.equal(header.member_id, String(first));
    }
  });
});
