import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Cluster } from "./support/cluster.ts";
import { until } from "./support/until.ts";
import { Load } from "./support/writer.ts";

// Twenty in all: starting and electing is mostly waiting, which two clusters can do at once.
const clusters = 2;
const runs = Number(process.env.SIGKILL_RUNS ?? 20) / clusters;
const writesPerRun = 1_000;
const writers = 48;
const members = [1, 2, 3];

/** Kills the process in mid-traffic, again and again, and each time reads everything back. */
async function killAndCheck(cluster: Cluster, load: Load): Promise<number> {
  const { acknowledged, deletes } = load;
  load.start();
  await until(`${writesPerRun} acknowledged writes`, 120_000, () =>
    load.acknowledged - acknowledged >= writesPerRun && load.deletes > deletes ? true : undefined,
  );
  const { unknown } = load;
  load.stop();
  await cluster.kill();
  await load.end();
  assert.ok(load.unknown > unknown, "nothing was under way when the process was killed");

  const start = performance.now();
  await cluster.restart();
  await load.check("kill/");
  const tookMs = performance.now() - start;
  await cluster.level(members);
  return Math.round(tookMs);
}

describe("after a SIGKILL in mid-traffic", { concurrency: true }, () => {
  after(Cluster.stopAll);
  for (let which = 1; which <= clusters; which++) {
    const name = `all that was acknowledged is there, ${runs} times (cluster ${which})`;
    test(name, async (t) => {
      const cluster = await Cluster.deployed();
      await cluster.voters(members);
      const load = new Load(cluster, "kill/", writers);
      const startsMs: number[] = [];
      for (let run = 1; run <= runs; run++) startsMs.push(await killAndCheck(cluster, load));
      const { acknowledged, deletes, unknown } = load;
      t.diagnostic(`${acknowledged} writes acknowledged, ${deletes} of them deletes of a prefix`);
      t.diagnostic(`${unknown} unknown; ms from start to everything read back: ${startsMs}`);
    });
  }
});
