/** What clients of the gateway send that are not to be had here, byte for byte. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { Api, type ApiCluster, b, fromB64, prefix } from "../../../unit/api/support/api.ts";

let api: Api;
let c: ApiCluster;
before(async () => {
  api = await Api.start({ MEMBERS: "3" });
  c = api.named("default");
});
after(() => api.stop());

type Headers = Readonly<Record<string, string>>;

/** A connection that shows what is on the wire. */
class Wire {
  readonly #socket: Socket;
  #received = "";
  #wake: () => void = () => undefined;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#socket = connect(Number(port), hostname);
    this.#socket.setNoDelay(true);
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (data) => {
      this.#received += data;
      this.#wake();
    });
  }

  /** The head in one segment and the body in another, as Python's http.client sends them. */
  async send(path: string, body: string, headers: Headers = {}): Promise<void> {
    const fields = { host: "etcd", "content-length": String(Buffer.byteLength(body)), ...headers };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    this.#socket.write(`POST ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    await new Promise((resolve) => setImmediate(resolve));
    this.#socket.write(body);
  }

  /** All up to the first match of that, which is taken off. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.#received);
      if (found !== null) {
        const end = found.index + found[0].length;
        const taken = this.#received.slice(0, end);
        this.#received = this.#received.slice(end);
        return taken;
      }
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        const late = () => reject(new Error(`no ${pattern} in ${this.#received}`));
        this.#socket.setTimeout(20_000, late);
      });
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

test("Patroni: a connection that is kept, and a stream in chunks of one message each", async () => {
  using wire = new Wire(c.url);
  const headers = {
    "accept-encoding": "identity",
    "content-type": "application/json",
    "user-agent": "Patroni/4.1.4 Python/3.11.2 Linux",
    connection: "keep-alive",
  };
  const key = b("/service/batman/leader");
  for (const value of ["one", "two"]) {
    await wire.send("/v3/kv/put", `{"key": "${key}", "value": "${b(value)}"}`, headers);
    const head = await wire.until(/\r\n\r\n/);
    assert.match(head, /^HTTP\/1\.1 200 /);
    assert.match(await wire.until(/\}\}/), /"revision":"\d+"/);
  }
  const { header } = await c.get("/service/batman/leader");
  const create = {
    ...{ key: b("/service/batman/"), range_end: b("/service/batman0") },
    ...{ start_revision: header?.revision, filters: [] },
  };
  await wire.send("/v3/watch", JSON.stringify({ create_request: create }), headers);
  assert.match(await wire.until(/\r\n\r\n/), /transfer-encoding: chunked/i);
  // As it is: the length in hex, one object, a newline.
  const message = /([0-9a-fA-F]+)\r\n(\{"result":[^\n]*\}\n)\r\n/;
  for (const expected of [/"created":true/, new RegExp(`"value":"${b("two")}"`)]) {
    const [, length = "", chunk = ""] = message.exec(await wire.until(message)) ?? [];
    assert.equal(Number.parseInt(length, 16), chunk.length);
    assert.match(chunk, expected);
  }
});

test("lua-resty-etcd: every field of a range, camelCase compares, empty bodies", async () => {
  const key = b("/apisix/routes/1");
  await c.call("kv/put", { key: b("/apisix/routes/"), value: b("init_dir") });
  const create = {
    compare: [{ key, target: "CREATE", createRevision: 0 }],
    success: [{ requestPut: { key, value: b('{"uri":"/a"}') } }],
    failure: [{ requestRange: { key } }],
  };
  assert.equal((await c.call("kv/txn", create)).succeeded, true);
  const exists = { ...create, compare: [{ key, target: "CREATE", result: 1, createRevision: 0 }] };
  assert.equal((await c.call("kv/txn", exists)).succeeded, true);
  const all = await c.call("kv/range", {
    ...{ key: b("/apisix/"), range_end: b("/apisix0"), limit: 0, revision: 0, sort_order: 0 },
    ...{ sort_target: 0, serializable: false, keys_only: false, count_only: false },
    ...{ min_mod_revision: 0, max_mod_revision: 0 },
    ...{ min_create_revision: 0, max_create_revision: 0 },
  });
  assert.equal(all.count, "2");
  const lease = await c.call("lease/grant", { TTL: 60, ID: 0 });
  await c.call("kv/put", { key: b("/apisix/data_plane"), value: b("x"), lease: lease.ID });
  const alive = await c.request("POST", "/v3/lease/keepalive", JSON.stringify({ ID: lease.ID }));
  assert.equal(JSON.parse(alive.text).result.TTL, "60");
  const live = await c.call("kv/lease/timetolive", { ID: lease.ID, keys: true });
  assert.deepEqual(live.keys, [b("/apisix/data_plane")]);
  assert.ok(
    (await c.call("lease/leases", "")).leases.some(({ ID }: { ID: string }) => ID === lease.ID),
  );
  await c.call("kv/lease/revoke", { ID: lease.ID });

  // It reads until a chunk ends with a newline, splits there, and decodes each piece.
  const revision = Number(all.header?.revision);
  using watch = c.watch({
    create_request: { key: b("/apisix/"), range_end: b("/apisix0"), start_revision: revision + 1 },
  });
  assert.equal((await watch.next()).created, true);
  await c.put("/apisix/routes/2", "{}");
  let seen = "";
  while (seen !== "/apisix/routes/2") {
    const { header, events } = await watch.next();
    assert.ok(Number(header?.revision) > revision);
    seen = fromB64(events.at(-1).kv.key);
  }
});

test("APISIX: a watch of what was compacted says up to where; tokens are renewed", async () => {
  for (const value of ["1", "2", "3"]) await c.put("/apisix/c", value);
  const { header } = await c.get("/apisix/c");
  const revision = Number(header?.revision);
  await c.call("kv/compaction", { revision });
  using watch = c.watch({ create_request: { key: b("/apisix/c"), start_revision: revision - 2 } });
  assert.equal((await watch.next()).created, true);
  const { canceled, compact_revision: compacted } = await watch.next();
  assert.deepEqual([canceled, compacted], [true, String(revision)]);

  const guarded = api.cluster();
  const names = { name: "root", password: "pw" };
  await guarded.call("auth/user/add", names);
  await guarded.call("auth/user/grant", { user: "root", role: "root" });
  await guarded.call("auth/enable", "");
  assert.equal(await guarded.fails("kv/range", { key: b("a") }), "user name is empty");
  for (let i = 0; i < 2; i += 1) {
    guarded.token = "";
    guarded.token = (await guarded.call("auth/authenticate", names)).token;
    await guarded.put("a", "1");
  }
  guarded.token = "of-another-server.1";
  assert.equal(await guarded.fails("kv/range", { key: b("a") }), "invalid auth token");
});

test("Vitastor: several watches of one WebSocket, and a ping that is always answered", async () => {
  const { header } = await c.get("/vitastor/x");
  const start = Number(header?.revision) + 1;
  const create = (id: number, name: string, revision: string | number) => ({
    create_request: {
      ...{ key: b(`/vitastor/${name}/`), range_end: b(`/vitastor/${name}0`) },
      ...{ start_revision: revision, watch_id: id, progress_notify: true },
    },
  });
  const socket = c.socket("watch", create(1, "config", start));
  const next = async () => JSON.parse((await socket.next(20_000)) ?? "").result;
  const created = [await next()];
  socket.send(JSON.stringify(create(2, "osd/state", String(start))));
  socket.send(JSON.stringify(create(3, "pg/state", String(start))));
  created.push(await next(), await next());
  assert.deepEqual(
    created.map(({ watch_id: id, created: is }) => [id, is]),
    [
      ["1", true],
      ["2", true],
      ["3", true],
    ],
  );
  // Also etcd answers only when the revision is there from which the watches begin.
  await c.put("/vitastor/x", "1");
  for (let i = 0; i < 3; i += 1) {
    socket.send('{"progress_request":{}}');
    const { header: told } = await next();
    assert.ok(Number(told.revision) > 0, JSON.stringify(told));
  }
  const { ID } = await c.call("lease/grant", { TTL: 60 });
  const state = { key: b("/vitastor/osd/state/1"), value: b("{}"), lease: ID };
  const compare = [{ target: "VERSION", result: "LESS", key: state.key, version: "1" }];
  const taken = await c.call("kv/txn", { compare, success: [{ request_put: state }] });
  assert.equal(taken.succeeded, true);
  const { watch_id: id, events } = await next();
  assert.deepEqual([id, events[0].kv.lease], ["2", ID]);
  const alive = await c.request("POST", "/v3/lease/keepalive", JSON.stringify({ ID }));
  assert.equal(JSON.parse(alive.text).result.TTL, "60");
  await c.call("kv/lease/revoke", { ID });
  assert.equal((await next()).events[0].type, "DELETE");
  socket.close();
});

test("service registries: a lease by its bare number, and everything gone with it", async () => {
  const ID = "7587862094253842187";
  // As PHP and Go write it: 64-bit integers without quotes.
  const granted = await c.call("lease/grant", `{"TTL":20,"ID":${ID}}`);
  assert.deepEqual([granted.ID, granted.TTL], [ID, "20"]);
  const key = b("/services/web/10.0.0.1:80");
  const put = `{"key":"${key}","value":"${b("up")}","lease":${ID},"prev_kv":true}`;
  await c.call("kv/put", put);
  const alive = await c.request("POST", "/v3/lease/keepalive", `{"ID":${ID}}`);
  assert.equal(JSON.parse(alive.text).result.ID, ID);
  const found = await c.call("kv/range", { key: b("/services/web/"), ...prefix("/services/web/") });
  assert.deepEqual(
    found.kvs?.map(({ lease }) => lease),
    [ID],
  );
  await c.call("lease/revoke", `{"ID":${ID}}`);
  assert.equal((await c.get("/services/web/10.0.0.1:80")).count, undefined);
});
