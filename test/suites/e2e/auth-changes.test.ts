/**
 * What is open while users, roles and auth itself change, and while members forget tokens: it goes
 * on as at etcd, which asks who somebody is when he begins (TestAuthGracefulDisable and others of
 * etcd's auth_test.go).
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ApiCluster, b, prefix } from "../../unit/api/support/api.ts";
import { DeployedCluster as Breakable } from "./support/cluster.ts";
import { until } from "./support/until.ts";

const members = [1, 2, 3];
const deployment = "of-the-deployment";
let running: Breakable;
/** Whoever has the deployment's token. */
let admin: ApiCluster;
before(async () => {
  running = await Breakable.breakable({ MEMBERS: "3", DEVELOPMENT: "", TOKEN: deployment });
  admin = new ApiCluster(running.url, "default");
  admin.token = `Bearer ${deployment}`;
  await admin.put("key", "0");
  await admin.call("auth/user/add", { name: "root", password: "rootPass" });
  await admin.call("auth/user/grant", { user: "root", role: "root" });
  await until("three voters", 30_000, async () => {
    const { text } = await admin.request("GET", "/cluster");
    return JSON.parse(text).members.every((m: { voters: unknown[] }) => m.voters.length === 3)
      ? true
      : undefined;
  });
});
after(Breakable.stopAll);

/** Who has nothing but an etcd token. */
async function as(name: string): Promise<ApiCluster> {
  const names = { name, password: `${name}Pass` };
  const client = new ApiCluster(running.url, "default");
  client.token = (await client.call("auth/authenticate", names)).token;
  // That auth was off is remembered for a second.
  await until("to be let in", 10_000, async () => {
    const { status } = await client.request("POST", "/v3/kv/range", watchedKey);
    return status === 200 ? true : undefined;
  });
  return client;
}

const watchedKey = JSON.stringify({ key: b("key") });
const watchOf = (key: string) => ({ create_request: { key: b(key), start_revision: 1 } });

/** Puts a new value by whoever may, as soon as somebody leads. */
async function put(by: ApiCluster, key: string, value: string): Promise<void> {
  const body = JSON.stringify({ key: b(key), value: b(value) });
  await until("a put", 30_000, async () => {
    const { status, text } = await by.request("POST", "/v3/kv/put", body);
    if (status !== 200) throw new Error(text);
    return true;
  });
}

/** Reads events until that value has come. */
async function sees(watch: ReturnType<ApiCluster["watch"]>, value: string): Promise<void> {
  for (;;) {
    const events = await watch.events();
    if (events.some(({ kv }) => kv.value === b(value))) return;
  }
}

async function leader(): Promise<number> {
  return until("a leader", 30_000, async () => {
    const { text } = await admin.request("GET", "/cluster");
    return (JSON.parse(text).leader as number) || undefined;
  });
}

test("members that have forgotten a token leave its holder to the one that knows it", async () => {
  const leads = await leader();
  await admin.call("auth/enable");
  const root = await as("root");
  const followers = members.filter((id) => id !== leads);
  // What is known to be committed when a member starts gives it no tokens.
  for (let i = 0; i < 10; i += 1) await root.put("key", String(i));
  await running.break({ members: followers, reset: true });
  // Watches are spread over all members.
  for (let i = 0; i < 12; i += 1) {
    using watch = root.watch(watchOf("key"));
    const created = await watch.next();
    assert.equal(created.canceled, undefined, JSON.stringify(created));
    await watch.events();
  }
  await root.call("auth/disable");
});

test("a watch goes on when auth is switched off, whichever members end", async () => {
  await admin.call("auth/enable");
  const root = await as("root");
  const watches = Array.from({ length: 6 }, () => root.watch(watchOf("key")));
  for (const watch of watches) assert.equal((await watch.next()).canceled, undefined);
  await put(root, "key", "before");
  for (const watch of watches) await sees(watch, "before");
  await root.call("auth/disable");
  await put(admin, "key", "without auth");
  for (const watch of watches) await sees(watch, "without auth");
  await running.break({ members, reset: true });
  await put(admin, "key", "after a restart");
  for (const watch of watches) {
    await sees(watch, "after a restart");
    watch.close();
  }
  // Whoever begins now is nobody, and this deployment is not open.
  assert.equal(await root.fails("kv/range", { key: b("key") }), "invalid auth token");
});

test("so do an election that is observed, a lock that is waited for, events", async () => {
  await admin.call("auth/enable");
  const root = await as("root");
  const { ID } = await root.call("lease/grant", { TTL: 60 });
  const campaign = { name: b("election"), lease: ID, value: b("one") };
  const { leader: elected } = await root.call("election/campaign", campaign);
  using observed = root.stream("election/observe", { name: b("election") });
  assert.equal((await observed.next()).kv.value, b("one"));
  const { key: held } = await root.call("lock/lock", { name: b("lock"), lease: ID });
  const { ID: other } = await root.call("lease/grant", { TTL: 60 });
  const waiting = root.call("lock/lock", { name: b("lock"), lease: other });
  await until("who waits", 20_000, async () => {
    const { count } = await root.call("kv/range", { key: b("lock/"), ...prefix("lock/") });
    return count === "2" ? true : undefined;
  });
  const events = await fetch(`${running.url}/kv/key`, {
    headers: root.headers({ accept: "text/event-stream" }),
  });
  const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.ok(reader);
  await root.call("auth/disable");
  await admin.call("election/proclaim", { leader: elected, value: b("two") });
  assert.equal((await observed.next()).kv.value, b("two"));
  // Another leader of the same election: it is looked for anew.
  await admin.call("election/resign", { leader: elected });
  const { ID: third } = await admin.call("lease/grant", { TTL: 60 });
  await admin.call("election/campaign", { ...campaign, lease: third, value: b("three") });
  assert.equal((await observed.next()).kv.value, b("three"));
  await admin.call("lock/unlock", { key: held });
  assert.ok((await waiting).key);
  await put(admin, "key", "an event");
  let text = "";
  while (!text.includes("an event")) {
    const part = await reader.read();
    assert.ok(!part.done, text);
    text += part.value;
  }
  await reader.cancel();
});

test("who is open stays so: auth comes on, a user goes, a role loses what it had", async () => {
  using anonymous = admin.watch(watchOf("key"));
  await anonymous.next();
  await admin.call("auth/role/add", { name: "reads" });
  const perm = { permType: "READ", key: b("key") };
  await admin.call("auth/role/grant", { name: "reads", perm });
  for (const name of ["gone", "poor"]) {
    await admin.call("auth/user/add", { name, password: `${name}Pass` });
    await admin.call("auth/user/grant", { user: name, role: "reads" });
  }
  await admin.call("auth/enable");
  const root = await as("root");
  const [gone, poor] = [await as("gone"), await as("poor")];
  using first = gone.watch(watchOf("key"));
  using second = poor.watch(watchOf("key"));
  for (const watch of [first, second]) assert.equal((await watch.next()).canceled, undefined);
  await root.call("auth/user/delete", { name: "gone" });
  await root.call("auth/role/revoke", { role: "reads", key: b("key") });
  await put(root, "key", "for all");
  for (const watch of [anonymous, first, second]) await sees(watch, "for all");
  // What they begin now is another matter.
  assert.equal(await gone.fails("kv/range", { key: b("key") }), "invalid auth token");
  assert.equal(await poor.fails("kv/range", { key: b("key") }), "permission denied");
  using refused = poor.watch(watchOf("key"));
  const { canceled, cancel_reason: reason } = await refused.next();
  assert.equal(canceled, true);
  assert.match(reason, /permission denied/);
  await root.call("auth/disable");
});

test("a token that is nobody's gets its refusal from the stream, as at etcd", async () => {
  await admin.call("auth/enable");
  const nobody = new ApiCluster(running.url, "default");
  nobody.token = "nobodys.1";
  using watch = nobody.watch(watchOf("key"));
  const { created, canceled, cancel_reason: reason } = await watch.next();
  assert.deepEqual([created, canceled], [true, true]);
  assert.match(reason, /invalid auth token/);
  await (await as("root")).call("auth/disable");
});

test("alarms are anybody's to see who is somebody, and root's to clear", async () => {
  const quota = await Breakable.deployed({
    ...{ DEVELOPMENT: "true", MEMBERS: "1", QUOTA_BACKEND_BYTES: String(5 * 1_024) },
  });
  const anybody = new ApiCluster(quota.url, "default");
  const names = (name: string) => ({ name, password: `${name}Pass` });
  for (const name of ["root", "test"]) await anybody.call("auth/user/add", names(name));
  await anybody.call("auth/user/grant", { user: "root", role: "root" });
  await anybody.call("auth/enable");
  const client = async (name: string) => {
    const one = new ApiCluster(quota.url, "default");
    one.token = (await one.call("auth/authenticate", names(name))).token;
    return one;
  };
  const [root, user] = [await client("root"), await client("test")];
  const write = JSON.stringify({ value: b("A".repeat(1_024)) });
  let refused = "";
  for (let i = 0; i < 100 && refused === ""; i += 1) {
    const body = JSON.stringify({ ...JSON.parse(write), key: b(`key${i}`) });
    const { status, text } = await root.request("POST", "/v3/kv/put", body);
    if (status !== 200) refused = text;
  }
  assert.match(refused, /etcdserver: mvcc: database space exceeded/);
  const { header, alarms } = await until("the alarm", 10_000, async () => {
    const list = await root.call("maintenance/alarm", { action: "GET" });
    return list.alarms === undefined ? undefined : list;
  });
  assert.deepEqual(alarms, [{ memberID: header?.member_id, alarm: "NOSPACE" }]);
  const get = { action: "GET" };
  const disarm = { action: "DEACTIVATE", memberID: header?.member_id, alarm: "NOSPACE" };
  assert.equal(await anybody.fails("maintenance/alarm", get), "user name is empty");
  assert.equal((await user.call("maintenance/alarm", get)).alarms.length, 1);
  assert.equal(await user.fails("maintenance/alarm", disarm), "permission denied");
  assert.equal((await root.call("maintenance/alarm", disarm)).alarms.length, 1);
  assert.equal((await root.call("maintenance/alarm", get)).alarms, undefined);
});
