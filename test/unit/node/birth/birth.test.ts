import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../../../../src/etcd/errors.ts";
import { tokenRequired } from "../../../../src/rpc/messages.ts";
import { Cluster } from "../support/cluster.ts";

test("whoever is asked first, one cluster is born, founded by the lowest member", async () => {
  for (const asked of [1, 2, 3]) {
    const cluster = new Cluster();
    const first = cluster.put(asked, "a", "1").catch(() => undefined);
    await cluster.when("all are members", () => cluster.world.objects.length === 3);
    for (;;) {
      const { voters } = await cluster.peek(1);
      if (voters.length === 3) break;
      await cluster.run(50);
    }
    await cluster.until(first);
    const ids = new Set<bigint>();
    for (const id of [1, 2, 3]) ids.add((await cluster.peek(id)).header.clusterId);
    assert.equal(ids.size, 1);
    assert.ok(!ids.has(0n));
    cluster.close();
  }
});

test("births that are triggered several times at once meet in one cluster", async () => {
  const cluster = new Cluster();
  const puts = [1, 2, 3, 1, 2, 3].map((id, i) =>
    cluster.put(id, `k${i}`, "x").catch(() => undefined),
  );
  await cluster.until(Promise.all(puts));
  for (;;) {
    if ((await cluster.peek(1)).voters.length === 3) break;
    await cluster.run(50);
  }
  const ids = new Set<bigint>();
  for (const id of [1, 2, 3]) ids.add((await cluster.peek(id)).header.clusterId);
  assert.equal(ids.size, 1);
  cluster.close();
});

test("a founder whose witness cannot be reached founds nothing until it can", async () => {
  const cluster = new Cluster();
  cluster.world.object(3).down = true;
  const answer = await cluster.until(cluster.put(1, "a", "1"), 60_000);
  assert.equal(answer.kind, "error");
  const { phase, header } = await cluster.peek(1);
  assert.equal(phase, "empty");
  assert.equal(header.clusterId, 0n);
  cluster.world.object(3).down = false;
  await cluster.start();
  cluster.close();
});

test("a crash at any step of a birth leaves one cluster", async () => {
  for (let steps = 0; steps < 60; steps += 2) {
    const cluster = new Cluster({ seed: `birth ${steps}` });
    const victim = 1 + (steps % 3);
    const first = cluster.put(1, "a", "1").catch(() => undefined);
    await cluster.run(1);
    cluster.world.object(victim).live?.dieAfter(steps);
    await cluster.run(300);
    cluster.world.object(victim).live?.dieAfter(Number.POSITIVE_INFINITY);
    await cluster.until(first);
    await cluster.start();
    const ids = new Set<bigint>();
    for (const id of [1, 2, 3]) ids.add((await cluster.peek(id)).header.clusterId);
    assert.equal(ids.size, 1);
    assert.equal((await cluster.fingerprints()).size, 1, `crash after ${steps} steps`);
    cluster.close();
  }
});

test("a founder that lost its storage never founds a second cluster", async () => {
  const cluster = new Cluster();
  await cluster.start();
  const before = await cluster.peek(2);
  const object = cluster.world.object(1);
  if (object.live) object.lose(object.live, "wiped");
  object.wipe();
  assert.notEqual((await cluster.until(cluster.put(1, "a", "1"))).kind, "ok");
  await cluster.run(5_000);
  const { phase, damage, header } = await cluster.peek(1);
  assert.equal(phase, "empty");
  assert.equal(header.clusterId, 0n);
  assert.match(damage, /witness|remove member 1, add a new id/);
  const leader = await cluster.leader([2, 3]);
  assert.equal((await cluster.until(cluster.put(leader, "a", "2"))).kind, "ok");
  assert.equal((await cluster.peek(2)).header.clusterId, before.header.clusterId);
  cluster.close();
});

test("a member that lost its storage stays down, and says what to do", async () => {
  const cluster = new Cluster();
  const leader = await cluster.start();
  const victim = leader === 3 ? 2 : 3;
  const object = cluster.world.object(victim);
  if (object.live) object.lose(object.live, "wiped");
  object.wipe();
  await cluster.run(3_000);
  const { phase, damage, term } = await cluster.peek(victim);
  assert.equal(phase, "empty");
  assert.equal(term, 0, "it takes part in nothing");
  assert.match(damage, new RegExp(`remove member ${victim}, add a new id`));
  assert.equal((await cluster.until(cluster.put(leader, "a", "1"))).kind, "ok");
  cluster.close();
});

test("members that lose their storage one by one never begin a second cluster", async () => {
  const cluster = new Cluster();
  await cluster.start();
  for (const id of [3, 2, 1]) {
    const object = cluster.world.object(id);
    if (object.live) object.lose(object.live, "wiped");
    object.wipe();
    // What is woken hears of the cluster while somebody is left who knows it.
    await cluster.status(id);
    await cluster.run(5_000);
  }
  for (const id of [1, 2, 3]) {
    const { phase, header } = await cluster.peek(id);
    assert.equal(phase, "empty", `member ${id}`);
    assert.equal(header.clusterId, 0n);
  }
  assert.notEqual((await cluster.until(cluster.put(1, "a", "1"))).kind, "ok");
  cluster.close();
});

test("who only looks at a member does not bring it into the world", async () => {
  const cluster = new Cluster();
  const { phase, instanceId } = await cluster.status(1);
  assert.ok(phase === "starting" || phase === "empty");
  assert.equal(instanceId, "");
  await cluster.run(5_000);
  const { databaseBytes } = await cluster.peek(1);
  assert.equal((await cluster.peek(1)).instanceId, "");
  const tables = cluster.world
    .object(1)
    .database.sql.exec("SELECT name FROM sqlite_master")
    .toArray();
  assert.deepEqual(tables, [], `${databaseBytes} bytes`);
  assert.equal(cluster.world.object(1).alarmAtMs, undefined);
  cluster.close();
});

test("whatever a stranger asks of a member that is not born, it stays so", async () => {
  const cluster = new Cluster();
  const query = new Uint8Array();
  const stranger = { token: "", timeoutMs: 1_000, stranger: true };
  const holder = { token: `${tokenRequired}abcdefgh.7`, timeoutMs: 1_000 };
  for (const client of [stranger, holder]) {
    for (const consistency of ["linearizable", "serializable", "leader"] as const) {
      const asked = cluster.ask(1, (member) => member.query({ query, consistency, ...client }));
      const answer = await cluster.until(asked);
      assert.equal(answer.kind === "error" ? answer.message : answer.kind, errors.notBorn.text);
    }
    const put = cluster.ask(1, (member) => member.propose({ request: query, ...client }));
    assert.equal((await cluster.until(put)).kind, "error");
  }
  const { token } = holder;
  await cluster.until(cluster.ask(2, (m) => m.changeMember({ kind: "remove", id: 2 }, token)));
  await cluster.until(cluster.ask(2, (m) => m.moveLeader(1, token)));
  await cluster.until(cluster.ask(3, (m) => m.backup({ token, index: 0, cursor: query })));
  await cluster.run(5_000);
  for (const id of [1, 2, 3]) {
    const object = cluster.world.object(id);
    const tables = object.database.sql.exec("SELECT name FROM sqlite_master").toArray();
    assert.deepEqual(tables, [], `member ${id}`);
    assert.equal(object.alarmAtMs, undefined);
  }
  cluster.close();
});
