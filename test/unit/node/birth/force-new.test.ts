import assert from "node:assert/strict";
import { test } from "node:test";
import type { BackupAnswer } from "../../../../src/rpc/messages.ts";
import { Cluster } from "../support/cluster.ts";

const text = (kind: { readonly kind: string; readonly message?: string }) =>
  `${kind.kind}: ${kind.message ?? ""}`;

const force = (cluster: Cluster, id: number) =>
  cluster.until(cluster.ask(id, (member) => member.forceNew({ token: "" })));

const add = (cluster: Cluster, id: number) => {
  const change = { id: 0, name: "", peerUrls: [], locationHint: "", isLearner: true } as const;
  return cluster.until(
    cluster.ask(id, (member) => member.changeMember({ kind: "add", ...change }, "")),
  );
};

function stop(cluster: Cluster, id: number): void {
  const object = cluster.world.object(id);
  if (object.live !== undefined) object.lose(object.live, "stopped");
  object.down = true;
}

function start(cluster: Cluster, id: number): void {
  cluster.world.object(id).down = false;
}

/** A cluster with some writes, of which one voter is left. The others are down. */
async function lost(options: ConstructorParameters<typeof Cluster>[0] = {}) {
  const cluster = new Cluster(options);
  const leader = await cluster.start();
  for (let i = 0; i < 20; i++) {
    assert.equal((await cluster.until(cluster.put(leader, `k${i}`, `v${i}`))).kind, "ok");
  }
  const others = [1, 2, 3].filter((id) => id !== leader);
  const [left = 0, gone = 0] = others;
  await cluster.run(500);
  const dead = [leader, gone];
  for (const id of dead) stop(cluster, id);
  // The one that is left learns that nobody leads any more.
  while ((await cluster.peek(left)).header.leader !== 0) await cluster.run(100);
  return { cluster, left, dead };
}

test("what is left of a lost majority is read, backed up, and made a new cluster", async () => {
  const { cluster, left, dead } = await lost();
  const before = await cluster.peek(left);
  assert.equal(await cluster.get(left, "k7", "serializable"), "v7");
  await assert.rejects(cluster.get(left, "k7"));
  const asked = { token: "", index: 0, cursor: new Uint8Array() };
  const backup = (more: object) =>
    cluster.until(cluster.ask(left, (m): Promise<BackupAnswer> => m.backup({ ...asked, ...more })));
  assert.equal((await backup({})).kind, "redirect");
  assert.equal((await backup({ possiblyOld: true })).kind, "ok");

  const answer = await force(cluster, left);
  assert.equal(answer.kind, "ok", text(answer));
  assert.ok(answer.kind === "ok");
  assert.deepEqual(answer.removed, dead.toSorted());
  assert.notEqual(answer.header.clusterId, before.header.clusterId);
  assert.equal(BigInt(`0x${answer.former}`), before.header.clusterId);
  assert.equal(answer.header.revision, before.header.revision);
  await cluster.leader([left]);
  const after = await cluster.peek(left);
  assert.deepEqual([after.voters, after.learners], [[left], []]);
  assert.equal(await cluster.get(left, "k19"), "v19");
  assert.equal((await cluster.until(cluster.put(left, "new", "1"))).kind, "ok");

  // New members get ids that were never used, and all it has.
  const added = await add(cluster, left);
  assert.equal(added.kind, "ok", text(added));
  assert.equal(added.kind === "ok" && added.added?.id, 4);
  await cluster.run(3_000);
  const joined = await cluster.peek(4);
  assert.equal(joined.fingerprint, (await cluster.peek(left)).fingerprint);

  // It is durable: all of it is there after a restart.
  stop(cluster, left);
  await cluster.run(100);
  start(cluster, left);
  await cluster.leader([left]);
  assert.equal(await cluster.get(left, "new"), "1");
  assert.equal((await cluster.peek(left)).header.clusterId, answer.header.clusterId);
  cluster.close();
});

test("the members that were lost come back together, and do no harm", async () => {
  const { cluster, left, dead } = await lost();
  const answer = await force(cluster, left);
  assert.equal(answer.kind, "ok", text(answer));
  assert.equal((await cluster.until(cluster.put(left, "new", "1"))).kind, "ok");
  for (const id of dead) start(cluster, id);
  // Somebody asks them at once: that is what wakes them.
  const writes = dead.map((id) => cluster.put(id, "harm", "x").catch(() => undefined));
  await cluster.run(5_000);
  for (const id of dead) {
    const { phase, damage } = await cluster.peek(id);
    assert.deepEqual([phase, damage], ["stopped", `member ${id} was removed`]);
  }
  for (const write of await cluster.until(Promise.all(writes))) {
    assert.notEqual(write?.kind, "ok", "nobody of the old cluster takes a write");
  }
  assert.equal(await cluster.get(left, "new"), "1");
  assert.equal(await cluster.get(left, "harm"), undefined);
  // Nor after a restart, and nobody can bring them back by their ids.
  for (const id of dead) {
    stop(cluster, id);
    start(cluster, id);
  }
  await cluster.run(3_000);
  for (const id of dead) assert.equal((await cluster.peek(id)).phase, "stopped");
  cluster.close();
});

test("a write stays that the one that is left has, and does not know to be committed", async () => {
  const cluster = new Cluster();
  const leader = await cluster.start();
  const [left = 0, gone = 0] = [1, 2, 3].filter((id) => id !== leader);
  await cluster.run(500);
  stop(cluster, gone);
  await cluster.run(200);
  const write = await cluster.until(cluster.put(leader, "last", "1"));
  assert.equal(write.kind, "ok");
  // It was acknowledged, and nobody told the other one that it is committed.
  stop(cluster, leader);
  while ((await cluster.peek(left)).header.leader !== 0) await cluster.run(100);
  assert.equal((await force(cluster, left)).kind, "ok");
  await cluster.leader([left]);
  assert.equal(await cluster.get(left, "last"), "1");
  cluster.close();
});

test("while there is a leader nothing is forced", async () => {
  const cluster = new Cluster();
  const leader = await cluster.start();
  for (const id of [1, 2, 3]) {
    const answer = await force(cluster, id);
    assert.equal(answer.kind, "error", `member ${id}, of ${leader}`);
    assert.match(text(answer), /has a leader/);
  }
  cluster.close();
});
