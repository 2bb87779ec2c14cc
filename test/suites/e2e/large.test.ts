/** Answers larger than a member may hold, and clients that do not read them. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { after, afterEach, before, test } from "node:test";
import { MemoryWatch } from "../../support/resident.ts";
import { Api, type ApiCluster, b, fromB64 } from "../../unit/api/support/api.ts";
import { long } from "./support/long.ts";
import { until } from "./support/until.ts";

const keys = long ? 1_000_000 : 20_000;
const perTxn = 128;
const writers = 8;
/**
 * An isolate has 128 MB in production. V8 is held to less of its own here, and what it, its buffers
 * and the runtime take together is measured.
 */
const heapMegabytes = 96;
const allowedBytes = 200 << 20;

let api: Api;
let c: ApiCluster;
before(async () => {
  process.env.MINIFLARE_WORKERD_V8_FLAGS = `--max-heap-size=${heapMegabytes}`;
  api = await Api.start();
  c = api.named("default");
});
after(() => api.runtime.kill());

const keyOf = (i: number): string => `key/${String(i).padStart(8, "0")}`;

async function fill(count: number): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (next < count) {
        const from = next;
        next = Math.min(count, from + perTxn);
        const success = Array.from({ length: next - from }, (_, i) => ({
          request_put: { key: b(keyOf(from + i)), value: b(`value of ${from + i}`) },
        }));
        await c.call("kv/txn", { success });
      }
    }),
  );
}

const connections = new Set<ClientRequest>();
afterEach(() => {
  for (const connection of connections) connection.destroy();
  connections.clear();
});

/** The response of a POST, of which nothing is read until somebody does. */
async function post(path: string, body: object): Promise<IncomingMessage> {
  const headers = c.headers();
  const sent = request(`${c.url}/v3/${path}`, { method: "POST", headers, agent: false });
  connections.add(sent);
  sent.end(JSON.stringify(body));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return response;
}

interface Seen {
  bytes: number;
  keys: number;
  last: string;
}

/** Counts the keys of a range as they come, and asserts their order. */
async function countKeys(response: IncomingMessage): Promise<Seen> {
  const seen: Seen = { bytes: 0, keys: 0, last: "" };
  let rest = "";
  for await (const chunk of response.setEncoding("latin1") as AsyncIterable<string>) {
    seen.bytes += chunk.length;
    rest += chunk;
    for (const [, key = ""] of rest.matchAll(/\{"key":"([^"]*)"[^}]*\}/g)) {
      const now = fromB64(key);
      assert.ok(now > seen.last, `${now} after ${seen.last}`);
      seen.last = now;
      seen.keys += 1;
    }
    rest = rest.slice(rest.lastIndexOf("}") + 1);
  }
  return seen;
}

const all = { key: b("key/"), range_end: b("key0") };
const megabytes = (bytes: number): string => `${Math.round(bytes / (1 << 20))} MB`;

test(`a range over ${keys} keys needs no ${keys} keys in memory`, {
  timeout: 600_000,
}, async (t) => {
  const start = performance.now();
  await fill(keys);
  t.diagnostic(`${keys} keys in ${((performance.now() - start) / 1_000).toFixed(1)} s`);
  const { count } = await c.call("kv/range", { ...all, count_only: true });
  assert.equal(count, String(keys));

  const memory = new MemoryWatch(api.runtime.processGroup);
  const begun = performance.now();
  const seen = await countKeys(await post("kv/range", all));
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  const grown = memory.end();
  t.diagnostic(`${megabytes(seen.bytes)} in ${seconds} s, ${megabytes(grown)} of memory more`);
  assert.deepEqual([seen.keys, seen.last], [keys, keyOf(keys - 1)]);
  assert.ok(grown < allowedBytes, megabytes(grown));
});

test("what is sorted and cut needs no more of them", { timeout: 120_000 }, async (t) => {
  const memory = new MemoryWatch(api.runtime.processGroup);
  const newest = { sort_target: "MOD", sort_order: "DESCEND", limit: 3 };
  const { kvs = [], more } = await c.call("kv/range", { ...all, ...newest });
  const grown = memory.end();
  t.diagnostic(`${megabytes(grown)} of memory more`);
  assert.equal(kvs.length, 3);
  assert.equal(more, true);
  assert.ok(grown < allowedBytes, megabytes(grown));
});

test("readers that stop reading hold nobody up", { timeout: 120_000 }, async (t) => {
  const memory = new MemoryWatch(api.runtime.processGroup);
  const stuck = await Promise.all(Array.from({ length: 20 }, () => post("kv/range", all)));
  for (let i = 0; i < 50; i += 1) await c.put("other", `${i}`);
  assert.equal(await c.value("other"), "49");
  const grown = memory.end();
  t.diagnostic(`${megabytes(grown)} of memory more for ${stuck.length} answers that nobody reads`);
  assert.ok(grown < allowedBytes, megabytes(grown));
  const [first, ...others] = stuck;
  for (const response of others) response.destroy();
  assert.ok(first);
  // It reads on, and finds all as it was when it asked.
  assert.equal((await countKeys(first)).keys, keys);
});

test("watchers that do not read lose nothing, cost no memory, and hold up nobody", {
  timeout: 300_000,
}, async (t) => {
  const { header } = await c.get("big");
  const from = Number(header?.revision) + 1;
  const create = { key: b("big"), start_revision: from };
  const [slow, ...others] = await Promise.all(
    Array.from({ length: 15 }, () => post("watch", { create_request: create })),
  );
  assert.ok(slow);
  using fast = c.watch({ create_request: create });
  assert.equal((await fast.next()).created, true);
  const memory = new MemoryWatch(api.runtime.processGroup);
  const writes = long ? 200 : 60;
  const value = "x".repeat(300_000);
  for (let i = 0; i < writes; i += 1) {
    await c.put("big", `${i} ${value}`);
    const { events = [] } = await fast.next();
    assert.equal(Number(events[0]?.kv.mod_revision), from + i);
  }
  const grown = memory.end();
  const written = writes * value.length;
  t.diagnostic(
    `${megabytes(grown)} of memory more for ${megabytes(written)} that 15 of them do not read`,
  );
  assert.ok(grown < allowedBytes, megabytes(grown));
  for (const response of others) response.destroy();
  let seen = 0;
  let rest = "";
  slow.setEncoding("latin1");
  slow.on("data", (chunk: string) => {
    rest += chunk;
    const revisions = [...rest.matchAll(/"mod_revision":"(\d+)"/g)].map(([, one]) => Number(one));
    for (const revision of revisions) {
      assert.equal(revision, from + seen);
      seen += 1;
    }
    rest = rest.slice(Math.max(rest.lastIndexOf("}"), rest.lastIndexOf(",")) + 1);
  });
  await until("all events", 60_000, () => (seen === writes ? true : undefined));
  slow.destroy();
});
