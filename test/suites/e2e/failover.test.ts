import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DeployedCluster } from "./support/cluster.ts";
import { long } from "./support/long.ts";
import { until } from "./support/until.ts";
import { WriterLoad } from "./support/writer.ts";

const members = [1, 2, 3];
const boundMs = 3_000;
/** Its clients wait a second for an answer before they ask others. */
const cutBoundMs = 5_000;
const rounds = Number(process.env.FAILOVER_ROUNDS ?? (long ? 15 : 5));

let cluster: DeployedCluster;
after(DeployedCluster.stopAll);
before(async () => {
  cluster = await DeployedCluster.breakable();
  await cluster.voters(members);
});

/** What goes wrong with a leader, for `faultAndMend`. */
type Fault = { readonly stopped: boolean } | { readonly cutOff: boolean };

/**
 * Traffic; then the leader fails and stays so until a write was acknowledged. Returns how many
 * milliseconds that took.
 */
async function failLeader(load: WriterLoad, fault: Fault, mended: Fault): Promise<number> {
  load.start();
  const before = load.acknowledged;
  await until("traffic", 30_000, () => (load.acknowledged > before + 200 ? true : undefined));
  const leader = await cluster.leader();
  const beganAtMs = performance.now();
  await cluster.break({ members: [leader], ...fault });
  await until("another leader", 30_000, async () => {
    const overview = await cluster.overview();
    return overview.leader !== 0 && overview.leader !== leader ? overview : undefined;
  });
  // What the old leader acknowledged in its last moments is not meant.
  const elected = load.acknowledgedAtMs.length;
  const firstAtMs = await until("a write after it", 30_000, () => load.acknowledgedAtMs[elected]);
  await load.end();
  await cluster.break({ members: [leader], ...mended });
  await cluster.level(members);
  return Math.round(firstAtMs - beganAtMs);
}

test("the leader stops in mid-traffic: a write is acknowledged within 3 s", async (t) => {
  const load = new WriterLoad(cluster, "stopped/", 16);
  const tookMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    tookMs.push(await failLeader(load, { stopped: true }, { stopped: false }));
  }
  await load.check("stopped/");
  t.diagnostic(`ms from the stop of the leader to the first acknowledged write: ${tookMs}`);
  assert.ok(Math.max(...tookMs) <= boundMs, `${tookMs} ms`);
});

test("the leader is cut off in mid-traffic, and its clients go elsewhere", async (t) => {
  const load = new WriterLoad(cluster, "cut/", 16);
  const tookMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    tookMs.push(await failLeader(load, { cutOff: true }, { cutOff: false }));
  }
  await load.check("cut/");
  t.diagnostic(`ms from the cut to the first acknowledged write: ${tookMs}`);
  assert.ok(Math.max(...tookMs) <= cutBoundMs, `${tookMs} ms`);
});
