import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { long } from "../../suites/e2e/support/long.ts";
import { methods } from "../../suites/parity/surface.ts";
import { type Answer, Api, type ApiCluster, b } from "./support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start();
});
after(() => api.stop());

/** What of gRPC's codes an error of etcd's gateway has as its status. */
const statusOf: Readonly<Record<number, number>> = {
  ...{ 1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409 },
  ...{ 11: 400, 12: 501, 13: 500, 14: 503, 15: 500, 16: 401 },
};

/** Of an error: JSON with a code and a reason, and a status that goes with it. */
function assertError({ status, text, headers }: Answer, what: string): void {
  assert.ok(status >= 400 && status < 600, `${what}: ${status}`);
  assert.match(headers.get("content-type") ?? "", /^application\/json/, what);
  const { error, message, code } = JSON.parse(text);
  const reason = typeof error === "string" ? message : error.message;
  assert.ok(typeof reason === "string" && reason.length > 0, `${what}: ${text}`);
  assert.doesNotMatch(reason, /internal error/, `${what}: ${text}`);
  assert.equal(status, statusOf[code ?? error.code], `${what}: ${text}`);
}

const revision = async (c: ApiCluster): Promise<string | undefined> =>
  (await c.get("any", { count_only: true })).header?.revision;

/** Streams that wait for more, and locks that nobody gives back, never answer. */
const waits = new Set([
  "/v3/watch",
  "/v3/lock/lock",
  "/v3/election/campaign",
  "/v3/election/observe",
]);
const paths = Object.keys(methods).filter((path) => !waits.has(path));

test("bodies of any kind are answered or refused with a reason, and refused ones write nothing", {
  timeout: 400_000,
}, async () => {
  const c = api.cluster();
  const fields = [...new Set(Object.values(methods).join(" ").split(" "))]
    .map((field) => field.split("=")[0] ?? "")
    .filter((field) => field !== "" && field !== "ID" && field !== "peerURLs");
  const value = fc.oneof(
    fc.constantFrom(null, true, -1, 0, 1.5, 1e300, "", "!!!!", "Zm9v", [], {}, [{}], [null]),
    fc.constantFrom("9223372036854775808", 2 ** 53, "-5", "NONE", "UP", { key: 5 }),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const object = fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 4 });
  const body = fc.oneof(
    object.map((made) => JSON.stringify(made)),
    fc.tuple(object, fc.nat(40)).map(([made, cut]) => JSON.stringify(made).slice(0, cut)),
    fc.string({ maxLength: 30 }),
    fc.json({ maxDepth: 3 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), body, async (path, text) => {
      const before = await revision(c);
      const answer = await c.request("POST", path, text);
      if (answer.status === 200) return;
      assertError(answer, `${path} ${text}`);
      assert.equal(await revision(c), before, `${path} ${text}`);
      // Alarms and auth that a lucky body has switched on would hide everything after.
      assert.notEqual(answer.status, 429);
    }),
    { numRuns: long ? 2_000 : 250 },
  );
});

test("what is no JSON is refused by streams and locks, too", async () => {
  const c = api.cluster();
  const before = await revision(c);
  const bodies = fc.oneof(
    fc.json({ maxDepth: 3 }).map((made) => made.slice(0, -1)),
    fc.string({ maxLength: 30 }),
  );
  const noJson = bodies.filter((text) => {
    try {
      JSON.parse(text);
      return false;
    } catch {
      // Of several values the first counts: these have none, or one that is no message.
      return /[^\s]/.test(text) && !/^\s*[{]/.test(text);
    }
  });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...waits), noJson, async (path, text) => {
      assertError(await c.request("POST", path, text), `${path} ${text}`);
    }),
    { numRuns: 100 },
  );
  assert.equal(await revision(c), before);
});

test("nesting without end is refused", async () => {
  const c = api.cluster();
  for (const text of ["[".repeat(100_000), '{"success":['.repeat(50_000)]) {
    const answer = await c.request("POST", "/v3/kv/txn", text);
    assert.equal(answer.status, 400);
    assertError(answer, "nested");
  }
  let body: object = {};
  for (let i = 0; i < 200; i += 1) body = { success: [{ request_txn: body }] };
  assert.match(await c.fails("kv/txn", body), /too many operations|recursion/);
});

test("bodies that are too large are refused before they are read", async () => {
  const c = api.cluster();
  const put = (bytes: number) => JSON.stringify({ key: b("k"), value: b("x".repeat(bytes)) });
  const large = await c.request("POST", "/v3/kv/put", put(1_572_864));
  assert.equal(large.status, 400);
  assert.match(large.text, /etcdserver: request is too large/);
  const larger = await c.request("POST", "/v3/kv/put", put(2_200_000));
  assert.equal(larger.status, 429);
  assert.match(larger.text, /grpc: received message larger than max \(2200008 vs\. 2097152\)/);
  const huge = await c.request("POST", "/v3/kv/put", " ".repeat(8_000_000));
  assert.equal(huge.status, 429);
  assertError(huge, "huge");
  const ops = Array.from({ length: 100 }, (_, i) => ({
    request_put: { key: b(`k${i}`), value: b("x".repeat(16_000)) },
  }));
  assert.equal(await c.fails("kv/txn", { success: ops }), "request is too large");
  assert.equal((await c.get("k", { range_end: b("l") })).count, undefined);
});

test("what is no UTF-8 is no reason to fail", async () => {
  const c = api.cluster();
  const bytes = Buffer.concat([
    Buffer.from('{"key":"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}'),
  ]);
  const answer = await c.request("POST", "/v3/kv/range", bytes);
  assert.equal(answer.status, 400);
  assertError(answer, "no UTF-8");
});

test("unknown paths and methods are clear errors", async () => {
  const c = api.cluster();
  assertError(await c.request("POST", "/v3/nothing", "{}"), "path");
  assertError(await c.request("GET", "/v3/kv/range"), "method");
  for (const path of ["/", "/nothing", "/cluster/nothing", "/v4/kv/range", "/kv%2Fa"]) {
    assert.equal((await c.request("GET", path)).status, 404, path);
  }
  assertError(await c.request("POST", "/cluster/members", "nonsense"), "admin");
  assertError(await c.request("DELETE", "/cluster/members/none"), "admin");
  assertError(await c.request("POST", "/cluster/leader", '{"target":"x"}'), "admin");
});
