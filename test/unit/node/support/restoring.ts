import assert from "node:assert/strict";
import { LeaseGrantRequest } from "../../../../src/proto/generated/etcd.ts";
import type { RestoreAnswer, RestoreRequest } from "../../../../src/rpc/messages.ts";
import { Cluster, type ClusterOptions } from "./cluster.ts";

export interface Backup {
  readonly manifest: Uint8Array;
  readonly chunks: readonly Uint8Array[];
}

/** A backup by way of the leader's calls, as the front makes one. */
export async function backupOf(cluster: Cluster): Promise<Backup> {
  const leader = await cluster.leader();
  const part = async (index: number, cursor: Uint8Array) => {
    const asked = cluster.ask(leader, (member) => member.backup({ token: "", index, cursor }));
    const answer = await cluster.until(asked);
    assert.ok(answer.kind === "ok", answer.kind);
    return answer;
  };
  const first = await part(0, new Uint8Array());
  const chunks: Uint8Array[] = [];
  for (let cursor = first.nextCursor; cursor !== undefined; ) {
    const next = await part(first.index, cursor);
    chunks.push(next.bytes);
    cursor = next.nextCursor;
  }
  return { manifest: first.bytes, chunks };
}

/** A backup of a cluster with history, a deletion and a lease. */
export async function someBackup(): Promise<Backup & { readonly keys: number }> {
  const cluster = new Cluster({ members: 1, tuning: { chunkBytes: 400 }, seed: "source" });
  await cluster.start();
  const leaseGrant = LeaseGrantRequest.create({ ID: 77n, TTL: 600 });
  await cluster.until(cluster.propose(1, cluster.request({ leaseGrant })));
  for (let i = 0; i < 40; i++) await cluster.until(cluster.put(1, `k${i % 30}`, `${i}`));
  await cluster.until(cluster.delete(1, "k7"));
  const backup = await backupOf(cluster);
  cluster.close();
  return { ...backup, keys: 30 };
}

/** A cluster that is born, all of whose members vote, and that was never written to. */
export async function untouched(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = new Cluster({ seed: "target", ...options });
  await cluster.until(cluster.read(1, "nothing", "linearizable"));
  await allVote(cluster, options.members ?? 3);
  return cluster;
}

export async function allVote(cluster: Cluster, count = 3): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if ((await cluster.peek(await cluster.leader())).voters.length === count) return;
    await cluster.run(50);
  }
  assert.fail("not all members became voters within 30 s");
}

export async function ask(
  cluster: Cluster,
  to: number,
  request: RestoreRequest,
): Promise<RestoreAnswer> {
  return cluster.until(cluster.ask(to, (member) => member.restore(request)));
}

export async function accepted(
  cluster: Cluster,
  to: number,
  request: RestoreRequest,
): Promise<string> {
  const answer = await ask(cluster, to, request);
  assert.ok(
    answer.kind === "ok",
    JSON.stringify(answer, (_, v) => String(v)),
  );
  return answer.id;
}

export const text = (answer: RestoreAnswer): string =>
  "message" in answer ? answer.message : answer.kind;

export async function staged(cluster: Cluster, leader: number, backup: Backup, bumpRevision = 0) {
  const { manifest, chunks } = backup;
  const begin = { kind: "begin", token: "", manifest, bumpRevision } as const;
  const id = await accepted(cluster, leader, begin);
  for (const chunk of chunks) {
    await accepted(cluster, leader, { kind: "rows", token: "", id, chunk });
  }
  return id;
}

export async function restored(cluster: Cluster, backup: Backup, bumpRevision = 0): Promise<void> {
  const leader = await cluster.leader();
  const id = await staged(cluster, leader, backup, bumpRevision);
  await accepted(cluster, leader, { kind: "commit", token: "", id });
}

export async function everywhere(cluster: Cluster, count = 3): Promise<void> {
  await allVote(cluster, count);
  for (let id = 1; id <= count; id++) await cluster.caughtUp(id);
}

export function restartAll(cluster: Cluster): void {
  for (const object of cluster.world.objects) {
    if (object.live) object.lose(object.live, "killed");
  }
}
