import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api, type ApiCluster, b, keysOf, prefix } from "../../support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start({ MEMBERS: "3" });
});
after(() => api.stop());

/** The keys below a prefix, once they are as many as that. */
async function keysWhen(c: ApiCluster, below: string, count: number): Promise<string[]> {
  for (let tries = 0; ; tries += 1) {
    const keys = keysOf(await c.get(below, prefix(below)));
    if (keys.length === count) return keys;
    assert.ok(tries < 2_000, `never ${count}: ${keys}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const lease = async (c: ApiCluster, ID: string) => c.call("lease/grant", { ID, TTL: 600 });

/** A request whose client goes away when it is told to: a socket says so at once. */
async function waiting(c: ApiCluster, path: string, body: object) {
  const socket = new WebSocket(`${c.url.replace("http", "ws")}/v3/${path}`);
  const answer = new Promise<string>((resolve) => {
    socket.addEventListener("message", ({ data }) => resolve(String(data)));
    socket.addEventListener("close", () => resolve("closed"));
  });
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  socket.send(JSON.stringify(body));
  return { answer, leave: () => socket.close() };
}

for (const [path, name] of [
  ["lock/lock", "lk"],
  ["election/campaign", "el"],
] as const) {
  test(`${path}: whoever goes away while waiting leaves no key behind`, async () => {
    // Node's WebSocket sends no headers: the cluster is the default one.
    const c = api.named("default");
    const ids = ["1", "2", "3"].map((id) => `${name.length}${name.charCodeAt(0)}${id}`);
    for (const id of ids) await lease(c, id);
    const [one = "", two = "", three = ""] = ids;
    const keyOf = (id: string) => `${name}/${Number(id).toString(16)}`;
    const body = (id: string) => ({ name: b(name), lease: id, value: b("me") });
    await c.call(path, body(one));
    const second = await waiting(c, path, body(two));
    await keysWhen(c, `${name}/`, 2);
    const third = await waiting(c, path, body(three));
    await keysWhen(c, `${name}/`, 3);
    second.leave();
    assert.deepEqual(await keysWhen(c, `${name}/`, 2), [keyOf(one), keyOf(three)]);
    // Who waits behind it is not disturbed, and comes next.
    await c.remove(keyOf(one));
    assert.match(await third.answer, /"header"/);
    assert.deepEqual(await keysWhen(c, `${name}/`, 1), [keyOf(three)]);
  });
}

test("who goes away before it is known to wait leaves no key behind either", async () => {
  const c = api.named("default");
  for (const id of ["81", "82"]) await lease(c, id);
  await c.call("lock/lock", { name: b("early"), lease: "81" });
  for (let i = 0; i < 20; i += 1) {
    const second = await waiting(c, "lock/lock", { name: b("early"), lease: "82" });
    for (let turns = 0; turns < 4 * i; turns += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    second.leave();
    await second.answer;
  }
  assert.deepEqual(await keysWhen(c, "early/", 1), ["early/51"]);
});

test("a client's own deadline ends a watch, an observer and a wait for a lock", async () => {
  const c = api.cluster();
  const lines = async (path: string, body: object, deadline = "400m") => {
    const headers = { "grpc-timeout": deadline };
    const answer = await c.request("POST", `/v3/${path}`, JSON.stringify(body), headers);
    return { status: answer.status, lines: answer.text.trimEnd().split("\n") };
  };
  await c.get("a");
  const exceeded = "context deadline exceeded";
  // Long enough for the watch to be there first, however busy the machine is.
  const watched = await lines("watch", { create_request: { key: b("a") } }, "4S");
  assert.equal(watched.lines.length, 2, watched.lines.join());
  assert.ok(JSON.parse(watched.lines[0] ?? "").result.created);
  const { error } = JSON.parse(watched.lines[1] ?? "");
  assert.deepEqual([error.grpc_code, error.http_code, error.message], [4, 504, exceeded]);
  const observed = await lines("election/observe", { name: b("none") });
  assert.equal(observed.status, 504);
  assert.equal(JSON.parse(observed.lines[0] ?? "").error.message, exceeded);
  for (const id of ["1", "2"]) await lease(c, id);
  await c.call("lock/lock", { name: b("lk"), lease: "1" });
  const waited = await lines("lock/lock", { name: b("lk"), lease: "2" });
  assert.equal(waited.status, 504);
  assert.deepEqual(JSON.parse(waited.lines[0] ?? ""), {
    error: exceeded,
    code: 4,
    message: exceeded,
  });
  assert.deepEqual(await keysWhen(c, "lk/", 1), ["lk/1"]);
});
