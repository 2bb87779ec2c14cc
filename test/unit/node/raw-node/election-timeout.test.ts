import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ElectionTimeout,
  followerTimeoutTicks,
} from "../../../../src/node/raw-node/election-timeout.ts";
import type { Random } from "../../../../src/node/world/environment.ts";
import { defaultTuning } from "../../../../src/node/world/tuning.ts";
import { Cluster } from "../support/cluster.ts";

const { electionTicks, tickMs } = defaultTuning;

/** The highest or the lowest number that can be drawn. */
const extreme = (high: boolean): Random => ({
  below: (limit) => (high ? limit - 1 : 0),
  bytes: (length) => new Uint8Array(length),
});

function range(id: number, lead: number, voters: readonly number[]): { low: number; high: number } {
  const [low = 0, high = 0] = [false, true].map((end) =>
    followerTimeoutTicks(id, lead, voters, electionTicks, extreme(end)),
  );
  return { low, high };
}

test("no two followers of a cluster of up to ten voters time out in the same tick", () => {
  for (let count = 1; count <= electionTicks; count++) {
    const voters = Array.from({ length: count }, (_, i) => 2 * i + 1);
    // Led by a voter, or by one who is none any more.
    for (const lead of [...voters, 2 * count + 1]) {
      let free = electionTicks;
      for (const id of voters.filter((voter) => voter !== lead)) {
        const { low, high } = range(id, lead, voters);
        assert.ok(low >= free && high >= low, `${id} of ${count}: ${low} to ${high}`);
        free = high + 1;
      }
      assert.ok(free <= 2 * electionTicks, `${count}: ${free}`);
    }
  }
});

test("those of up to five are two ticks apart, so one where they tick at other moments", () => {
  for (let count = 2; count <= 5; count++) {
    const voters = Array.from({ length: count }, (_, i) => i + 1);
    for (const lead of voters) {
      let last = electionTicks - 1;
      for (const id of voters.filter((voter) => voter !== lead)) {
        const { low, high } = range(id, lead, voters);
        assert.ok(low - last >= 2, `${id} of ${count}: ${low} after ${last}`);
        last = high;
      }
    }
  }
});

test("of three the first follower campaigns after 11 or 12 ticks, whoever leads", () => {
  const voters = [1, 2, 3];
  assert.deepEqual(
    [range(2, 1, voters), range(3, 1, voters)],
    [range(1, 3, voters), range(2, 3, voters)],
  );
  assert.deepEqual(range(2, 1, voters), { low: 11, high: 12 });
  assert.deepEqual(range(3, 1, voters), { low: 14, high: 15 });
});

test("who is no voter, or has no tick of its own, draws from the whole range, as in etcd", () => {
  const whole = { low: electionTicks, high: 2 * electionTicks - 1 };
  const many = Array.from({ length: electionTicks + 1 }, (_, i) => i + 1);
  for (const voters of [many, [], [1, 2]]) assert.deepEqual(range(3, 1, voters), whole);
});

test("it is drawn once for each leader, term and configuration; for no others at all", () => {
  const drawn: number[] = [];
  const timeout = new ElectionTimeout(3, electionTicks, extreme(false), (ticks) =>
    drawn.push(ticks),
  );
  const after = (lead: number, term: number, voters: readonly number[]) => {
    drawn.length = 0;
    for (let tick = 0; tick < 3; tick++) timeout.follow(lead, term, voters);
    return [...drawn];
  };
  assert.deepEqual(after(0, 1, [1, 2, 3]), [], "no leader: raft's own");
  assert.deepEqual(after(1, 2, [1, 2, 3]), [14], "the last of three");
  assert.deepEqual(after(2, 2, [1, 2, 3]), [14]);
  assert.deepEqual(after(2, 3, [1, 2, 3]), [14]);
  assert.deepEqual(after(2, 3, [3, 4, 5, 6, 7]), [11], "another configuration");
  assert.deepEqual(after(3, 4, [1, 2, 3]), [], "it leads itself");
  assert.deepEqual(after(0, 4, [1, 2, 3]), [], "raft's own, of the whole range, for who campaigns");
  assert.deepEqual(after(2, 4, [1, 2, 3]), [14], "the leader is back");
});

test("a lost leader is replaced in the next term, within one and a half timeouts", async () => {
  for (let seed = 0; seed < 24; seed++) {
    const members = seed % 2 === 0 ? 3 : 5;
    const cluster = new Cluster({ seed: `failover ${seed}`, members });
    const first = await cluster.start();
    const target = 1 + (seed % members);
    await cluster.until(cluster.ask(first, (member) => member.moveLeader(target, "")));
    await cluster.run(1_000);
    const { term } = await cluster.peek(target);
    cluster.cut(target);
    const beganMs = cluster.world.scheduler.nowMs;
    const others = cluster.world.objects.map(({ id }) => id).filter((id) => id !== target);
    const next = await cluster.leader(others);
    const tookMs = cluster.world.scheduler.nowMs - beganMs;
    assert.ok(tookMs <= 1.5 * electionTicks * tickMs, `seed ${seed}: ${tookMs} ms`);
    assert.equal((await cluster.peek(next)).term, term + 1, `seed ${seed}`);
    cluster.close();
  }
});
