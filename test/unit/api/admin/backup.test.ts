import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { Chunk, Manifest } from "../../../../src/proto/generated/kv.ts";
import { Api, type ApiCluster, b } from "../support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start({ MEMBERS: "3" });
});
after(() => api.stop());

/** The backup's bytes, its checksum checked. */
async function backupOf(c: ApiCluster): Promise<{ bytes: Buffer; messages: number }> {
  using stream = c.stream("maintenance/snapshot", {});
  const blobs: Buffer[] = [];
  for (let message = await stream.raw(); message !== undefined; message = await stream.raw()) {
    const { blob, remaining_bytes } = message.result;
    blobs.push(Buffer.from(blob, "base64"));
    if (remaining_bytes === undefined) continue;
    assert.ok(Number(remaining_bytes) > 0);
    assert.equal(blobs.at(-1)?.length, 32_768);
  }
  const sum = blobs.pop();
  const bytes = Buffer.concat(blobs);
  assert.deepEqual(sum, createHash("sha256").update(bytes).digest());
  return { bytes, messages: blobs.length };
}

/** The manifest and the rows of a backup. */
function read(bytes: Buffer) {
  const magic = "durable-raft backup 1\n";
  assert.equal(bytes.subarray(0, magic.length).toString(), magic);
  const frames: Buffer[] = [];
  for (let at = magic.length; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    frames.push(bytes.subarray(at + 4, end));
    at = end;
  }
  const [manifest, ...chunks] = frames;
  assert.ok(manifest);
  const rows = chunks.map((chunk) => Chunk.decode(chunk.subarray(4)));
  assert.equal(rows.at(-1)?.nextCursor.length, 0);
  assert.equal(
    rows.at(-1)?.totals?.rows,
    rows.reduce((sum, chunk) => sum + chunk.rows.length, 0),
  );
  return {
    manifest: Manifest.decode(manifest),
    rows: rows.flatMap((chunk) => chunk.rows.flatMap(({ kv }) => (kv === undefined ? [] : [kv]))),
  };
}

test("a small backup is one piece and its checksum, as etcd's first message is", async () => {
  const c = api.cluster();
  const { header } = await c.put("a", "1");
  const answer = await c.request("POST", "/v3/maintenance/snapshot", "{}");
  assert.ok(answer.text.includes('"result":{"blob":'));
  const { bytes, messages } = await backupOf(c);
  assert.equal(messages, 1);
  const { manifest, rows } = read(bytes);
  assert.equal(String(manifest.revision), header?.revision);
  assert.deepEqual(
    rows.map(({ key }) => Buffer.from(key).toString()),
    ["a"],
  );
});

test("a large backup holds all that was acknowledged before it, whatever is written meanwhile", {
  timeout: 60_000,
}, async () => {
  const c = api.cluster();
  const value = b("x".repeat(10_000));
  for (let i = 0; i < 30; i += 1) {
    const puts = Array.from({ length: 10 }, (_, j) => ({
      request_put: { key: b(`k/${i}/${j}`), value },
    }));
    await c.call("kv/txn", { success: puts });
  }
  const writing = (async () => {
    for (let i = 0; i < 50; i += 1) await c.put(`later/${i}`, "x");
    await c.call("kv/compaction", { revision: 40 });
  })();
  const { manifest, rows } = read((await backupOf(c)).bytes);
  await writing;
  assert.ok(manifest.revision >= 31);
  const keys = new Set(rows.map(({ key }) => Buffer.from(key).toString()));
  for (let i = 0; i < 300; i += 1) assert.ok(keys.has(`k/${Math.floor(i / 10)}/${i % 10}`));
  for (const { modRevision } of rows) assert.ok(modRevision <= manifest.revision);
});

test("only root may take one", async () => {
  const c = api.cluster();
  await c.call("auth/user/add", { name: "root", password: "pw" });
  await c.call("auth/user/grant", { user: "root", role: "root" });
  await c.call("auth/enable");
  const answer = await c.request("POST", "/v3/maintenance/snapshot", "{}");
  assert.equal(answer.status, 400);
  assert.match(answer.text, /user name is empty/);
});
