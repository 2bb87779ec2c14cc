import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { DeployedCluster } from "./support/cluster.ts";
import { long } from "./support/long.ts";
import { until } from "./support/until.ts";

const members = [1, 2, 3];
const aheadMs = 20_000;

/** Every member has an alarm that is neither late nor further ahead than a member sets it. */
async function armed(cluster: DeployedCluster, ids: readonly number[]): Promise<void> {
  await until("an alarm in every member", 30_000, async () => {
    const { alarms } = await cluster.seam(ids);
    const now = Date.now();
    const fine = ids.every((id) => {
      const atMs = alarms[id] ?? 0;
      return atMs > now && atMs <= now + aheadMs + 1_000;
    });
    return fine ? true : undefined;
  });
}

describe("an alarm is dropped", { concurrency: true }, () => {
  after(DeployedCluster.stopAll);
  test("six times, with every timer of every member: a request sets all going again", async () => {
    const cluster = await DeployedCluster.breakable();
    await cluster.voters(members);
    for (let drop = 1; drop <= 6; drop++) {
      await armed(cluster, members);
      // Memory and alarm are gone: of itself nothing happens in this cluster any more.
      await cluster.break({ members, dropAlarm: true, reset: true });
      await cluster.put("dropped", String(drop));
      await armed(cluster, members);
      assert.equal(await cluster.get("dropped"), String(drop));
    }
    await cluster.level(members);
  });

  // The platform's own retries last two minutes.
  const slow = { skip: long ? false : "npm run test:long" };
  test("by the platform, after six failed retries: a request sets it again", slow, async () => {
    const cluster = await DeployedCluster.breakable({ MEMBERS: "1" });
    await cluster.put("before", "1");
    await armed(cluster, [1]);
    await cluster.break({ members: [1], stopped: true });
    const attempts = 7;
    await until("the last retry of the alarm", 300_000, async () => {
      const { refusedStarts } = await cluster.seam();
      return (refusedStarts[1] ?? 0) >= attempts ? true : undefined;
    });
    await cluster.break({ members: [1], stopped: false });
    await cluster.put("after", "1");
    await armed(cluster, [1]);
    assert.equal(await cluster.get("before"), "1");
  });
});
