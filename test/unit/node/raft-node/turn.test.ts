import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { Journal } from "../support/journal.ts";

/** A cluster that runs, and what each member does from now on. */
async function journaled() {
  const journals = new Map([1, 2, 3].map((id) => [id, new Journal()]));
  const journal = (id: number) => journals.get(id) ?? assert.fail(`no member ${id}`);
  const cluster = new Cluster({
    factory: (environment, options) => journal(options.memberId).member(environment, options),
  });
  const leader = await cluster.start();
  await cluster.run(300);
  return { cluster, leader, journal };
}

const work = (lines: readonly string[]) =>
  lines.filter((line) => /wal_|MsgApp/.test(line) && !/MsgApp to/.test(line));

test("a leader sends its MsgApp before it writes, and writes one row for a put", async () => {
  const { cluster, leader, journal } = await journaled();
  journal(leader).take();
  assert.equal((await cluster.until(cluster.put(leader, "a", "1"))).kind, "ok");
  const [first, second, third, ...rest] = work(journal(leader).take());
  assert.match(first ?? "", /^send MsgApp\(1\) to/);
  assert.match(second ?? "", /^send MsgApp\(1\) to/);
  assert.match(third ?? "", /^write wal_/);
  assert.deepEqual(rest, []);
  cluster.close();
});

test("a follower writes before it answers", async () => {
  const { cluster, leader, journal } = await journaled();
  const follower = leader === 2 ? 3 : 2;
  journal(follower).take();
  assert.equal((await cluster.until(cluster.put(leader, "a", "1"))).kind, "ok");
  const [first, second] = work(journal(follower).take());
  assert.match(first ?? "", /^write wal_/);
  assert.equal(second, `send MsgAppResp to ${leader}`);
  cluster.close();
});

test("a vote is sent after the row that remembers it", async () => {
  const { cluster, leader, journal } = await journaled();
  const { live } = cluster.world.object(leader);
  if (live) cluster.world.object(leader).lose(live, "test");
  cluster.world.object(leader).down = true;
  const others = [1, 2, 3].filter((id) => id !== leader);
  for (const id of others) journal(id).take();
  await cluster.leader(others);
  let votes = 0;
  for (const id of others) {
    const lines = journal(id)
      .take()
      .filter((line) => /wal_|MsgVote(Resp)? /.test(line));
    lines.forEach((line, i) => {
      if (!/^send MsgVote/.test(line)) return;
      votes += 1;
      const before = lines.slice(0, i).filter((other) => other.startsWith("write"));
      assert.ok(before.length > 0, `${line} without a row before it: ${lines.join(", ")}`);
    });
  }
  assert.ok(votes >= 2);
  cluster.close();
});

test("a commit index that changed alone writes nothing", async () => {
  const { cluster, leader, journal } = await journaled();
  for (const id of [1, 2, 3]) journal(id).take();
  assert.equal((await cluster.until(cluster.put(leader, "a", "1"))).kind, "ok");
  await cluster.run(1_000);
  for (const id of [1, 2, 3]) {
    const rows = journal(id)
      .take()
      .filter((line) => line.startsWith("write wal_"));
    assert.equal(rows.length, 1, `member ${id}`);
  }
  cluster.close();
});

test("every row carries the newest commit, also if its Ready changed no HardState", async () => {
  const { cluster, leader } = await journaled();
  for (const key of ["a", "b", "c"]) {
    assert.equal((await cluster.until(cluster.put(leader, key, "1"))).kind, "ok");
  }
  const { commitIndex } = await cluster.peek(leader);
  // The last row was written when all but its own entry were known to be committed.
  const { live } = cluster.world.object(leader);
  if (live) cluster.world.object(leader).lose(live, "test");
  cluster.world.object(leader).down = true;
  await cluster.leader([1, 2, 3].filter((id) => id !== leader));
  for (const other of [1, 2, 3]) {
    if (other === leader) continue;
    const object = cluster.world.object(other);
    if (object.live) object.lose(object.live, "test");
    object.down = true;
  }
  cluster.world.object(leader).down = false;
  let status = await cluster.peek(leader);
  while (status.phase !== "ready") {
    await cluster.run(10);
    status = await cluster.peek(leader);
  }
  assert.ok(status.commitIndex >= commitIndex - 1, `${status.commitIndex} of ${commitIndex}`);
  cluster.close();
});

test("an exception in a turn aborts at once: nothing of the turn is kept or sent", async () => {
  const { cluster, leader, journal } = await journaled();
  assert.equal((await cluster.until(cluster.put(leader, "a", "1"))).kind, "ok");
  const follower = leader === 2 ? 3 : 2;
  const before = await cluster.peek(follower);
  let failures = 0;
  journal(follower).beforeWrite = (statement) => {
    if (!/wal_/.test(statement) || failures > 0) return;
    failures += 1;
    throw new Error("disk I/O error");
  };
  journal(follower).take();
  await assert.rejects(
    cluster.until(cluster.put(leader, "b", "2")),
    /disk I\/O error/,
    "the world saw the member abort",
  );
  assert.equal(failures, 1);
  assert.ok(!journal(follower).lines.includes(`send MsgAppResp to ${leader}`));
  cluster.world.violations.splice(0);
  await cluster.run(3_000);
  const after = await cluster.peek(follower);
  assert.equal(after.phase, "ready");
  assert.ok(after.log.lastIndex > before.log.lastIndex, "it came back and caught up");
  assert.equal(await cluster.get(follower, "b"), "2");
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});

test("what was acknowledged survives a crash at every step of a turn, on any member", async () => {
  const { cluster } = await journaled();
  const acknowledged = new Map<string, string>();
  let crashes = 0;
  for (let steps = 0; steps < 40; steps++) {
    for (const victim of [1, 2, 3]) {
      const leader = await cluster.leader();
      const object = cluster.world.object(victim);
      const restarts = object.restarts;
      object.live?.dieAfter(steps);
      const key = `k${steps % 7}`;
      const value = `${steps}/${victim}`;
      const answer = await cluster.until(
        cluster.put(leader, key, value).catch((error: Error) => error),
      );
      if (!(answer instanceof Error) && answer.kind === "ok") acknowledged.set(key, value);
      else acknowledged.delete(key);
      await cluster.run(500);
      object.live?.dieAfter(Number.POSITIVE_INFINITY);
      await cluster.peek(victim);
      crashes += object.restarts - restarts;
    }
  }
  assert.ok(crashes >= 60, `only ${crashes} crashes`);
  const leader = await cluster.leader();
  for (const [key, value] of acknowledged) assert.equal(await cluster.get(leader, key), value);
  await cluster.run(2_000);
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});
