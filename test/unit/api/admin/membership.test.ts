import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api, type ApiCluster, b } from "../support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start({ MEMBERS: "3" });
});
after(() => api.stop());

interface MemberState {
  readonly id: number;
  readonly role: string;
  readonly phase: string;
  readonly appliedIndex: number;
  readonly fingerprint: string;
  readonly voters: readonly number[];
  readonly learners: readonly number[];
  readonly progress: readonly unknown[];
}

interface State {
  readonly leader: number;
  readonly members: readonly MemberState[];
}

/** The state of the cluster, once it is what the test waits for. */
async function until(c: ApiCluster, ready: (state: State) => boolean): Promise<State> {
  for (let tries = 0; ; tries += 1) {
    const answer = await c.request("GET", "/cluster");
    assert.equal(answer.status, 200, answer.text);
    const state = JSON.parse(answer.text) as State;
    if (ready(state)) return state;
    assert.ok(tries < 2_000, `never: ${answer.text}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const voting = (count: number) => (state: State) =>
  state.members.some(({ role, voters }) => role === "leader" && voters.length === count);

/** All have come equally far, and know of so many voters. */
const level = (count: number) => (state: State) => {
  const held = state.members.map((one) => `${one.appliedIndex} ${one.fingerprint}`);
  const known = state.members.every(({ voters }) => voters.length === count);
  return state.members.length === count && known && new Set(held).size === 1;
};

async function post(c: ApiCluster, path: string, body: object = {}) {
  const answer = await c.request("POST", path, JSON.stringify(body));
  return { status: answer.status, body: JSON.parse(answer.text) };
}

test("three members are born, agree, and show what they hold", async () => {
  const c = api.cluster();
  await c.put("a", "1");
  const state = await until(c, level(3));
  assert.deepEqual(
    state.members.map(({ id }) => id),
    [1, 2, 3],
  );
  const leader = state.members.find(({ role }) => role === "leader");
  assert.equal(leader?.id, state.leader);
  assert.equal(leader?.progress.length, 3);
});

test("each member tells all that is asked of it", async () => {
  const c = api.cluster();
  for (let i = 0; i < 3; i++) await c.put(`key ${i}`, "value");
  const { leader } = await until(c, level(3));
  const { members, term, clusterId } = JSON.parse((await c.request("GET", "/cluster")).text);
  assert.match(clusterId, /^[1-9]\d*$/);
  assert.ok(Number.isSafeInteger(term) && term > 0);
  for (const member of members) {
    const what = `member ${member.id}: ${JSON.stringify(member)}`;
    assert.equal(member.role, member.id === leader ? "leader" : "follower", what);
    assert.equal(member.phase, "ready", what);
    assert.equal(member.damage, "", what);
    assert.deepEqual([member.term, member.voters, member.learners], [term, [1, 2, 3], []], what);
    assert.ok(member.appliedIndex > 3 && member.appliedIndex <= member.commitIndex, what);
    assert.ok(member.commitIndex <= member.log.lastIndex, what);
    assert.ok(member.log.firstIndex >= 1 && member.log.bytes > 0, what);
    assert.match(member.fingerprint, /^[0-9a-f]{32}$/, what);
    assert.match(member.instanceId, /^[0-9a-f]{16}$/, what);
    for (const { name, index, term: of, bytes } of member.snapshots) {
      const hex = (value: number) => value.toString(16).padStart(16, "0");
      assert.equal(name, `${hex(of)}-${hex(index)}.snap`, what);
      assert.ok(bytes > 0, what);
    }
    assert.equal(member.snapshotIndex, member.snapshots[0]?.index ?? 0, what);
    assert.equal(member.progress.length, member.id === leader ? 3 : 0, what);
    for (const peer of member.progress) {
      assert.ok(["probe", "replicate", "snapshot"].includes(peer.state), what);
      assert.ok(peer.match >= 0 && peer.match < peer.next && peer.next <= 1 + member.log.lastIndex);
      assert.deepEqual([peer.isLearner, peer.pendingSnapshot], [false, 0], what);
    }
  }
});

test("leadership moves where it is told", async () => {
  const c = api.cluster();
  const { leader } = await until(c, voting(3));
  const target = leader === 1 ? 2 : 1;
  const moved = await post(c, "/cluster/leader", { target });
  assert.equal(moved.status, 200);
  assert.equal((await until(c, ({ leader: now }) => now !== leader)).leader, target);
  await c.put("a", "1");
  const nobody = await post(c, "/cluster/leader", { target: 77 });
  assert.equal(nobody.status, 400);
  assert.match(nobody.body.message, /bad leader transferee/);
  const status = await c.call("maintenance/status");
  assert.equal(status.leader, String(target));
  await c.call("maintenance/transfer-leadership", { targetID: leader });
  assert.equal((await until(c, ({ leader: now }) => now !== target)).leader, leader);
});

test("a misspelt field changes nothing", async () => {
  const c = api.cluster();
  const { leader } = await until(c, voting(3));
  const wrong: [string, object, RegExp][] = [
    ["/cluster/leader", { id: leader === 1 ? 2 : 1 }, /unknown field "id".*takes target$/],
    ["/cluster/members", { ID: 7 }, /unknown field "ID".*takes id, name, locationHint$/],
    ["/cluster/members", { locationhint: "weur" }, /unknown field "locationhint"/],
    ["/cluster/members/2/promote", { id: 3 }, /unknown field "id".*takes none$/],
    ["/cluster/force-new", { id: 1, confirm: c.name }, /"id".*takes member, confirm$/],
  ];
  for (const [path, body, error] of wrong) {
    const answer = await post(c, path, body);
    assert.equal(answer.status, 400, path);
    assert.match(answer.body.message, error);
  }
  const state = await until(c, () => true);
  assert.deepEqual([state.leader, state.members.length], [leader, 3]);
});

test("a member is added as learner, promoted when it has caught up, and removed", async () => {
  const c = api.cluster();
  await until(c, voting(3));
  await c.put("a", "1");
  const added = await post(c, "/cluster/members", { name: "fourth" });
  assert.equal(added.status, 200, JSON.stringify(added.body));
  assert.equal(added.body.added.isLearner, true);
  const { id } = added.body.added;
  let promoted = await post(c, `/cluster/members/${id}/promote`);
  while (promoted.status !== 200) {
    assert.match(promoted.body.message, /in sync with leader|unhealthy/);
    promoted = await post(c, `/cluster/members/${id}/promote`);
  }
  await until(c, voting(4));
  const again = await post(c, `/cluster/members/${id}/promote`);
  assert.match(again.body.message, /can only promote a learner member/);
  // A cluster this young is not healthy to etcd: all must have been answering for five seconds.
  let removed = await c.request("DELETE", `/cluster/members/${id}`);
  while (removed.status !== 200) {
    assert.match(removed.text, /unhealthy cluster/);
    removed = await c.request("DELETE", `/cluster/members/${id}`);
  }
  await until(c, voting(3));
  assert.equal((await c.request("DELETE", `/cluster/members/${id}`)).status, 404);
  assert.equal((await post(c, "/cluster/members", { id })).status, 400);
  assert.equal(await c.value("a"), "1");
});

test("clients are told of members that they can reach", async () => {
  const c = api.cluster();
  await until(c, voting(3));
  const { members } = await c.call("cluster/member/list", { linearizable: true });
  assert.equal(members.length, 3);
  for (const { clientURLs } of members) assert.deepEqual(clientURLs, [c.url]);
});

test("metrics name every member", async () => {
  const c = api.cluster();
  await until(c, voting(3));
  const { text } = await c.request("GET", "/metrics");
  for (const member of [1, 2, 3]) {
    const series = `etcd_server_has_leader{cluster="${c.name}",member="${member}"} 1`;
    assert.ok(text.includes(series), text);
  }
  for (const line of text.trimEnd().split("\n")) {
    assert.match(line, /^(#( HELP| TYPE) \w+ .+|\w+(\{[^}]*\})? -?[0-9.e+-]+)$/);
  }
  const types = [...text.matchAll(/^# TYPE (\w+) (counter|gauge|histogram)$/gm)];
  assert.equal(types.length, new Set(types.map(([, name]) => name)).size, "each is named once");
  assert.match(text, /etcd_server_version\{[^}]*server_version="3\.[0-9.]+"\} 1/);
});

test("metrics count under etcd's names what means the same", { timeout: 60_000 }, async () => {
  const c = api.cluster();
  await until(c, voting(3));
  const counted = async () => {
    const { text } = await c.request("GET", "/metrics");
    const found = new Map<string, number>();
    // Added up over the members; what a member says of the state is the same on all three.
    for (const [, name = "", value] of text.matchAll(/^(\w+)(?:\{[^}]*\})? (\S+)$/gm)) {
      found.set(name, (found.get(name) ?? 0) + Number(value));
    }
    return found;
  };
  const before = await counted();
  await c.call("lease/grant", { ID: "77", TTL: 100 });
  await c.put("a", "12345", { lease: "77" });
  await c.call("kv/txn", {
    success: [
      { request_put: { key: b("b"), value: b("1") } },
      { request_range: { key: b("a") } },
      { request_delete_range: { key: b("none") } },
    ],
  });
  await c.get("a");
  using watch = c.watch({ create_request: { key: b("a") } });
  assert.ok((await watch.next()).created);
  await c.put("a", "2");
  assert.equal((await watch.events()).length, 1);
  await c.call("lease/keepalive", { ID: "77" });
  await c.call("lease/revoke", { ID: "77" });
  await until(c, ({ members }) => new Set(members.map((m) => m.appliedIndex)).size === 1);
  const after = await counted();
  const grown = (name: string) => (after.get(name) ?? Number.NaN) - (before.get(name) ?? 0);
  const expected: readonly (readonly [string, number])[] = [
    ["etcd_mvcc_put_total", 3 * 3],
    ["etcd_mvcc_delete_total", 3],
    ["etcd_mvcc_txn_total", 3],
    ["etcd_mvcc_range_total", 3 + 1],
    ["etcd_debugging_mvcc_total_put_size_in_bytes", 3 * (6 + 2 + 2)],
    ["etcd_debugging_mvcc_events_total", 1],
    ["etcd_debugging_mvcc_watch_stream_total", 1],
    ["etcd_debugging_mvcc_watcher_total", 1],
    ["etcd_debugging_mvcc_slow_watcher_total", 0],
    ["etcd_debugging_mvcc_keys_total", 3 * 2],
    ["etcd_debugging_lease_granted_total", 3],
    ["etcd_debugging_lease_revoked_total", 3],
    ["etcd_debugging_lease_renewed_total", 1],
    ["etcd_debugging_server_lease_expired_total", 0],
    ["etcd_server_proposals_pending", 0],
    ["etcd_network_snapshot_send_inflights_total", 0],
  ];
  assert.deepEqual(
    expected.map(([name]) => [name, grown(name)]),
    expected,
  );
  assert.ok(grown("etcd_disk_wal_write_bytes_total") > 0);
  // Commits are measured now and then.
  const commits = "etcd_disk_wal_fsync_duration_seconds_count";
  for (let now = after; (now.get(commits) ?? 0) <= (before.get(commits) ?? 0); ) {
    await c.put("a", "3");
    now = await counted();
  }
  // Each has seen one leader at least, and the two that came later have taken a snapshot.
  assert.ok((after.get("etcd_server_leader_changes_seen_total") ?? 0) >= 3);
  assert.equal(after.get("etcd_network_snapshot_receive_success"), 2);
  assert.equal(after.get("etcd_network_snapshot_send_success"), 2);
});

test("probes answer for each check", async () => {
  const c = api.cluster();
  await until(c, voting(3));
  for (const path of ["/livez", "/readyz", "/readyz/linearizable_read", "/livez?verbose"]) {
    const answer = await c.request("GET", path);
    assert.equal(answer.status, 200, answer.text);
    assert.ok(answer.text.endsWith("ok\n"));
  }
  assert.equal((await c.request("GET", "/readyz/nothing")).status, 404);
});

test("members are listed as the configuration has them, all or one", async () => {
  const c = api.cluster();
  await c.put("a", "1");
  await until(c, level(3));
  const all = await c.request("GET", "/cluster/members");
  assert.equal(all.status, 200, all.text);
  const { members } = JSON.parse(all.text) as { members: { id: number; isLearner: boolean }[] };
  assert.deepEqual(
    members.map(({ id, isLearner }) => [id, isLearner]),
    [1, 2, 3].map((id) => [id, false]),
  );
  const one = await c.request("GET", "/cluster/members/2");
  assert.deepEqual(JSON.parse(one.text), members[1]);
  assert.equal((await c.request("GET", "/cluster/members/9")).status, 404);
  for (const id of [
    "0",
    "02",
    "0x2",
    "2.0",
    "1e0",
    "+2",
    "%32",
    "%202",
    "-1",
    "99999999999999999",
  ]) {
    assert.equal((await c.request("DELETE", `/cluster/members/${id}`)).status, 400, id);
  }
  for (const path of [
    "/cluster/members/2/promote/x",
    "/cluster/members/2/x",
    "/cluster/leader/x",
  ]) {
    assert.equal((await c.request("POST", path, "{}")).status, 404, path);
  }
});
test("HEAD is answered like GET, without the body", async () => {
  const c = api.cluster();
  await c.put("a", "1");
  const paths = [
    "/cluster",
    "/cluster/members",
    "/cluster/members/1",
    "/cluster/backup",
    "/metrics",
  ];
  for (const path of [...paths, "/kv", "/kv/a", "/kv/missing", "/cluster/members/99"]) {
    const got = await c.request("GET", path);
    const head = await c.request("HEAD", path);
    assert.deepEqual([head.status, head.text], [got.status, ""], path);
    assert.equal(head.headers.get("content-type"), got.headers.get("content-type"), path);
    const length = head.headers.get("content-length");
    assert.ok(
      length === null || length === got.headers.get("content-length"),
      `${path}: ${length}`,
    );
  }
});
