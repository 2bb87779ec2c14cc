import assert from "node:assert/strict";
import { test } from "node:test";
import { Start, type StartStep } from "../../../../src/node/member/start.ts";
import type { MemberChange } from "../../../../src/rpc/messages.ts";
import { loadSteps } from "../../../../src/storage/load.ts";
import { Cluster, type ClusterOptions } from "../support/cluster.ts";
import { Journal } from "../support/journal.ts";

const tiny = { snapshotCount: 20, snapshotCatchUpEntries: 5, chunkBytes: 600 };

async function started(options: ClusterOptions = {}) {
  const cluster = new Cluster({ ...options, tuning: { ...tiny, ...options.tuning } });
  const leader = await cluster.start();
  return { cluster, leader };
}

async function puts(cluster: Cluster, count: number, among: readonly number[] = []) {
  for (let i = 0; i < count; i++) {
    const answer = await cluster.until(cluster.put(await cluster.leader(among), `k${i}`, `${i}`));
    assert.equal(answer.kind, "ok");
  }
}

test("sending: where a follower needs entries that are compacted", async () => {
  const { cluster, leader } = await started();
  cluster.cut(3);
  await puts(cluster, 60, [1, 2]);
  const { log, progress } = await cluster.peek(leader);
  assert.ok(log.firstIndex > (progress.find(({ id }) => id === 3)?.next ?? 0));
  cluster.heal();
  await cluster.caughtUp(3);
  assert.equal((await cluster.peek(3)).log.firstIndex > 30, true, "it came by snapshot");
  assert.equal(await cluster.get(3, "k59", "serializable"), "59");
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});

test("sending: not while the follower is silent", async () => {
  const journal = new Journal();
  const { cluster } = await started({
    factory: (environment, options) => journal.member(environment, options),
  });
  cluster.cut(3);
  await puts(cluster, 40, [1, 2]);
  await cluster.run(3_000);
  journal.take();
  await puts(cluster, 40, [1, 2]);
  await cluster.run(5_000);
  assert.deepEqual(
    journal.lines.filter((line) => line === "call snapshot of 3"),
    [],
  );
  cluster.close();
});

test("sending: a member that is added after a compaction arrives by snapshot", async () => {
  const { cluster, leader } = await started();
  await puts(cluster, 60);
  const add = { kind: "add", id: 4, name: "four", peerUrls: [], locationHint: "" } as const;
  const added = await cluster.until(
    cluster.ask(leader, (member) => member.changeMember({ ...add, isLearner: true }, "")),
  );
  assert.equal(added.kind, "ok", "message" in added ? added.message : "");
  await cluster.caughtUp(4);
  assert.equal((await cluster.peek(4)).role, "learner");
  assert.equal(await cluster.get(4, "k59", "serializable"), "59");
  assert.equal((await cluster.fingerprints([1, 2, 3, 4])).size, 1);
  cluster.close();
});

test("taking: a snapshot is taken when applied - snapshotIndex > snapshotCount", async () => {
  const { cluster } = await started({ members: 1 });
  const before = await cluster.peek(1);
  const left = tiny.snapshotCount - (before.appliedIndex - before.snapshotIndex);
  await puts(cluster, left);
  const at = await cluster.peek(1);
  assert.equal(at.appliedIndex - at.snapshotIndex, tiny.snapshotCount);
  await cluster.run(500);
  assert.equal((await cluster.peek(1)).snapshotIndex, at.snapshotIndex);
  await puts(cluster, 1);
  await cluster.run(500);
  const after = await cluster.peek(1);
  assert.equal(after.snapshotIndex, at.appliedIndex + 1);
  assert.equal(after.log.firstIndex, after.snapshotIndex - tiny.snapshotCatchUpEntries + 1);
  cluster.close();
});

test("taking: two snapshots are kept, and the log since the older", async () => {
  const { cluster } = await started({ members: 1 });
  await puts(cluster, 120);
  await cluster.run(500);
  const { snapshots, snapshotIndex } = await cluster.peek(1);
  assert.equal(snapshots.length, 2);
  assert.equal(snapshots[0]?.index, snapshotIndex);
  cluster.close();
});

test("start: steps run in order, from the newest valid snapshot to replay", async () => {
  const { cluster } = await started({ members: 1 });
  await puts(cluster, 30);
  await cluster.run(500);
  const { snapshotIndex, header } = await cluster.peek(1);
  const object = cluster.world.object(1);
  if (object.live) object.lose(object.live, "test");
  const steps: StartStep[] = [];
  const clusterId = header.clusterId.toString(16).padStart(16, "0");
  const told = { step: (step: StartStep) => void steps.push(step) };
  const start = new Start(object.database.sql, clusterId, 1, told);
  let result = start.step();
  while (result === undefined) result = start.step();
  assert.equal(result.state, "loaded");
  if (result.state !== "loaded") return;
  assert.deepEqual(steps, [...loadSteps, "recoverFromSnapshot", "audit"]);
  // Configuration, applied index and term are the snapshot's together.
  assert.equal(result.machine.appliedIndex, snapshotIndex);
  assert.deepEqual(result.machine.confState, result.storage.raft.newest.confState);
  const { commit } = result.storage.status.hardState;
  assert.ok(commit > snapshotIndex);
  object.database.crash();
  await cluster.run(10);
  let status = await cluster.peek(1);
  assert.notEqual(status.phase, "ready");
  while (status.phase !== "ready") {
    await cluster.run(1);
    status = await cluster.peek(1);
  }
  assert.ok(status.appliedIndex >= commit, "what was known to be committed is applied");
  cluster.close();
});

test("start: a damaged snapshot is set aside, and the older one replays more", async () => {
  const { cluster } = await started({ members: 1 });
  await puts(cluster, 70);
  await cluster.run(500);
  const before = await cluster.peek(1);
  const [newest] = before.snapshots;
  assert.ok(newest);
  const object = cluster.world.object(1);
  if (object.live) object.lose(object.live, "test");
  const { sql } = object.database;
  sql.exec("UPDATE snap SET data = zeroblob(length(data)) WHERE name = ?", newest.name);
  object.database.commit();
  assert.equal(await cluster.get(1, "k69"), "69");
  const after = await cluster.peek(1);
  assert.equal(after.fingerprint, before.fingerprint);
  const names = object.database.sql.exec("SELECT name FROM snap").toArray();
  assert.ok(names.some(({ name }) => name === `${newest.name}.broken`));
  assert.ok(!names.some(({ name }) => name === newest.name));
  cluster.close();
});

test("start: where only the older snapshot is damaged, the member goes on", async () => {
  const { cluster } = await started({ members: 1 });
  await puts(cluster, 70);
  await cluster.run(500);
  const { snapshots } = await cluster.peek(1);
  const older = snapshots[1];
  assert.ok(older);
  const object = cluster.world.object(1);
  if (object.live) object.lose(object.live, "test");
  const { sql } = object.database;
  sql.exec("UPDATE snap SET data = zeroblob(length(data)) WHERE name = ?", older.name);
  object.database.commit();
  assert.equal(await cluster.get(1, "k69"), "69");
  const after = await cluster.peek(1);
  assert.equal(after.damage, "");
  await puts(cluster, 30);
  cluster.close();
});

test("start: with no valid snapshot the member neither votes nor serves, and says so", async () => {
  const { cluster, leader } = await started();
  await puts(cluster, 70);
  const victim = leader === 3 ? 2 : 3;
  const object = cluster.world.object(victim);
  if (object.live) object.lose(object.live, "test");
  object.database.sql.exec("UPDATE snap SET data = zeroblob(length(data))");
  object.database.commit();
  await cluster.peek(victim);
  await cluster.run(1_000);
  const status = await cluster.peek(victim);
  assert.equal(status.phase, "stopped");
  assert.match(status.damage, /snapshot/i);
  await assert.rejects(cluster.get(victim, "k1", "serializable"), /snapshot/i);
  await puts(cluster, 3);
  cluster.close();
});

test("start: a row of the log that is damaged is damage, never silence", async () => {
  const { cluster, leader } = await started({ tuning: { snapshotCount: 10_000 } });
  await puts(cluster, 10);
  const victim = leader === 3 ? 2 : 3;
  const object = cluster.world.object(victim);
  if (object.live) object.lose(object.live, "test");
  const [table] = object.database.sql
    .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name LIKE 'wal_%'")
    .toArray();
  assert.ok(table);
  const [row] = object.database.sql
    .exec<{ seq: number; data: ArrayBuffer }>(
      `SELECT seq, data FROM ${table.name} LIMIT 1 OFFSET 5`,
    )
    .toArray();
  assert.ok(row);
  const torn = new Uint8Array(row.data.slice(0));
  torn[torn.length - 1] = (torn[torn.length - 1] ?? 0) ^ 0xff;
  object.database.sql.exec(`UPDATE ${table.name} SET data = ? WHERE seq = ?`, torn, row.seq);
  object.database.commit();
  await cluster.peek(victim);
  await cluster.run(1_000);
  const { phase, damage } = await cluster.peek(victim);
  assert.equal(phase, "stopped");
  assert.match(damage, new RegExp(`${table.name} row ${row.seq}`));
  cluster.close();
});

for (const damaged of [false, true]) {
  const snapshot = damaged ? "damaged snapshot" : "snapshot";
  test(`start: a change of configuration after the ${snapshot} survives a crash`, async () => {
    const { cluster, leader } = await started();
    await puts(cluster, 50);
    const change = async (to: MemberChange) => {
      const asked = cluster.ask(leader, (member) => member.changeMember(to, ""));
      const answer = await cluster.until(asked);
      assert.equal(answer.kind, "ok");
    };
    const four = { id: 4, name: "four", peerUrls: [], locationHint: "", isLearner: true };
    await change({ kind: "add", ...four });
    await cluster.caughtUp(4);
    const { snapshotIndex } = await cluster.peek(leader);
    await change({ kind: "promote", id: 4 });
    // Its row says that what is before it is committed.
    await puts(cluster, 1);
    // Only what this member has stored itself counts from here on.
    for (const { id } of cluster.world.objects) cluster.world.object(id).down = id !== leader;
    await cluster.run(50);
    const [newest, older] = (await cluster.peek(leader)).snapshots;
    assert.ok(newest && older);
    assert.equal(newest.index, snapshotIndex, "the change is not in a snapshot");
    const object = cluster.world.object(leader);
    if (object.live) object.lose(object.live, "test");
    if (damaged) {
      const { sql } = object.database;
      sql.exec("UPDATE snap SET data = zeroblob(length(data)) WHERE name = ?", newest.name);
      object.database.commit();
    }
    let status = await cluster.peek(leader);
    while (status.phase !== "ready") {
      await cluster.run(10);
      status = await cluster.peek(leader);
    }
    assert.deepEqual([status.voters, status.learners], [[1, 2, 3, 4], []]);
    assert.ok(status.members.find(({ id }) => id === 4)?.isLearner === false);
    const names = status.snapshots.map(({ name }) => name);
    assert.equal(names.includes(newest.name), !damaged, "it began with the older one");
    cluster.close();
  });
}
