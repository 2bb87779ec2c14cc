import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AlarmAction,
  AlarmRequest,
  AlarmType,
  CompactionRequest,
  LeaseGrantRequest,
} from "../../src/proto/generated/etcd.ts";
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

test("beyond a quota of none nothing is refused", async () => {
  const cluster = new Cluster({ tuning: { quotaBytes: Number.POSITIVE_INFINITY } });
  const leader = await cluster.start();
  const answer = await cluster.until(cluster.put(leader, "k", "v".repeat(100_000)));
  assert.equal(answer.kind, "ok");
  cluster.close();
});
