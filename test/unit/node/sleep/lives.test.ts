import assert from "node:assert/strict";
import { test } from "node:test";
import { RangeRequest } from "../../../../src/proto/generated/etcd.ts";
import { Query } from "../../../../src/proto/generated/kv.ts";
import type { Answer } from "../../../../src/rpc/messages.ts";
import { cloneDatabase } from "../../../suites/sim/world/disk.ts";
import type { ObjectInstance } from "../../../suites/sim/world/instance.ts";
import type { Cluster } from "../support/cluster.ts";
import { asleep, hibernate, ids, leased, putAt, renew, sleeps } from "./support.ts";

// Several lives of one leader, in one term.

/** What an instance answers to a linearizable read, which only a life that is the newest may. */
async function readAt(cluster: Cluster, instance: ObjectInstance): Promise<Answer | undefined> {
  const range = RangeRequest.create({ key: new TextEncoder().encode("key") });
  const query = Query.encode(Query.create({ format: 1, range }));
  const ask = { query, consistency: "linearizable", token: "", timeoutMs: 3_000 } as const;
  let answer: Answer | undefined;
  cluster.world.scheduler.after(0, () =>
    instance.enter(() => {
      instance.member?.query(ask).then((given) => instance.leave(() => (answer = given)));
    }),
  );
  await cluster.run(5_000);
  return answer;
}

test("a superseded life of a sleeping leader confirms no read", async () => {
  const { cluster, leader, term } = await asleep();
  const object = cluster.world.object(leader);
  const old = object.live ?? assert.fail("it lives");
  assert.ok(object.supersede());
  await putAt(cluster, leader, "newer");
  assert.equal((await cluster.peek(leader)).term, term, "of one term");
  const answer = await readAt(cluster, old);
  assert.notEqual(answer?.kind, "ok");
  assert.equal(await cluster.get(leader, "key"), "newer");
  cluster.close();
});

test("a leader whose storage went back to its sleep ends, and the others go on", async () => {
  const { cluster, leader, term } = await asleep();
  const object = cluster.world.object(leader);
  const before = cloneDatabase(object.database);
  await putAt(cluster, leader, "lost here");
  await sleeps(cluster);
  hibernate(cluster, ...ids);
  object.database.close();
  object.database = before;
  const others = ids.filter((id) => id !== leader);
  await cluster.until(cluster.read(leader, "key", "linearizable"));
  const { damage } = await cluster.peek(leader);
  assert.match(damage, /entries at the end of the log are gone/);
  const next = await cluster.leader(others);
  assert.equal(await cluster.get(next, "key"), "lost here");
  assert.ok((await cluster.peek(next)).term > term);
  cluster.close();
});

test("an entry beyond the sleep record leaves only when it is durable", async () => {
  const { cluster, leader, term, followers } = await asleep({ commitMeanUs: 50_000 });
  for (const cold of [true, false]) {
    const before = (await cluster.peek(leader)).log.lastIndex;
    if (cold) hibernate(cluster, leader);
    const object = cluster.world.object(leader);
    // It dies with its row under way, so that the next life leads on in the same term.
    const lost = cluster.put(leader, "key", "never seen").catch(() => undefined);
    await cluster.when("it writes", () => (object.live?.commitsInFlight ?? 0) > 0);
    await cluster.run(5);
    const { live } = object;
    assert.ok(live !== undefined && live.commitsInFlight > 0);
    object.lose(live, "test", 0);
    await cluster.until(lost);
    for (const id of followers) {
      assert.equal((await cluster.peek(id)).log.lastIndex, before, "nobody has it");
    }
    await putAt(cluster, leader, "another");
    for (const id of ids) await cluster.caughtUp(id);
    assert.equal((await cluster.peek(leader)).term, term);
    assert.equal((await cluster.fingerprints()).size, 1);
    await sleeps(cluster);
  }
  cluster.close();
});

test("a sleeper that was deposed renews no lease", async () => {
  const { cluster, leader, followers, follower } = await leased(600);
  cluster.cut(leader);
  await cluster.until(cluster.put(follower, "key", "x"));
  await cluster.run(100);
  await cluster.leader(followers);
  assert.notEqual((await renew(cluster, leader)).kind, "ok");
  cluster.heal();
  await cluster.when(
    "it follows",
    () => cluster.world.objects.every(({ live }) => live !== undefined),
    1_000,
  );
  cluster.close();
});

test("a member agrees to what it has, and to nothing else", async () => {
  const { cluster, leader, follower } = await asleep();
  const { term, commitIndex: index } = await cluster.peek(follower);
  const at = { term, lead: leader, index, indexTerm: term, last: index, lastTerm: term };
  const stand = { ...at, asleep: false, leaseMs: 0 };
  const ask = async (changed: object, from = leader) =>
    (await cluster.callAs(from, follower, "sleep", { sleep: { ...stand, ...changed } })).refused;
  assert.equal(await ask({}), "");
  for (const changed of [
    { term: term + 1 },
    { last: index + 1 },
    { last: index - 1 },
    { index: index - 1 },
    { index: index + 1 },
  ]) {
    assert.equal(await ask(changed), "is not as far", JSON.stringify(changed));
  }
  const third = ids.find((id) => id !== leader && id !== follower) ?? 0;
  assert.equal(await ask({}, third), "is not as far", "not the leader");
  cluster.close();
});

test("who slept after a member was removed elects without it, whatever was forgotten", async () => {
  const { cluster, leader } = await asleep({ members: 4 });
  const others = [1, 2, 3, 4].filter((id) => id !== leader);
  const removed = others.pop() ?? 0;
  const change = { kind: "remove", id: removed } as const;
  const answer = await cluster.until(
    cluster.ask(leader, (member) => member.changeMember(change, "")),
  );
  assert.equal(answer.kind, "ok");
  await sleeps(cluster);
  hibernate(cluster, ...others, leader);
  cluster.world.object(leader).down = true;
  const [first = 0] = others;
  await cluster.until(cluster.put(first, "key", "x"));
  assert.ok(others.includes(await cluster.leader(others)));
  cluster.close();
});

test("a member does not sleep with a call under way", async () => {
  const { cluster, leader, follower } = await asleep();
  const [from, to] = [follower, leader].map((id) => cluster.world.object(id).place);
  const link = cluster.world.network.link(from ?? "", to ?? "");
  link.failsFast = () => false;
  link.cut();
  // It wakes, and its call of the leader hangs for seconds.
  const read = cluster.read(follower, "first", "linearizable");
  await cluster.run(50);
  link.mend();
  await putAt(cluster, leader, "awake");
  await cluster.until(read);
  const asleepBefore = (await cluster.peek(leader)).counters.sleeps ?? 0;
  for (;;) {
    if (((await cluster.peek(leader)).counters.sleeps ?? 0) > asleepBefore) break;
    await cluster.run(20);
  }
  await cluster.run(100);
  for (const { live, place } of cluster.world.objects) assert.ok(live?.idle, place);
  cluster.close();
});
