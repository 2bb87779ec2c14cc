import assert from "node:assert/strict";
import { test } from "node:test";
import { AutoCompaction } from "../../../../src/node/leader/auto-compaction.ts";
import type { AutoCompactionPolicy } from "../../../../src/node/world/auto-compaction-policy.ts";
import { Request } from "../../../../src/proto/generated/kv.ts";
import { Cluster } from "../support/cluster.ts";

const minute = 60_000;
/** A tick of a second, so that hours are cheap. */
const tickMs = 1_000;

/** A leader whose store gains a revision with each minute, and what it has compacted when. */
function leader(
  policy: AutoCompactionPolicy,
  options: { loses?: (minute: number) => boolean } = {},
) {
  const machine = { revision: 1, compactRevision: -1 };
  const compactions: [minute: number, revision: number][] = [];
  let ticks = 0;
  const driver = new AutoCompaction({
    ...{ policy, machine, tickMs },
    propose: (data) => {
      const { requestId, compaction } = Request.decode(data);
      assert.equal(requestId.length, 0, "the cluster's own");
      const at = (ticks * tickMs) / minute;
      if (options.loses?.(at)) return;
      machine.compactRevision = compaction?.revision ?? Number.NaN;
      compactions.push([at, machine.compactRevision]);
    },
  });
  const run = (minutes: number, writing = true) => {
    for (const end = ticks + (minutes * minute) / tickMs; ticks < end; ) {
      ticks += 1;
      driver.tick();
      if (writing && (ticks * tickMs) % minute === 0) machine.revision += 1;
    }
    return compactions.splice(0);
  };
  return { driver, machine, run };
}

const periodic = (minutes: number) => ({ mode: "periodic", periodMs: minutes * minute }) as const;

test("by period: first after a whole period, then after each, to what is older", () => {
  const { driver, run } = leader(periodic(10));
  driver.leading();
  assert.deepEqual(run(9), []);
  assert.deepEqual(run(1), [[10, 1]]);
  assert.deepEqual(run(20), [
    [20, 9],
    [30, 19],
  ]);
});

test("by a period longer than an hour: first after the period, then each hour", () => {
  const { driver, run } = leader(periodic(180));
  driver.leading();
  assert.deepEqual(run(179), []);
  assert.deepEqual(
    run(121).map(([at]) => at),
    [180, 240, 300],
  );
  for (const [at, revision] of run(300)) {
    // Revision r came in minute r - 1: what is kept is a period, and a sample's distance more.
    assert.ok(at - revision >= 180 && at - revision <= 187, `${revision} in minute ${at}`);
  }
});

test("by revision: all but the newest, every five minutes", () => {
  const { driver, run } = leader({ mode: "revision", retention: 7 });
  driver.leading();
  assert.deepEqual(run(5), [], "there are not as many");
  assert.deepEqual(run(10), [
    [10, 3],
    [15, 8],
  ]);
});

test("where nothing was written nothing is proposed", () => {
  for (const policy of [periodic(10), { mode: "revision", retention: 2 } as const]) {
    const { driver, run } = leader(policy);
    driver.leading();
    run(60);
    assert.ok(run(60, false).length <= 2);
    assert.deepEqual(run(60, false), []);
    assert.ok(run(60).length > 0);
  }
});

test("a compaction that got lost is proposed again with the next sample", () => {
  const { driver, run } = leader(periodic(10), { loses: (at) => at === 20 });
  driver.leading();
  assert.deepEqual(
    run(40).map(([at]) => at),
    [10, 21, 31],
  );
});

test("a follower proposes nothing, and a new leader begins to count anew", () => {
  const { driver, run } = leader(periodic(10));
  assert.deepEqual(run(30), []);
  driver.leading();
  assert.deepEqual(run(9), []);
  driver.followed();
  assert.deepEqual(run(30), []);
  driver.leading();
  assert.deepEqual(run(9), []);
  assert.deepEqual(run(1), [[79, 70]]);
});

test("off is off", () => {
  const { driver, run } = leader({ mode: "off" });
  driver.leading();
  assert.deepEqual(run(600), []);
});

test("a cluster compacts by itself, every member to the same revision", async () => {
  const autoCompaction = { mode: "periodic", periodMs: 20_000 } as const;
  const cluster = new Cluster({ tuning: { autoCompaction } });
  const id = await cluster.start();
  await cluster.until(cluster.put(id, "k", "old"));
  const { revision } = (await cluster.peek(id)).header;
  await cluster.run(5_000);
  assert.equal((await cluster.peek(id)).compactRevision, -1);
  await cluster.run(45_000);
  for (const member of [1, 2, 3]) {
    assert.equal((await cluster.peek(member)).compactRevision, revision);
  }
  assert.equal((await cluster.fingerprints()).size, 1);
  assert.equal(await cluster.get(id, "k"), "old");
  cluster.close();
});
