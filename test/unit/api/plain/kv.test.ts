import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api, type ApiCluster, b } from "../support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start();
});
after(() => api.stop());

const etag = ({ headers }: { headers: Headers }): string => headers.get("etag") ?? "";

test("a value is put, got, described and deleted", async () => {
  const c = api.cluster();
  const put = await c.request("PUT", "/kv/app/config", "hello");
  assert.equal(put.status, 200);
  assert.equal(etag(put), '"2"');
  assert.deepEqual(JSON.parse(put.text), { revision: "2" });
  const got = await c.request("GET", "/kv/app/config");
  assert.equal(got.status, 200);
  assert.equal(got.text, "hello");
  assert.equal(etag(got), '"2"');
  assert.equal(got.headers.get("x-version"), "1");
  const head = await c.request("HEAD", "/kv/app/config");
  assert.equal(head.status, 200);
  assert.equal(head.text, "");
  assert.equal(head.headers.get("content-length"), "5");
  assert.equal(etag(head), '"2"');
  const removed = await c.request("DELETE", "/kv/app/config");
  assert.deepEqual(JSON.parse(removed.text), { revision: "3", deleted: "1" });
  for (const method of ["GET", "HEAD", "DELETE"]) {
    assert.equal((await c.request(method, "/kv/app/config")).status, 404);
  }
});

test("both faces show one store", async () => {
  const c = api.cluster();
  await c.request("PUT", "/kv/a", "plain");
  assert.equal(await c.value("a"), "plain");
  await c.put("a", "etcd");
  assert.equal((await c.request("GET", "/kv/a")).text, "etcd");
});

test("any bytes may be a key or a value", async () => {
  const c = api.cluster();
  const value = Uint8Array.of(0, 255, 10, 13);
  for (const path of ["/kv/%00%FF%2F", "/kv/sp%20ace", "/kv/%C3%A4", "/kv/a%252Fb", "/kv/a/b/c"]) {
    assert.equal((await c.request("PUT", path, value)).status, 200, path);
    const response = await fetch(`${c.url}${path}`, { headers: c.headers() });
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), value, path);
  }
  const { kvs } = await c.call("kv/range", { key: "AA==", range_end: "AA==" });
  const keys = (kvs ?? []).map(({ key }) => Buffer.from(key, "base64").toString("latin1"));
  assert.deepEqual(keys, ["\0\u00ff/", "a%2Fb", "a/b/c", "sp ace", "\u00c3\u00a4"]);
  assert.equal((await c.request("PUT", "/kv/%zz", "x")).status, 400);
});

test("an empty value is there, and is no missing one", async () => {
  const c = api.cluster();
  await c.request("PUT", "/kv/empty", "");
  const got = await c.request("GET", "/kv/empty");
  assert.equal(got.status, 200);
  assert.equal(got.text, "");
});

test("If-None-Match: * creates only", async () => {
  const c = api.cluster();
  const create = { "if-none-match": "*" };
  assert.equal((await c.request("PUT", "/kv/once", "1", create)).status, 200);
  const again = await c.request("PUT", "/kv/once", "2", create);
  assert.equal(again.status, 412);
  const why = "the key exists already";
  assert.deepEqual(JSON.parse(again.text), { error: why, code: 9, message: why });
  assert.equal((await c.request("GET", "/kv/once")).text, "1");
});

test("If-Match compares and swaps", async () => {
  const c = api.cluster();
  const first = etag(await c.request("PUT", "/kv/cas", "1"));
  assert.equal((await c.request("PUT", "/kv/cas", "2", { "if-match": first })).status, 200);
  const stale = await c.request("PUT", "/kv/cas", "3", { "if-match": first });
  assert.deepEqual([stale.status, JSON.parse(stale.text).code], [412, 9]);
  assert.equal(JSON.parse(stale.text).message, "the key's revision is not the expected one");
  assert.equal(
    (await c.request("DELETE", "/kv/cas", undefined, { "if-match": first })).status,
    412,
  );
  assert.equal((await c.request("GET", "/kv/cas")).text, "2");
  const none = await c.request("PUT", "/kv/none", "1", { "if-match": "*" });
  assert.deepEqual([none.status, JSON.parse(none.text).message], [412, "the key does not exist"]);
  assert.equal((await c.request("PUT", "/kv/cas", "4", { "if-match": "*" })).status, 200);
  assert.equal((await c.request("PUT", "/kv/cas", "5", { "if-match": "nonsense" })).status, 400);
});

test("a value that has not changed is not sent again", async () => {
  const c = api.cluster();
  const tag = etag(await c.request("PUT", "/kv/k", "1"));
  assert.equal((await c.request("GET", "/kv/k", undefined, { "if-none-match": tag })).status, 304);
  await c.request("PUT", "/kv/k", "2");
  assert.equal((await c.request("GET", "/kv/k", undefined, { "if-none-match": tag })).status, 200);
});

async function list(c: ApiCluster, query: string) {
  const answer = await c.request("GET", `/kv/?${query}`);
  assert.equal(answer.status, 200, answer.text);
  const found = JSON.parse(answer.text);
  return { ...found, keys: found.kvs.map(({ key }: { key: string }) => key) };
}

test("a prefix is listed in pages", async () => {
  const c = api.cluster();
  for (const key of ["a/1", "a/2", "a/3", "b/1"]) await c.request("PUT", `/kv/${key}`, `v${key}`);
  const all = await list(c, "prefix=a/");
  assert.deepEqual(all.keys, ["a/1", "a/2", "a/3"]);
  assert.equal(all.kvs[0].value, "va/1");
  assert.equal(all.kvs[0].mod_revision, "2");
  assert.equal(all.more, false);
  const first = await list(c, "prefix=a%2F&limit=2&keys_only=true");
  assert.deepEqual(first.keys, ["a/1", "a/2"]);
  assert.equal(first.kvs[0].value, undefined);
  assert.equal(first.more, true);
  assert.equal(first.count, "3");
  assert.deepEqual((await list(c, "prefix=a/&limit=2&after=a/2")).keys, ["a/3"]);
  assert.deepEqual((await list(c, "")).keys, ["a/1", "a/2", "a/3", "b/1"]);
  assert.equal((await c.request("GET", "/kv/?limit=none")).status, 400);
});

test("a prefix is deleted at once, and nothing without one", async () => {
  const c = api.cluster();
  for (const key of ["a/1", "a/2", "b/1"]) await c.request("PUT", `/kv/${key}`, "x");
  assert.equal((await c.request("DELETE", "/kv/")).status, 400);
  const removed = await c.request("DELETE", "/kv/?prefix=a/");
  assert.deepEqual(JSON.parse(removed.text), { revision: "5", deleted: "2" });
  assert.deepEqual((await list(c, "")).keys, ["b/1"]);
});

test("?ttl= attaches a lease, ?lease= takes one", async () => {
  const c = api.cluster();
  const put = JSON.parse((await c.request("PUT", "/kv/t?ttl=600", "x")).text);
  const shown = await c.call("lease/timetolive", { ID: put.lease });
  assert.equal(shown.grantedTTL, "600");
  assert.equal((await c.request("GET", "/kv/t")).headers.get("x-lease"), put.lease);
  await c.request("PUT", `/kv/u?lease=${put.lease}`, "x");
  await c.call("lease/revoke", { ID: put.lease });
  assert.equal((await c.request("GET", "/kv/t")).status, 404);
  assert.equal((await c.request("GET", "/kv/u")).status, 404);
  assert.equal((await c.request("PUT", "/kv/t?ttl=soon", "x")).status, 400);
  assert.equal((await c.request("PUT", "/kv/t?lease=12345", "x")).status, 404);
});

test("a refused put leaves no lease behind", async () => {
  const c = api.cluster();
  await c.request("PUT", "/kv/k", "1");
  const refused = await c.request("PUT", "/kv/k?ttl=600", "2", { "if-none-match": "*" });
  assert.equal(refused.status, 412);
  assert.equal((await c.call("lease/leases")).leases, undefined);
});

test("a read may ask for any member's state", async () => {
  const c = api.cluster();
  await c.request("PUT", "/kv/k", "1");
  assert.equal((await c.request("GET", "/kv/k?consistency=serializable")).text, "1");
  assert.equal((await c.request("GET", "/kv/k?consistency=eventual")).status, 400);
});

test("wrong methods and bodies that are too large are refused, and write nothing", async () => {
  const c = api.cluster();
  const wrong = await c.request("POST", "/kv/k", "x");
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get("allow"), "GET, HEAD, PUT, DELETE");
  const large = await c.request("PUT", "/kv/k", new Uint8Array(1_572_865));
  assert.equal(large.status, 400);
  assert.match(large.text, /request is too large/);
  assert.equal((await c.request("GET", "/kv/k")).status, 404);
  const most = new Uint8Array(1_572_864 - 20);
  assert.equal((await c.request("PUT", "/kv/k", most)).status, 200);
});

/** The server-sent events of a response, one after the other. */
async function* eventsOf(response: Response): AsyncGenerator<Record<string, string>> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of response.body ?? []) {
    rest += decoder.decode(part, { stream: true });
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const lines = rest.slice(0, end).split("\n");
      rest = rest.slice(end + 2);
      const fields = lines.filter((line) => !line.startsWith(":")).map((line) => line.split(": "));
      if (fields.length > 0) yield Object.fromEntries(fields.map(([n, ...v]) => [n, v.join(": ")]));
    }
  }
}

async function subscribe(c: ApiCluster, path: string, more: Record<string, string> = {}) {
  const abort = new AbortController();
  const headers = c.headers({ accept: "text/event-stream", ...more });
  const response = await fetch(`${c.url}${path}`, { headers, signal: abort.signal });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const events = eventsOf(response);
  const next = async () => (await events.next()).value as Record<string, string>;
  return { next, close: () => abort.abort() };
}

test("changes arrive as events, and go on after the last one that was seen", async () => {
  const c = api.cluster();
  const all = await subscribe(c, "/kv/?prefix=a/");
  const one = await subscribe(c, "/kv/a/1");
  await c.request("PUT", "/kv/b", "elsewhere");
  await c.request("PUT", "/kv/a/1", "x");
  await c.request("PUT", "/kv/a/2", "y");
  await c.request("DELETE", "/kv/a/1");
  const first = await all.next();
  assert.equal(first.event, "put");
  assert.equal(first.id, "3");
  assert.deepEqual(JSON.parse(first.data ?? ""), {
    ...{ key: "a/1", value: "x", create_revision: "3", mod_revision: "3", version: "1" },
  });
  assert.equal(JSON.parse((await all.next()).data ?? "").key, "a/2");
  assert.equal((await all.next()).event, "delete");
  assert.equal((await one.next()).id, "3");
  assert.equal((await one.next()).id, "5");
  all.close();
  one.close();
  const again = await subscribe(c, "/kv/?prefix=a/", { "last-event-id": "3" });
  assert.equal((await again.next()).id, "4");
  again.close();
  const replay = await subscribe(c, "/kv/?prefix=&revision=2");
  assert.equal(JSON.parse((await replay.next()).data ?? "").key, "b");
  replay.close();
});

test("only the last event of a revision carries its id", async () => {
  const c = api.cluster();
  const events = await subscribe(c, "/kv/?prefix=");
  const put = (key: string) => ({ request_put: { key: b(key) } });
  await c.call("kv/txn", { success: [put("a"), put("b")] });
  assert.equal((await events.next()).id, undefined);
  assert.equal((await events.next()).id, "2");
  events.close();
});

test("events that were compacted are an error", async () => {
  const c = api.cluster();
  for (let i = 0; i < 3; i += 1) await c.request("PUT", "/kv/k", "x");
  await c.call("kv/compaction", { revision: 4 });
  const events = await subscribe(c, "/kv/k?revision=2");
  const error = await events.next();
  assert.equal(error.event, "error");
  assert.match(error.data ?? "", /has been compacted/);
});
test("conditions on many keys at once are refused, not ignored", async () => {
  const c = api.cluster();
  await c.request("PUT", "/kv/k", "1");
  for (const headers of [{ "if-match": '"1"' }, { "if-none-match": "*" }]) {
    const answer = await c.request(
      "DELETE",
      "/kv/?prefix=",
      undefined,
      headers as Record<string, string>,
    );
    assert.equal(answer.status, 400);
  }
  assert.equal((await c.request("GET", "/kv/k")).text, "1");
});
test("events are for who accepts them", async () => {
  const c = api.cluster();
  await c.request("PUT", "/kv/k", "1");
  const refusing = ["text/event-stream;q=0", "application/x-text/event-stream", "*/*"];
  for (const accept of refusing) {
    const answer = await c.request("GET", "/kv/k", undefined, { accept });
    assert.equal(answer.text, "1", accept);
  }
});
