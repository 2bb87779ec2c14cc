import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { DeployedCluster } from "./support/cluster.ts";

const token = "correct horse battery staple";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One request as it is written: also with the headers that fetch does not let anybody set. */
function raw(url: string, method: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers });
    sent.on("error", reject);
    sent.on("upgrade", ({ statusCode = 0, headers }, socket) => {
      socket.destroy();
      resolve({ status: statusCode, headers, body: "" });
    });
    sent.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part) => {
        body += part;
      });
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    sent.end();
  });
}

interface ErrorBody {
  readonly error: string;
  readonly code: number;
  readonly message: string;
}

function errorOf(body: string): ErrorBody {
  const parsed = JSON.parse(body) as ErrorBody;
  assert.equal(typeof parsed.message, "string", body);
  assert.equal(typeof parsed.code, "number", body);
  assert.equal(parsed.error, parsed.message);
  return parsed;
}

const doors: readonly (readonly [string, string])[] = [
  ["GET", "/kv/a"],
  ["HEAD", "/kv/a"],
  ["PUT", "/kv/a"],
  ["DELETE", "/kv/a"],
  ["GET", "/kv/?prefix="],
  ["POST", "/v3/kv/put"],
  ["POST", "/v3/kv/range"],
  ["POST", "/v3/kv/deleterange"],
  ["POST", "/v3beta/kv/put"],
  ["POST", "/v3/cluster/member/list"],
  ["GET", "/cluster"],
  ["POST", "/cluster/members"],
  ["DELETE", "/cluster/members/2"],
  ["POST", "/cluster/leader"],
  ["GET", "/cluster/backup"],
  ["POST", "/cluster/restore"],
  ["GET", "/metrics"],
  ["GET", "/nowhere"],
];

describe("with a token configured", () => {
  let cluster: DeployedCluster;
  after(DeployedCluster.stopAll);
  before(async () => {
    cluster = await DeployedCluster.deployed({ TOKEN: token });
  });

  const bearer = { authorization: `Bearer ${token}` };

  test("who brings it comes in", async () => {
    const put = await cluster.fetch("/kv/a", { method: "PUT", body: "1", headers: bearer });
    assert.equal(put.status, 200, await put.text());
    const got = await cluster.fetch("/kv/a", { headers: bearer });
    assert.equal(await got.text(), "1");
  });

  const wrong: Readonly<Record<string, Record<string, string>>> = {
    none: {},
    another: { authorization: "Bearer wrong" },
    empty: { authorization: "Bearer " },
    "a part of it": { authorization: `Bearer ${token.slice(0, -1)}` },
    "more than it": { authorization: `Bearer ${token}x` },
    "another scheme": { authorization: `Basic ${Buffer.from(`a:${token}`).toString("base64")}` },
    "the word development": { development: "true", "x-development": "true", host: "localhost" },
  };
  for (const [name, headers] of Object.entries(wrong)) {
    test(`with ${name === "none" ? "no token" : name}, every door stays closed`, async () => {
      for (const [method, path] of doors) {
        const {
          status,
          headers: answered,
          body,
        } = await raw(`${cluster.url}${path}`, method, headers);
        assert.equal(status, 401, `${method} ${path}: ${body}`);
        assert.equal(answered["www-authenticate"], "Bearer", `${method} ${path}`);
        if (method !== "HEAD") assert.equal(errorOf(body).code, 16);
      }
      const got = await cluster.fetch("/kv/a", { headers: bearer });
      assert.equal(await got.text(), "1");
    });
  }

  test("what etcd leaves open is open", async () => {
    for (const path of ["/version", "/health", "/livez", "/readyz"]) {
      const response = await cluster.fetch(path);
      assert.equal(response.status, 200, `${path}: ${await response.text()}`);
    }
  });
});

test("without token and binding nobody comes in, whatever the request says", async () => {
  for (const vars of [{}, { DEVELOPMENT: "" }, { DEVELOPMENT: "1" }, { DEVELOPMENT: "TRUE" }]) {
    const cluster = await DeployedCluster.deployed(vars);
    const headers: Record<string, string>[] = [
      {},
      { authorization: "Bearer " },
      { host: "localhost:8787" },
      { host: "localhost", "x-forwarded-host": "localhost", "cf-connecting-ip": "127.0.0.1" },
      { "x-development": "true", development: "true", cookie: "DEVELOPMENT=true" },
    ];
    for (const given of headers) {
      const { status, body } = await raw(`${cluster.url}/kv/a?DEVELOPMENT=true`, "PUT", given);
      assert.equal(status, 401, body);
      assert.match(errorOf(body).message, /no token is configured/);
    }
    await cluster.stop();
  }
});

describe("raft's own paths", () => {
  let cluster: DeployedCluster;
  after(DeployedCluster.stopAll);
  before(async () => {
    cluster = await DeployedCluster.deployed();
    await cluster.voters([1, 2, 3]);
  });

  const peerMethods = [
    ...["readRound", "snapshot", "snapshotChunk", "snapshotStatus", "witness", "join", "wake"],
    ...["peerCall", "propose", "query", "changeMember", "moveLeader", "status", "watch", "alarm"],
  ];
  const paths = [
    "/raft",
    "/raft/stream/message",
    "/raft/snapshot",
    "/raft/probing",
    "/members",
    "/member",
    "/member/raft",
    "/default/1",
    "/default/1/raft",
    ...peerMethods.flatMap((name) => [`/${name}`, `/raft/${name}`, `/cluster/members/1/${name}`]),
  ];

  /**
   * What a message that came through would have moved. Not the term, which moves by itself when
   * this machine is busy, and not the fingerprint: members agree on a version after their birth.
   */
  async function standing() {
    const { clusterId, members } = await cluster.overview();
    const them = members.map(({ id, instanceId, counters, voters, revision }) => {
      const { refused, refusedMessages } = counters;
      return { id, instanceId, voters, revision, refused, refusedMessages };
    });
    return { clusterId, them };
  }

  test("none of them can be reached from outside, by HTTP or WebSocket", async () => {
    const before = await standing();
    const websocket = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    for (const host of ["member", "default.example.com"]) {
      for (const path of paths) {
        for (const method of ["GET", "POST", "PUT"]) {
          const { status, body } = await raw(`${cluster.url}${path}`, method, { host });
          assert.ok(status === 404 || status === 405, `${method} ${path}: ${status} ${body}`);
          errorOf(body);
        }
        const { status } = await raw(`${cluster.url}${path}`, "GET", { ...websocket, host });
        assert.ok(status === 404 || status === 405, `WebSocket ${path}: ${status}`);
      }
    }
    assert.deepEqual(await standing(), before);
  });
});

/** The tables of the databases below a folder, the platform's own aside. */
function tablesBelow(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".sqlite") && !file.includes("metadata"))
    .flatMap((file) => {
      const database = new DatabaseSync(join(folder, file), { readOnly: true });
      const rows = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
      database.close();
      return rows.map(({ name }) => String(name)).filter((name) => !name.startsWith("_cf_"));
    });
}

describe("a cluster that nobody has used", () => {
  let cluster: DeployedCluster;
  after(DeployedCluster.stopAll);
  before(async () => {
    cluster = await DeployedCluster.deployed({ TOKEN: token });
  });

  test("is not brought into the world by strangers, on any route", async () => {
    const open = ["/livez", "/readyz", "/health", "/health?serializable=true", "/version"];
    const paths = [...open.map((path) => ["GET", path] as const), ...doors];
    for (const [i, [method, path]] of paths.entries()) {
      const headers = { "x-cluster": `evil-${i}` };
      const { status } = await raw(`${cluster.url}${path}`, method, headers);
      assert.equal(status, path === "/version" ? 200 : open.includes(path) ? 503 : 401, path);
    }
    const login = JSON.stringify({ name: "root", password: "x" });
    const headers = { "x-cluster": "evil-login" };
    const init = { method: "POST", body: login, headers };
    assert.equal((await cluster.fetch("/v3/auth/authenticate", init)).status, 400);
    await cluster.stop();
    assert.deepEqual(tablesBelow(cluster.folder), []);
  });

  test("is by a trusted look, so that health can be waited for", async () => {
    const trusted = await DeployedCluster.deployed({ TOKEN: token });
    const headers = { authorization: `Bearer ${token}`, "x-cluster": "fresh" };
    const response = await trusted.fetch("/health", { headers });
    assert.deepEqual(await response.json(), { health: "true", reason: "" });
    await trusted.stop();
    assert.ok(tablesBelow(trusted.folder).includes("member"));
  });
});

test("a variable that cannot be used is named, and lets nobody in", async () => {
  const cluster = await DeployedCluster.deployed({ TOKEN: token, TOKENS: "{sesame" });
  const headers = { authorization: `Bearer ${token}` };
  const response = await cluster.fetch("/kv/a", { headers });
  assert.equal(response.status, 500);
  const { message } = errorOf(await response.text());
  assert.match(message, /misconfigured: TOKENS is no JSON/);
  assert.doesNotMatch(message, /sesame/);
  await cluster.stop();
});

/** The status of a request whose path goes out as it stands here. */
function statusOf(url: string, path: string): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method: "PUT" }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject);
    sent.end("x");
  });
}

test("a path names the key that it says, or is refused", async () => {
  const cluster = await DeployedCluster.deployed();
  for (const path of ["/kv/a/%2e%2e/b", "/kv/a/../b", "/kv/./b", "/kv/a\\b", "/kv/a/%2E."]) {
    assert.equal(await statusOf(cluster.url, path), 400, path);
  }
  const kept = ["a..b", "a/b", "a//b", "a%2F..%2Fb", "a;b", "%00", "%ff%fe", "a%252e", "..a"];
  for (const path of kept) assert.equal(await statusOf(cluster.url, `/kv/${path}`), 200, path);
  const { kvs } = await cluster.ask<{ kvs: readonly Record<string, string>[] }>("/kv?limit=100");
  const keys = kvs.map(({ key, key_base64 }) => key ?? `base64 ${key_base64}`);
  const expected = ["\0", "..a", "a%2e", "a..b", "a/../b", "a//b", "a/b", "a;b", "base64 //4="];
  assert.deepEqual(keys, expected);
  await cluster.stop();
});
