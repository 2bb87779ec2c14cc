/** What outlives its request: waits and watches, and what becomes of them on workerd. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { b } from "../../support/base64.ts";
import { SocketStream } from "../parity/stream.ts";
import { DeployedCluster } from "./support/cluster.ts";
import { until } from "./support/until.ts";

let cluster: DeployedCluster;
after(DeployedCluster.stopAll);
before(async () => {
  cluster = await DeployedCluster.deployed();
  await cluster.voters([1, 2, 3]);
});

interface Open {
  readonly streams: number;
  readonly watchers: number;
}

/** What all members have open together. */
async function open(): Promise<Open> {
  const { members } = await cluster.overview();
  const sum = (name: string) =>
    members.reduce((all, { gauges }) => all + (gauges[`etcd_debugging_mvcc_${name}`] ?? 0), 0);
  return { streams: sum("watch_stream_total"), watchers: sum("watcher_total") };
}

const nothingOpen = () =>
  until("no stream and no watcher", 15_000, async () => {
    const now = await open();
    if (now.streams + now.watchers > 0) throw new Error(JSON.stringify(now));
    return true;
  });

const post = (path: string, body: unknown, waitMs: number) =>
  cluster.fetch(path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(waitMs),
  });

const grant = (ID: string) => cluster.post("/v3/lease/grant", { ID, TTL: 600 });
const revoke = (ID: string) => cluster.post("/v3/lease/revoke", { ID });

test("waits whose clients have gone end with their leases, and so do their streams", async () => {
  const ids = Array.from({ length: 60 }, (_, i) => String(1_000 + i));
  await grant("999");
  await cluster.post("/v3/lock/lock", { name: b("lk"), lease: "999" });
  await Promise.all(ids.map(grant));
  const waits = ids.map((lease) =>
    post("/v3/lock/lock", { name: b("lk"), lease }, 1_500).catch(() => undefined),
  );
  await until("all of them wait", 10_000, async () => (await open()).watchers >= 60 || undefined);
  await Promise.all(waits);
  await Promise.all(ids.map(revoke));
  await nothingOpen();
  await revoke("999");
});

for (const [path, text] of [
  ["/v3/lock/lock", "mutex: session is expired"],
  ["/v3/election/campaign", "election: not leader"],
] as const) {
  test(`${path}: who loses its lease while it waits is told so`, async () => {
    const name = b(path);
    for (const id of ["71", "72"]) await grant(id);
    await cluster.post(path, { name, lease: "71", value: b("first") });
    const waiting = post(path, { name, lease: "72", value: b("second") }, 15_000);
    await until("it waits", 10_000, async () => (await open()).watchers >= 2 || undefined);
    await revoke("72");
    const answer = await waiting;
    assert.equal(answer.status, 500);
    assert.equal(((await answer.json()) as { message: string }).message, text);
    await revoke("71");
    await nothingOpen();
  });
}

const withoutCreate = {
  "an empty message": "{}",
  nothing: "",
  "a cancel": '{"cancel_request":{"watch_id":7}}',
  "a request for progress": '{"progress_request":{}}',
  "an unknown message": '{"key":"YQ=="}',
};

test("a watch that asks for nothing stays open", async () => {
  await Promise.all(
    Object.entries(withoutCreate).map(async ([what, body]) => {
      const answer = post("/v3/watch", body, 2_000).then((response) => response.status);
      await assert.rejects(answer, { name: "TimeoutError" }, what);
    }),
  );
});

test("a socket whose first message is no create watches what a later one asks for", async () => {
  for (const body of Object.values(withoutCreate)) {
    const socket = SocketStream.open(`${cluster.url}/v3/watch`, body);
    assert.equal(await socket.next(300), "<nothing came>", body);
    socket.send(JSON.stringify({ create_request: { key: b("later") } }));
    assert.match((await socket.next(10_000)) ?? "", /"created":true/, body);
    socket.close();
  }
  await nothingOpen();
});

test("a watch of the future tells no progress before it begins", async () => {
  const now = await cluster.put("future", "1");
  const request = { key: b("future"), start_revision: String(now + 2), progress_notify: true };
  const first = JSON.stringify({ create_request: request });
  const socket = SocketStream.open(`${cluster.url}/v3/watch`, first);
  assert.match((await socket.next(10_000)) ?? "", /"created":true/);
  socket.send(JSON.stringify({ progress_request: {} }));
  assert.equal(await socket.next(500), "<nothing came>");
  await cluster.put("future", "2");
  await cluster.put("future", "3");
  assert.match((await socket.next(10_000)) ?? "", new RegExp(`"mod_revision":"${now + 2}"`));
  socket.send(JSON.stringify({ progress_request: {} }));
  assert.match((await socket.next(10_000)) ?? "", /"watch_id":"-1"/);
  socket.close();
  await nothingOpen();
});

/** A socket that has one watch. */
async function watching(): Promise<SocketStream> {
  const first = JSON.stringify({ create_request: { key: b("first") } });
  const socket = SocketStream.open(`${cluster.url}/v3/watch`, first);
  assert.match((await socket.next(10_000)) ?? "", /"created":true/);
  return socket;
}

/** Asks for watches on one socket, and reads the answer to each. */
async function ask(socket: SocketStream, keys: readonly string[]): Promise<string[]> {
  const answers: string[] = [];
  for (const key of keys) {
    socket.send(JSON.stringify({ create_request: { key: b(key) } }));
    answers.push((await socket.next(10_000)) ?? "the end");
  }
  return answers;
}

const created = (answers: readonly string[]) =>
  answers.filter((one) => /"created":true/.test(one) && !/"canceled"/.test(one)).length;

test("watches of large keys are refused with a reason, and others watch on", async () => {
  const socket = await watching();
  const tooLarge = await ask(socket, ["k".repeat(65_537), "l".repeat(1 << 20)]);
  for (const answer of tooLarge) assert.match(answer, /key or range_end of a watch is too large/);
  const keys = Array.from({ length: 60 }, (_, i) => `${i}`.padEnd(65_536, "."));
  const answers = await ask(socket, keys);
  assert.match(answers.at(-1) ?? "", /too many bytes of keys are watched/);
  const { watchers } = await open();
  assert.equal(watchers, 1 + created(answers));
  // A third of what there is for all.
  assert.ok(watchers > 30 && watchers < 50, `${watchers}`);
  const other = await watching();
  assert.equal(created(await ask(other, ["a", "b", "c"])), 3);
  socket.close();
  other.close();
  await nothingOpen();
});

test("one stream cannot have all the watches of its member", async () => {
  const socket = await watching();
  const all = 3_500;
  for (let i = 0; i < all; i += 1) {
    socket.send(JSON.stringify({ create_request: { key: b(`${i}`) } }));
  }
  const answers: string[] = [];
  while (answers.length < all) answers.push((await socket.next(10_000)) ?? "the end");
  assert.match(answers.at(-1) ?? "", /etcdserver: too many watches/);
  const taken = created(answers);
  assert.ok(taken > 3_300 && taken < 3_400, `${taken}`);
  const other = await watching();
  assert.equal(created(await ask(other, ["a", "b"])), 2);
  socket.close();
  other.close();
  await nothingOpen();
});
