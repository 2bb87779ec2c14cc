import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DeployedCluster } from "./support/cluster.ts";
import { until } from "./support/until.ts";
import { WriterLoad } from "./support/writer.ts";

const members = [1, 2, 3];
const rounds = 3;

let cluster: DeployedCluster;
after(DeployedCluster.stopAll);
before(async () => {
  cluster = await DeployedCluster.breakable();
  await cluster.voters(members);
});

test("all members are reset at once, in mid-traffic: nothing acknowledged is lost", async (t) => {
  const load = new WriterLoad(cluster, "reset/", 16);
  const took: number[] = [];
  for (let round = 0; round < rounds; round++) {
    load.start();
    const before = load.acknowledged;
    await until("traffic", 60_000, () => (load.acknowledged > before + 200 ? true : undefined));
    const { instances } = await cluster.seam();
    await cluster.break({ members, reset: true });
    const resetAtMs = performance.now();
    const firstAtMs = await until("a write after the reset", 30_000, () =>
      load.acknowledgedAtMs.find((atMs) => atMs > resetAtMs + 100),
    );
    took.push(Math.round(firstAtMs - resetAtMs));
    await load.end();
    await load.check("reset/");
    await cluster.level(members);
    const { instances: now } = await cluster.seam();
    for (const id of members) assert.equal(now[id], (instances[id] ?? 0) + 1);
  }
  t.diagnostic(`ms from the reset of all members to the first acknowledged write: ${took}`);
});

test("each member is reset in turn, in mid-traffic: nothing acknowledged is lost", async () => {
  const load = new WriterLoad(cluster, "turn/", 16);
  load.start();
  for (const member of [...members, ...members]) {
    const before = load.acknowledged;
    await cluster.break({ members: [member], reset: true });
    await until("traffic", 60_000, () => (load.acknowledged > before + 100 ? true : undefined));
  }
  await load.end();
  await load.check("turn/");
  await cluster.level(members);
});
