/** The cases of etcd's common tests of watches and leases (watch_test.go, lease_test.go). */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api, b, fromB64, fromKey, keysOf, prefix, type WatchEvent } from "../support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start();
});
after(() => api.stop());

const shown = ({ type, kv }: WatchEvent) =>
  [type ?? "PUT", fromB64(kv.key), fromB64(kv.value)].join(" ");

test("watches of a key, a prefix, a range and from a key see their own events", async () => {
  const c = api.cluster();
  const puts: [string, string][] = [
    ["sample", "value"],
    ["sampleA", "1"],
    ["sampleB", "2"],
    ["other", "3"],
    ["sample", "new"],
  ];
  const cases: [object, string[]][] = [
    [{ key: b("sample") }, ["PUT sample value", "PUT sample new"]],
    [{ key: b("sampleA"), range_end: b("sampleC") }, ["PUT sampleA 1", "PUT sampleB 2"]],
    [{ key: b("sampleB"), ...fromKey }, ["PUT sampleB 2"]],
    [
      { key: b("sample"), ...prefix("sample") },
      ["PUT sample value", "PUT sampleA 1", "PUT sampleB 2", "PUT sample new"],
    ],
  ];
  const live = cases.map(([request]) => c.watch({ create_request: request }));
  for (const watch of live) assert.equal((await watch.next()).created, true);
  for (const [key, value] of puts) await c.put(key, value);
  for (const [i, [request, wanted]] of cases.entries()) {
    const seen: string[] = [];
    while (seen.length < wanted.length) seen.push(...((await live[i]?.events()) ?? []).map(shown));
    assert.deepEqual(seen, wanted);
    live[i]?.close();
    using replay = c.watch({ create_request: { ...request, start_revision: 1 } });
    await replay.next();
    assert.deepEqual((await replay.events()).map(shown), wanted);
  }
});

test("a watch from a revision begins there", async () => {
  const c = api.cluster();
  const wanted: string[] = [];
  for (let i = 1; i <= 3; i += 1) {
    await c.put("bar", `revision_${i}`);
    if (i > 1) wanted.push(`PUT bar revision_${i}`);
  }
  using watch = c.watch({ create_request: { key: b("bar"), start_revision: 3 } });
  await watch.next();
  assert.deepEqual((await watch.events()).map(shown), wanted);
});

test("one socket holds several watches, which come and go", async () => {
  const c = api.named("default");
  const socket = c.socket("watch", { create_request: { key: b("s1"), watch_id: 1 } });
  const next = async () => JSON.parse((await socket.next(10_000)) ?? "null").result;
  assert.equal((await next()).watch_id, "1");
  socket.send(JSON.stringify({ create_request: { key: b("s2") } }));
  assert.equal((await next()).watch_id, undefined);
  await c.put("s2", "x");
  assert.equal(fromB64((await next()).events[0].kv.key), "s2");
  socket.send(JSON.stringify({ progress_request: {} }));
  assert.equal((await next()).watch_id, "-1");
  socket.send(JSON.stringify({ cancel_request: { watch_id: 1 } }));
  assert.equal((await next()).canceled, true);
  await c.put("s1", "silent");
  await c.put("s2", "y");
  assert.equal(fromB64((await next()).events[0].kv.value), "y");
  socket.close();
});

test("a frame may hold a part of a request, or several", async () => {
  const c = api.named("default");
  const socket = c.socket("lease/keepalive", { ID: 1 });
  const next = async () => JSON.parse((await socket.next(10_000)) ?? "null").result;
  assert.equal((await next()).ID, "1");
  socket.send('{"ID":');
  socket.send("2}");
  assert.equal((await next()).ID, "2");
  socket.send('{"ID":3}{"ID":4}');
  assert.equal((await next()).ID, "3");
  assert.equal((await next()).ID, "4");
  socket.close();
});

test("leases are granted, shown, listed, renewed and revoked", async () => {
  const c = api.cluster();
  assert.equal((await c.call("lease/leases")).leases, undefined);
  const ids: string[] = [];
  for (let i = 0; i < 10; i += 1) ids.push((await c.call("lease/grant", { TTL: 10 })).ID);
  const listed = (await c.call("lease/leases")).leases.map(({ ID }: { ID: string }) => ID);
  assert.deepEqual(listed.toSorted(), ids.toSorted());
  const [first = "", second = ""] = ids;
  await c.put("foo", "bar", { lease: first });
  await c.put("baz", "bar", { lease: first });
  const shown = await c.call("lease/timetolive", { ID: first, keys: true });
  assert.equal(shown.grantedTTL, "10");
  assert.ok(Number(shown.TTL) <= 10 && Number(shown.TTL) > 0);
  assert.deepEqual(shown.keys.map(fromB64).toSorted(), ["baz", "foo"]);
  using renewed = c.stream("lease/keepalive", { ID: first });
  assert.equal((await renewed.next()).TTL, "10");
  assert.equal(await renewed.raw(), undefined);
  await c.call("lease/revoke", { ID: first });
  assert.equal(await c.value("foo"), undefined);
  assert.equal((await c.call("lease/timetolive", { ID: first })).TTL, "-1");
  assert.equal(await c.fails("lease/revoke", { ID: first }), "requested lease not found");
  await c.put("foo", "bar", { lease: second });
  await c.remove("foo");
  assert.equal((await c.call("lease/timetolive", { ID: second, keys: true })).keys, undefined);
});

test("a lease that nobody renews takes its keys along, all in one revision", async () => {
  const c = api.cluster();
  using watch = c.watch({ create_request: { key: b("k/"), ...prefix("k/") } });
  await watch.next();
  const { ID } = await c.call("lease/grant", { TTL: 2 });
  const { ID: kept } = await c.call("lease/grant", { TTL: 600 });
  for (const key of ["k/b", "k/a"]) {
    await c.put(key, "x", { lease: ID });
    await watch.events();
  }
  await c.put("k/kept", "x", { lease: kept });
  await watch.events();
  const events = await watch.events();
  assert.deepEqual(events.map(shown), ["DELETE k/a ", "DELETE k/b "]);
  assert.equal(new Set(events.map(({ kv }) => kv.mod_revision)).size, 1);
  assert.deepEqual(keysOf(await c.get("k/", prefix("k/"))), ["k/kept"]);
});
