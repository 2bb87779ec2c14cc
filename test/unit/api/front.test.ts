import assert from "node:assert/strict";
import { test } from "node:test";
import { Front } from "../../../src/api/front.ts";
import type { Answer } from "../../../src/rpc/messages.ts";
import { FakeMember, header, JumpingClock, putAnswer } from "./support/members.ts";

const put = '{"key":"YQ=="}';

function setUp(...answers: FakeMember["answers"]) {
  const members = [1, 2, 3].map((id) => {
    const member = new FakeMember(id);
    member.answers = [...answers];
    return member;
  });
  const clusters: string[] = [];
  let seed = 0;
  const front = new Front(
    {
      development: true,
      token: "",
      tokens: [],
      hostSuffix: ".kv.test",
      clusters: undefined,
      initialMembers: [1, 2, 3],
    },
    {
      member: (cluster, id) => {
        clusters.push(cluster);
        const member = members[id - 1];
        if (member === undefined) throw new Error(`no member ${id}`);
        return member;
      },
      clock: new JumpingClock(),
      random: (length) => new Uint8Array(length).fill(++seed),
      upgrade: () => {
        throw new Error("no sockets here");
      },
    },
  );
  const ask = (path: string, init: RequestInit = {}, host = "http://any.test") =>
    front.handle(new Request(`${host}${path}`, init), () => undefined);
  return { ask, front, members, clusters };
}

const post = (body: string, headers: Record<string, string> = {}) => ({
  ...{ method: "POST", body, headers },
});

const leaderless: Answer = { kind: "redirect", header: header(1, { leader: 0 }) };

test("without a leader the answer is etcd's, with 503", async () => {
  const { ask } = setUp(leaderless);
  const response = await ask("/v3/kv/put", post(put));
  assert.equal(response.status, 503);
  const text = "etcdserver: no leader";
  assert.deepEqual(await response.json(), { error: text, code: 14, message: text });
});

test("a request that is not answered in the client's own time is told so", async () => {
  const { ask } = setUp("hangs");
  const response = await ask("/v3/kv/put", post(put, { "grpc-timeout": "1500m" }));
  assert.equal(response.status, 504);
  const text = "context deadline exceeded";
  assert.deepEqual(await response.json(), { error: text, code: 4, message: text });
  const plain = await ask("/kv/a", { method: "PUT", body: "x" });
  assert.equal(plain.status, 503);
});

test("a stream that fails before its first message has the status of its error", async () => {
  const { ask } = setUp(leaderless);
  const response = await ask("/v3/lease/keepalive", post('{"ID":1}'));
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), {
    error: {
      ...{ grpc_code: 14, http_code: 503, message: "etcdserver: no leader" },
      ...{ http_status: "Service Unavailable", code: 14 },
    },
  });
});

test("an error that nobody declared is an internal one, with its reason", async () => {
  const { ask } = setUp({ kind: "ok", header: header(1), response: new Uint8Array() });
  const response = await ask("/v3/kv/put", post(put));
  assert.equal(response.status, 500);
  assert.match(((await response.json()) as { message: string }).message, /answered with no put/);
});

test("a header never goes back to an older term", async () => {
  const answers = [7, 5].map((raftTerm) => putAnswer(header(1, { raftTerm })));
  const { ask } = setUp(...answers);
  for (let i = 0; i < 2; i += 1) {
    const response = await ask("/v3/kv/put", post(put));
    const { header: told } = (await response.json()) as { header: { raft_term: string } };
    assert.equal(told.raft_term, "7");
  }
});

test("etcd's token travels to the members, the header's scheme does not", async () => {
  const { ask, members } = setUp(putAnswer(header(1)));
  for (const authorization of ["secret.7", "Bearer secret.7"]) {
    await ask("/v3/kv/put", post(put, { authorization }));
  }
  await ask("/v3/kv/put", post(put, { authorization: "x", "grpc-metadata-token": "secret.7" }));
  assert.deepEqual(
    members.flatMap(({ tokens }) => tokens),
    ["secret.7", "secret.7", "secret.7"],
  );
});

test("from a browser a cluster can be chosen on every path", async () => {
  const { ask } = setUp(putAnswer(header(1)));
  for (const path of ["/v3/kv/put", "/v3/watch", "/kv/a", "/cluster", "/metrics", "/health"]) {
    const preflight = await ask(path, { method: "OPTIONS" });
    assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /x-cluster/, path);
    assert.match(preflight.headers.get("access-control-allow-methods") ?? "", /DELETE/, path);
  }
});

test("a path is read as it was sent, or refused", async () => {
  const { front, members } = setUp(putAnswer(header(1)));
  const raw = (path: string) => {
    const request = new Request("http://any.test/kv/b", { method: "PUT", body: "x" });
    Object.defineProperty(request, "url", { value: `http://any.test${path}` });
    return request;
  };
  for (const path of ["/kv/a/../b", "/kv/a/%2e%2e/b"]) {
    const response = await front.handle(raw(path), () => undefined);
    assert.equal(response.status, 400, path);
  }
  assert.equal(members.flatMap(({ proposals }) => proposals).length, 0);
});

test("browsers may use the conditions of the plain face", async () => {
  const { ask } = setUp(putAnswer(header(1)));
  const preflight = await ask("/kv/a", { method: "OPTIONS" });
  assert.equal(preflight.status, 200);
  assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /if-match/);
});

test("OPTIONS and a 405 name the methods of the path, a preflight takes any metadata", async () => {
  const { ask } = setUp({ kind: "ok", header: header(1), response: new Uint8Array() });
  const taken: Record<string, string> = {
    "/kv": "GET, HEAD, PUT, DELETE",
    "/kv/a%0Ab": "GET, HEAD, PUT, DELETE",
    "/cluster": "GET, HEAD",
    "/cluster/members": "GET, HEAD, POST",
    "/cluster/members/2": "GET, HEAD, DELETE",
    "/cluster/members/2/promote": "POST",
    "/cluster/leader": "POST",
    "/cluster/restore": "POST",
    "/metrics": "GET, HEAD",
    "/debug/vars": "GET, HEAD",
    "/health": "GET",
    "/readyz": "GET",
  };
  const headers = { "access-control-request-headers": "X-Cluster, Grpc-Metadata-Any,evil" };
  for (const [path, methods] of Object.entries(taken)) {
    const options = await ask(path, { method: "OPTIONS", headers });
    assert.equal(options.headers.get("allow"), `${methods}, OPTIONS`, path);
    const allowed = options.headers.get("access-control-allow-headers") ?? "";
    assert.match(allowed, /x-cluster.*grpc-metadata-any/);
    assert.doesNotMatch(allowed, /evil/);
    assert.match(options.headers.get("vary") ?? "", /access-control-request-headers/);
    const refused = await ask(path, { method: "PATCH" });
    assert.deepEqual([refused.status, refused.headers.get("allow")], [405, methods], path);
  }
  const v3 = await ask("/v3/kv/put", { method: "PUT", body: put });
  assert.deepEqual([v3.status, v3.headers.get("allow")], [501, "POST"]);
  assert.match(v3.headers.get("vary") ?? "", /x-cluster/);
});
