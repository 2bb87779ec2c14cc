import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asleep,
  hibernate,
  ids,
  leadsStill,
  leased,
  putAt,
  renew,
  sleepOn,
  sleeps,
  ttlOf,
} from "./support.ts";

test("a cluster with nothing to do sleeps, for days", async () => {
  const { cluster, leader, term } = await asleep();
  await cluster.run(60_000);
  const rows = ids.map((id) => cluster.world.object(id).database.rowsWritten);
  await cluster.run(24 * 3_600_000);
  await sleepOn(cluster);
  assert.deepEqual(
    ids.map((id) => cluster.world.object(id).database.rowsWritten),
    rows,
  );
  await leadsStill(cluster, leader, term);
  cluster.close();
});

test("a look at it wakes nobody", async () => {
  const { cluster, leader, follower } = await asleep();
  for (const id of ids) {
    assert.equal((await cluster.status(id)).header.leader, leader);
    assert.equal(await cluster.get(id, "first", "serializable"), "put");
    await sleepOn(cluster);
  }
  hibernate(cluster, ...ids);
  assert.equal((await cluster.status(follower)).header.leader, 0, "it is only just starting");
  assert.equal(await cluster.get(follower, "first", "serializable"), "put");
  assert.equal((await cluster.status(follower)).header.leader, leader);
  await sleepOn(cluster);
  cluster.close();
});

for (const [what, who] of [
  ["with its memory", () => []],
  ["without its leader's memory", (leader: number) => [leader]],
  ["without any memory", () => ids],
] as const) {
  test(`it wakes ${what} as it slept, without an election`, async () => {
    const { cluster, leader, term } = await asleep();
    for (let round = 1; round <= 5; round++) {
      hibernate(cluster, ...who(leader));
      const tookMs = await putAt(cluster, leader, `${round}`);
      assert.ok(tookMs < 500, `${tookMs} ms`);
      await leadsStill(cluster, leader, term);
      for (const id of ids) await cluster.caughtUp(id);
      assert.equal((await cluster.fingerprints()).size, 1);
      await sleeps(cluster);
    }
    await leadsStill(cluster, leader, term);
    assert.ok((await cluster.peek(leader)).term === term);
    cluster.close();
  });
}

test("a member that starts alone reads all that was acknowledged", async () => {
  const { cluster, leader, followers } = await asleep();
  await putAt(cluster, leader, "new");
  await sleeps(cluster);
  hibernate(cluster, ...ids);
  for (const id of followers) {
    assert.equal(await cluster.get(id, "key", "serializable"), "new");
    await sleepOn(cluster);
  }
  cluster.close();
});

test("nor does a member that is woken as it starts read what is older", async () => {
  const { cluster, leader, followers } = await asleep();
  await putAt(cluster, leader, "new");
  await sleeps(cluster);
  hibernate(cluster, ...ids);
  for (const id of followers) {
    const put = cluster.put(id, "other", "x");
    assert.equal(await cluster.get(id, "key", "serializable"), "new");
    assert.equal((await cluster.until(put)).kind, "redirect");
  }
  cluster.close();
});

test("a linearizable read takes a round of calls, and no waking", async () => {
  const { cluster, leader, term } = await asleep();
  for (const hibernating of [[], [leader], ids]) {
    hibernate(cluster, ...hibernating);
    assert.equal(await cluster.get(leader, "first"), "put");
    await sleepOn(cluster);
  }
  await leadsStill(cluster, leader, term);
  cluster.close();
});

test("a linearizable read on a follower wakes, and no election follows", async () => {
  for (const cold of [false, true]) {
    const { cluster, leader, term, follower } = await asleep();
    if (cold) hibernate(cluster, ...ids);
    assert.equal(await cluster.get(follower, "first"), "put");
    await sleeps(cluster);
    await leadsStill(cluster, leader, term);
    cluster.close();
  }
});

test("where the leader is gone the others have one as soon as ever", async () => {
  for (const cold of [false, true]) {
    const { cluster, leader, term, followers, follower } = await asleep();
    const gone = cluster.world.object(leader);
    hibernate(cluster, ...(cold ? ids : [leader]));
    gone.down = true;
    const fromMs = cluster.world.scheduler.nowMs;
    let kind = "";
    for (let id = follower; kind !== "ok"; ) {
      // Its client goes to whom it names, and keeps to it where that is not to be had.
      const { leader: named } = (await cluster.peek(follower)).header;
      id = followers.includes(named) ? named : follower;
      kind = (await cluster.until(cluster.put(id, "key", "x"))).kind;
      await cluster.run(20);
      assert.ok(cluster.world.scheduler.nowMs < fromMs + 10_000, "no leader");
    }
    const tookMs = cluster.world.scheduler.nowMs - fromMs;
    assert.ok(tookMs < 2_000, `${tookMs} ms, ${cold}`);
    gone.down = false;
    // It sleeps on for itself until it hears of the others.
    for (const id of ids) await cluster.caughtUp(id);
    await sleeps(cluster);
    assert.ok((await cluster.peek(leader)).term > term);
    assert.equal((await cluster.fingerprints()).size, 1);
    cluster.close();
  }
});

test("a member that is away is named after half a minute, and looked for", async () => {
  const { cluster, leader, follower } = await asleep();
  const object = cluster.world.object(follower);
  hibernate(cluster, follower);
  object.down = true;
  // Not even its own alarm starts it again.
  object.dropAlarm();
  await putAt(cluster, leader, "missed");
  const fromMs = cluster.world.scheduler.nowMs;
  await sleeps(cluster);
  const tookMs = cluster.world.scheduler.nowMs - fromMs;
  assert.ok(tookMs > 30_000 && tookMs < 60_000, `${tookMs} ms`);
  await cluster.run(10 * 60_000);
  await sleepOn(cluster);
  object.down = false;
  // The next look comes at 15 minutes.
  await cluster.run(6 * 60_000);
  assert.ok(object.live !== undefined, "nobody else has asked for it");
  assert.equal(await cluster.get(follower, "key", "serializable"), "missed");
  await sleeps(cluster);
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});

test("a lease ends in time while its cluster sleeps, warm or cold, never early", async () => {
  for (const cold of [false, true]) {
    const { cluster, grantedMs, endsAfter } = await leased(60);
    if (cold) hibernate(cluster, ...ids);
    await cluster.run(50_000);
    const seconds = await endsAfter(grantedMs, 30_000);
    assert.ok(seconds >= 60 && seconds < 62.5, `${seconds} s`);
    await sleeps(cluster);
    cluster.close();
  }
});

test("ten sleeps make a lease no later than one does", async () => {
  const { cluster, leader, grantedMs, endsAfter } = await leased(90);
  for (let i = 0; i < 10; i++) {
    hibernate(cluster, ...ids);
    await putAt(cluster, leader, `${i}`);
    await sleeps(cluster);
  }
  assert.ok(cluster.world.scheduler.nowMs - grantedMs < 85_000, "there is time left");
  const seconds = await endsAfter(grantedMs, 100_000);
  assert.ok(seconds >= 90 && seconds < 92.5, `${seconds} s`);
  cluster.close();
});

test("a renewal wakes nobody, and outlives its leader's memory", async () => {
  const { cluster, leader, endsAfter } = await leased(60);
  await cluster.run(40_000);
  for (let i = 0; i < 6; i++) {
    assert.equal(ttlOf(await renew(cluster, leader)), 60);
    await sleepOn(cluster);
    hibernate(cluster, leader);
    await cluster.run(30_000);
  }
  const fromMs = cluster.world.scheduler.nowMs;
  assert.equal(ttlOf(await renew(cluster, leader)), 60);
  hibernate(cluster, ...ids);
  await cluster.run(50_000);
  const seconds = await endsAfter(fromMs, 30_000);
  assert.ok(seconds >= 60 && seconds < 62.5, `${seconds} s`);
  cluster.close();
});

test("a lease does not end early where the clocks of two lives differ", async () => {
  // How late it ends besides hangs on when it was granted, between two looks at what has expired.
  for (let lateMs = 0; lateMs < 500; lateMs += 100) {
    const { cluster, leader, grantedMs, endsAfter } = await leased(60, lateMs);
    hibernate(cluster, ...ids);
    cluster.world.object(leader).clock.jump(990);
    // Awake when it thinks that the lease is over: the alarm itself is on time.
    await cluster.run(grantedMs + 58_500 - cluster.world.scheduler.nowMs);
    await putAt(cluster, leader, "awake");
    const seconds = await endsAfter(grantedMs, 30_000);
    assert.ok(seconds >= 60 && seconds < 62.5, `${seconds} s, granted ${lateMs} ms late`);
    cluster.close();
  }
});

test("a member sleeps upon a snapshot, where a start would have much to replay", async () => {
  const { cluster, leader } = await asleep();
  const indexes = async () => {
    const found: [number, number][] = [];
    for (const id of ids) {
      const { snapshotIndex, log } = await cluster.peek(id);
      found.push([snapshotIndex, log.lastIndex]);
    }
    return found;
  };
  for (const [snapshot, last] of await indexes()) assert.ok(snapshot < last);
  for (let i = 0; i < 500; i++) await putAt(cluster, leader, `${i}`);
  await sleeps(cluster);
  for (const [snapshot, last] of await indexes()) assert.equal(snapshot, last);
  hibernate(cluster, ...ids);
  assert.equal(await cluster.get(leader, "key"), "499");
  cluster.close();
});
