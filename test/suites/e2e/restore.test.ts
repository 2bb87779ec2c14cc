import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DeployedCluster } from "./support/cluster.ts";
import { until } from "./support/until.ts";

const members = [1, 2, 3];
const copy = { "x-cluster": "copy" };
const keys = 40;

let cluster: DeployedCluster;
let file: Uint8Array<ArrayBuffer>;
after(DeployedCluster.stopAll);
before(async () => {
  cluster = await DeployedCluster.deployed();
  for (let i = 0; i < keys; i++) await cluster.put(`k${i}`, `${i}${"x".repeat(50_000)}`);
  const response = await cluster.fetch("/cluster/backup");
  file = new Uint8Array(await response.arrayBuffer());
  assert.ok(file.length > keys * 50_000);
});

/** Sends the file in pieces; what the test says happens before one of them. */
function restore(before: (sent: number) => Promise<unknown> | undefined): Promise<string> {
  const piece = 100_000;
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await before(at);
      controller.enqueue(file.slice(at, at + piece));
      at += piece;
      if (at >= file.length) controller.close();
    },
  });
  const init = { method: "POST", headers: copy, body, duplex: "half" } as const;
  return cluster.fetch("/cluster/restore", init).then(
    (response) => response.text(),
    (error: Error) => error.name,
  );
}

async function statuses() {
  interface ClusterAnswer {
    readonly members: readonly { revision: number; phase: string; fingerprint: string }[];
  }
  return (await cluster.ask<ClusterAnswer>("/cluster", { headers: copy })).members;
}

/** The revision that all three members come to agree on. */
const agreed = (): Promise<number> =>
  until("three members that agree", 30_000, async () => {
    const found = await statuses();
    const states = new Set(found.map((one) => `${one.phase} ${one.revision} ${one.fingerprint}`));
    const ready = found.length === members.length && found[0]?.phase === "ready";
    return ready && states.size === 1 ? found[0]?.revision : undefined;
  });

test("workerd is killed while a backup comes in: the cluster is as new as before", async () => {
  let killed: Promise<void> | undefined;
  await restore((sent) => {
    if (sent > file.length / 2) killed ??= cluster.kill();
    return killed;
  });
  await killed;
  await cluster.restart();
  await cluster.fetch("/kv/k1", { headers: copy });
  assert.equal(await agreed(), 1);
});

test("killed while it is carried out: the cluster is empty still, or has all of it", async () => {
  const found: number[] = [];
  for (let round = 0; round < 4; round++) {
    const answer = restore(() => undefined);
    // It is under way once somebody does not vote, or has the new revision.
    await until("it has begun to be carried out", 30_000, async () => {
      const members = await statuses();
      const begun = members.some(({ revision }) => revision > 1);
      return begun || round % 2 === 0 ? true : undefined;
    });
    await cluster.kill();
    await answer;
    await cluster.restart();
    await cluster.fetch("/kv/k1", { headers: copy });
    const revision = await agreed();
    found.push(revision);
    assert.ok(revision === 1 || revision === keys + 1, `revision ${revision}`);
    if (revision > 1) break;
  }
  if (found.at(-1) === 1) await restore(() => undefined);
  assert.equal(await agreed(), keys + 1);
  for (let i = 0; i < keys; i++) {
    const response = await cluster.fetch(`/kv/k${i}`, { headers: copy });
    assert.equal(await response.text(), `${i}${"x".repeat(50_000)}`);
  }
  assert.match(await restore(() => undefined), /never written to/);
});
