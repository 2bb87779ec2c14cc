import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemberChange } from "../../../../src/rpc/messages.ts";
import { Cluster } from "../support/cluster.ts";

async function settled() {
  const cluster = new Cluster();
  const leader = await cluster.start();
  // Until all have been answering for as long as etcd wants it (HealthInterval).
  await cluster.run(6_000);
  const change = (to: MemberChange, on = leader) =>
    cluster.until(cluster.ask(on, (member) => member.changeMember(to, "")));
  return { cluster, leader, change };
}

const learner = (id: number): MemberChange => ({
  ...{ kind: "add", id, name: `m${id}`, peerUrls: [`http://m${id}`], locationHint: "weur" },
  isLearner: true,
});

test("a member is added as learner, promoted when it is in sync, and removed", async () => {
  const { cluster, leader, change } = await settled();
  const added = await change(learner(0));
  assert.equal(added.kind, "ok");
  if (added.kind !== "ok") return;
  assert.equal(added.added?.id, 4, "the next id that was never used");
  assert.equal(added.added?.isLearner, true);
  await cluster.caughtUp(4);
  assert.equal((await cluster.peek(4)).role, "learner");

  const promoted = await change({ kind: "promote", id: 4 });
  assert.equal(promoted.kind, "ok");
  await cluster.caughtUp(4);
  assert.deepEqual((await cluster.peek(4)).voters, [1, 2, 3, 4]);

  const removed = await change({ kind: "remove", id: 4 });
  assert.equal(removed.kind, "ok");
  await cluster.run(1_000);
  assert.deepEqual((await cluster.peek(leader)).voters, [1, 2, 3]);
  const again = await change(learner(4));
  assert.equal(again.kind, "error", "a removed id is never used again");
  cluster.close();
});

test("a member that was removed stops, and disturbs nobody", async () => {
  const { cluster, leader, change } = await settled();
  const victim = leader === 3 ? 2 : 3;
  const { term } = await cluster.peek(leader);
  assert.equal((await change({ kind: "remove", id: victim })).kind, "ok");
  await cluster.run(10_000);
  assert.equal((await cluster.peek(leader)).term, term);
  assert.equal((await cluster.until(cluster.put(leader, "a", "1"))).kind, "ok");
  cluster.close();
});

test("a member that was removed while it was away hears of it, and stays away", async () => {
  const { cluster, leader, change } = await settled();
  const victim = leader === 3 ? 2 : 3;
  cluster.cut(victim);
  assert.equal((await change({ kind: "remove", id: victim })).kind, "ok");
  await cluster.run(5_000);
  assert.equal((await cluster.peek(victim)).phase, "ready");
  cluster.heal();
  await cluster.run(5_000);
  for (let starts = 0; starts < 2; starts++) {
    const { phase, damage } = await cluster.peek(victim);
    assert.equal(phase, "stopped");
    assert.match(damage, /was removed/);
    const { live } = cluster.world.object(victim);
    assert.ok(live);
    cluster.world.object(victim).lose(live, "a new start");
  }
  cluster.close();
});

test("a member is not added before its code knows the cluster's version", async () => {
  const { cluster, change } = await settled();
  const object = cluster.world.object(4);
  object.version = 0;
  const refused = await change(learner(4));
  assert.equal(refused.kind, "error");
  if (refused.kind !== "error") return;
  assert.match(refused.message, /member 4 runs code of version 0, the cluster is at 1/);
  const { live } = object;
  assert.ok(live);
  object.lose(live, "a deploy");
  object.version = 1;
  assert.equal((await change(learner(4))).kind, "ok");
  cluster.close();
});

/** As clients do it: where one member sends them to another they go, until they are answered. */
async function changeByLeader(cluster: Cluster, first: number, to: MemberChange) {
  for (let at = first; ; ) {
    const answer = await cluster.until(cluster.ask(at, (member) => member.changeMember(to, "")));
    if (answer.kind !== "redirect") return { answer, by: at };
    if (answer.header.leader !== 0) at = answer.header.leader;
    await cluster.run(1);
  }
}

test("a leader that is to be removed hands over first, and no write waits for it", async () => {
  const { cluster, leader, change } = await settled();
  const { term } = await cluster.peek(leader);
  const began = cluster.world.scheduler.nowMs;
  const first = await change({ kind: "remove", id: leader });
  assert.equal(first.kind, "redirect", "it does not remove itself");
  const next = first.header.leader;
  assert.ok(next !== 0 && next !== leader, "and says who leads now");
  assert.equal((await cluster.peek(leader)).phase, "ready");
  assert.equal((await cluster.until(cluster.put(next, "a", "1"))).kind, "ok");
  const { answer, by } = await changeByLeader(cluster, next, { kind: "remove", id: leader });
  assert.deepEqual([answer.kind, by], ["ok", next]);
  assert.equal((await cluster.until(cluster.put(next, "a", "2"))).kind, "ok");
  const tookMs = cluster.world.scheduler.nowMs - began;
  assert.ok(tookMs < 500, `${tookMs} ms: half of the shortest election timeout`);
  assert.equal((await cluster.peek(next)).term, term + 1);

  const others = [1, 2, 3].filter((id) => id !== leader);
  assert.deepEqual((await cluster.peek(next)).voters, others);
  await cluster.run(2_000);
  const { phase, damage } = await cluster.peek(leader);
  assert.equal(phase, "stopped");
  assert.match(damage, /was removed/);
  assert.equal((await cluster.peek(next)).term, term + 1, "it disturbed nobody");
  cluster.close();
});

test("where nobody takes over in time, the leader is removed all the same", async () => {
  const { cluster, leader, change } = await settled();
  const others = [1, 2, 3].filter((id) => id !== leader);
  const [target = 0] = others;
  const [a, b] = [cluster.world.object(leader).place, cluster.world.object(target).place];
  // The one that is to take over hears nothing of it; the other one is still there.
  for (const link of [cluster.world.network.link(a, b), cluster.world.network.link(b, a)]) {
    link.cut();
  }
  assert.equal((await change({ kind: "remove", id: leader })).kind, "ok");
  cluster.heal();
  const next = await cluster.leader(others);
  assert.deepEqual((await cluster.peek(next)).voters, others);
  assert.equal((await cluster.until(cluster.put(next, "a", "1"))).kind, "ok");
  cluster.close();
});

test("a leader that is removed while it leads tells so, although its vote is missed", async () => {
  const { cluster, leader, change } = await settled();
  assert.equal((await change(learner(0))).kind, "ok");
  await cluster.caughtUp(4);
  assert.equal((await change({ kind: "promote", id: 4 })).kind, "ok");
  await cluster.caughtUp(4);
  const [dead = 0, ...alive] = [1, 2, 3, 4].filter((id) => id !== leader);
  cluster.cut(dead);
  const { place } = cluster.world.object(leader);
  const links = alive.map((id) =>
    cluster.world.network.link(place, cluster.world.object(id).place),
  );
  for (const link of links) link.cut();
  const removal = cluster.ask(leader, (member) =>
    member.changeMember({ kind: "remove", id: leader }, ""),
  );
  // Whoever is to take over hears nothing of it; then three of the four can commit it.
  await cluster.run(100);
  for (const link of links) link.mend();
  assert.equal((await cluster.until(removal)).kind, "ok");
  // Of four voters two are left, which is enough only if both know that they are three.
  const next = await cluster.leader(alive);
  assert.deepEqual((await cluster.peek(next)).voters, [dead, ...alive]);
  assert.equal((await cluster.until(cluster.put(next, "a", "1"))).kind, "ok");
  cluster.close();
});

test("a change that a new leader is asked for waits until it knows who is there", async () => {
  const { cluster, leader } = await settled();
  const [target, victim] = [1, 2, 3].filter((id) => id !== leader);
  assert.ok(target && victim);
  const moved = cluster.ask(leader, (member) => member.moveLeader(target, ""));
  assert.equal((await cluster.until(moved)).kind, "ok");
  const { answer, by } = await changeByLeader(cluster, target, { kind: "remove", id: victim });
  assert.deepEqual([answer.kind, by], ["ok", target]);
  assert.deepEqual((await cluster.peek(target)).voters, [leader, target].sort());
  cluster.close();
});

test("a member that cannot be asked to join is given up, and another may be added", async () => {
  const { cluster, leader, change } = await settled();
  // Calls to it are neither answered nor refused.
  const at = cluster.world.object(leader).place;
  cluster.world.network.link(at, cluster.world.object(4).place).cut();
  const answer = await change(learner(4));
  assert.equal(answer.kind, "error");
  assert.equal((await change(learner(5))).kind, "ok");
  cluster.close();
});

const refusals: [string, MemberChange, string][] = [
  ["an unknown member is not removed", { kind: "remove", id: 9 }, "etcdserver: member not found"],
  ["an unknown member is not promoted", { kind: "promote", id: 9 }, "etcdserver: member not found"],
  [
    "a voter is not promoted",
    { kind: "promote", id: 2 },
    "etcdserver: can only promote a learner member",
  ],
  ["a member is not added twice", learner(2), "etcdserver: member ID already exist"],
];

for (const [name, to, message] of refusals) {
  test(`${name}, in etcd's words`, async () => {
    const { cluster, change } = await settled();
    const answer = await change(to);
    assert.equal(answer.kind, "error");
    assert.equal(answer.kind === "error" && answer.message, message);
    cluster.close();
  });
}

test("a learner that is not in sync is not promoted; a second learner is not added", async () => {
  const { cluster, change } = await settled();
  cluster.world.object(4);
  assert.equal((await change(learner(4))).kind, "ok");
  cluster.cut(4);
  for (let i = 0; i < 30; i++) {
    const leader = await cluster.leader([1, 2, 3]);
    assert.equal((await cluster.until(cluster.put(leader, `k${i}`, "x"))).kind, "ok");
  }
  const early = await change({ kind: "promote", id: 4 });
  assert.equal(
    early.kind === "error" && early.message,
    "etcdserver: can only promote a learner member which is in sync with leader",
  );
  const second = await change(learner(5));
  assert.equal(
    second.kind === "error" && second.message,
    "etcdserver: too many learner members in cluster",
  );
  cluster.close();
});

test("a removal that would lose the quorum is refused", async () => {
  const { cluster, leader, change } = await settled();
  const [down, other] = [1, 2, 3].filter((id) => id !== leader);
  assert.ok(down && other);
  const object = cluster.world.object(down);
  if (object.live) object.lose(object.live, "test");
  object.down = true;
  await cluster.run(3_000);
  const refused = await change({ kind: "remove", id: other });
  assert.equal(
    refused.kind === "error" && refused.message,
    "etcdserver: unhealthy cluster",
    "it has started, but does not answer",
  );
  assert.equal((await change({ kind: "remove", id: down })).kind, "ok");
  cluster.close();
});

test("one change at a time: the second is refused while the first is under way", async () => {
  const { cluster, leader, change } = await settled();
  const first = cluster.ask(leader, (member) => member.changeMember(learner(4), ""));
  await cluster.run(1.5);
  const second = await change({ kind: "remove", id: leader === 3 ? 2 : 3 });
  assert.equal(second.kind, "error");
  assert.match(second.kind === "error" ? second.message : "", /in progress/);
  assert.equal((await cluster.until(first)).kind, "ok");
  cluster.close();
});

test("a follower sends a change to the leader", async () => {
  const { cluster, leader, change } = await settled();
  const answer = await change(learner(4), leader === 1 ? 2 : 1);
  assert.equal(answer.kind, "redirect");
  assert.equal(answer.header.leader, leader);
  cluster.close();
});

test("a larger topology adds members to a cluster, and never founds another", async () => {
  const cluster = new Cluster();
  await cluster.start();
  const { header } = await cluster.peek(1);
  cluster.reconfigure(5);
  for (const object of cluster.world.objects) {
    if (object.live) object.lose(object.live, "deploy");
  }
  for (;;) {
    const { voters } = await cluster.status(1);
    if (voters.length === 5) break;
    await cluster.run(100);
  }
  for (const id of [1, 2, 3, 4, 5]) {
    await cluster.caughtUp(id);
    assert.equal((await cluster.peek(id)).header.clusterId, header.clusterId);
  }
  assert.equal((await cluster.fingerprints([1, 2, 3, 4, 5])).size, 1);
  cluster.close();
});
