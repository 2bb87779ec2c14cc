import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { b } from "../../support/base64.ts";
import { DeployedCluster } from "./support/cluster.ts";

const mebibyte = 1 << 20;

let cluster: DeployedCluster;
after(DeployedCluster.stopAll);
before(async () => {
  cluster = await DeployedCluster.deployed();
  await cluster.voters([1, 2, 3]);
});

const put = (key: unknown, value: unknown) => JSON.stringify({ key, value });

/** What any write would change: on every member, whatever it is at. */
async function state() {
  await cluster.level([1, 2, 3]);
  const { members } = await cluster.overview();
  return members.map(({ revision, fingerprint }) => ({ revision, fingerprint }));
}

interface Refused {
  readonly what: string;
  readonly path: string;
  readonly init: RequestInit;
  readonly status: number;
}

const large = "x".repeat(1.5 * mebibyte + 1);
const post = (body: BodyInit): RequestInit => ({ method: "POST", body });

const refused: readonly Refused[] = [
  // Larger than 1.5 MiB.
  { what: "a large value", path: "/kv/a", init: { method: "PUT", body: large }, status: 400 },
  {
    what: "a large put",
    path: "/v3/kv/put",
    init: post(put(b("a"), b(large))),
    status: 400,
  },
  // Malformed.
  { what: "no JSON", path: "/v3/kv/put", init: post("key=a"), status: 400 },
  { what: "a part of JSON", path: "/v3/kv/put", init: post('{"key":"YQ=='), status: 400 },
  { what: "an array", path: "/v3/kv/put", init: post("[1]"), status: 400 },
  { what: "no base64", path: "/v3/kv/put", init: post(put("%%%", "YQ==")), status: 400 },
  { what: "a number for a key", path: "/v3/kv/put", init: post(put(7, "YQ==")), status: 400 },
  { what: "no key", path: "/v3/kv/put", init: post("{}"), status: 400 },
  { what: "an unknown field", path: "/v3/kv/put", init: post('{"kei":"YQ=="}'), status: 400 },
  {
    what: "a number beyond 64 bits",
    path: "/v3/kv/put",
    init: post('{"key":"YQ==","lease":"99999999999999999999"}'),
    status: 400,
  },
  {
    what: "bytes that are no text",
    path: "/v3/kv/put",
    init: post(Buffer.from([0x7b, 0xff, 0x7d])),
    status: 400,
  },
  { what: "a broken key", path: "/kv/%zz", init: { method: "PUT", body: "1" }, status: 400 },
  {
    what: "a broken condition",
    path: "/kv/a",
    init: { method: "PUT", body: "1", headers: { "if-match": "?" } },
    status: 400,
  },
  { what: "a broken ttl", path: "/kv/a?ttl=soon", init: { method: "PUT", body: "1" }, status: 400 },
  { what: "a broken limit", path: "/kv/?prefix=&limit=-1", init: {}, status: 400 },
  { what: "no prefix to delete", path: "/kv/", init: { method: "DELETE" }, status: 400 },
  {
    what: "no cluster's name",
    path: "/kv/a",
    init: { method: "PUT", body: "1", headers: { "x-cluster": "../a" } },
    status: 400,
  },
  { what: "no member", path: "/cluster/members/x", init: { method: "DELETE" }, status: 400 },
  { what: "a member body that is no JSON", path: "/cluster/members", init: post("{"), status: 400 },
  {
    what: "a leader that is no number",
    path: "/cluster/leader",
    init: post('{"target":"x"}'),
    status: 400,
  },
  // Unknown methods.
  { what: "POST of a key", path: "/kv/a", init: post("1"), status: 405 },
  { what: "PATCH of a key", path: "/kv/a", init: { method: "PATCH", body: "1" }, status: 405 },
  { what: "PUT without a key", path: "/kv/", init: { method: "PUT", body: "1" }, status: 400 },
  { what: "DELETE of the cluster", path: "/cluster", init: { method: "DELETE" }, status: 405 },
  {
    what: "PATCH of members",
    path: "/cluster/members",
    init: { method: "PATCH" },
    status: 405,
  },
  { what: "GET of a put", path: "/v3/kv/put", init: {}, status: 501 },
  {
    what: "PUT of a put",
    path: "/v3/kv/put",
    init: { method: "PUT", body: put("YQ==", "") },
    status: 501,
  },
  // Unknown paths.
  { what: "no path", path: "/", init: {}, status: 404 },
  { what: "another path", path: "/nowhere", init: { method: "PUT", body: "1" }, status: 404 },
  {
    what: "a path of etcd's v2",
    path: "/v2/keys/a",
    init: { method: "PUT", body: "1" },
    status: 404,
  },
  { what: "a path under v3", path: "/v3/kv/nowhere", init: post("{}"), status: 404 },
  {
    what: "a path with a slash too many",
    path: "/v3/kv/put/",
    init: post(put("YQ==", "")),
    status: 404,
  },
  { what: "a path under cluster", path: "/cluster/nowhere", init: post("{}"), status: 404 },
  {
    what: "an unknown change of a member",
    path: "/cluster/members/1/nowhere",
    init: post("{}"),
    status: 404,
  },
];

test("what is larger, malformed or unknown gets a JSON error, and nothing is written", async () => {
  await cluster.put("there", "1");
  const before = await state();
  for (const { what, path, init, status } of refused) {
    const response = await cluster.fetch(path, init);
    const body = await response.text();
    assert.equal(response.status, status, `${what}: ${body.slice(0, 200)}`);
    assert.match(response.headers.get("content-type") ?? "", /^application\/json/, what);
    const { error, message, code } = JSON.parse(body) as Record<string, unknown>;
    assert.ok(typeof message === "string" && message.length > 3, `${what}: ${body}`);
    assert.equal(error, message, what);
    assert.equal(typeof code, "number", what);
  }
  assert.deepEqual(await state(), before);
});

test("a value of almost 1.5 MiB is taken, and comes back as it was", async () => {
  const value = "0123456789abcdef".repeat((1.5 * mebibyte - 1_024) / 16);
  await cluster.put("large", value);
  assert.equal(await cluster.get("large"), value);
  const body = put(b("large-too"), b(value));
  const response = await cluster.fetch("/v3/kv/put", post(body));
  assert.equal(response.status, 200, await response.text());
  assert.equal(await cluster.get("large-too"), value);
  await cluster.level([1, 2, 3]);
});
