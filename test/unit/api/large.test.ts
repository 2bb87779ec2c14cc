import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { defaultLimits } from "../../../src/kv/work/limits.ts";
import { Api, type ApiCluster, b, fromKey, keysOf } from "./support/api.ts";

const count = Math.ceil((1.2 * defaultLimits.maxPageKeys) / 128) * 128;
const everything = { key: b("\0"), ...fromKey };

let api: Api;
let c: ApiCluster;
before(async () => {
  api = await Api.start();
  c = api.cluster();
  for (let i = 0; i < count; i += 128) {
    const success = Array.from({ length: 128 }, (_, j) => {
      const n = String(i + j).padStart(6, "0");
      // Values in an order of their own, all different.
      const value = String(((i + j) * 7_919) % count).padStart(6, "0");
      return { request_put: { key: b(`k${n}`), value: b(value) } };
    });
    await c.call("kv/txn", { success });
  }
});
after(() => api.stop());

const sorted = async (more: object) => {
  const answer = await c.call("kv/range", { ...everything, ...more });
  return { keys: keysOf(answer), answer };
};

test("more keys than a turn has time for are sorted all the same", {
  timeout: 60_000,
}, async () => {
  const newest = await sorted({ sort_target: "MOD", sort_order: "DESCEND", limit: 3 });
  const last = count - 128;
  assert.deepEqual(
    newest.keys,
    [0, 1, 2].map((n) => `k${String(last + n).padStart(6, "0")}`),
  );
  assert.equal(newest.answer.count, String(count));
  assert.equal(newest.answer.more, true);
  assert.ok(newest.answer.kvs?.[0]?.value);
  const least = await sorted({
    ...{ sort_target: "VALUE", sort_order: "ASCEND", limit: 2, keys_only: true },
  });
  const keyOf = (value: number) => {
    for (let n = 0; n < count; n += 1) if ((n * 7_919) % count === value) return n;
    return assert.fail(`no key has the value ${value}`);
  };
  assert.deepEqual(
    least.keys,
    [0, 1].map((value) => `k${String(keyOf(value)).padStart(6, "0")}`),
  );
  assert.equal(least.answer.kvs?.[0]?.value, undefined);
});

test("filters that nearly nothing passes find it, however far it is", async () => {
  const min = 2 + count / 128;
  const { header } = await c.put("k0", "x");
  assert.equal(header?.revision, String(min));
  const { keys, answer } = await sorted({ min_mod_revision: min });
  assert.deepEqual(keys, ["k0"]);
  assert.equal(answer.count, String(count + 1));
  await c.remove("k0");
});

test("the hash of a revision is the same when it is past", { timeout: 60_000 }, async () => {
  const now = await c.call("maintenance/hashkv");
  await c.put("later", "1");
  const then = await c.call("maintenance/hashkv", { revision: now.hash_revision });
  assert.equal(then.hash, now.hash);
  assert.equal(then.hash_revision, now.hash_revision);
  assert.notEqual((await c.call("maintenance/hashkv")).hash, now.hash);
  await c.remove("later");
});

test("a transaction that looks at too much is refused, and changes nothing", async () => {
  const compare = { ...everything, target: "VERSION", result: "GREATER", version: 0 };
  const put = { request_put: { key: b("mine"), value: "" } };
  const twice = await c.request(
    "POST",
    "/v3/kv/txn",
    JSON.stringify({ compare: [compare, compare, compare], success: [put] }),
  );
  assert.equal(twice.status, 400);
  assert.match(twice.text, /too many keys in the ranges of one txn/);
  assert.equal(await c.value("mine"), undefined);
});
