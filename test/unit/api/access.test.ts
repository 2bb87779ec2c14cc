import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { Api, b } from "./support/api.ts";

let api: Api;
let closed: Api;
before(async () => {
  api = await Api.start({ DEVELOPMENT: "", TOKEN: "deployment-secret", HOST_SUFFIX: ".kv.test" });
  closed = await Api.start({ DEVELOPMENT: "" });
});
after(async () => {
  await api.stop();
  await closed.stop();
});

const bearer = "Bearer deployment-secret";
const paths: [string, string][] = [
  ["POST", "/v3/kv/range"],
  ["POST", "/v3/watch"],
  ["POST", "/v3/auth/user/add"],
  ["POST", "/v3/maintenance/status"],
  ["POST", "/v3beta/kv/range"],
  ["GET", "/kv/a"],
  ["PUT", "/kv/a"],
  ["GET", "/cluster"],
  ["POST", "/cluster/members"],
  ["GET", "/cluster/backup"],
  ["POST", "/cluster/restore"],
  ["GET", "/metrics"],
];

test("without the token nothing but the open pages answers", async () => {
  const c = api.cluster();
  for (const [method, path] of paths) {
    const body = method === "GET" ? undefined : "{}";
    const answer = await c.request(method, path, body);
    assert.equal(answer.status, 401, path);
    assert.equal(JSON.parse(answer.text).code, 16);
    assert.equal((await c.request(method, path, body, { authorization: "wrong" })).status, 401);
  }
  assert.equal((await c.request("GET", "/version")).status, 200);
  const authenticate = await c.request("POST", "/v3/auth/authenticate", '{"name":"x"}');
  assert.match(authenticate.text, /authentication is not enabled/);
});

test("the token lets in, with and without the scheme in front of it", async () => {
  const c = api.cluster();
  for (const authorization of [bearer, "deployment-secret", "bearer deployment-secret"]) {
    const headers = { authorization };
    assert.equal((await c.request("PUT", "/kv/a", "1", headers)).status, 200);
    assert.equal((await c.request("GET", "/cluster", undefined, headers)).status, 200);
    assert.equal((await c.request("GET", "/health", undefined, headers)).status, 200);
  }
});

test("without a configured token nobody comes in", async () => {
  const c = closed.cluster();
  for (const [method, path] of [...paths, ["GET", "/version"], ["GET", "/health"]]) {
    const body = method === "GET" ? undefined : "{}";
    const answer = await c.request(method ?? "", path ?? "", body, { authorization: "Bearer " });
    assert.equal(answer.status, 401, path);
  }
});

test("with etcd's auth on, its tokens let in, and its rules hold", async () => {
  const c = api.cluster();
  c.token = bearer;
  await c.call("auth/user/add", { name: "root", password: "pw" });
  await c.call("auth/user/grant", { user: "root", role: "root" });
  await c.call("auth/user/add", { name: "eve", password: "pw" });
  await c.call("auth/enable");
  const stranger = api.named(c.name);
  assert.equal(await stranger.fails("kv/range", { key: b("a") }), "user name is empty");
  stranger.token = "wrong";
  assert.equal(await stranger.fails("kv/range", { key: b("a") }), "invalid auth token");
  const root = api.named(c.name);
  root.token = (await root.call("auth/authenticate", { name: "root", password: "pw" })).token;
  await root.put("a", "1");
  assert.equal((await root.request("GET", "/kv/a")).text, "1");
  assert.equal((await root.request("GET", "/cluster")).status, 200);
  const eve = api.named(c.name);
  const { token } = await eve.call("auth/authenticate", { name: "eve", password: "pw" });
  eve.token = `Bearer ${token}`;
  assert.equal(await eve.fails("kv/range", { key: b("a") }), "permission denied");
  assert.equal((await eve.request("GET", "/kv/a")).status, 403);
  assert.equal((await eve.request("GET", "/cluster")).status, 403);
  assert.equal((await eve.request("POST", "/cluster/members", "{}")).status, 403);
  assert.equal((await eve.request("GET", "/cluster/backup")).status, 403);
  const taken = await fetch(`${root.url}/cluster/backup`, { headers: root.headers() });
  assert.equal(taken.status, 200);
  const backup = await taken.arrayBuffer();
  assert.equal((await eve.request("POST", "/cluster/restore", backup)).status, 403);
  assert.equal((await root.request("POST", "/cluster/restore", backup)).status, 400);
  // The deployment's token is nobody's name: etcd's goes along in another header.
  assert.equal(await c.fails("kv/range", { key: b("a") }), "user name is empty");
  const both = await c.request("POST", "/v3/kv/range", JSON.stringify({ key: b("a") }), {
    "grpc-metadata-token": root.token,
  });
  assert.equal(both.status, 200);
  assert.equal((await stranger.request("GET", "/metrics")).status, 401);
  assert.equal((await eve.request("GET", "/metrics")).status, 200);
  assert.equal(await stranger.fails("maintenance/status"), "invalid auth token");
  await root.call("auth/disable");
  // At once, although the Worker remembers for a while that auth was on.
  for (const who of [stranger, root, eve]) {
    assert.equal(await who.fails("kv/put", { key: b("a"), value: b("2") }), "invalid auth token");
    assert.equal(await who.fails("kv/range", { key: b("a") }), "invalid auth token");
  }
});

test("clusters share nothing, and only a name can name one", async () => {
  const [one, other] = [api.cluster(), api.cluster()];
  for (const c of [one, other]) c.token = bearer;
  await one.put("a", "1");
  assert.equal(await other.value("a"), undefined);
  for (const name of ["UPPER", "a/b", "", "a".repeat(64), "-a", "ä"].map(encodeURIComponent)) {
    const headers = { authorization: bearer, "x-cluster": name };
    assert.equal((await one.request("GET", "/kv/a", undefined, headers)).status, 400, name);
  }
});

/** The status that the attempt to open a WebSocket gets. */
async function upgradeStatus(
  url: string,
  more: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const headers = {
    ...{ authorization: bearer, connection: "Upgrade", upgrade: "websocket" },
    ...{ "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" },
    ...more,
  };
  const request = get(url, { headers });
  const [response] = await once(request, "response");
  response.resume();
  return response.statusCode;
}

test("a WebSocket brings its token as a protocol or a cookie", async () => {
  const c = api.named("default");
  const url = `${c.url.replace("http", "ws")}/v3/kv/range`;
  const frame = async (socket: WebSocket): Promise<unknown> => {
    socket.addEventListener("open", () => socket.send(JSON.stringify({ key: b("a") })));
    const [message] = await once(socket, "message");
    return JSON.parse((message as MessageEvent).data);
  };
  const socket = new WebSocket(url, ["Bearer", "deployment-secret"]);
  assert.ok(((await frame(socket)) as { header?: unknown }).header);
  assert.equal(socket.protocol, "Bearer");
  const range = `${c.url}/v3/kv/range`;
  assert.equal(await upgradeStatus(range, { authorization: "" }), 401);
  assert.equal(await upgradeStatus(range, { authorization: "", cookie: "token=wrong" }), 401);
});

test("a hostname under the configured suffix names a cluster", async () => {
  const c = api.named("by-host");
  c.token = bearer;
  await c.put("a", "here");
  const ask = async (host: string): Promise<string> => {
    const headers = { host, authorization: bearer };
    const [response] = await once(get(`${c.url}/kv/a`, { headers }), "response");
    return text(response);
  };
  assert.equal(await ask("by-host.kv.test"), "here");
  assert.match(await ask("other.kv.test"), /key not found/);
  assert.match(await ask("a.b.kv.test"), /no name of a cluster/);
});

test("paths that members use among themselves are not there", async () => {
  const c = api.cluster();
  c.token = bearer;
  for (const path of ["/raft", "/raft/snapshot", "/members", "/peer", "/peerCall", "/watch"]) {
    assert.equal((await c.request("POST", path, "x")).status, 404, path);
    assert.equal(await upgradeStatus(`${c.url}${path}`), 404, path);
  }
});
