import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { DeployedCluster } from "./support/cluster.ts";
import { until } from "./support/until.ts";

const writes = Number(process.env.CUT_OFF_WRITES ?? 25_000);

/** Keys <prefix>0 ... , by so many clients at once. */
async function putMany(
  cluster: DeployedCluster,
  prefix: string,
  count: number,
  bytes: number,
  clients = 128,
) {
  const value = "v".repeat(bytes);
  let next = 0;
  const client = async () => {
    while (next < count) {
      const at = next++;
      await cluster.put(`${prefix}${at}`, `${at} ${value}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(clients, count) }, client));
}

function followerOf(leader: number): number {
  const found = [3, 2, 1].find((id) => id !== leader);
  assert.ok(found);
  return found;
}

/** The leader has compacted what this follower needs. */
async function compactedBeyond(cluster: DeployedCluster, index: number): Promise<void> {
  await until("a compacted log", 60_000, async () => {
    const leader = await cluster.member((await cluster.overview()).leader);
    return leader.log.firstIndex > index + 1 ? true : undefined;
  });
}

/** A snapshot on its way may take its time. */
const arrivalMs = 120_000;

describe("a member is cut off", () => {
  let cluster: DeployedCluster;
  after(DeployedCluster.stopAll);

  test(`it misses ${writes} writes and comes back by snapshot`, async (t) => {
    cluster = await DeployedCluster.breakable({
      // 10,000 each for the full count, which are the defaults.
      SNAPSHOT_COUNT: String(writes / 2.5),
      SNAPSHOT_CATCH_UP_ENTRIES: String(writes / 2.5),
    });
    await cluster.voters([1, 2, 3]);
    await putMany(cluster, "before/", 10, 10);
    await cluster.level([1, 2, 3]);
    const { leader, term } = await cluster.overview();
    const lost = followerOf(leader);
    await cluster.break({ members: [lost], cutOff: true });
    const { appliedIndex, snapshotIndex } = await cluster.member(lost);

    const start = performance.now();
    await putMany(cluster, "while/", writes, 100);
    const seconds = (performance.now() - start) / 1_000;
    t.diagnostic(`${writes} writes in ${seconds.toFixed(1)} s`);
    await compactedBeyond(cluster, appliedIndex);
    assert.ok((await cluster.member(lost)).appliedIndex <= appliedIndex + 1);

    const healed = performance.now();
    await cluster.break({ members: [lost], cutOff: false });
    await cluster.level([1, 2, 3], arrivalMs);
    t.diagnostic(`back ${Math.round(performance.now() - healed)} ms after the cut was mended`);
    const back = await cluster.member(lost);
    assert.ok(back.snapshotIndex > snapshotIndex, "it did not install a snapshot");
    assert.ok(back.log.firstIndex > appliedIndex + 1, "it was sent the entries");
    const { chunks } = await cluster.seam();
    assert.ok(chunks.some(({ to }) => to === lost));
    const now = await cluster.overview();
    assert.deepEqual([now.leader, now.term], [leader, term], "its return unseated the leader");
    const last = await cluster.get(`while/${writes - 1}`, lost, "?consistency=serializable");
    assert.match(last ?? "", new RegExp(`^${writes - 1} v+$`));
  });
});

describe("a snapshot transfer is interrupted three times", () => {
  const vars = { SNAPSHOT_COUNT: "50", SNAPSHOT_CATCH_UP_ENTRIES: "10" };
  let cluster: DeployedCluster;
  after(DeployedCluster.stopAll);

  /** Of the chunks for `member` after the first `seen`: how often it was led astray. */
  async function resumed(member: number, seen: number) {
    const chunks = (await cluster.seam()).chunks.slice(seen);
    const cursors = chunks.map(({ snapshot, cursor }) => `${snapshot} ${cursor}`);
    return {
      interruptions: chunks.filter(({ interrupted }) => interrupted).length,
      again: cursors.length - new Set(cursors).size,
      snapshots: new Set(chunks.map(({ snapshot }) => snapshot)).size,
      chunks: chunks.filter(({ to }) => to === member).length,
    };
  }

  const seen = async () => (await cluster.seam()).chunks.length;

  function wentOn({
    interruptions,
    again,
    snapshots,
    chunks,
  }: Awaited<ReturnType<typeof resumed>>) {
    assert.equal(interruptions, 3);
    assert.ok(chunks >= 6, `${chunks} chunks`);
    assert.equal(snapshots, 1, "another snapshot was begun");
    assert.equal(again, 3, "it went on somewhere else than where it stood");
  }

  test("by resets of the member that sends: a new member has it all the same", async () => {
    cluster = await DeployedCluster.breakable({ ...vars, MEMBERS: "1" });
    await putMany(cluster, "small/", 100, 10);
    await putMany(cluster, "large/", 12, 700_000, 3);
    await until("a snapshot of it all", 30_000, async () => {
      const { appliedIndex, log } = await cluster.member(1);
      return log.firstIndex > 90 && appliedIndex >= 112 ? true : undefined;
    });
    await cluster.break({ members: [1], interruptions: 3, interruptedSide: "source" });
    await cluster.post("/cluster/members", { id: 2 });
    await cluster.level([1, 2], arrivalMs);
    wentOn(await resumed(2, 0));
  });

  test("by resets of the member that receives: it goes on where it stood", async () => {
    cluster = await DeployedCluster.breakable(vars);
    await cluster.voters([1, 2, 3]);
    const lost = followerOf(await cluster.leader());
    await cluster.break({ members: [lost], cutOff: true });
    const { appliedIndex } = await cluster.member(lost);
    await putMany(cluster, "small/", 100, 10);
    await putMany(cluster, "large/", 12, 700_000, 3);
    await compactedBeyond(cluster, appliedIndex);
    const before = await seen();
    const broken = { interruptions: 3, interruptedSide: "receiver" } as const;
    await cluster.break({ members: [lost], cutOff: false, ...broken });
    await cluster.level([1, 2, 3], arrivalMs);
    wentOn(await resumed(lost, before));
  });

  test("by resets of whoever leads: it is carried out in the end", async () => {
    const lost = followerOf(await cluster.leader());
    await cluster.break({ members: [lost], cutOff: true });
    const { appliedIndex } = await cluster.member(lost);
    await putMany(cluster, "later/", 100, 10);
    await putMany(cluster, "large/", 12, 700_000, 3);
    await compactedBeyond(cluster, appliedIndex);
    const before = await seen();
    const sources = [1, 2, 3].filter((id) => id !== lost);
    const broken = { interruptions: 2, interruptedSide: "source" } as const;
    await cluster.break({ members: sources, ...broken });
    await cluster.break({ members: [lost], cutOff: false });
    await cluster.level([1, 2, 3], arrivalMs);
    const { chunks } = await cluster.seam();
    const interrupted = chunks.slice(before).filter((chunk) => chunk.interrupted);
    assert.ok(interrupted.length >= 2, `${interrupted.length} interruptions`);
  });
});
