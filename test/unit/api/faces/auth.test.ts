/** The cases of etcd's common tests of users, roles and auth (user, role and auth_test.go). */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api, type ApiCluster, b, fromKey, prefix } from "../support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start();
});
after(() => api.stop());

const denied = "permission denied";

/** Users root and test with auth on; test may write and read foo. */
async function secured(): Promise<ApiCluster> {
  const c = api.cluster();
  await c.call("auth/user/add", { name: "root", password: "rootPass" });
  await c.call("auth/role/add", { name: "root" });
  await c.call("auth/user/grant", { user: "root", role: "root" });
  await c.call("auth/user/add", { name: "test", password: "testPass" });
  await c.call("auth/role/add", { name: "test-role" });
  await c.call("auth/user/grant", { user: "test", role: "test-role" });
  await grant(c, "READWRITE", "foo");
  await c.call("auth/enable");
  return c;
}

function grant(c: ApiCluster, permType: string, key: string, more: object = {}) {
  const perm = { permType, key: b(key), ...more };
  return c.call("auth/role/grant", { name: "test-role", perm });
}

async function as(c: ApiCluster, name: string, password = `${name}Pass`): Promise<ApiCluster> {
  const other = api.named(c.name);
  other.token = (await c.call("auth/authenticate", { name, password })).token;
  return other;
}

test("users are added with and without a password, once", async () => {
  const c = api.cluster();
  assert.equal((await c.call("auth/user/list")).users, undefined);
  await c.call("auth/user/add", { name: "barb", password: "rubble" });
  assert.equal(
    await c.fails("auth/user/add", { name: "barb", password: "rubble" }),
    "user name already exists",
  );
  assert.equal(await c.fails("auth/user/add", { password: "x" }), "user name is empty");
  await c.call("auth/user/add", { name: "foo", options: { no_password: true } });
  await c.call("auth/user/add", { name: "empty", password: "" });
  assert.deepEqual((await c.call("auth/user/list")).users, ["barb", "empty", "foo"]);
  await c.call("auth/user/changepw", { name: "barb", password: "potato" });
  await c.call("auth/user/delete", { name: "empty" });
  assert.equal(await c.fails("auth/user/delete", { name: "empty" }), "user name not found");
  assert.equal(
    await c.fails("auth/user/changepw", { name: "u", password: "x" }),
    "user name not found",
  );
  assert.equal(await c.fails("auth/user/delete", { name: "u" }), "user name not found");
});

test("roles are added, granted permissions, and lose them", async () => {
  const c = api.cluster();
  await c.call("auth/role/add", { name: "test-role" });
  assert.equal(await c.fails("auth/role/add", { name: "test-role" }), "role name already exists");
  assert.equal(await c.fails("auth/role/add", { name: "" }), "role name is empty");
  const ranges: [string, string, object][] = [
    ["READ", "foo", {}],
    ["WRITE", "fooRange", { range_end: b("fooRangf") }],
    ["READWRITE", "from", fromKey],
  ];
  for (const [permType, key, more] of ranges) await grant(c, permType, key, more);
  assert.equal((await c.call("auth/role/get", { role: "test-role" })).perm.length, 3);
  for (const [, key, more] of ranges) {
    await c.call("auth/role/revoke", { role: "test-role", key: b(key), ...more });
    assert.equal(
      await c.fails("auth/role/revoke", { role: "test-role", key: b(key), ...more }),
      "permission is not granted to the role",
    );
  }
  assert.equal((await c.call("auth/role/get", { role: "test-role" })).perm, undefined);
});

test("role root may all, whatever it is granted; a permission is overwritten", async () => {
  const c = api.cluster();
  await c.call("auth/role/add", { name: "root" });
  const before = (await c.call("auth/role/get", { role: "root" })).perm;
  const perm = { permType: "READWRITE", key: b("foo") };
  await c.call("auth/role/grant", { name: "root", perm });
  assert.deepEqual((await c.call("auth/role/get", { role: "root" })).perm, before);
  await c.call("auth/role/add", { name: "test-role" });
  await grant(c, "READ", "bar");
  await grant(c, "WRITE", "bar");
  await grant(c, "READWRITE", "bar", { range_end: b("foo") });
  assert.deepEqual((await c.call("auth/role/get", { role: "test-role" })).perm, [
    { permType: "WRITE", key: b("bar") },
    { permType: "READWRITE", key: b("bar"), range_end: b("foo") },
  ]);
  const foo = { role: "test-role", key: b("foo") };
  const notGranted = "permission is not granted to the role";
  assert.equal(await c.fails("auth/role/revoke", foo), notGranted);
  await c.call("auth/role/revoke", { role: "test-role", key: b("bar"), range_end: b("foo") });
  await c.call("auth/role/delete", { role: "test-role" });
  assert.deepEqual((await c.call("auth/role/list")).roles, ["root"]);
});

test("auth is enabled and disabled, and without it tokens do not matter", async () => {
  const c = await secured();
  assert.equal(await c.fails("kv/put", { key: b("foo") }), "user name is empty");
  const root = await as(c, "root");
  await root.call("auth/disable");
  assert.equal((await c.call("auth/status")).enabled, undefined);
  await c.put("bar", "1");
  await root.put("bar", "2");
});

test("a user writes and reads what it was granted, and no more", async () => {
  const c = await secured();
  const root = await as(c, "root");
  const user = await as(c, "test");
  await user.put("foo", "bar");
  assert.equal(await user.value("foo"), "bar");
  assert.equal(await user.fails("kv/put", { key: b("bar") }), denied);
  assert.equal(await user.fails("kv/range", { key: b("bar") }), denied);
  await grant(root, "READWRITE", "hoo/", prefix("hoo/"));
  await user.put("hoo/1", "x");
  assert.equal(await user.fails("kv/range", { key: b("hoo/"), range_end: b("hop") }), denied);
  await root.call("auth/role/revoke", { role: "test-role", key: b("hoo/"), ...prefix("hoo/") });
  assert.equal(await user.fails("kv/put", { key: b("hoo/1") }), denied);
  await root.call("auth/user/revoke", { name: "test", role: "test-role" });
  assert.equal(await user.fails("kv/range", { key: b("foo") }), denied);
});

test("adjacent and overlapping permissions are one", async () => {
  const c = await secured();
  const root = await as(c, "root");
  await grant(root, "READWRITE", "a", { range_end: b("c") });
  await grant(root, "READWRITE", "c", { range_end: b("e") });
  await grant(root, "READWRITE", "d", { range_end: b("g") });
  const user = await as(c, "test");
  await user.call("kv/range", { key: b("a"), range_end: b("g") });
  assert.equal(await user.fails("kv/range", { key: b("a"), range_end: b("h") }), denied);
});

test("transactions are checked as a whole", async () => {
  const c = await secured();
  const user = await as(c, "test");
  const put = (key: string) => ({ request_put: { key: b(key), value: b("1") } });
  const compare = [{ key: b("foo"), target: "VERSION", version: 0 }];
  await user.call("kv/txn", { compare, success: [put("foo")] });
  assert.equal(await user.fails("kv/txn", { compare, failure: [put("bar")] }), denied);
  const elsewhere = [{ key: b("bar"), target: "VERSION", version: 0 }];
  assert.equal(await user.fails("kv/txn", { compare: elsewhere }), denied);
  const nested = { request_txn: { failure: [put("bar")] } };
  assert.equal(await user.fails("kv/txn", { success: [nested] }), denied);
});

test("reading before a write needs both permissions", async () => {
  const c = await secured();
  const root = await as(c, "root");
  await grant(root, "WRITE", "w");
  const user = await as(c, "test");
  await user.put("w", "1");
  assert.equal(await user.fails("kv/put", { key: b("w"), prev_kv: true }), denied);
  assert.equal(await user.fails("kv/deleterange", { key: b("w"), prev_kv: true }), denied);
  await user.remove("w");
});

test("a lease is revoked only by whoever may write its keys", async () => {
  const c = await secured();
  const root = await as(c, "root");
  const user = await as(c, "test");
  const { ID } = await user.call("lease/grant", { TTL: 600 });
  await root.put("secret", "x", { lease: ID });
  assert.equal(await user.fails("lease/revoke", { ID }), denied);
  assert.equal(await user.fails("kv/put", { key: b("foo"), lease: ID }), denied);
  assert.equal(await user.fails("lease/timetolive", { ID, keys: true }), denied);
  await root.call("lease/revoke", { ID });
  assert.equal(await root.value("secret"), undefined);
});

test("watches need the right to read, when they are made", async () => {
  const c = await secured();
  const user = await as(c, "test");
  const root = await as(c, "root");
  using watch = user.watch({ create_request: { key: b("foo") } });
  assert.equal((await watch.next()).created, true);
  await root.put("foo", "seen");
  assert.equal((await watch.events()).length, 1);
  using refused = user.watch({ create_request: { key: b("bar") } });
  const answer = await refused.next();
  assert.equal(answer.canceled, true);
  assert.match(
    answer.cancel_reason,
    /code = PermissionDenied desc = etcdserver: permission denied/,
  );
});

test("passwords and tokens end each other", async () => {
  const c = await secured();
  const root = await as(c, "root");
  const user = await as(c, "test");
  assert.equal(
    await c.fails("auth/authenticate", { name: "test", password: "wrong" }),
    "authentication failed, invalid user ID or password",
  );
  await root.call("auth/user/changepw", { name: "test", password: "new" });
  assert.equal(await user.fails("kv/range", { key: b("foo") }), "invalid auth token");
  const again = await as(c, "test", "new");
  await again.put("foo", "bar");
  await root.call("auth/user/delete", { name: "test" });
  assert.equal(await again.fails("kv/range", { key: b("foo") }), "invalid auth token");
});

test("a role that is deleted, or taken away, takes what it gave, and no more", async () => {
  const c = await secured();
  const root = await as(c, "root");
  const user = await as(c, "test");
  await root.call("auth/role/add", { name: "test-role2" });
  const perm = { permType: "READWRITE", key: b("hoo") };
  await root.call("auth/role/grant", { name: "test-role2", perm });
  await root.call("auth/user/grant", { user: "test", role: "test-role2" });
  await user.put("hoo", "bar");
  await root.call("auth/user/revoke", { name: "test", role: "test-role" });
  assert.equal(await user.fails("kv/put", { key: b("foo") }), denied);
  await user.put("hoo", "bar2");
  assert.equal(await user.value("hoo"), "bar2");
  await root.call("auth/user/grant", { user: "test", role: "test-role" });
  const roles = async () => (await root.call("auth/user/get", { name: "test" })).roles;
  assert.deepEqual(await roles(), ["test-role", "test-role2"]);
  await root.call("auth/role/delete", { role: "test-role2" });
  assert.deepEqual(await roles(), ["test-role"]);
  assert.equal(await user.fails("kv/put", { key: b("hoo") }), denied);
});

test("a prefix holds its keys and not the one after them", async () => {
  const c = await secured();
  const root = await as(c, "root");
  const user = await as(c, "test");
  for (const dir of ["/prefix/", "/prefix2/"]) {
    await grant(root, "READWRITE", dir, prefix(dir));
    for (let i = 0; i < 10; i += 1) await user.put(`${dir}${i}`, "val");
  }
  assert.equal(await user.fails("kv/put", { key: b("/prefix0") }), denied);
});

test("who one is, and whose role it is, one may ask; of others only root", async () => {
  const c = await secured();
  const user = await as(c, "test");
  assert.deepEqual((await user.call("auth/user/get", { name: "test" })).roles, ["test-role"]);
  assert.equal(await user.fails("auth/user/get", { name: "root" }), denied);
  assert.equal(await user.fails("auth/role/get", { role: "root" }), denied);
  const { perm } = await user.call("auth/role/get", { role: "test-role" });
  assert.deepEqual(perm, [{ permType: "READWRITE", key: b("foo") }]);
  const failed = "authentication failed, invalid user ID or password";
  assert.equal(await c.fails("auth/authenticate", { name: "a", password: "b" }), failed);
});

test("leases under auth: granted, listed, kept alive, and gone in time", async () => {
  const c = await secured();
  const root = await as(c, "root");
  const { ID } = await root.call("lease/grant", { TTL: 600 });
  assert.deepEqual((await root.call("lease/leases")).leases, [{ ID }]);
  await root.put("key", "value", { lease: ID });
  using renewed = root.stream("lease/keepalive", { ID });
  assert.equal((await renewed.next()).TTL, "600");
  assert.equal(await root.value("key"), "value");
  await root.call("lease/revoke", { ID });
  assert.equal(await root.value("key"), undefined);

  using watch = root.watch({ create_request: { key: b("soon") } });
  await watch.next();
  const { ID: short } = await root.call("lease/grant", { TTL: 2 });
  await root.put("soon", "gone", { lease: short });
  assert.equal((await watch.events())[0]?.type, undefined);
  assert.equal((await watch.events())[0]?.type, "DELETE");
  assert.equal((await root.call("lease/timetolive", { ID: short })).TTL, "-1");

  const user = await as(c, "test");
  const { ID: mine } = await user.call("lease/grant", { TTL: 600 });
  await user.put("foo", "bar", { lease: mine });
  const live = await user.call("lease/timetolive", { ID: mine, keys: true });
  assert.deepEqual(live.keys, [b("foo")]);
  await root.put("bar", "foo", { lease: mine });
  assert.equal(await user.fails("lease/timetolive", { ID: mine, keys: true }), denied);
  assert.equal((await user.call("lease/timetolive", { ID: mine })).grantedTTL, "600");
});

test("root cannot be taken away while auth is on", async () => {
  const c = await secured();
  const root = await as(c, "root");
  const management = "invalid auth management";
  assert.equal(await root.fails("auth/user/delete", { name: "root" }), management);
  assert.equal(await root.fails("auth/role/delete", { role: "root" }), management);
  const revoke = { name: "root", role: "root" };
  assert.equal(await root.fails("auth/user/revoke", revoke), management);
});

test("what only root may do, others may not", async () => {
  const c = await secured();
  const user = await as(c, "test");
  const calls: [string, object][] = [
    ["kv/compaction", { revision: 1 }],
    ["maintenance/hash", {}],
    ["maintenance/hashkv", {}],
    ["maintenance/defragment", {}],
    ["maintenance/alarm", { action: "ACTIVATE", memberID: 1, alarm: "NOSPACE" }],
    ["maintenance/transfer-leadership", { targetID: 1 }],
    ["cluster/member/add", { peerURLs: ["http://a.example:1"], isLearner: true }],
    ["cluster/member/remove", { ID: 1 }],
    ["cluster/member/update", { ID: 1, peerURLs: ["http://a.example:1"] }],
    ["auth/user/list", {}],
    ["auth/role/list", {}],
    ["auth/user/add", { name: "x", password: "x" }],
    ["auth/disable", {}],
  ];
  for (const [path, body] of calls) assert.equal(await user.fails(path, body), denied, path);
  await user.call("cluster/member/list");
  await user.call("maintenance/status");
  await user.call("auth/user/get", { name: "test" });
  await user.call("auth/role/get", { role: "test-role" });
});
