import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { b } from "../../support/base64.ts";
import { DeployedCluster } from "./support/cluster.ts";
import { until } from "./support/until.ts";

const members = [1, 2, 3];
const key = b("kept");

let cluster: DeployedCluster;
after(DeployedCluster.stopAll);
before(async () => {
  cluster = await DeployedCluster.breakable();
  await cluster.voters(members);
  await cluster.put("kept", "1");
  await cluster.level(members);
  await cluster.break({ members, cutOff: true });
  await until("nobody leads", 30_000, async () =>
    (await cluster.overview()).members.every(({ role }) => role !== "leader") ? true : undefined,
  );
});

async function post(path: string, body: object, headers: Record<string, string> = {}) {
  const init = { method: "POST", body: JSON.stringify(body), headers };
  const response = await cluster.fetch(`/v3/${path}`, init);
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text.split("\n")[0] ?? "") };
}

const calls = [
  ["a put", "kv/put", { key, value: b("2") }],
  ["a transaction", "kv/txn", { success: [{ request_put: { key, value: b("3") } }] }],
  ["a linearizable range", "kv/range", { key }],
  ["a lease", "lease/grant", { TTL: 60 }],
  ["a list of the members", "cluster/member/list", { linearizable: true }],
] as const;

for (const [what, path, body] of calls) {
  test(`${what} without a leader is 503, in etcd's words`, async () => {
    const answer = await post(path, body);
    assert.equal(answer.status, 503, answer.text);
    assert.equal(answer.body.code, 14);
    assert.match(answer.body.error, /^etcdserver: (no leader|request timed out.*)$/);
    assert.equal(answer.body.message, answer.body.error);
  });

  test(`${what} that the client gives less time is 504 when that is over`, async () => {
    const answer = await post(path, body, { "grpc-timeout": "300m" });
    assert.equal(answer.status, 504, answer.text);
    const error = "context deadline exceeded";
    assert.deepEqual(answer.body, { error, code: 4, message: error });
  });
}

test("the plain face says so as well", async () => {
  const response = await cluster.fetch("/kv/kept", { method: "PUT", body: "4" });
  assert.equal(response.status, 503);
  assert.equal(JSON.parse(await response.text()).code, 14);
});

test("serializable ranges, versions and statuses are answered all the same", async () => {
  const { status, body } = await post("kv/range", { key, serializable: true });
  assert.equal(status, 200);
  assert.equal(body.kvs[0].value, b("1"));
  assert.equal((await cluster.fetch("/version")).status, 200);
  const told = await post("maintenance/status", {});
  assert.deepEqual(told.body.errors, ["etcdserver: no leader"]);
});

test("/health is 503 and says why; /livez lives, /readyz is not ready", async () => {
  const health = await cluster.fetch("/health");
  assert.equal(health.status, 503);
  assert.deepEqual(JSON.parse(await health.text()), {
    health: "false",
    reason: "RAFT NO LEADER",
  });
  assert.equal((await cluster.fetch("/health?serializable=true")).status, 200);
  assert.equal((await cluster.fetch("/livez")).status, 200);
  const ready = await cluster.fetch("/readyz");
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /\[-\]linearizable_read failed: etcdserver: /);
});

test("a watch that requires a leader ends for want of one", async () => {
  const body = { create_request: { key } };
  const answer = await post("watch", body, { "grpc-metadata-hasleader": "true" });
  const { error } = answer.body;
  assert.equal(error.grpc_code, 14, answer.text);
  assert.equal(error.http_code, 503);
});

test("when they hear of each other again, writes are taken, and nothing is half done", async () => {
  await cluster.break({ members, cutOff: false });
  await cluster.leader();
  await cluster.put("after", "1");
  assert.equal(await cluster.get("after"), "1");
  // What ended as unknown may have been carried out, or not: but on all members alike.
  assert.ok(["1", "2", "3", "4"].includes((await cluster.get("kept")) ?? ""));
  await cluster.level(members);
});
