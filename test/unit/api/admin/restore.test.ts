import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { lengthPrefixed } from "../../../../src/proto/bytes.ts";
import {
  type BackupBytes,
  type BackupFields,
  bytesOfFields,
  fieldsOf,
  summedAnew,
} from "../../kv/transfer/backup-file.ts";
import { Api, type ApiCluster, b, fromKey, keysOf } from "../support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start({ MEMBERS: "3" });
  await someBackup();
});
after(() => api.stop());

/** The bytes of a backup, as a file. */
async function fileOf(c: ApiCluster): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(`${c.url}/cluster/backup`, { headers: c.headers() });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/octet-stream");
  return new Uint8Array(await response.arrayBuffer());
}

async function restore(c: ApiCluster, file: BodyInit, query = "") {
  const answer = await c.request("POST", `/cluster/restore${query}`, file);
  return { status: answer.status, body: JSON.parse(answer.text) };
}

/** The file with its checksum made anew: what remains wrong is wrong inside. */
function resealed(file: Uint8Array): Uint8Array<ArrayBuffer> {
  const body = Buffer.from(file.subarray(0, -32));
  return new Uint8Array(Buffer.concat([body, createHash("sha256").update(body).digest()]));
}

let file: Uint8Array<ArrayBuffer>;
let revision: string | undefined;
/** A cluster with history, a lease, users and large values, and its backup. */
async function someBackup(): Promise<void> {
  const c = api.cluster();
  await c.call("lease/grant", { ID: "7001", TTL: 300 });
  await c.put("leased", "1", { lease: "7001" });
  for (let i = 0; i < 5; i += 1) await c.put(`big/${i}`, "x".repeat(300_000));
  await c.put("a", "1");
  await c.put("a", "2");
  await c.remove("a");
  await c.put("a", "3");
  await c.call("auth/role/add", { name: "reader" });
  await c.call("auth/user/add", { name: "ann", password: "pw" });
  ({ revision } = (await c.get("a")).header ?? {});
  file = await fileOf(c);
}

test("a backup's file is restored into a new cluster: keys, history, leases, users", async () => {
  const c = api.cluster();
  const { status, body } = await restore(c, file);
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.members.length, 3);
  const fingerprints = new Set(body.members.map((one: { fingerprint: string }) => one.fingerprint));
  assert.equal(fingerprints.size, 1);
  const found = await c.get("a");
  assert.equal(found.header?.revision, revision);
  assert.deepEqual(found.kvs?.[0]?.value, b("3"));
  const past = await c.get("a", { revision: Number(revision) - 2 });
  assert.equal(past.kvs?.[0]?.value, b("2"));
  const lease = await c.call("lease/timetolive", { ID: "7001", keys: true });
  assert.equal(lease.grantedTTL, "300");
  assert.deepEqual(lease.keys, [b("leased")]);
  assert.deepEqual((await c.call("auth/user/list")).users, ["ann"]);
  assert.deepEqual((await c.call("auth/role/list")).roles, ["reader"]);
  const all = await c.get("\0", { ...fromKey, keys_only: true });
  assert.deepEqual(keysOf(all), ["a", "big/0", "big/1", "big/2", "big/3", "big/4", "leased"]);
  const next = await c.put("b", "1");
  assert.equal(next.header?.revision, String(Number(revision) + 1));
});

test("the blobs of etcd's snapshot call are the same file", async () => {
  const c = api.cluster();
  await c.put("a", "1");
  using stream = c.stream("maintenance/snapshot", {});
  const blobs: Buffer[] = [];
  for (let message = await stream.raw(); message !== undefined; message = await stream.raw()) {
    blobs.push(Buffer.from(message.result.blob, "base64"));
  }
  const other = api.cluster();
  const { status } = await restore(other, new Uint8Array(Buffer.concat(blobs)));
  assert.equal(status, 200);
  assert.equal(await other.value("a"), "1");
});

test("a cluster that was asked for things, but never written to, is new enough", async () => {
  const c = api.cluster();
  await c.get("a");
  await c.request("GET", "/cluster");
  const { status } = await restore(c, file);
  assert.equal(status, 200);
  assert.equal(await c.value("a"), "3");
});

test("one that was written to refuses, and keeps what it has", async () => {
  const c = api.cluster();
  await c.put("mine", "1");
  const { status, body } = await restore(c, file);
  assert.equal(status, 400);
  assert.equal(body.code, 9);
  assert.match(body.message, /never written to: this one is at revision 2/);
  assert.equal(await c.value("mine"), "1");
  assert.equal(await c.value("a"), undefined);
});

test("torn, damaged, foreign and newer files change nothing", async () => {
  const c = api.cluster();
  const refused = async (body: Uint8Array<ArrayBuffer>, what: RegExp) => {
    const answer = await restore(c, body);
    assert.equal(answer.status, 400, JSON.stringify(answer.body));
    assert.equal(answer.body.code, 3);
    assert.match(answer.body.message, what);
  };
  await refused(new Uint8Array(), /no backup of durable-raft/);
  await refused(new Uint8Array(Buffer.from("SQLite format 3\0 and so on ...")), /no backup/);
  const newer = file.slice();
  newer[magic.length - 2] = "2".charCodeAt(0);
  await refused(newer, /of format 2: this version reads format 1/);
  for (const at of [
    magic.length,
    magic.length + 2,
    magic.length + 100,
    400_000,
    file.length - 33,
    file.length - 1,
  ]) {
    await refused(file.slice(0, at), /torn: it ends after \d+ bytes/);
  }
  for (const at of [magic.length + 20, 300_000, file.length - 40, file.length - 5]) {
    const flipped = file.slice();
    flipped[at] = (flipped[at] ?? 0) ^ 4;
    await refused(flipped, /damaged/);
    if (at < file.length - 32) await refused(resealed(flipped), /damaged/);
  }
  await refused(new Uint8Array([...file, 0]), /something follows/);
  const long = file.slice();
  long.set([255, 255, 255, 255], magic.length);
  await refused(long, /a part of 4294967295 bytes/);
  assert.equal((await c.get("a")).header?.revision, "1");
  assert.equal((await restore(c, file)).status, 200);
  assert.equal(await c.value("a"), "3");
});

test("a file that is forged, all its sums right, gets a 400 and changes nothing", async () => {
  const c = api.cluster();
  const fields = fieldsOf(partsOf(file));
  const { manifest, chunks } = fields;
  const row = { kv: undefined, second: false };
  const wide = { ...(chunks[0] ?? assert.fail()), rows: Array(1_000_000).fill(row) };
  const leases = { name: "leases", data: new Uint8Array() };
  const freed = [{ revision: 2 ** 52, bytes: 1 }];
  const forgeries: readonly (readonly [BackupFields, RegExp])[] = [
    [{ ...fields, manifest: { ...manifest, fingerprint: new Uint8Array(5) } }, /a sum of 5 bytes/],
    [{ ...fields, manifest: { ...manifest, superseded: freed } }, /1 bytes that revision/],
    [{ ...fields, manifest: { ...manifest, tables: [...manifest.tables, leases] } }, /table twice/],
    [{ ...fields, chunks: [wide, ...chunks.slice(1)] }, /too many elements/],
    [summedAnew({ ...fields, chunks: chunks.slice(-1) }), /not the chunk that comes next/],
  ];
  for (const [forged, why] of forgeries) {
    const { status, body } = await restore(c, fileOfParts(bytesOfFields(forged)));
    assert.equal(status, 400, JSON.stringify(body));
    assert.match(body.message, /^the backup is damaged: /);
    assert.match(body.message, why);
  }
  assert.equal((await c.get("a")).header?.revision, "1");
  const again = await restore(c, fileOfParts(bytesOfFields(summedAnew(fields))));
  assert.equal(again.status, 200);
  assert.equal(await c.value("a"), "3");
});

const magic = Buffer.from("durable-raft backup 1\n");

/** The frames of a file: its manifest, and its chunks. */
function partsOf(bytes: Uint8Array): BackupBytes {
  const frames: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = magic.length; at < bytes.length - 32; at += 4 + view.getUint32(at)) {
    frames.push(bytes.subarray(at + 4, at + 4 + view.getUint32(at)));
  }
  const [manifest = assert.fail(), ...chunks] = frames;
  return { manifest, chunks };
}

function fileOfParts({ manifest, chunks }: BackupBytes): Uint8Array<ArrayBuffer> {
  const frames = [manifest, ...chunks].map((part) => lengthPrefixed([part]));
  return resealed(Buffer.concat([magic, ...frames, new Uint8Array(32)]));
}

test("revisions can go ahead, and watchers of what was before are told", async () => {
  const c = api.cluster();
  const { status } = await restore(c, file, "?bump_revision=1000000");
  assert.equal(status, 200);
  const { header } = await c.get("a");
  const now = Number(revision) + 1_000_000;
  assert.equal(header?.revision, String(now));
  using watch = c.watch({ create_request: { key: b("a"), start_revision: Number(revision) + 5 } });
  assert.ok((await watch.next()).created);
  const { canceled, compact_revision } = await watch.next();
  assert.equal(canceled, true);
  assert.equal(compact_revision, String(now));
  const bad = await restore(api.cluster(), file, "?bump_revision=-1");
  assert.equal(bad.status, 400);
});

test("a restored cluster checks who asks where the backup's did", async () => {
  const source = api.cluster();
  await source.call("auth/user/add", { name: "root", password: "pw" });
  await source.call("auth/user/grant", { user: "root", role: "root" });
  await source.call("auth/enable");
  source.token = (await source.call("auth/authenticate", { name: "root", password: "pw" })).token;
  await source.put("a", "1");
  const backup = await fileOf(source);
  const c = api.cluster();
  assert.equal((await restore(c, backup)).status, 200);
  assert.equal(await c.fails("kv/range", { key: b("a") }), "user name is empty");
  c.token = (await c.call("auth/authenticate", { name: "root", password: "pw" })).token;
  assert.equal(await c.value("a"), "1");
});

test("other methods are refused", async () => {
  const c = api.cluster();
  assert.equal((await c.request("GET", "/cluster/restore")).status, 405);
  assert.equal((await c.request("POST", "/cluster/backup")).status, 405);
});
