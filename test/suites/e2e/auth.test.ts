/** The cases of etcd's auth_test.go in which members stop and start again. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ApiCluster, b } from "../../unit/api/support/api.ts";
import { DeployedCluster as Breakable } from "./support/cluster.ts";

let running: Breakable;
let c: ApiCluster;
after(Breakable.stopAll);
before(async () => {
  running = await Breakable.breakable({ MEMBERS: "1" });
  c = new ApiCluster(running.url, "default");
  await c.call("auth/user/add", { name: "root", password: "rootPass" });
  await c.call("auth/user/grant", { user: "root", role: "root" });
  await c.call("auth/role/add", { name: "test-role" });
  const perm = { permType: "READWRITE", key: b("foo") };
  await c.call("auth/role/grant", { name: "test-role", perm });
  await c.call("auth/user/add", { name: "test", password: "testPass" });
  await c.call("auth/user/grant", { user: "test", role: "test-role" });
  await c.call("auth/enable");
});

async function as(name: string): Promise<ApiCluster> {
  const other = new ApiCluster(running.url, "default");
  const names = { name, password: `${name}Pass` };
  other.token = (await c.call("auth/authenticate", names)).token;
  return other;
}

const restart = () => running.break({ members: [1], reset: true });

test("the revision of auth and what it allows outlive a restart", async () => {
  const root = await as("root");
  await root.call("auth/user/add", { name: "passing", password: "x" });
  await root.call("auth/user/delete", { name: "passing" });
  const { authRevision } = await root.call("auth/status");
  await (await as("test")).put("foo", "bar");
  await restart();
  assert.equal((await c.call("auth/status")).authRevision, authRevision);
  // Tokens live in memory only.
  const user = await as("test");
  await user.put("foo", "bar2");
  assert.equal(await user.fails("kv/put", { key: b("bar") }), "permission denied");
});

test("a watch goes on when auth was switched off and its member restarted", async () => {
  const root = await as("root");
  using watch = root.watch({ create_request: { key: b("key") } });
  assert.equal((await watch.next()).created, true);
  await root.call("auth/disable");
  await restart();
  await root.put("key", "value");
  assert.equal((await watch.events())[0]?.kv.value, b("value"));
});

test("without a quorum what is serializable is read, and nothing else", async () => {
  const three = await Breakable.breakable();
  await three.voters([1, 2, 3]);
  const there = new ApiCluster(three.url, "default");
  await there.put("foo", "bar");
  await three.level([1, 2, 3]);
  await three.break({ members: [2, 3], stopped: true });
  const serializable = await there.get("foo", { serializable: true });
  assert.equal(serializable.count, "1");
  const answer = await there.request("POST", "/v3/kv/range", JSON.stringify({ key: b("foo") }), {
    "grpc-timeout": "1S",
  });
  assert.ok(answer.status >= 500, answer.text);
});
