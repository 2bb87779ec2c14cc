import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "./support/cluster.ts";

test("three members are born, elect a leader, and a put is read through every one", async () => {
  const cluster = new Cluster();
  const leader = await cluster.start();
  assert.equal(leader, 1);
  assert.equal((await cluster.until(cluster.put(leader, "a", "1"))).kind, "ok");
  for (const id of [1, 2, 3]) assert.equal(await cluster.get(id, "a"), "1");
  assert.equal((await cluster.until(cluster.delete(leader, "a"))).kind, "ok");
  for (const id of [1, 2, 3]) assert.equal(await cluster.get(id, "a"), undefined);
  cluster.close();
});

test("what was acknowledged survives when every member loses its memory at once", async () => {
  const cluster = new Cluster();
  const leader = await cluster.start();
  for (let i = 0; i < 50; i++) {
    assert.equal((await cluster.until(cluster.put(leader, `k${i}`, `${i}`))).kind, "ok");
  }
  for (const object of cluster.world.objects) {
    if (object.live) object.lose(object.live, "power cut");
  }
  for (let i = 0; i < 50; i++) assert.equal(await cluster.get(1, `k${i}`), `${i}`);
  await cluster.run(500);
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});

test("a follower sends a proposal to the leader instead of forwarding it", async () => {
  const cluster = new Cluster();
  const leader = await cluster.start();
  const follower = leader === 1 ? 2 : 1;
  const answer = await cluster.until(cluster.put(follower, "a", "1"));
  assert.equal(answer.kind, "redirect");
  assert.equal(answer.header.leader, leader);
  assert.equal(await cluster.get(leader, "a"), undefined);
  cluster.close();
});

test("a leader that dies is replaced, and what it acknowledged is there", async () => {
  const cluster = new Cluster();
  const leader = await cluster.start();
  assert.equal((await cluster.until(cluster.put(leader, "a", "1"))).kind, "ok");
  const object = cluster.world.object(leader);
  if (object.live) object.lose(object.live, "test");
  object.down = true;
  const next = await cluster.leader([1, 2, 3].filter((id) => id !== leader));
  assert.equal(await cluster.get(next, "a"), "1");
  assert.equal((await cluster.until(cluster.put(next, "a", "2"))).kind, "ok");
  object.down = false;
  assert.equal(await cluster.get(leader, "a"), "2");
  cluster.close();
});

test("a cluster of one member serves reads and writes", async () => {
  const cluster = new Cluster({ members: 1 });
  await cluster.start();
  assert.equal((await cluster.until(cluster.put(1, "a", "1"))).kind, "ok");
  assert.equal(await cluster.get(1, "a"), "1");
  const { rows: before = 0 } = (await cluster.peek(1)).counters;
  assert.equal(await cluster.get(1, "a"), "1");
  const { rows: after = 0 } = (await cluster.peek(1)).counters;
  assert.equal(after, before + 1, "nobody else can say that it is not superseded: it writes a row");
  cluster.close();
});

test("leadership moves on request, and nothing acknowledged is lost", async () => {
  const cluster = new Cluster();
  const leader = await cluster.start();
  assert.equal((await cluster.until(cluster.put(leader, "a", "1"))).kind, "ok");
  const moved = await cluster.until(cluster.ask(leader, (member) => member.moveLeader(3, "")));
  assert.equal(moved.kind, "ok");
  assert.equal(await cluster.leader(), 3);
  assert.equal(await cluster.get(3, "a"), "1");
  const bad = await cluster.until(cluster.ask(3, (member) => member.moveLeader(9, "")));
  assert.equal(bad.kind, "error");
  cluster.close();
});
