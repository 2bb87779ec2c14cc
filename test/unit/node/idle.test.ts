import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultTuning } from "../../../src/node/world/tuning.ts";
import { Cluster } from "./support/cluster.ts";

const counted = ["rows", "alarmsSet", "alarmsFired", "calls", "dials", "received"] as const;

/** What all members have counted so far, together. */
async function counts(cluster: Cluster) {
  const sums: Record<string, number> = {};
  for (const id of [1, 2, 3]) {
    const { counters } = await cluster.peek(id);
    for (const name of counted) sums[name] = (sums[name] ?? 0) + (counters[name] ?? Number.NaN);
  }
  return sums;
}

test("an idle cluster writes only its alarms, and sends only heartbeats", async () => {
  const cluster = new Cluster();
  await cluster.start();
  // Until its members have agreed on a version.
  await cluster.run(10_000);
  const before = await counts(cluster);
  const seconds = 120;
  await cluster.run(seconds * 1_000);
  const after = await counts(cluster);
  const spent = (name: (typeof counted)[number]) => (after[name] ?? 0) - (before[name] ?? 0);
  for (const name of ["rows", "calls", "dials", "alarmsFired"] as const) {
    assert.equal(spent(name), 0, name);
  }
  // Each member sets its alarm again when it is almost due.
  const { alarmAheadMs, alarmRenewMs, tickMs } = defaultTuning;
  const alarms = (3 * seconds * 1_000) / (alarmAheadMs - alarmRenewMs);
  assert.ok(Math.abs(spent("alarmsSet") - alarms) <= 3, `${spent("alarmsSet")} alarms set`);
  // A heartbeat to each of two followers, and its answer, with every tick of the leader.
  const frames = (4 * seconds * 1_000) / tickMs;
  const received = spent("received");
  assert.ok(received > 0.9 * frames && received < 1.1 * frames, `${received} of ${frames} frames`);
  cluster.close();
});
