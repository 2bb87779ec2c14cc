/** The cases of etcd's common tests (tests/common/kv_test.go, txn_test.go, compact_test.go). */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api, b, fromB64, fromKey, type Kv, keysOf, prefix } from "../support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start();
});
after(() => api.stop());

test("a put is read back", async () => {
  const c = api.cluster();
  await c.put("foo", "bar");
  const { kvs, count } = await c.get("foo");
  assert.equal(count, "1");
  assert.equal(fromB64(kvs?.[0]?.value), "bar");
});

/** A version of a key: revisions count from the first put, which is at 2. */
function kv(key: string, value: string, created: number, modified: number, version: number): Kv {
  return {
    key: b(key),
    create_revision: String(created + 1),
    mod_revision: String(modified + 1),
    version: String(version),
    value: b(value),
  };
}

const versions = {
  a: kv("a", "aa1", 1, 1, 1),
  b: kv("b", "a", 2, 2, 1),
  c1: kv("c", "ac1", 3, 3, 1),
  c2: kv("c", "ac2", 3, 4, 2),
  c: kv("c", "aac", 3, 5, 3),
  foo: kv("foo", "bar", 6, 6, 1),
  abc: kv("foo/abc", "0", 7, 7, 1),
  fop: kv("fop", "s", 8, 8, 1),
};

/** Requests, and what they find of how many keys: etcd's table of TestKVGet. */
function rangeCases(): [object, readonly Kv[], number][] {
  const { a, b: second, c1, c2, c, foo, abc, fop } = versions;
  const all = [a, second, c, foo, abc, fop];
  const reversed = all.toReversed();
  const byVersion = [a, second, foo, abc, fop, c];
  const byValue = [abc, second, a, c, foo, fop];
  const whole = { key: b("\0"), ...fromKey };
  const sorted = (target: string, order: string) => ({
    ...{ ...whole, sort_target: target, sort_order: order },
  });
  return [
    [{ key: b("a") }, [a], 1],
    [{ key: b("a"), serializable: true }, [a], 1],
    [{ key: b("a"), range_end: b("c") }, [a, second], 2],
    [whole, all, 6],
    [{ key: b("a"), range_end: b("x") }, all, 6],
    [{ ...whole, revision: 4 }, [a, second, c1], 3],
    [{ key: b("foo"), ...prefix("foo") }, [foo, abc], 2],
    [{ key: b("foo"), ...fromKey }, [foo, abc, fop], 3],
    [{ ...whole, limit: 2 }, [a, second], 6],
    [sorted("MOD", "ASCEND"), all, 6],
    [sorted("MOD", "DESCEND"), reversed, 6],
    [sorted("VERSION", "ASCEND"), byVersion, 6],
    [sorted("CREATE", "NONE"), all, 6],
    [sorted("CREATE", "DESCEND"), reversed, 6],
    [sorted("KEY", "DESCEND"), reversed, 6],
    [sorted("VALUE", "NONE"), byValue, 6],
    [sorted("VALUE", "ASCEND"), byValue, 6],
    [sorted("VALUE", "DESCEND"), byValue.toReversed(), 6],
    [{ ...whole, sort_order: "DESCEND" }, reversed, 6],
    [{ key: b("c"), revision: 4 }, [c1], 1],
    [{ key: b("c"), revision: 5 }, [c2], 1],
    [{ key: b("c"), revision: 6 }, [c], 1],
    [{ key: b("c") }, [c], 1],
    [{ ...whole, min_mod_revision: 4, sort_target: "MOD" }, [c, foo, abc, fop], 6],
    [{ ...sorted("KEY", "DESCEND"), max_mod_revision: 5 }, [second, a], 6],
    [{ ...sorted("VERSION", "DESCEND"), min_create_revision: 4 }, [c, foo, abc, fop], 6],
    [{ ...sorted("VALUE", "DESCEND"), max_create_revision: 7 }, [foo, c, a, second], 6],
    [{ ...whole, min_create_revision: 4, max_create_revision: 4 }, [c], 6],
    [{ ...whole, min_mod_revision: 5, limit: 1 }, [c], 6],
  ];
}

test("ranges with every option, with and without values", async () => {
  const c = api.cluster();
  for (const { key, value } of Object.values(versions)) await c.call("kv/put", { key, value });
  const limited = ({ limit }: { limit?: number }) => limit !== undefined;
  for (const [body, kvs, count] of rangeCases()) {
    for (const keysOnly of [false, true]) {
      const { header, ...answer } = await c.call("kv/range", { ...body, keys_only: keysOnly });
      const found = keysOnly ? kvs.map(({ value: _, ...rest }) => rest) : kvs;
      const more = limited(body) ? { more: true } : {};
      assert.deepEqual(answer, { kvs: found, ...more, count: `${count}` }, JSON.stringify(body));
      assert.equal(header?.revision, "9");
    }
  }
  const { header: _, ...counted } = await c.call("kv/range", { key: b("a"), count_only: true });
  assert.deepEqual(counted, { count: "1" });
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
  assert.equal(fromB64(failed.responses[1].response_range.kvs[0].value), "success");
});

test("compares of what is not, of versions, and of keys with spaces", async () => {
  const c = api.cluster();
  await c.put("key1", "value1");
  await c.put("key2", "value2");
  const compare = (key: string, target: string, result: string, more: object) => ({
    ...{ key: b(key), target, result, ...more },
  });
  const read = (key: string) => ({ request_range: { key: b(key) } });
  const write = (key: string, value: string) => ({
    request_put: { key: b(key), value: b(value) },
  });
  /** etcd's tests write an answer down like this. */
  const responsesOf = async (body: object): Promise<string[]> => {
    const { succeeded, responses } = await c.call("kv/txn", body);
    const lines = [succeeded ? "SUCCESS" : "FAILURE"];
    for (const { response_put: put, response_range: range } of responses) {
      if (put) lines.push("OK");
      for (const { key, value } of range?.kvs ?? []) lines.push(fromB64(key), fromB64(value));
    }
    return lines;
  };
  const both = [read("key1"), read("key2")];
  const values = ["key1", "value1", "key2", "value2"];
  const unlike = [
    compare("key1", "VALUE", "NOT_EQUAL", { value: b("value2") }),
    compare("key2", "VALUE", "NOT_EQUAL", { value: b("value1") }),
  ];
  assert.deepEqual(await responsesOf({ compare: unlike, success: both }), ["SUCCESS", ...values]);
  const spaced = 'key "with" space';
  const first = ["key1", "key2"].map((key) => compare(key, "VERSION", "EQUAL", { version: 1 }));
  const failure = [write("key1", "fail"), write("key2", "fail")];
  const success = [...both, write(spaced, "value #")];
  assert.deepEqual(await responsesOf({ compare: first, success, failure }), [
    "SUCCESS",
    ...values,
    "OK",
  ]);
  const written = [compare(spaced, "VERSION", "EQUAL", { version: 1 })];
  assert.deepEqual(await responsesOf({ compare: written, success: [read(spaced)] }), [
    ...["SUCCESS", spaced, "value #"],
  ]);
  const never = [compare("key", "VERSION", "LESS", { version: 0 })];
  const other = [compare("key1", "VALUE", "NOT_EQUAL", { value: b("value1") })];
  for (const [failing, key] of [
    [never, "key"],
    [other, "key1"],
  ] as const) {
    const body = { success: [write(key, "success")], failure: [write(key, "fail")] };
    assert.deepEqual(await responsesOf({ compare: failing, ...body }), ["FAILURE", "OK"]);
    assert.equal(await c.value(key), "fail");
  }
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
    assert.equal(fromB64((await c.get("key", { revision: 3 })).kvs?.[0]?.value), "value1");
    await c.call("kv/compaction", { revision: 4, physical });
    const compacted = "mvcc: required revision has been compacted";
    const get = (revision: number) => ({ key: b("key"), revision });
    assert.equal(await c.fails("kv/range", get(3)), compacted);
    assert.equal(fromB64((await c.get("key", { revision: 4 })).kvs?.[0]?.value), "value2");
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
