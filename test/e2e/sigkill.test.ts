import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Cluster } from "./support/cluster.ts";
import { until } from "./support/until.ts";
import { Load } from "./support/writer.ts";

const runs = Number(process.env.SIGKILL_RUNS ?? 20);
const writesPerRun = 1_000;
const writers = 48;
const members = [1, 2, 3];

let cluster: Cluster;
after(Cluster.stopAll);
before(async () => {
  cluster = await Cluster.deployed();
  await cluster.voters(members);
});

test(`what was acknowledged before a SIGKILL is there after it, ${runs} times`, async (t) => {
  const load = new Load(cluster, "kill/", writers);
  const startsMs: number[] = [];
  for (let run = 1; run <= runs; run++) {
    const { acknowledged: before, deletes: deletesBefore } = load;
    load.start();
    await until(`${writesPerRun} acknowledged writes`, 120_000, () =>
      load.acknowledged - before >= writesPerRun && load.deletes > deletesBefore ? true : undefined,
    );
    load.stop();
    await cluster.kill();
    await load.end();
    assert.ok(load.unknown > 0, "nothing was under way when the process was killed");

    const start = performance.now();
    await cluster.restart();
    await load.check("kill/");
    startsMs.push(Math.round(performance.now() - start));
    const fingerprints = await cluster.level(members);
    assert.equal(new Set(fingerprints.values()).size, 1, JSON.stringify([...fingerprints]));
  }
  const { acknowledged, deletes, unknown } = load;
  t.diagnostic(`${acknowledged} writes acknowledged, ${deletes} of them deletes of a prefix`);
  t.diagnostic(`${unknown} unknown; ms from start to everything read back: ${startsMs}`);
});
