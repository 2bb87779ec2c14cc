/** Answers in many pieces, read slowly while everything around them changes. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { after, before, test } from "node:test";
import { b } from "../../support/base64.ts";
import { DeployedCluster } from "./support/cluster.ts";
import { until } from "./support/until.ts";

const keys = 60;
const valueBytes = 200_000;
const members = [1, 2, 3];
const nameOf = (i: number): string => `long/${String(i).padStart(2, "0")}`;
const valueIn = (i: number, letter: string): string =>
  letter.repeat(valueBytes - 2) + nameOf(i).slice(-2);

let cluster: DeployedCluster;
before(async () => {
  cluster = await DeployedCluster.breakable({
    DEVELOPMENT: "true",
    MEMBERS: "3",
    SNAPSHOT_COUNT: "10",
  });
});
after(() => DeployedCluster.stopAll());

/** All keys with values of one letter, whatever there was. Their newest revision. */
async function fill(letter: string): Promise<number> {
  let revision = 0;
  for (let i = 0; i < keys; i += 1) revision = await cluster.put(nameOf(i), valueIn(i, letter));
  return revision;
}

/** An answer of which a little is read, and the rest when somebody asks for it. */
class SlowReader {
  readonly #response: IncomingMessage;

  private constructor(response: IncomingMessage) {
    this.#response = response;
  }

  static async begin(
    method: string,
    path: string,
    body = "",
    headers: Record<string, string> = {},
  ): Promise<SlowReader> {
    const sent = request(`${cluster.url}${path}`, { method, headers, agent: false });
    sent.end(body);
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    assert.equal(response.statusCode, 200, path);
    return new SlowReader(response);
  }

  async rest(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.#response) parts.push(part as Buffer);
    assert.ok(this.#response.complete);
    return Buffer.concat(parts);
  }
}

/** As long as a member holds a revision, an answer is not done. */
async function held(): Promise<number> {
  const { members: all } = await cluster.overview();
  return all.reduce((sum, { gauges }) => sum + (gauges.revisions_held ?? 0), 0);
}

/** One put, and the compaction of the revision that it made: whoever wants it has the rows gone. */
async function putAndCompact(physical: boolean): Promise<void> {
  const revision = await cluster.put(nameOf(keys - 1), "another");
  await cluster.post("/v3/kv/compaction", { revision, physical });
}

const range = JSON.stringify({ key: b("long/"), range_end: b("long0") });

interface Found {
  readonly header: { readonly revision: string };
  readonly kvs: readonly {
    readonly key: string;
    readonly value: string;
    readonly mod_revision: string;
  }[];
  readonly count: string;
}

function assertWhole(bytes: Buffer, letter: string, revision: number): void {
  const { header, kvs, count } = JSON.parse(bytes.toString()) as Found;
  assert.equal(header.revision, String(revision));
  assert.equal(count, String(keys));
  assert.deepEqual(
    kvs.map(({ key }) => Buffer.from(key, "base64").toString()),
    Array.from({ length: keys }, (_, i) => nameOf(i)),
  );
  for (const [i, { value, mod_revision: at }] of kvs.entries()) {
    assert.equal(Buffer.from(value, "base64").toString(), valueIn(i, letter), nameOf(i));
    assert.ok(Number(at) <= revision);
  }
}

for (const physical of [false, true]) {
  const how = physical ? "with its rows" : "by name";
  test(`a compaction ${how} does not tear a range that is being read`, {
    timeout: 120_000,
  }, async () => {
    const revision = await fill("a");
    const reader = await SlowReader.begin("POST", "/v3/kv/range", range);
    assert.equal(await held(), 1);
    await putAndCompact(physical);
    assert.equal(await held(), 1);
    assertWhole(await reader.rest(), "a", revision);
    assert.equal(await held(), 0);
  });
}

test("nor a list of the plain face, forwards or backwards", { timeout: 120_000 }, async () => {
  const revision = await fill("b");
  const reader = await SlowReader.begin("GET", "/kv/?prefix=long/");
  const descending = JSON.stringify({ ...JSON.parse(range), sort_order: "DESCEND" });
  const backwards = await SlowReader.begin("POST", "/v3/kv/range", descending);
  await putAndCompact(true);
  const text = (await reader.rest()).toString();
  const { revision: at, kvs } = JSON.parse(text) as {
    revision: string;
    kvs: readonly { value: string }[];
  };
  assert.equal(at, String(revision));
  assert.deepEqual(
    kvs.map(({ value }) => value),
    Array.from({ length: keys }, (_, i) => valueIn(i, "b")),
  );
  const { kvs: found } = JSON.parse((await backwards.rest()).toString()) as Found;
  const values = found.map(({ value }) => Buffer.from(value, "base64").toString());
  assert.deepEqual(
    values.reverse(),
    kvs.map(({ value }) => value),
  );
});

test("nor does a member that starts anew, nor a leader that goes", {
  timeout: 120_000,
}, async () => {
  const revision = await fill("c");
  const reader = await SlowReader.begin("POST", "/v3/kv/range", range);
  await cluster.break({ members: [await cluster.leader()], reset: true });
  await until("a write", 30_000, () => putAndCompact(false).then(() => true));
  assertWhole(await reader.rest(), "c", revision);

  const second = await fill("d");
  const other = await SlowReader.begin("POST", "/v3/kv/range", range);
  await cluster.post("/cluster/leader", {});
  await until("a write", 30_000, () => putAndCompact(true).then(() => true));
  assertWhole(await other.rest(), "d", second);

  const third = await fill("e");
  const last = await SlowReader.begin("POST", "/v3/kv/range", range);
  await cluster.break({ members, reset: true });
  await until("a write", 30_000, () => putAndCompact(false).then(() => true));
  assertWhole(await last.rest(), "e", third);
});

test("a client that goes leaves nothing that is held", { timeout: 120_000 }, async () => {
  await fill("f");
  const abort = new AbortController();
  const response = await cluster.fetch("/v3/kv/range", {
    ...{ method: "POST", body: range, signal: abort.signal },
  });
  assert.equal(response.status, 200);
  assert.equal(await held(), 1);
  abort.abort();
  await until("nothing held", 100_000, async () => ((await held()) === 0 ? true : undefined));
});

function assertBackup(bytes: Buffer): void {
  const sum = createHash("sha256").update(bytes.subarray(0, -32)).digest();
  assert.deepEqual(bytes.subarray(-32), sum);
  assert.ok(bytes.length > keys * valueBytes);
}

test("backups that are read at the same time end whole", { timeout: 120_000 }, async () => {
  await fill("g");
  const readers = await Promise.all([1, 2].map(() => SlowReader.begin("GET", "/cluster/backup")));
  const [first, second] = readers;
  await putAndCompact(false);
  assertBackup((await first?.rest()) ?? Buffer.alloc(0));
  assertBackup((await second?.rest()) ?? Buffer.alloc(0));
});

test("a backup goes on when its member starts anew", { timeout: 120_000 }, async () => {
  await fill("h");
  const reader = await SlowReader.begin("GET", "/cluster/backup");
  await cluster.break({ members: [await cluster.leader()], reset: true });
  await until("a write", 30_000, () => cluster.put("other", "x").then(() => true));
  assertBackup(await reader.rest());
});

test("whoever was let in reads to the end, whatever becomes of him", {
  timeout: 120_000,
}, async () => {
  const revision = await fill("i");
  const post = (path: string, body: object, token = "") =>
    cluster.ask<{ token: string }>(`/v3/auth/${path}`, {
      ...{ method: "POST", body: JSON.stringify(body) },
      headers: token === "" ? {} : { "grpc-metadata-token": token },
    });
  for (const name of ["root", "reader"]) await post("user/add", { name, password: "pw" });
  await post("user/grant", { user: "root", role: "root" });
  await post("role/add", { name: "reads" });
  const perm = { permType: "READ", key: b("long/"), range_end: b("long0") };
  await post("role/grant", { name: "reads", perm });
  await post("user/grant", { user: "reader", role: "reads" });
  await post("enable", {});
  const tokenOf = async (name: string) =>
    (await post("authenticate", { name, password: "pw" })).token;
  const [root, reader] = [await tokenOf("root"), await tokenOf("reader")];
  const headers = { "grpc-metadata-token": reader };
  const first = await SlowReader.begin("POST", "/v3/kv/range", range, headers);
  await post("user/delete", { name: "reader" }, root);
  assertWhole(await first.rest(), "i", revision);
  const backup = await SlowReader.begin("GET", "/cluster/backup", "", {
    "grpc-metadata-token": root,
  });
  const second = await SlowReader.begin("POST", "/v3/kv/range", range, {
    "grpc-metadata-token": root,
  });
  await post("disable", {}, root);
  assertWhole(await second.rest(), "i", revision);
  assertBackup(await backup.rest());
});
