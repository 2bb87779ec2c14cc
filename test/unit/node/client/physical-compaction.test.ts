import assert from "node:assert/strict";
import { test } from "node:test";
import { PhysicalCompaction } from "../../../../src/node/client/physical-compaction.ts";
import { CompactionRequest } from "../../../../src/proto/generated/etcd.ts";
import { Cluster } from "../support/cluster.ts";

/** Versions that a member's base holds. */
function rowsOf(cluster: Cluster, id: number): number {
  const { sql } = cluster.world.object(id).database;
  return sql.exec<{ rows: number }>("SELECT COUNT(*) AS rows FROM kv_1").one().rows;
}

async function overwritten(times: number) {
  const cluster = new Cluster({ tuning: { snapshotCount: 20, compactionSliceRows: 10 } });
  const leader = await cluster.start();
  for (let i = 0; i < times; i++) await cluster.until(cluster.put(leader, "k", `${i}`));
  const { header } = await cluster.peek(leader);
  const compact = (physical: boolean) => {
    const compaction = CompactionRequest.create({ revision: header.revision, physical });
    return cluster.request({ compaction });
  };
  return { cluster, leader, compact };
}

test("physical: true is answered when the rows are gone, without any other write", async () => {
  const { cluster, leader, compact } = await overwritten(50);
  assert.ok(rowsOf(cluster, leader) > 20);
  const answer = await cluster.until(cluster.propose(leader, compact(true)));
  assert.equal(answer.kind, "ok");
  // The first put of the cluster's start, and the last of this key.
  assert.equal(rowsOf(cluster, leader), 2);
  assert.equal(await cluster.get(leader, "k"), "49");
  await cluster.caughtUp(1);
  cluster.close();
});

test("a retry of it waits as well, and is answered alike", async () => {
  const { cluster, leader, compact } = await overwritten(50);
  const request = compact(true);
  const answers = [cluster.propose(leader, request), cluster.propose(leader, request)];
  for (const answer of await cluster.until(Promise.all(answers))) assert.equal(answer.kind, "ok");
  assert.equal(rowsOf(cluster, leader), 2);
  cluster.close();
});

test("physical: false is answered at once, while retained snapshots keep the rows", async () => {
  const { cluster, leader, compact } = await overwritten(50);
  const before = rowsOf(cluster, leader);
  const answer = await cluster.until(cluster.propose(leader, compact(false)));
  assert.equal(answer.kind, "ok");
  await cluster.run(3_000);
  assert.equal(rowsOf(cluster, leader), before);
  cluster.close();
});

test("who waits too long, or for a leader that leads no more, gets no definite answer", () => {
  let leads = true;
  const physical = new PhysicalCompaction({
    checkpoints: { physicalCompactRevision: 4 },
    checkpoint: { running: false, due: true, ask: () => undefined },
    oldestRetained: () => 5,
    leads: () => leads,
    proposeEmpty: () => assert.fail("all retained snapshots are new enough"),
  });
  const ended: string[] = [];
  const wait = (deadlineTick: number) =>
    physical.add({
      ...{ revision: 5, deadlineTick, done: () => assert.fail("rows are there") },
      failed: (reason) => {
        const clusterId = 1n;
        const numbers = { memberId: 1, revision: 9, raftTerm: 1, appliedIndex: 9, leader: 1 };
        ended.push(reason({ clusterId, ...numbers }).kind);
      },
    });
  wait(10);
  wait(20);
  physical.settle();
  physical.tick(9);
  assert.deepEqual(ended, []);
  physical.tick(10);
  assert.deepEqual(ended, ["unknown"]);
  leads = false;
  physical.settle();
  assert.deepEqual(ended, ["unknown", "unknown"]);
});
