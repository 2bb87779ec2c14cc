/** The cases of etcd's common tests (tests/common/alarm_test.go). */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api, type ApiCluster, b } from "../support/api.ts";

const full = "mvcc: database space exceeded";

let api: Api;
before(async () => {
  api = await Api.start({ QUOTA_BACKEND_BYTES: String(3_000_000), MEMBERS: "3" });
});
after(() => api.stop());

/** Overwrites one key until it is refused; how often it was taken. */
async function fill(cluster: ApiCluster): Promise<number> {
  const put = { key: b("abc"), value: b("v".repeat(100_000)) };
  for (let taken = 0; taken < 120; taken++) {
    const { status, text } = await cluster.request("POST", "/v3/kv/put", JSON.stringify(put));
    if (status === 200) continue;
    assert.equal(status, 429);
    assert.match(text, new RegExp(full));
    return taken;
  }
  return assert.fail("it never fills");
}

test("writes until NOSPACE, and again after a compaction, defragment and disarm", async () => {
  const c = api.cluster();
  // etcd, whose file has pages and a log of changes besides, takes about 40.
  const taken = await fill(c);
  assert.ok(taken >= 25 && taken <= 40, `${taken} writes`);
  const { alarms } = await c.call("maintenance/alarm", { action: "GET" });
  assert.deepEqual(
    alarms.map(({ alarm }: { alarm: string }) => alarm),
    ["NOSPACE"],
  );
  const { status, text } = await c.request("GET", "/health");
  assert.deepEqual([status, JSON.parse(text).reason], [503, "ALARM NOSPACE"]);

  assert.equal(await c.fails("kv/put", { key: b("small"), value: b("") }), full);
  assert.equal(await c.fails("lease/grant", { TTL: "60" }), full);
  const { header, count } = await c.get("abc");
  assert.equal(count, "1", "reads go on");
  await c.remove("abc");
  await c.call("kv/compaction", { revision: header?.revision, physical: true });
  assert.equal(await c.fails("kv/put", { key: b("small"), value: b("") }), full);
  await c.call("maintenance/defragment");
  const disarm = { action: "DEACTIVATE", alarm: "NOSPACE", memberID: alarms[0].memberID };
  await c.call("maintenance/alarm", disarm);
  assert.deepEqual((await c.call("maintenance/alarm", { action: "GET" })).alarms, undefined);
  await c.put("abc", "small");
  assert.equal((await c.request("GET", "/health")).status, 200);
});
