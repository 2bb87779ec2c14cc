import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bundleWithFaults } from "./support/bundle.ts";
import { RuntimeCluster } from "./support/cluster.ts";

let bundlePath: string;
before(async () => {
  bundlePath = await bundleWithFaults();
});

async function cluster(vars: Readonly<Record<string, string>> = {}): Promise<RuntimeCluster> {
  const started = await RuntimeCluster.start({ bundlePath, vars });
  running.push(started);
  await started.putUntilAcknowledged("first", "put");
  await started.settled();
  return started;
}
const running: RuntimeCluster[] = [];
after(() => Promise.all(running.map((each) => each.kill())));

test("a put is read through every member", async () => {
  const c = await cluster();
  await c.putUntilAcknowledged("a", "1");
  for (const member of [1, 2, 3]) {
    assert.equal(await c.getFrom(member, "a", "linearizable"), "1");
  }
});

test("a leader that is stopped in mid-traffic is replaced within 3 s", async () => {
  const c = await cluster();
  const status = await c.status(1);
  const leader = status.header.leader;
  assert.ok(leader > 0);
  let stopped = false;
  let acknowledged = 0;
  const traffic = Array.from({ length: 8 }, async (_, i) => {
    while (!stopped) if (await c.put(`t${i}`, `${acknowledged}`)) acknowledged += 1;
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const begun = performance.now();
  await c.fault(leader, "stopped");
  const before = acknowledged;
  while (acknowledged === before) {
    assert.ok(performance.now() - begun < 3_000, "no write was acknowledged within 3 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  stopped = true;
  await Promise.all(traffic);
  const [other] = [1, 2, 3].filter((id) => id !== leader);
  assert.notEqual((await c.status(other ?? 0)).header.leader, leader);
  await c.fault(leader, "none");
  await c.settled();
});

test("a member that was cut off comes back by snapshot", async () => {
  const c = await cluster({ SNAPSHOT_COUNT: "500", SNAPSHOT_CATCH_UP_ENTRIES: "100" });
  const { header } = await c.status(1);
  const victim = header.leader === 3 ? 2 : 3;
  await c.fault(victim, "cut");
  const writes = Number(process.env.CUT_OFF_WRITES ?? 2_500);
  let next = 0;
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      while (next < writes) {
        const i = next++;
        await c.putUntilAcknowledged(`c${i % 500}`, `${i}`);
      }
    }),
  );
  const { log } = await c.status(header.leader);
  const { log: behind } = await c.status(victim);
  assert.ok(log.firstIndex > behind.lastIndex, "what it needs is compacted");
  await c.fault(victim, "none");
  const members = await c.settled(3, 60_000);
  assert.equal(new Set(members.map(({ fingerprint }) => fingerprint)).size, 1);
  assert.ok((await c.status(victim)).log.firstIndex > behind.lastIndex, "it came by snapshot");
});

test("an alarm that the platform dropped is set again by whoever comes next", async () => {
  const c = await cluster();
  for (const member of [1, 2, 3]) {
    await fetch(`${c.url}/test/drop-alarm?member=${member}`, { method: "POST" });
  }
  await c.putUntilAcknowledged("a", "1");
  for (const member of [1, 2, 3]) {
    await c.status(member);
    const response = await fetch(`${c.url}/test/alarm?member=${member}`, { method: "POST" });
    assert.ok(Number(await response.json()) > 0, `member ${member} has no alarm`);
  }
});
