/** Numbers in paths, queries and headers: decimal digits in a range, or 400. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { grpcTimeoutMs } from "../../../src/api/http/deadline.ts";
import { Api, b } from "./support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start();
});
after(() => api.stop());

const none = ["0x10", "1e3", "%205", "%2B5", "5.0", "05", "-", "5,", "9007199254740993"];

test("what is no number is refused wherever one is asked for, and changes nothing", async () => {
  const c = api.cluster();
  await c.put("a", "1");
  const requests: (readonly [method: string, path: string, body?: string])[] = none.flatMap(
    (text) => [
      ["GET", `/kv?prefix=a&limit=${text}`],
      ["PUT", `/kv/b?ttl=${text}`, "x"],
      ["PUT", `/kv/b?lease=${text.replace("993", "9930000")}`, "x"],
      ["POST", `/cluster/restore?bump_revision=${text}`, "x"],
      ["DELETE", `/cluster/members/${text}`],
      ["POST", `/cluster/members/${text}/promote`],
      ["POST", "/cluster/members", JSON.stringify({ id: decodeURIComponent(text) })],
      ["POST", "/cluster/leader", JSON.stringify({ target: decodeURIComponent(text) })],
    ],
  );
  for (const [method, path, body] of requests) {
    const answer = await c.request(method, path, body);
    assert.equal(answer.status, 400, `${method} ${path} ${body}: ${answer.text}`);
    assert.equal(JSON.parse(answer.text).code, 3, path);
  }
  assert.equal((await c.get("a")).header?.revision, "2");
});

test("numbers out of their range are refused", async () => {
  const c = api.cluster();
  for (const path of ["?bump_revision=9007199254740686", "?bump_revision=2251799813685249"]) {
    const answer = await c.request("POST", `/cluster/restore${path}`, "x");
    assert.match(answer.text, /a number of revisions from 0 to 2251799813685248/);
  }
  for (const id of [0, -1, 1.5, [5], true, {}, "", 2 ** 31, 9_007_199_254_740_991]) {
    const answer = await c.request("POST", "/cluster/members", JSON.stringify({ id }));
    assert.equal(answer.status, 400, `${JSON.stringify(id)}: ${answer.text}`);
  }
  for (const lease of [
    "9223372036854775808",
    "18446744073709551615",
    "-9223372036854775809",
    "0",
  ]) {
    assert.equal((await c.request("PUT", `/kv/a?lease=${lease}`, "x")).status, 400, lease);
  }
  const negative = await c.call("lease/grant", { ID: "-5", TTL: 60 });
  assert.equal(negative.ID, "-5");
  assert.equal((await c.request("PUT", "/kv/a?lease=-5", "x")).status, 200);
  assert.match((await c.request("PUT", "/kv/b?ttl=99999999999", "x")).text, /too large lease TTL/);
});

test("the largest limit is no number too many where an answer is sorted", async () => {
  const c = api.cluster();
  await c.put("a", "1");
  const range = { range_end: b("z"), sort_target: "VALUE", limit: "9223372036854775807" };
  assert.equal((await c.get("a", range)).kvs?.length, 1);
});

test("a timeout is digits and a unit, and never more than a timer counts", () => {
  for (const text of ["0x5S", "1e3m", " 5S", "+5S", "5.0S", "5", "S", "999999999S", "5s"]) {
    assert.throws(() => grpcTimeoutMs(text), /invalid grpc-timeout/, text);
  }
  assert.equal(grpcTimeoutMs("1500m"), 1_500);
  assert.equal(grpcTimeoutMs("0S"), undefined);
  assert.equal(grpcTimeoutMs("99999999H"), 2 ** 31 - 1);
});
