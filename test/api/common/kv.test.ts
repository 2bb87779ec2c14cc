/** The cases of etcd's common tests (tests/common/kv_test.go, txn_test.go, compact_test.go). */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api, b, type Cluster, fromKey, keysOf, prefix, text } from "../support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start();
});
after(() => api.stop());

async function withKeys(keys: readonly string[]): Promise<Cluster> {
  const c = api.cluster();
  for (const key of keys) await c.put(key, "bar");
  return c;
}

test("a put is read back", async () => {
  const c = api.cluster();
  await c.put("foo", "bar");
  const { kvs, count } = await c.get("foo");
  assert.equal(count, "1");
  assert.equal(text(kvs?.[0]?.value), "bar");
});

test("ranges with every option", async () => {
  const c = await withKeys(["a", "b", "c", "c", "c", "foo", "foo/abc", "fop"]);
  const all = ["a", "b", "c", "foo", "foo/abc", "fop"];
  const byVersion = ["a", "b", "foo", "foo/abc", "fop", "c"];
  const reversed = all.toReversed();
  const whole = { key: b("\0"), ...fromKey };
  const sorted = (target: string, order: string) => ({
    ...{ ...whole, sort_target: target, sort_order: order },
  });
  const cases: [object, string[], number, boolean?][] = [
    [{ key: b("a") }, ["a"], 1],
    [{ key: b("a"), serializable: true }, ["a"], 1],
    [{ key: b("a"), range_end: b("c") }, ["a", "b"], 2],
    [whole, all, 6],
    [{ key: b("a"), range_end: b("x") }, all, 6],
    [{ ...whole, revision: 4 }, ["a", "b", "c"], 3],
    [{ key: b("a"), count_only: true }, [], 1],
    [{ key: b("foo"), ...prefix("foo") }, ["foo", "foo/abc"], 2],
    [{ key: b("foo"), ...fromKey }, ["foo", "foo/abc", "fop"], 3],
    [{ ...whole, limit: 2 }, ["a", "b"], 6, true],
    [sorted("MOD", "ASCEND"), all, 6],
    [sorted("MOD", "DESCEND"), reversed, 6],
    [sorted("VERSION", "ASCEND"), byVersion, 6],
    [sorted("CREATE", "NONE"), all, 6],
    [sorted("CREATE", "DESCEND"), reversed, 6],
    [sorted("KEY", "DESCEND"), reversed, 6],
    [{ ...whole, min_mod_revision: 7 }, ["foo", "foo/abc", "fop"], 6],
    [{ ...whole, max_mod_revision: 3 }, ["a", "b"], 6],
    [{ ...whole, min_create_revision: 4, max_create_revision: 4 }, ["c"], 6],
    [{ ...whole, min_mod_revision: 5, limit: 1 }, ["c"], 6, true],
  ];
  for (const [body, keys, count, more] of cases) {
    const answer = await c.call("kv/range", body);
    assert.deepEqual(keysOf(answer), keys, JSON.stringify(body));
    assert.equal(Number(answer.count ?? 0), count, JSON.stringify(body));
    assert.equal(answer.more ?? false, more ?? false, JSON.stringify(body));
    assert.equal(answer.header?.revision, "9");
  }
});

test("deletes of keys, ranges, prefixes and from a key", async () => {
  const keys = ["a", "b", "c", "c/abc", "d"];
  const cases: [string, object, number, string[]][] = [
    ["\0", fromKey, 5, []],
    ["a", { range_end: b("c") }, 2, ["c", "c/abc", "d"]],
    ["c", {}, 1, ["a", "b", "c/abc", "d"]],
    ["c", prefix("c"), 2, ["a", "b", "d"]],
    ["c", fromKey, 3, ["a", "b"]],
    ["e", {}, 0, keys],
  ];
  const c = api.cluster();
  for (const [key, more, deleted, left] of cases) {
    for (const each of keys) await c.put(each, "bar");
    assert.equal(Number((await c.remove(key, more)).deleted ?? 0), deleted);
    assert.deepEqual(keysOf(await c.get("\0", fromKey)), left);
    await c.remove("\0", fromKey);
  }
});

test("a transaction succeeds, or fails and does the other", async () => {
  const c = api.cluster();
  await c.put("key1", "value1");
  await c.put("key2", "value2");
  const equals = (key: string, value: string) => ({
    key: b(key),
    target: "VALUE",
    value: b(value),
  });
  const read = (key: string) => ({ request_range: { key: b(key) } });
  const write = (key: string, value: string) => ({
    request_put: { key: b(key), value: b(value) },
  });
  const both = { compare: [equals("key1", "value1"), equals("key2", "value2")] };
  const success = [read("key1"), read("key2"), write("key3", "fail")];
  const done = await c.call("kv/txn", { ...both, success, failure: [write("key3", "no")] });
  assert.equal(done.succeeded, true);
  assert.equal(done.responses.length, 3);
  assert.equal(await c.value("key3"), "fail");
  const other = { compare: [equals("key1", "other")], success: [write("key3", "yes")] };
  const failure = [write("key3", "success"), read("key3")];
  const failed = await c.call("kv/txn", { ...other, failure });
  assert.equal(failed.succeeded, undefined);
  assert.equal(text(failed.responses[1].response_range.kvs[0].value), "success");
});

test("a range of two keys is compared as a whole", async () => {
  const c = api.cluster();
  await c.put("/a", "value1");
  await c.put("/b", "value2");
  const over = { key: b("/"), ...prefix("/"), target: "VERSION" };
  const same = await c.call("kv/txn", { compare: [{ ...over, result: "EQUAL", version: 1 }] });
  assert.equal(same.succeeded, true);
  await c.put("/b", "value3");
  const now = await c.call("kv/txn", { compare: [{ ...over, result: "EQUAL", version: 1 }] });
  assert.equal(now.succeeded, undefined);
});

test("compaction removes what is old, once", async () => {
  for (const physical of [false, true]) {
    const c = api.cluster();
    for (let i = 0; i < 5; i += 1) await c.put("key", `value${i}`);
    assert.equal(text((await c.get("key", { revision: 3 })).kvs?.[0]?.value), "value1");
    await c.call("kv/compaction", { revision: 4, physical });
    const compacted = "mvcc: required revision has been compacted";
    const get = (revision: number) => ({ key: b("key"), revision });
    assert.equal(await c.fails("kv/range", get(3)), compacted);
    assert.equal(text((await c.get("key", { revision: 4 })).kvs?.[0]?.value), "value2");
    assert.equal(await c.fails("kv/compaction", { revision: 4 }), compacted);
  }
});

test("a status says what hash and hashkv agree on", async () => {
  const c = api.cluster();
  await c.put("a", "1");
  const first = await c.call("maintenance/hashkv");
  assert.deepEqual((await c.call("maintenance/hashkv")).hash, first.hash);
  await c.put("a", "2");
  assert.notEqual((await c.call("maintenance/hashkv")).hash, first.hash);
  const old = await c.call("maintenance/hashkv", { revision: first.hash_revision });
  assert.equal(old.hash, first.hash);
});
