/** What etcd's own tests ask of its gateway with curl (tests/e2e/v3_curl_*_test.go). */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api, type ApiCluster, b, fromB64 } from "../support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start();
});
after(() => api.stop());

/** The answer's text holds that. */
async function has(cluster: ApiCluster, path: string, body: object | string, part: string) {
  const sent = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await cluster.request("POST", `/v3/${path}`, sent);
  assert.ok(answer.text.includes(part), `${path} ${sent}: ${answer.text}`);
  return answer.text;
}

const foo = { key: b("foo"), value: b("bar") };

test("put, range and delete", async () => {
  const c = api.cluster();
  await has(c, "kv/put", foo, '"revision":"');
  await has(c, "kv/range", { key: b("foo") }, '"value":"');
  await has(c, "kv/deleterange", { key: b("foo") }, '"deleted":"1"');
});

test("a transaction, and one whose operation is malformed", async () => {
  const c = api.cluster();
  const compare = [{ result: 0, target: 1, key: b("foo"), create_revision: 0 }];
  const answer = await c.call("kv/txn", { compare, success: [{ request_put: foo }] });
  assert.equal(answer.succeeded, true);
  assert.equal(answer.responses.length, 1);
  assert.ok(answer.responses[0].response_put);
  const malformed =
    '{"compare":[{"result":0,"target":1,"key":"Zm9v","TargetUnion":null}],' +
    '"success":[{"Request":{"RequestPut":{"key":"Zm9v","value":"YmFy"}}}]}';
  await has(c, "kv/txn", malformed, '"message":"etcdserver: key not found"');
});

test("a compaction of the future", async () => {
  const part = '"message":"etcdserver: mvcc: required revision is a future revision"';
  await has(api.cluster(), "kv/compaction", { revision: 10_000 }, part);
});

test("a watch from the first revision", async () => {
  const c = api.cluster();
  await c.put("foo", "bar");
  using watch = c.watch({ create_request: { key: b("foo"), start_revision: 1 } });
  assert.equal((await watch.next()).created, true);
  assert.equal((await watch.events())[0]?.kv.value, "YmFy");
});

test("a body that is no JSON on a watch leaves the server alive", async () => {
  const c = api.cluster();
  for (let i = 0; i < 10; i += 1) {
    const answer = await c.request("POST", "/v3/watch", "value=");
    assert.equal(answer.status, 400);
  }
  await c.put("foo", "bar");
});

test("as many watches at once as are asked for", async () => {
  const c = api.cluster();
  const watches = Array.from({ length: 100 }, () => c.watch({ create_request: { key: b("foo") } }));
  for (const watch of watches) assert.equal((await watch.next()).created, true);
  await has(c, "kv/range", { key: b("foo") }, '"revision":"');
  await c.put("foo", "1");
  for (const watch of watches) {
    assert.equal((await watch.events()).length, 1);
    watch.close();
  }
});

test("leases are granted, listed, kept alive and revoked", async () => {
  const c = api.cluster();
  await has(c, "lease/grant", { ID: 7, TTL: 0 }, '"ID":"7"');
  await has(c, "lease/grant", { ID: 9, TTL: 20 }, '"TTL":"20"');
  await has(c, "kv/put", { ...foo, lease: 9 }, '"revision":"');
  await has(c, "lease/timetolive", { ID: 9, keys: true }, '"grantedTTL"');
  await has(c, "lease/leases", "", '"ID":"9"');
  await has(c, "lease/keepalive", { ID: 9 }, '"ID":"9"');
  await has(c, "lease/revoke", { ID: 9 }, '"revision":"');
});

test("a lock is taken and given back", async () => {
  const c = api.cluster();
  const { key } = await c.call("lock/lock", { name: b("lock1") });
  assert.ok(key);
  await has(c, "lock/unlock", { key }, '"revision"');
});

test("an election", async () => {
  const c = api.cluster();
  const name = b("/election-prefix");
  const campaign = await has(
    c,
    "election/campaign",
    { name, value: b("v1") },
    '"leader":{"name":"',
  );
  const { leader } = JSON.parse(campaign);
  using observe = c.stream("election/observe", { name });
  assert.equal((await observe.next()).kv.key, leader.key);
  await has(c, "election/proclaim", { leader, value: b("v2") }, '"revision":');
  assert.equal(fromB64((await observe.next()).kv.value), "v2");
  const missing = '"message":"\\"leader\\" field must be provided"';
  await has(c, "election/proclaim", { value: b("v3") }, missing);
  await has(c, "election/resign", {}, missing);
  await has(c, "election/leader", { name: b("hello") }, "election: no leader");
  await has(c, "election/resign", { leader }, '"revision":');
});

test("members", async () => {
  const c = api.cluster();
  const url = "http://127.0.0.1:22380";
  const peerURLs = [url];
  const added = await has(c, "cluster/member/add", { peerURLs, isLearner: true }, url);
  const { ID } = JSON.parse(added).member;
  assert.equal((await c.call("cluster/member/list")).members.length, 2);
  const updated = { ID, peerURLs: ["http://127.0.0.1:32380"] };
  await has(c, "cluster/member/update", updated, "http://127.0.0.1:32380");
  // Bare, as etcd's own test sends it.
  await has(c, "cluster/member/remove", `{"ID": ${ID}}`, '"members"');
  assert.equal((await c.call("cluster/member/list")).members.length, 1);
});

test("maintenance", async () => {
  const c = api.cluster();
  await has(c, "maintenance/alarm", { action: "ACTIVATE" }, "{");
  const status = await c.call("maintenance/status");
  const { etcdserver } = JSON.parse((await c.request("GET", "/version")).text);
  assert.equal(status.version, etcdserver);
  const fields = [
    ...["dbSize", "leader", "raftIndex", "raftTerm", "raftAppliedIndex", "dbSizeInUse"],
    "storageVersion",
  ];
  for (const field of fields) assert.notEqual(Number(status[field] ?? 0), 0, field);
  assert.deepEqual(await c.call("maintenance/defragment"), {});
  assert.ok((await c.call("maintenance/hash")).hash);
  const hashKv = await c.call("maintenance/hashkv");
  for (const field of ["hash", "compact_revision", "hash_revision"]) {
    assert.notEqual(Number(hashKv[field] ?? 0), 0, field);
  }
  const transferee = '"message":"etcdserver: bad leader transferee"';
  await has(c, "maintenance/transfer-leadership", { targetID: 123 }, transferee);
  const downgrade = '"message":"etcdserver: invalid downgrade target version"';
  await has(c, "maintenance/downgrade", { action: 0, version: "3.0" }, downgrade);
});

test("auth is enabled, and a token lets in", async () => {
  const c = api.cluster();
  for (const name of ["root", "nonroot", "nooption"]) {
    await has(c, "auth/user/add", { name, password: "toor" }, '"revision"');
  }
  await has(c, "auth/role/add", { name: "root" }, '"revision"');
  for (const user of ["root", "nonroot", "nooption"]) {
    await has(c, "auth/user/grant", { user, role: "root" }, '"revision"');
  }
  await has(c, "auth/enable", {}, '"revision"');
  await has(c, "kv/put", foo, "etcdserver: user name is empty");
  for (const name of ["root", "nonroot", "nooption"]) {
    c.token = (await c.call("auth/authenticate", { name, password: "toor" })).token;
    await has(c, "kv/put", foo, '"revision"');
    c.token = "";
  }
});

test("users and roles", async () => {
  const c = api.cluster();
  const notFound = (kind: string) => `etcdserver: ${kind} name not found`;
  for (const name of ["user1", "user2", "user3"]) {
    await has(c, "auth/user/add", { name, password: "123" }, '"revision"');
  }
  await has(c, "auth/user/changepw", { name: "user1", password: "456" }, '"revision"');
  await has(c, "auth/user/get", { name: "user1" }, '"revision"');
  await has(c, "auth/user/get", { name: "userX" }, notFound("user"));
  await has(c, "auth/user/delete", { name: "user2" }, '"revision"');
  await has(c, "auth/user/delete", { name: "userX" }, notFound("user"));
  assert.deepEqual((await c.call("auth/user/list")).users, ["user1", "user3"]);
  for (const name of ["role1", "role2", "role3"]) {
    await has(c, "auth/role/add", { name }, '"revision"');
  }
  await has(c, "auth/role/get", { role: "role1" }, '"revision"');
  await has(c, "auth/role/get", { role: "roleX" }, notFound("role"));
  await has(c, "auth/role/delete", { role: "role2" }, '"revision"');
  await has(c, "auth/role/delete", { role: "roleX" }, notFound("role"));
  assert.deepEqual((await c.call("auth/role/list")).roles, ["role1", "role3"]);
  await has(c, "auth/user/grant", { user: "user1", role: "role1" }, '"revision"');
  await has(c, "auth/user/revoke", { name: "user1", role: "role1" }, '"revision"');
  const perm = { permType: "READ", key: b("fakeKey") };
  await has(c, "auth/role/grant", { name: "role1", perm }, '"revision"');
  await has(c, "auth/role/revoke", { role: "role1", key: b("fakeKey") }, '"revision"');
});

test("auth without its root, its end and its status", async () => {
  const c = api.cluster();
  await has(c, "auth/enable", {}, "etcdserver: root user does not exist");
  await has(c, "auth/disable", {}, '"revision"');
  await has(c, "auth/status", {}, '"revision"');
});
