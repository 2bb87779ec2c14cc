import assert from "node:assert/strict";
import { test } from "node:test";
import { RuntimeCluster } from "./support/cluster.ts";

const rounds = Number(process.env.RESTART_ROUNDS ?? 8);
const writesPerRound = 1_000;
const writers = 32;

/** What the clients know: acknowledged values, and keys whose last write has an open outcome. */
class Ledger {
  readonly acknowledged = new Map<string, string>();
  readonly open = new Map<string, Set<string>>();
  count = 0;

  wrote(key: string, value: string, acknowledged: boolean): void {
    if (acknowledged) {
      this.acknowledged.set(key, value);
      this.open.delete(key);
      this.count += 1;
      return;
    }
    const open = this.open.get(key) ?? new Set();
    open.add(value);
    this.open.set(key, open);
  }

  check(key: string, value: string | undefined): void {
    const expected = this.acknowledged.get(key);
    if (value === expected || (value !== undefined && this.open.get(key)?.has(value))) return;
    assert.fail(`${key} is ${value}, acknowledged was ${expected}`);
  }
}

test(`after SIGKILL under load, ${rounds} times, every acknowledged write is there`, async () => {
  const cluster = await RuntimeCluster.start();
  const ledger = new Ledger();
  try {
    await cluster.putUntilAcknowledged("first", "put");
    await cluster.settled();
    for (let round = 0; round < rounds; round++) await killUnderLoad(cluster, ledger, round);
  } finally {
    await cluster.kill();
  }
});

/** Writes until enough were acknowledged, kills in the middle of it, and looks what is there. */
async function killUnderLoad(
  cluster: RuntimeCluster,
  ledger: Ledger,
  round: number,
): Promise<void> {
  const target = ledger.count + writesPerRound;
  let stopped = false;
  const group = `group/${round}/`;
  for (let i = 0; i < 20; i++) assert.ok(await cluster.put(`${group}${i}`, "x"));
  let deleted: boolean | undefined;
  const write = async (writer: number) => {
    for (let i = 0; !stopped; i++) {
      const key = `k/${writer}/${i % 50}`;
      const value = `${round}/${i}`;
      ledger.wrote(key, value, await cluster.put(key, value));
    }
  };
  const writing = Array.from({ length: writers }, (_, writer) => write(writer));
  while (ledger.count < target) await new Promise((resolve) => setTimeout(resolve, 5));
  const deleting = cluster.deletePrefix(group).then((ok) => {
    deleted = ok;
  });
  await new Promise((resolve) => setTimeout(resolve, (round * 7) % 40));
  stopped = true;
  await cluster.restart();
  await Promise.all([...writing, deleting]);
  const left = await cluster.count(group);
  assert.ok(left === 0 || (left === 20 && deleted === false), `half a delete: ${left} of 20 left`);
  for (let writer = 0; writer < writers; writer++) {
    for (let i = 0; i < 50; i += 7) {
      const key = `k/${writer}/${i}`;
      ledger.check(key, await cluster.get(key));
    }
  }
  const members = await cluster.settled();
  const prints = new Set(members.map(({ fingerprint }) => fingerprint));
  assert.equal(prints.size, 1, `fingerprints differ after round ${round}`);
}
