import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DeployedCluster } from "./support/cluster.ts";
import { post, refusedWith } from "./support/refused.ts";
import { until } from "./support/until.ts";

let cluster: DeployedCluster;
after(DeployedCluster.stopAll);
before(async () => {
  cluster = await DeployedCluster.breakable();
  await cluster.voters([1, 2, 3]);
});

/** The leader has heard nothing of this member for an election timeout. */
async function silent(member: number): Promise<void> {
  await until(`a silent member ${member}`, 30_000, async () => {
    const { progress } = await cluster.member(await cluster.leader());
    return progress.find(({ id }) => id === member)?.recentActive === false ? true : undefined;
  });
}

test("a learner that has not caught up is not promoted", async () => {
  const { added } = await cluster.post<{ added: { id: number } }>("/cluster/members");
  await cluster.level([1, 2, 3, added.id]);
  await cluster.break({ members: [added.id], cutOff: true });
  for (let i = 0; i < 20; i++) await cluster.put(`missed/${i}`, "");
  await silent(added.id);
  const inSync = /learner member which is in sync with leader/;
  const path = `/cluster/members/${added.id}/promote`;
  await refusedWith(cluster, 400, inSync, path, post());
  await refusedWith(cluster, 400, /too many learner/, "/cluster/members", post());
  await cluster.break({ members: [added.id], cutOff: false });
  await until("a promotion", 30_000, async () => {
    await cluster.post(path);
    return true;
  });
  await cluster.voters([1, 2, 3, added.id]);
  // Not before all have been answering for a while.
  await until("a removal", 30_000, async () => {
    await cluster.ask(`/cluster/members/${added.id}`, { method: "DELETE" });
    return true;
  });
  await cluster.voters([1, 2, 3]);
});

test("no member is removed whom the quorum needs", async () => {
  const leader = await cluster.leader();
  const [stopped, other] = [1, 2, 3].filter((id) => id !== leader);
  assert.ok(stopped !== undefined && other !== undefined);
  await cluster.break({ members: [stopped], stopped: true });
  await silent(stopped);
  const fault = /etcdserver: unhealthy cluster/;
  const remove = { method: "DELETE" };
  for (const id of [leader, other]) {
    await refusedWith(cluster, 503, fault, `/cluster/members/${id}`, remove);
    await refusedWith(cluster, 503, fault, "/v3/cluster/member/remove", post({ ID: String(id) }));
  }
  // The one that is gone may be removed.
  await cluster.ask(`/cluster/members/${stopped}`, remove);
  await cluster.voters([leader, other]);
});

test("without a majority writes fail in time, and /cluster still answers", async () => {
  const leader = await cluster.leader();
  const [other] = (await cluster.member(leader)).voters.filter((id) => id !== leader);
  assert.ok(other !== undefined);
  await cluster.break({ members: [other], stopped: true });
  await until("a leader that has stepped down", 30_000, async () => {
    const { leader: now, members } = await cluster.overview();
    const roles = members.map(({ role }) => role);
    return now === 0 && !roles.includes("leader") ? true : undefined;
  });
  const start = performance.now();
  const [response, ready] = await Promise.all([
    cluster.fetch("/kv/nobody", { method: "PUT", body: "" }),
    cluster.fetch("/readyz/linearizable_read"),
  ]);
  assert.equal(response.status, 503, await response.text());
  assert.equal(ready.status, 503, await ready.text());
  assert.ok(performance.now() - start < 12_000);
  await cluster.break({ members: [other], stopped: false });
  await cluster.put("somebody", "");
  assert.equal((await cluster.fetch("/readyz")).status, 200);
});
