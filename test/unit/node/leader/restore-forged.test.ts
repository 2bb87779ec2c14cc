import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CompactionRequest,
  HashKVRequest,
  LeaseGrantRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { type Chunk, Query, Response } from "../../../../src/proto/generated/kv.ts";
import type { Answer, RestoreAnswer } from "../../../../src/rpc/messages.ts";
import {
  type BackupFields,
  bytesOfFields,
  fieldsOf,
  fingerprinted,
  summedAnew,
} from "../../kv/transfer/backup-file.ts";
import type { Cluster } from "../support/cluster.ts";
import {
  ask,
  type Backup,
  everywhere,
  restartAll,
  restored,
  someBackup,
  text,
  untouched,
} from "../support/restoring.ts";

type Forgery = (fields: BackupFields) => BackupFields;

const ofManifest =
  (edit: (manifest: BackupFields["manifest"]) => object): Forgery =>
  (fields) => ({ ...fields, manifest: { ...fields.manifest, ...edit(fields.manifest) } });

/** With all sums right again. */
const ofChunk =
  (at: number, edit: (chunk: Chunk) => object): Forgery =>
  (fields) => {
    const chunk = fields.chunks.at(at) ?? assert.fail();
    return summedAnew({ ...fields, chunks: fields.chunks.with(at, { ...chunk, ...edit(chunk) }) });
  };

/** What would have ended the members, or had them differ, and what is said of it. */
const forgeries: Readonly<Record<string, readonly [Forgery, RegExp]>> = {
  "a sum of five bytes": [
    ofManifest(() => ({ fingerprint: new Uint8Array(5) })),
    /a sum of 5 bytes, not 16/,
  ],
  "keys that sum to five bytes": [
    ofManifest(() => ({ keyFingerprint: new Uint8Array(5) })),
    /a sum of 5 bytes, not 16/,
  ],
  "totals that sum to five bytes": [
    (fields) => {
      const last = fields.chunks.at(-1) ?? assert.fail();
      const totals = { rows: 1, history: 1, sum: new Uint8Array(5) };
      return { ...fields, chunks: fields.chunks.with(-1, { ...last, totals }) };
    },
    /a sum of 5 bytes, not 16/,
  ],
  "bytes that are freed by what never comes": [
    ofManifest(({ revision }) => ({ superseded: [{ revision: revision + 2, bytes: 1 }] })),
    /1 bytes that revision 45 frees, after -1/,
  ],
  "bytes that are freed in disorder": [
    ofManifest(({ dead }) => ({ dead: dead.toReversed() })),
    /bytes that revision \d+ frees, after \d+/,
  ],
  "bytes without end": [
    ofManifest(({ superseded }) => ({
      superseded: superseded.map((freed) => ({ ...freed, bytes: 2 ** 53 - 1 })),
    })),
    /9007199254740991 bytes that revision/,
  ],
  "a table twice": [
    (fields) =>
      fingerprinted(
        ofManifest(({ tables }) => {
          return { tables: [...tables, { name: "leases", data: new Uint8Array() }] };
        })(fields),
      ),
    /a table twice/,
  ],
  "a manifest of very many parts": [
    ofManifest(() => ({ superseded: Array(3_000_000).fill({ revision: 0, bytes: 0 }) })),
    /too many elements/,
  ],
  "a chunk of very many rows": [
    ofChunk(-1, () => ({ rows: Array(3_000_000).fill({ kv: undefined, second: false }) })),
    /too many elements/,
  ],
  "a cursor that no row of the database holds": [
    ofChunk(0, () => ({ nextCursor: new Uint8Array(2_500_000).fill(1) })),
    /a cursor, and a key, of 2500\d+ bytes/,
  ],
  "a key that no row of the database holds": [
    ofChunk(-1, ({ history }) => ({
      history: history.map((entry) => ({ ...entry, key: new Uint8Array(2_500_000) })),
    })),
    /history of a key of 2500000 bytes/,
  ],
  "versions that do not follow each other": [
    ofChunk(0, ({ rows }) => ({
      rows: rows.map(({ kv, second }) => {
        return { kv: kv && { ...kv, version: 2, createRevision: 1 }, second };
      }),
    })),
    /a version with number 2 after none/,
  ],
  "rows after the history": [
    ofChunk(-1, () => ({ rows: [{ kv: undefined, second: false }] })),
    /a row without a key/,
  ],
  "changes alone": [ofChunk(0, () => ({ aboveRevision: 1 })), /above revision 1 alone/],
  "its parts in disorder": [
    (fields) => ({ ...fields, chunks: fields.chunks.toReversed() }),
    /not the chunk that comes next/,
  ],
  "a revision of which nothing is there": [
    (fields) => fingerprinted(ofManifest(({ revision }) => ({ revision: revision + 1 }))(fields)),
    /its history ends at 43, not at 44/,
  ],
};

/** The first answer that is no success, or the last. */
async function answerTo(cluster: Cluster, backup: Backup): Promise<RestoreAnswer> {
  const { manifest, chunks } = backup;
  const leader = await cluster.leader();
  const begin = { kind: "begin", token: "", manifest, bumpRevision: 0 } as const;
  let answer = await ask(cluster, leader, begin);
  for (const chunk of chunks) {
    if (answer.kind !== "ok") return answer;
    const { id } = answer;
    answer = await ask(cluster, leader, { kind: "rows", token: "", id, chunk });
  }
  if (answer.kind !== "ok") return answer;
  return ask(cluster, leader, { kind: "commit", token: "", id: answer.id });
}

test("a file that is forged is refused with what is wrong in it, and no member ends", async () => {
  const backup = await someBackup();
  const fields = fieldsOf(backup);
  const cluster = await untouched();
  const before = await cluster.peek(1);
  for (const [what, [forge, why]] of Object.entries(forgeries)) {
    const answer = await answerTo(cluster, bytesOfFields(forge(fields)));
    assert.match(text(answer), why, what);
    assert.match(text(answer), /^the backup is damaged: /, what);
    assert.equal("code" in answer && answer.code, 3, what);
  }
  await cluster.run(1_000);
  for (const object of cluster.world.objects) assert.equal(object.restarts, 0);
  const after = await cluster.peek(1);
  assert.equal(after.header.revision, 1);
  assert.equal(after.fingerprint, before.fingerprint);
  await restored(cluster, backup);
  await everywhere(cluster);
  await answers(cluster);
  cluster.close();
});

test("what a file says of its own size is counted anew, on every member alike", async () => {
  const backup = await someBackup();
  const lies: Readonly<Record<string, (revision: number) => object>> = {
    "as it is": () => ({}),
    none: () => ({ superseded: [], dead: [] }),
    "all that there may be, freed by what comes next": (revision) => {
      const freed = [{ revision: revision + 1, bytes: 2 ** 52 }];
      return { superseded: freed, dead: freed };
    },
  };
  const sizes = new Set<number>();
  for (const [what, lie] of Object.entries(lies)) {
    const forged = ofManifest(({ revision }) => lie(revision))(fieldsOf(backup));
    const cluster = await untouched({ seed: what });
    await restored(cluster, bytesOfFields(forged));
    await everywhere(cluster);
    for (const id of [1, 2, 3]) sizes.add((await cluster.peek(id)).storedBytes);
    await answers(cluster);
    cluster.close();
  }
  assert.equal(sizes.size, 1, [...sizes].join(" "));
});

/** Whatever clients ask for, and again after a restart of every member. */
async function answers(cluster: Cluster): Promise<void> {
  for (const lease of [101n, 102n]) {
    const leader = await cluster.leader();
    const propose = (body: Parameters<Cluster["request"]>[0]) =>
      cluster.until(cluster.propose(leader, cluster.request(body)));
    const ok = (answer: Answer) => assert.equal(answer.kind, "ok", text(answer as RestoreAnswer));
    ok(await cluster.until(cluster.put(leader, "k5", `${lease}`)));
    ok(await propose({ leaseGrant: LeaseGrantRequest.create({ ID: lease, TTL: 60 }) }));
    const { revision } = (await cluster.peek(leader)).header;
    ok(await propose({ compaction: CompactionRequest.create({ revision: revision - 1 }) }));
    await everywhere(cluster);
    const hashes = new Set<number>();
    for (const id of [1, 2, 3]) {
      assert.equal(await cluster.get(id, "k5", "linearizable"), `${lease}`);
      hashes.add(await hashOf(cluster, id, revision));
    }
    assert.equal(hashes.size, 1);
    assert.equal((await cluster.fingerprints()).size, 1);
    restartAll(cluster);
    await everywhere(cluster);
    assert.equal((await cluster.fingerprints()).size, 1);
  }
}

async function hashOf(cluster: Cluster, id: number, revision: number): Promise<number> {
  const hashKv = HashKVRequest.create({ revision });
  const query = Query.encode(Query.create({ format: 1, hashKv }));
  const request = { query, consistency: "serializable", token: "", timeoutMs: 5_000 } as const;
  const answer = await cluster.until(cluster.ask(id, (member) => member.query(request)));
  assert.ok(answer.kind === "ok");
  return Response.decode(answer.response).hashKv?.hash ?? assert.fail("no hash");
}
