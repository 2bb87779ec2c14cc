import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { DeployedCluster } from "./support/cluster.ts";
import { until } from "./support/until.ts";
import { WriterLoad } from "./support/writer.ts";

// Twenty in all: starting and electing is mostly waiting, which two clusters can do at once.
const clusters = 2;
const runs = Number(process.env.SIGKILL_RUNS ?? 20) / clusters;
const writesPerRun = 1_000;
const writers = 48;
const members = [1, 2, 3];

/** Kills the process in mid-traffic and reads everything back: how many writes it cut off. */
async function killAndCheck(cluster: DeployedCluster, load: WriterLoad) {
  const { acknowledged, deletes } = load;
  load.start();
  await until(`${writesPerRun} acknowledged writes`, 120_000, () =>
    load.acknowledged - acknowledged >= writesPerRun && load.deletes > deletes ? true : undefined,
  );
  const { unknown } = load;
  load.stop();
  await cluster.kill();
  await load.end();
  const cutOff = load.unknown - unknown;

  const start = performance.now();
  await cluster.restart();
  await load.check("kill/");
  const tookMs = performance.now() - start;
  await cluster.level(members);
  return { cutOff, startMs: Math.round(tookMs) };
}

describe("after a SIGKILL in mid-traffic", { concurrency: true }, () => {
  after(DeployedCluster.stopAll);
  for (let which = 1; which <= clusters; which++) {
    const name = `all that was acknowledged is there, ${runs} times (cluster ${which})`;
    test(name, async (t) => {
      const cluster = await DeployedCluster.deployed();
      await cluster.voters(members);
      const load = new WriterLoad(cluster, "kill/", writers);
      const kills: Awaited<ReturnType<typeof killAndCheck>>[] = [];
      for (let run = 1; run <= runs; run++) kills.push(await killAndCheck(cluster, load));
      // Where the host halts this process for a moment before it kills, all is answered by then.
      const cutOff = kills.map((kill) => kill.cutOff);
      assert.ok(cutOff.filter((writes) => writes > 0).length > runs / 2, `cut off: ${cutOff}`);
      const startsMs = kills.map(({ startMs }) => startMs);
      const { acknowledged, deletes, unknown } = load;
      t.diagnostic(`${acknowledged} writes acknowledged, ${deletes} of them deletes of a prefix`);
      t.diagnostic(`${unknown} unknown; ms from start to everything read back: ${startsMs}`);
    });
  }
});
