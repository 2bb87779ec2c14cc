import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, test } from "node:test";
import { Runtime } from "../../support/runtime.ts";
import { DeployedCluster } from "./support/cluster.ts";
import { post } from "./support/refused.ts";
import { until } from "./support/until.ts";

const token = "correct horse battery staple";
const bearer = { authorization: `Bearer ${token}` };

/** Every table with rows, and every alarm, in what the runtime keeps of Durable Objects. */
function stored(folder: string): string[] {
  const found: string[] = [];
  const objects = join(folder, "do");
  for (const path of readdirSync(objects, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".sqlite")) continue;
    const database = new DatabaseSync(join(objects, path), { readOnly: true });
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    for (const { name } of tables) {
      const { rows } = database.prepare(`SELECT count(*) AS rows FROM "${name}"`).get() ?? {};
      // The runtime's own table of the objects' names says nothing of them.
      if (path.endsWith("metadata.sqlite") && !String(name).includes("ALARM")) continue;
      if (path.endsWith("metadata.sqlite") && rows === 0) continue;
      found.push(`${path} ${name}: ${rows}`);
    }
    database.close();
  }
  return found;
}

const etcdToken = "abcdefghabcdefgh.7";
const doors: [string, RequestInit][] = [
  ["/livez", {}],
  ["/readyz", {}],
  ["/readyz/linearizable_read", {}],
  ["/health", {}],
  ["/health?serializable=true", {}],
  ["/v3/auth/authenticate", post({ name: "root", password: "x" })],
  ["/v3/kv/put", post({ key: "YQ==" })],
  ["/v3/kv/put", { ...post({ key: "YQ==" }), headers: { authorization: etcdToken } }],
  ["/v3/watch", { ...post({}), headers: { "grpc-metadata-token": etcdToken } }],
  ["/v3/maintenance/status", { ...post({}), headers: { authorization: etcdToken } }],
  ["/metrics", { headers: { authorization: etcdToken } }],
  ["/cluster", { headers: { authorization: etcdToken } }],
  ["/cluster/backup", { headers: { authorization: etcdToken } }],
  ["/cluster/restore", { method: "POST", body: "x", headers: { authorization: etcdToken } }],
  ["/cluster/members", { ...post({}), headers: { authorization: etcdToken } }],
  ["/kv/a", { method: "PUT", body: "1", headers: { authorization: etcdToken } }],
  ["/kv/a", { headers: { accept: "text/event-stream", authorization: etcdToken } }],
  ["/v3/kv/put", { method: "OPTIONS" }],
  ["/version", {}],
];

describe("strangers", () => {
  let runtime: Runtime;
  after(() => runtime.kill());

  test("bring no cluster, no row and no alarm into the world, by whatever door", async () => {
    runtime = await Runtime.start({ vars: { TOKEN: token } });
    for (const [i, [path, init]] of doors.entries()) {
      const headers = { ...(init.headers as Record<string, string>), "x-cluster": `evil-${i}` };
      const response = await fetch(`${runtime.url}${path}`, { ...init, headers });
      await response.text();
      const open = init.method === "OPTIONS" || path === "/version";
      const expected = open ? [200] : [400, 401, 503];
      assert.ok(expected.includes(response.status), `${path}: ${response.status}`);
    }
    // A ticker, and the alarm behind it, would be there by now.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.deepEqual(stored(runtime.options.folder), []);
  });

  test("are answered by a cluster that somebody trusted has used, and others are not", async () => {
    const mine = { "x-cluster": "mine" };
    const first = await fetch(`${runtime.url}/health`, { headers: { ...mine, ...bearer } });
    assert.equal(first.status, 200, await first.text());
    assert.notDeepEqual(stored(runtime.options.folder), []);
    for (const path of ["/health", "/livez", "/readyz"]) {
      const response = await fetch(`${runtime.url}${path}`, { headers: mine });
      assert.equal(response.status, 200, `${path}: ${await response.text()}`);
      const other = await fetch(`${runtime.url}${path}`, { headers: { "x-cluster": "evil" } });
      assert.equal(other.status, 503);
      assert.match(await other.text(), /this cluster has not been used yet/);
    }
  });
});

describe("whoever waits for health before the first write", () => {
  after(DeployedCluster.stopAll);

  test("does not wait in vain, whichever page they look at", async () => {
    const cluster = await DeployedCluster.deployed();
    for (const path of ["/health", "/livez", "/readyz", "/metrics", "/cluster"]) {
      const headers = { "x-cluster": `new-${path.slice(1)}` };
      const response = await cluster.fetch(path, { headers });
      const body = await response.text();
      assert.equal(response.status, 200, `${path}: ${body}`);
      if (path === "/metrics") assert.match(body, /etcd_server_has_leader\{[^}]*\} 1/);
      if (path === "/cluster") assert.doesNotMatch(body, /"clusterId": "0"/);
    }
  });
});

describe("variables", () => {
  after(DeployedCluster.stopAll);

  test("that cannot be used are told on every request, and let nobody in", async () => {
    const wrong: [Record<string, string>, RegExp][] = [
      [{ TOKENS: "{hunter2" }, /misconfigured: TOKENS is no JSON/],
      [{ CLUSTERS: "A B" }, /misconfigured: CLUSTERS has /],
      [{ MEMBERS: "0" }, /misconfigured: MEMBERS is /],
    ];
    for (const [vars, text] of wrong) {
      const cluster = await DeployedCluster.deployed({
        DEVELOPMENT: "true",
        TOKEN: token,
        ...vars,
      });
      for (const path of ["/kv/a", "/health", "/version", "/v3/kv/range"]) {
        const response = await cluster.fetch(path, { headers: bearer });
        const body = await response.text();
        assert.equal(response.status, 500, body);
        assert.match(body, text);
        assert.doesNotMatch(body, /hunter2/);
      }
      await cluster.stop();
    }
  });
});

/** The status and body of a request line as it is written, which no HTTP client would send. */
function raw(url: string, line: string): Promise<{ status: number; body: string }> {
  const { port, hostname } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${line} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`);
    });
    let text = "";
    socket.setEncoding("utf8").on("data", (part) => {
      text += part;
    });
    socket.on("error", reject);
    socket.on("close", () => {
      const [head = "", body = ""] = text.split("\r\n\r\n");
      resolve({ status: Number(head.split(" ")[1]), body });
    });
  });
}

describe("a path", () => {
  after(DeployedCluster.stopAll);

  test("names the key that its bytes say, or is refused", async () => {
    const cluster = await DeployedCluster.deployed({ DEVELOPMENT: "true", MEMBERS: "1" });
    await cluster.put("b", "untouched");
    const others = ["/kv/a/../b", "/kv/a/%2e%2e/b", "/kv/a/.%2E/b", "/kv/./b", "/kv/x\\..\\b"];
    for (const path of [...others, "/kv/%2e/b", "/readyz/../kv/b", "/kv/b/.", "/kv/%", "/kv/%zz"]) {
      for (const method of ["GET", "DELETE", "HEAD"]) {
        const { status, body } = await raw(cluster.url, `${method} ${path}`);
        assert.equal(status, 400, `${method} ${path}: ${body}`);
      }
    }
    assert.equal(await cluster.get("b"), "untouched");
    const keys: Record<string, string> = {
      "/kv/a%2F..%2Fb": "a/../b",
      "/kv//b": "/b",
      "/kv/b;c": "b;c",
      "/kv/b%3Fc%23d": "b?c#d",
      "/kv/%5cb": "\\b",
      "/kv/...": "...",
      "/kv/b+c": "b+c",
    };
    for (const [path, key] of Object.entries(keys)) {
      assert.equal((await raw(cluster.url, `GET ${path}`)).status, 404, path);
      await cluster.ask("/v3/kv/put", post({ key: btoa(key), value: btoa(path) }));
      const { status, body } = await raw(cluster.url, `GET ${path}`);
      assert.equal(status, 200);
      assert.equal(body, path, `${path} is ${key}`);
    }
  });
});

describe("who guesses passwords", () => {
  after(DeployedCluster.stopAll);

  test("is held back, and keeps nobody out who has the token or the password", async () => {
    const cluster = await DeployedCluster.deployed({ TOKEN: token, MEMBERS: "1" });
    const call = (path: string, body: object, headers: Record<string, string> = {}) =>
      cluster.fetch(`/v3/auth/${path}`, { ...post(body), headers });
    await call("user/add", { name: "root", password: "right" }, bearer);
    await call("user/grant", { user: "root", role: "root" }, bearer);
    assert.equal((await call("enable", {}, bearer)).status, 200);
    const login = (password: string, name = "root", headers: Record<string, string> = {}) =>
      call("authenticate", { name, password }, headers);
    for (let i = 0; i < 40; i += 1) assert.equal((await login("right")).status, 200, `login ${i}`);
    // Who guesses at one place has used up that place's share, and not the user's.
    const at = (address: string) => ({ "cf-connecting-ip": address });
    const there = await Promise.all(
      Array.from({ length: 60 }, (_, i) => login(`guess ${i}`, "root", at("192.0.2.1"))),
    );
    assert.ok(there.filter(({ status }) => status === 429).length >= 30);
    assert.equal((await login("right", "root", at("192.0.2.2"))).status, 200);
    // Guesses from everywhere use up the user's.
    const guesses = await Promise.all(Array.from({ length: 150 }, (_, i) => login(`guess ${i}`)));
    const statuses = guesses.map(({ status }) => status);
    assert.ok(statuses.filter((status) => status === 429).length >= 30, statuses.join());
    assert.ok(statuses.includes(400), statuses.join());
    const refused = guesses.find(({ status }) => status === 429);
    assert.equal(refused?.headers.get("retry-after"), "1");
    assert.equal((await login("right", "root", bearer)).status, 200);
    // What strangers used up comes back with every second, so that the owner is not locked out.
    await until("a login after guesses", 30_000, async () =>
      (await login("right")).status === 200 ? true : undefined,
    );
  });
});
