import assert from "node:assert/strict";
import { test } from "node:test";
import { maxRestoredRevision } from "../../../../src/kv/work/limits.ts";
import type { KeyValue } from "../../../../src/proto/generated/etcd.ts";
import { Chunk, Manifest } from "../../../../src/proto/generated/kv.ts";
import type { RestoreAnswer } from "../../../../src/rpc/messages.ts";
import { sealed } from "../../kv/transfer/backup-file.ts";
import { Cluster } from "../support/cluster.ts";
import {
  accepted,
  ask,
  type Backup,
  backupOf,
  everywhere,
  restartAll,
  restored,
  someBackup,
  staged,
  text,
  untouched,
} from "../support/restoring.ts";

test("a new cluster takes a backup's state: every member alike, revisions kept", async () => {
  const backup = await someBackup();
  const { revision } = Manifest.decode(backup.manifest);
  const cluster = await untouched();
  const { clusterId } = (await cluster.peek(1)).header;
  await restored(cluster, backup);
  await everywhere(cluster);
  assert.equal((await cluster.fingerprints()).size, 1);
  for (const id of [1, 2, 3]) {
    const status = await cluster.peek(id);
    assert.equal(status.header.revision, revision);
    assert.equal(status.header.clusterId, clusterId, "the new cluster keeps its own id");
    assert.equal(await cluster.get(id, "k5", "serializable"), "35");
    assert.equal(await cluster.get(id, "k7", "serializable"), undefined);
    assert.equal(await cluster.get(id, "first", "serializable"), "put");
  }
  const leader = await cluster.leader();
  const answer = await cluster.until(cluster.put(leader, "after", "restore"));
  assert.equal(answer.header.revision, revision + 1);
  await everywhere(cluster);
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});

test("what was restored outlives a restart of every member", async () => {
  const backup = await someBackup();
  const cluster = await untouched();
  await restored(cluster, backup);
  restartAll(cluster);
  await everywhere(cluster);
  for (const id of [1, 2, 3]) assert.equal(await cluster.get(id, "k5", "linearizable"), "35");
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});

test("a cluster that nobody has asked for anything is born, and restored", async () => {
  const backup = await someBackup();
  const cluster = new Cluster({ seed: "unborn" });
  const { manifest, chunks } = backup;
  const answer = await ask(cluster, 1, { kind: "begin", token: "", manifest, bumpRevision: 0 });
  assert.ok(answer.kind === "ok");
  const { id } = answer;
  for (const chunk of chunks) await accepted(cluster, 1, { kind: "rows", token: "", id, chunk });
  await accepted(cluster, 1, { kind: "commit", token: "", id });
  await everywhere(cluster);
  assert.equal(await cluster.get(3, "k5", "serializable"), "35");
  cluster.close();
});

test("a single member is restored, and goes on with snapshots of its own", async () => {
  const backup = await someBackup();
  const tuning = { snapshotCount: 20, snapshotCatchUpEntries: 5 };
  const cluster = await untouched({ members: 1, tuning });
  await restored(cluster, backup);
  for (let i = 0; i < 50; i++) await cluster.until(cluster.put(1, `more${i}`, "x"));
  await cluster.run(500);
  restartAll(cluster);
  assert.equal(await cluster.get(1, "k5", "linearizable"), "35");
  assert.equal(await cluster.get(1, "more49", "linearizable"), "x");
  cluster.close();
});

test("a cluster that was written to is not restored into, and stays as it is", async () => {
  const backup = await someBackup();
  const cluster = new Cluster({ seed: "written" });
  const leader = await cluster.start();
  const before = (await cluster.peek(leader)).fingerprint;
  const { manifest } = backup;
  const begin = { kind: "begin", token: "", manifest, bumpRevision: 0 } as const;
  assert.match(text(await ask(cluster, leader, begin)), /never written to.*revision 2/);
  assert.equal((await cluster.peek(leader)).fingerprint, before);
  cluster.close();
});

test("a write while rows come makes an end of it, and stays", async () => {
  const backup = await someBackup();
  const cluster = await untouched();
  const leader = await cluster.leader();
  const id = await staged(cluster, leader, backup);
  await cluster.until(cluster.put(leader, "mine", "1"));
  const answer = await ask(cluster, leader, { kind: "commit", token: "", id });
  assert.match(text(answer), /never written to/);
  await everywhere(cluster);
  assert.equal(await cluster.get(2, "mine", "linearizable"), "1");
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});

test("what is written while it is carried out waits, and comes after it", async () => {
  const backup = await someBackup();
  const { revision } = Manifest.decode(backup.manifest);
  const cluster = await untouched();
  const leader = await cluster.leader();
  const id = await staged(cluster, leader, backup);
  const commit = cluster.ask(leader, (m) => m.restore({ kind: "commit", token: "", id }));
  let held = 0;
  const begun = async () => {
    const { voters, votersOutgoing } = await cluster.peek(leader);
    return votersOutgoing.length > 0 || voters.length < 3;
  };
  while (!(await begun())) await cluster.run(1);
  for (;;) {
    const answer = await cluster.until(cluster.put(leader, "mine", "1"));
    if (answer.kind === "ok") {
      assert.equal(answer.header.revision, revision + 1);
      break;
    }
    assert.match(answer.kind === "error" ? answer.message : "", /a backup (is being|was) restored/);
    held += 1;
    await cluster.run(1);
  }
  assert.equal(text(await cluster.until(commit)), "ok");
  assert.ok(held > 0);
  await everywhere(cluster);
  assert.equal(await cluster.get(3, "mine", "serializable"), "1");
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});

test("only a leader takes one", async () => {
  const { manifest } = await someBackup();
  const cluster = await untouched();
  const other = (await cluster.leader()) === 1 ? 2 : 1;
  const begin = { kind: "begin", token: "", manifest, bumpRevision: 0 } as const;
  assert.equal((await ask(cluster, other, begin)).kind, "redirect");
  cluster.close();
});

test("a damaged chunk, a missing one and a manifest that lies change nothing", async () => {
  const backup = await someBackup();
  const cluster = await untouched({ members: 1 });
  const before = await cluster.peek(1);
  const [first, second, ...rest] = backup.chunks;
  assert.ok(first && second);
  const flipped = first.slice();
  flipped[100] = (flipped[100] ?? 0) ^ 1;
  const begin = { kind: "begin", token: "", manifest: backup.manifest, bumpRevision: 0 } as const;
  for (const chunks of [[flipped], [first, ...rest], [first, first]]) {
    const id = await accepted(cluster, 1, begin);
    let answer: RestoreAnswer | undefined;
    for (const chunk of chunks) {
      answer = await ask(cluster, 1, { kind: "rows", token: "", id, chunk });
      if (answer.kind !== "ok") break;
    }
    assert.ok(answer && /the backup is damaged/.test(text(answer)), answer && text(answer));
    const commit = await ask(cluster, 1, { kind: "commit", token: "", id });
    assert.match(text(commit), /interrupted/);
  }
  const id = await staged(cluster, 1, { ...backup, chunks: [first] });
  assert.match(text(await ask(cluster, 1, { kind: "commit", token: "", id })), /not complete/);
  const lies: Partial<Manifest>[] = [
    { revision: Manifest.decode(backup.manifest).revision + 1 },
    { keyFingerprint: new Uint8Array(16) },
    { tables: [] },
  ];
  for (const lie of lies) {
    const manifest = Manifest.encode({ ...Manifest.decode(backup.manifest), ...lie });
    assert.match(text(await ask(cluster, 1, { ...begin, manifest })), /the backup is damaged/);
  }
  for (const lie of [{ format: 2 }, { fingerprintVersion: 2 }]) {
    const manifest = Manifest.encode({ ...Manifest.decode(backup.manifest), ...lie });
    const answer = await ask(cluster, 1, { ...begin, manifest });
    assert.match(text(answer), /2, 1 is known/);
  }
  await cluster.run(1_000);
  const after = await cluster.peek(1);
  assert.equal(after.fingerprint, before.fingerprint);
  assert.equal(after.header.revision, 1);
  await restored(cluster, backup);
  assert.equal(await cluster.get(1, "k5", "linearizable"), "35");
  cluster.close();
});

test("revisions go ahead when they are told to, and what was before is compacted", async () => {
  const backup = await someBackup();
  const { revision } = Manifest.decode(backup.manifest);
  const cluster = await untouched({ tuning: { snapshotCount: 10, snapshotCatchUpEntries: 5 } });
  await restored(cluster, backup, 1_000_000);
  await everywhere(cluster);
  for (const id of [1, 2, 3]) {
    const status = await cluster.peek(id);
    assert.equal(status.header.revision, revision + 1_000_000);
    assert.equal(status.compactRevision, revision + 1_000_000);
    const { kvs } = await cluster.range(id, "k5", "serializable");
    assert.equal(kvs[0]?.modRevision, 38);
  }
  for (let i = 0; i < 40; i++) {
    await cluster.until(cluster.put(await cluster.leader(), `n${i}`, "x"));
  }
  await cluster.run(3_000);
  assert.equal((await cluster.fingerprints()).size, 1);
  const { database } = cluster.world.object(await cluster.leader());
  const generations = "SELECT id, compacted FROM kv_generations WHERE state = 'current'";
  const current = database.sql.exec<{ id: number; compacted: number }>(generations).one();
  assert.equal(current.compacted, revision + 1_000_000, "the old versions are gone");
  const rows = `SELECT COUNT(*) AS n FROM kv_${current.id} WHERE key = CAST('k5' AS BLOB)`;
  assert.equal(database.sql.exec<{ n: number }>(rows).one().n, 1);
  cluster.close();
});

test("a cluster that was restored ahead is backed up and restored again", async () => {
  let backup: Backup = await someBackup();
  const { revision } = Manifest.decode(backup.manifest);
  for (const [round, bump] of [1_000, 0, 7, 7].entries()) {
    const seed = `ahead-${round}`;
    const cluster = await untouched({ members: 1, tuning: { chunkBytes: 400 }, seed });
    await restored(cluster, backup, bump);
    backup = await backupOf(cluster);
    // Every other time it is backed up with changes of its own.
    if (round % 2 === 0) {
      await cluster.until(cluster.put(1, "own", `${round}`));
      await cluster.until(cluster.delete(1, "own"));
      backup = await backupOf(cluster);
    }
    assert.equal(await cluster.get(1, "k5", "linearizable"), "35");
    cluster.close();
  }
  assert.equal(Manifest.decode(backup.manifest).revision, revision + 1_014 + 4);
});

test("a leader that goes down leaves an empty cluster, which can be restored into", async () => {
  const backup = await someBackup();
  const cluster = await untouched();
  for (const loses of ["before", "after"] as const) {
    const leader = await cluster.leader();
    const id = await staged(cluster, leader, backup);
    const commit = { kind: "commit", token: "", id } as const;
    if (loses === "after") {
      cluster.ask(leader, (m) => m.restore(commit)).catch(() => undefined);
    }
    const object = cluster.world.object(leader);
    if (object.live) object.lose(object.live, "killed");
    await everywhere(cluster);
    assert.equal((await cluster.peek(leader)).header.revision, 1);
    assert.equal((await cluster.fingerprints()).size, 1);
  }
  await restored(cluster, backup);
  await everywhere(cluster);
  assert.equal(await cluster.get(2, "k5", "linearizable"), "35");
  cluster.close();
});

test("whenever the leader is killed, the cluster is empty still or restored whole", async () => {
  const backup = await someBackup();
  const { revision } = Manifest.decode(backup.manifest);
  const ends = new Set<number>();
  for (let step = 0; step < 40 || !ends.has(revision); step++) {
    assert.ok(step < 400, "nothing was ever restored");
    const cluster = await untouched({ seed: `killed/${step}` });
    const leader = await cluster.leader();
    const id = await staged(cluster, leader, backup);
    const answer = cluster.ask(leader, (m) => m.restore({ kind: "commit", token: "", id }));
    let acknowledged = false;
    answer.then(
      ({ kind }) => {
        acknowledged = kind === "ok";
      },
      () => undefined,
    );
    await cluster.run(step);
    const object = cluster.world.object(leader);
    // A superseded instance runs on, and none of what it writes arrives.
    if (step % 4 === 3) object.supersede();
    else if (object.live) object.lose(object.live, "killed");
    const known = acknowledged;
    await everywhere(cluster);
    assert.equal((await cluster.fingerprints()).size, 1);
    const found = (await cluster.peek(leader)).header.revision;
    assert.ok(found === 1 || found === revision, `revision ${found}`);
    assert.ok(!known || found === revision, "what was acknowledged is there");
    if (found === revision) assert.equal(await cluster.get(2, "k5", "linearizable"), "35");
    ends.add(found);
    cluster.close();
  }
  assert.deepEqual(ends, new Set([1, revision]));
});

test("another member may fail at any time, and comes back to the same state", async () => {
  const backup = await someBackup();
  for (let step = 0; step < 40; step += 4) {
    const cluster = await untouched({ seed: `other/${step}` });
    const leader = await cluster.leader();
    const id = await staged(cluster, leader, backup);
    const answer = cluster.ask(leader, (m) => m.restore({ kind: "commit", token: "", id }));
    await cluster.run(step);
    const object = cluster.world.object(leader === 1 ? 2 : 1);
    if (object.live) object.lose(object.live, "killed");
    assert.equal(text(await cluster.until(answer)), "ok");
    await everywhere(cluster);
    assert.equal((await cluster.fingerprints()).size, 1);
    cluster.close();
  }
});

test("rows of somebody who went away are dropped after a minute", async () => {
  const backup = await someBackup();
  const cluster = await untouched({ members: 1 });
  const { manifest } = backup;
  const begin = { kind: "begin", token: "", manifest, bumpRevision: 0 } as const;
  const id = await accepted(cluster, 1, begin);
  await cluster.run(70_000);
  const commit = await ask(cluster, 1, { kind: "commit", token: "", id });
  assert.match(text(commit), /interrupted/);
  cluster.close();
});

test("no revision is begun at that leaves too few after it, however it comes about", async () => {
  const backup = await someBackup();
  const manifest = Manifest.decode(backup.manifest);
  const cluster = await untouched({ members: 1 });
  const begin = { kind: "begin", token: "", manifest: backup.manifest } as const;
  const most = maxRestoredRevision - manifest.revision;
  for (const bumpRevision of [most + 1, 9_007_199_254_740_686, 2 ** 53, -1, Number.NaN]) {
    const answer = await ask(cluster, 1, { ...begin, bumpRevision });
    assert.match(text(answer), /too far for a cluster to begin at/);
  }
  await restored(cluster, backup, most);
  assert.equal((await cluster.peek(1)).header.revision, maxRestoredRevision);
  await cluster.until(cluster.put(1, "k5", "after"));
  await cluster.until(cluster.delete(1, "k6"));
  assert.equal(await cluster.get(1, "k5", "linearizable"), "after");
  restartAll(cluster);
  assert.equal(await cluster.get(1, "k5", "linearizable"), "after");
  assert.equal((await cluster.peek(1)).header.revision, maxRestoredRevision + 2);
  cluster.close();
});

test("a backup that was made up to end its members is refused, and they go on", async () => {
  const backup = await someBackup();
  const cluster = await untouched({ members: 1 });
  const manifest = Manifest.decode(backup.manifest);
  const counts = Manifest.encode({ ...manifest, keyCount: 2 ** 53 - 1 });
  const lying = await staged(cluster, 1, { ...backup, manifest: counts });
  const commit = await ask(cluster, 1, { kind: "commit", token: "", id: lying });
  assert.match(text(commit), /damaged: 30 keys of \d+ bytes live, not 9007199254740991/);
  const begin = { kind: "begin", token: "", manifest: backup.manifest, bumpRevision: 0 } as const;
  const edits: ((kv: KeyValue) => KeyValue)[] = [
    (kv) => ({ ...kv, modRevision: 2 ** 53 - 1 }),
    (kv) => ({ ...kv, version: 2 ** 53 - 1 }),
    (kv) => ({ ...kv, lease: 1n }),
  ];
  for (const edit of edits) {
    const id = await accepted(cluster, 1, begin);
    let last: RestoreAnswer | undefined;
    for (const bytes of backup.chunks) {
      const chunk = Chunk.decode(bytes.subarray(4));
      const rows = chunk.rows.map(({ kv, second }) => ({ kv: kv && edit(kv), second }));
      last = await ask(cluster, 1, {
        ...begin,
        kind: "rows",
        id,
        chunk: sealed({ ...chunk, rows }),
      });
      if (last.kind !== "ok") break;
    }
    assert.ok(last);
    assert.match(text(last), /the backup is damaged/);
  }
  await restored(cluster, backup);
  await cluster.until(cluster.put(1, "k5", "after"));
  assert.equal(await cluster.get(1, "k5", "linearizable"), "after");
  cluster.close();
});
