/** Strangers that say nothing, on the runtime: their sockets and requests end, connections too. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { maxOpenStrangers } from "../../../src/api/base/open-requests.ts";
import { maxStrangerMs } from "../../../src/api/http/context.ts";
import { DeployedCluster } from "./support/cluster.ts";
import { post } from "./support/refused.ts";

const token = "correct horse battery staple";
const bearer = { authorization: `Bearer ${token}` };
const socketHeaders = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** A connection that writes so much and then waits; it answers nothing, a Close neither. */
class Connection {
  readonly #socket: Socket;
  readonly #openedMs = performance.now();
  readonly ended: Promise<number>;
  text = "";

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1").on("data", (part) => {
      this.text += part;
    });
    socket.on("error", () => undefined);
    this.ended = once(socket, "close").then(() => performance.now() - this.#openedMs);
  }

  static async open(url: string, text: string): Promise<Connection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.write(text);
    return new Connection(socket);
  }

  static request(url: string, line: string, headers: Record<string, string>, body = "") {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `${line} HTTP/1.1\r\nHost: a.test\r\n${lines.join("")}\r\n`;
    return Connection.open(url, head + body);
  }

  close(): void {
    this.#socket.destroy();
  }
}

const late = /no whole request within 10000 ms from a client that is not known yet/;
/** So long after its time is over a connection is to be gone. */
const slackMs = 15_000;

/** Milliseconds until it ended, or undefined where it did not in time. */
async function endOf(connection: Connection): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), maxStrangerMs + slackMs);
  const ended = await Promise.race([connection.ended, promise]);
  clearTimeout(timer);
  connection.close();
  return ended;
}

let cluster: DeployedCluster;
before(async () => {
  cluster = await DeployedCluster.deployed({ TOKEN: token, MEMBERS: "1" });
  const call = async (path: string, body: object) => {
    const init = { ...post(body), headers: bearer };
    assert.equal((await cluster.fetch(`/v3/auth/${path}`, init)).status, 200, path);
  };
  await call("user/add", { name: "root", password: "right" });
  await call("user/grant", { user: "root", role: "root" });
  await call("enable", {});
});
after(DeployedCluster.stopAll);

describe("a stranger", { concurrency: true }, () => {
  test("with a silent socket on an open route is told to go, and gone", async () => {
    const line = "GET /v3/auth/authenticate";
    const connection = await Connection.request(cluster.url, line, socketHeaders);
    const ended = await endOf(connection);
    assert.match(connection.text, /^HTTP\/1\.1 101 /);
    assert.match(connection.text, late);
    assert.ok(ended !== undefined, "the connection is open");
    assert.ok(ended > maxStrangerMs - 500, `after ${ended} ms`);
  });

  test("keeps no stream open, by WebSocket or HTTP", async () => {
    const line = "GET /v3/watch";
    const opening = Connection.request(cluster.url, line, socketHeaders);
    const watch = (headers: Record<string, string>) =>
      cluster.fetch("/v3/watch", { ...post({}), headers });
    const nobodys = { authorization: "abcdefghabcdefgh.7" };
    const [connection, without, wrong] = await Promise.all([opening, watch({}), watch(nobodys)]);
    assert.equal(without.status, 400);
    assert.match(await without.text(), /user name is empty/);
    assert.equal(wrong.status, 401);
    assert.match(await wrong.text(), /invalid auth token/);
    assert.ok((await endOf(connection)) !== undefined, "the connection is open");
    assert.match(connection.text, /user name is empty/);
  });

  for (const [how, headers] of [
    ["of a declared length", { "content-length": "100" }],
    ["in chunks", { "transfer-encoding": "chunked" }],
  ] as const) {
    test(`with a body ${how} that does not come is refused, and gone`, async () => {
      const body = how === "in chunks" ? '8\r\n{"name":\r\n' : '{"name":';
      const line = "POST /v3/auth/authenticate";
      const connection = await Connection.request(cluster.url, line, headers, body);
      const ended = await endOf(connection);
      assert.match(connection.text, /^HTTP\/1\.1 429 /);
      assert.match(connection.text, late);
      assert.ok(ended !== undefined, "the connection is open");
    });
  }

  test("logs in by WebSocket and then watches for as long as it likes", async () => {
    const { url } = cluster;
    const login = new WebSocket(`${url.replace("http", "ws")}/v3/auth/authenticate`);
    await once(login, "open");
    login.send(JSON.stringify({ name: "root", password: "right" }));
    const [{ data }] = (await once(login, "message")) as [{ data: string }];
    const given = (JSON.parse(data) as { token: string }).token;
    const headers = { ...socketHeaders, "sec-websocket-protocol": `Bearer, ${given}` };
    const connection = await Connection.request(url, "GET /v3/watch", headers);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    setTimeout(() => resolve(undefined), maxStrangerMs + 2_000);
    assert.equal(await Promise.race([connection.ended, promise]), undefined, connection.text);
    connection.close();
  });
});

describe("very many strangers", () => {
  test("have their own places, keep out nobody who is known, and go", async () => {
    const line = "GET /v3/auth/authenticate";
    const all = await Promise.all(
      Array.from({ length: maxOpenStrangers + 88 }, () =>
        Connection.request(cluster.url, line, socketHeaders),
      ),
    );
    const headOf = async (one: Connection) => {
      while (!one.text.includes("\r\n\r\n")) await new Promise((go) => setTimeout(go, 10));
      return one.text.slice(9, 12);
    };
    const statuses = await Promise.all(all.map(headOf));
    assert.equal(statuses.filter((status) => status === "101").length, maxOpenStrangers);
    assert.equal(statuses.filter((status) => status === "429").length, 88);
    const headers = { ...socketHeaders, ...bearer };
    const known = await Connection.request(cluster.url, "GET /v3/watch", headers);
    assert.equal(await headOf(known), "101");
    known.close();
    const upgraded = all.filter((_, i) => statuses[i] === "101");
    for (const ended of await Promise.all(upgraded.map(endOf))) {
      assert.ok(ended !== undefined, "a connection is open");
    }
    for (const one of all) one.close();
    const again = await Connection.request(cluster.url, line, socketHeaders);
    assert.equal(await headOf(again), "101");
    again.close();
  });
});
