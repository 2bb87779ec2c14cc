import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AlarmAction,
  AlarmRequest,
  AlarmType,
  CompactionRequest,
  LeaseGrantRequest,
} from "../../../src/proto/generated/etcd.ts";
import { Cluster } from "./support/cluster.ts";

const quotaBytes = 64 * 1_024;
const full = "etcdserver: mvcc: database space exceeded";

test("beyond the quota writes are refused until the alarm is taken back", async () => {
  const cluster = new Cluster({ tuning: { quotaBytes } });
  const leader = await cluster.start();
  const put = (key: string) => cluster.until(cluster.put(leader, key, "v".repeat(8_000)));
  const ask = (body: Parameters<Cluster["request"]>[0]) =>
    cluster.until(cluster.propose(leader, cluster.request(body)));
  const refused = (answer: Awaited<ReturnType<typeof put>>) => {
    assert.equal(answer.kind, "error");
    assert.deepEqual([answer.code, answer.message], [8, full]);
  };
  let keys = 0;
  let last = await put("k0");
  while (last.kind === "ok") {
    keys += 1;
    last = await put(`k${keys}`);
  }
  refused(last);
  assert.equal(keys, 7);
  await cluster.run(1_000);
  for (const id of [1, 2, 3]) {
    const { alarms } = await cluster.peek(id);
    assert.deepEqual(alarms, [{ memberId: BigInt(leader), alarm: AlarmType.NOSPACE }]);
  }
  assert.equal(await cluster.get(leader, "k0"), "v".repeat(8_000));
  // A small write would fit, but the alarm holds for all, even when there is space again.
  refused(await cluster.until(cluster.put(leader, "small", "")));
  refused(await ask({ leaseGrant: LeaseGrantRequest.create({ ID: 7n, TTL: 60 }) }));
  assert.equal((await cluster.until(cluster.delete(leader, "k", "l"))).kind, "ok");
  const { revision } = (await cluster.peek(leader)).header;
  const compaction = CompactionRequest.create({ revision, physical: true });
  assert.equal((await ask({ compaction })).kind, "ok");
  refused(await put("k0"));
  const { alarms } = await cluster.peek(leader);
  const [alarm] = alarms;
  assert.ok(alarm);
  const taken = AlarmRequest.create({
    action: AlarmAction.DEACTIVATE,
    memberID: alarm.memberId,
    alarm: AlarmType.NOSPACE,
  });
  assert.equal((await ask({ alarm: taken })).kind, "ok");
  assert.equal((await put("k0")).kind, "ok");
  assert.equal((await cluster.peek(leader)).alarms.length, 0);
  cluster.close();
});

test("a key that is overwritten fills the quota, and a compaction empties it", async () => {
  const cluster = new Cluster({ tuning: { quotaBytes: 3_000_000 } });
  const leader = await cluster.start();
  const put = () => cluster.until(cluster.put(leader, "k", "v".repeat(100_000)));
  const ask = (body: Parameters<Cluster["request"]>[0]) =>
    cluster.until(cluster.propose(leader, cluster.request(body)));
  const round = async () => {
    let taken = 0;
    for (; (await put()).kind === "ok"; taken++) assert.ok(taken < 100, "it never fills");
    return taken;
  };
  const disarm = { action: AlarmAction.DEACTIVATE, alarm: AlarmType.NOSPACE };
  for (const expected of [29, 28, 28]) {
    assert.equal(await round(), expected);
    await cluster.run(2_000);
    const before = await Promise.all([1, 2, 3].map((id) => cluster.peek(id)));
    assert.deepEqual(new Set(before.map(({ storedBytes }) => storedBytes)).size, 1);
    const [{ alarms, header }] = [before[0] ?? assert.fail("no member")];
    const [alarm] = alarms;
    assert.equal(alarm?.alarm, AlarmType.NOSPACE);
    const compaction = CompactionRequest.create({ revision: header.revision });
    assert.equal((await ask({ compaction })).kind, "ok");
    const { storedBytes, liveBytes } = await cluster.peek(leader);
    assert.equal(storedBytes, liveBytes, "all but what lives is gone");
    // As in etcd, room alone does not take the alarm back.
    assert.equal((await put()).kind, "error");
    const memberID = alarm?.memberId ?? 0n;
    const taken = AlarmRequest.create({ ...disarm, memberID });
    assert.equal((await ask({ alarm: taken })).kind, "ok");
  }
  cluster.close();
});

test("where space is short, what is compacted goes from the disk at once", async () => {
  const cluster = new Cluster({ tuning: { quotaBytes: 3_000_000, overlayBytes: 100_000 } });
  const leader = await cluster.start();
  const put = () => cluster.until(cluster.put(leader, "k", "v".repeat(100_000)));
  while ((await put()).kind === "ok");
  await cluster.run(5_000);
  const before = (await cluster.peek(leader)).databaseBytes;
  const { revision } = (await cluster.peek(leader)).header;
  const compaction = CompactionRequest.create({ revision });
  await cluster.until(cluster.propose(leader, cluster.request({ compaction })));
  await cluster.run(10_000);
  // Nothing was written, and nobody waits: the rows of 28 versions are gone, the log stays.
  const after = (await cluster.peek(leader)).databaseBytes;
  assert.ok(after < before - 2_000_000, `${before} bytes before, ${after} after`);
  cluster.close();
});

test("writers at the same time do not overshoot the quota", async () => {
  const cluster = new Cluster({ tuning: { quotaBytes: 1_000_000 } });
  const leader = await cluster.start();
  const puts = Array.from({ length: 40 }, (_, i) =>
    cluster.put(leader, `k${i}`, "v".repeat(100_000)),
  );
  const answers = await cluster.until(Promise.all(puts));
  assert.ok(answers.filter(({ kind }) => kind === "ok").length > 5);
  const { storedBytes } = await cluster.peek(leader);
  assert.ok(storedBytes < 1_000_000, `${storedBytes} bytes`);
  cluster.close();
});

test("a storage that is nearly full takes no more, whatever the quota", async () => {
  const cluster = new Cluster({ tuning: { maxDatabaseBytes: 3_000_000 } });
  const leader = await cluster.start();
  const put = () => cluster.until(cluster.put(leader, "k", "v".repeat(100_000)));
  let last = await put();
  for (let i = 0; i < 60 && last.kind === "ok"; i++) {
    await cluster.run(1_000);
    last = await put();
  }
  assert.deepEqual(last.kind === "error" && last.message, full);
  assert.equal((await cluster.until(cluster.delete(leader, "k"))).kind, "ok");
  cluster.close();
});

test("beyond a quota of none nothing is refused", async () => {
  const cluster = new Cluster({ tuning: { quotaBytes: Number.POSITIVE_INFINITY } });
  const leader = await cluster.start();
  const answer = await cluster.until(cluster.put(leader, "k", "v".repeat(100_000)));
  assert.equal(answer.kind, "ok");
  cluster.close();
});
