import assert from "node:assert/strict";
import { test } from "node:test";
import { checkHistories } from "../check/histories.ts";
import { SimulatedCluster } from "../cluster.ts";
import { loss } from "../faults/network.ts";
import { type Profile, profiles } from "../profiles.ts";
import { Prng } from "../world/random.ts";
import { World } from "../world/world.ts";
import { Clients } from "./clients.ts";
import { type Lies, Oracle } from "./oracle.ts";
import { simulatedWays } from "./simulated-ways.ts";

const second = 1_000_000;
const profile: Profile = profiles.calm;

interface Outcome {
  readonly checks: readonly string[];
  readonly operations: number;
  readonly leases: number;
  readonly repeated: number;
  readonly unknown: number;
}

/** Twenty simulated seconds of all clients against three faces of one oracle. */
async function against(lies: Lies, lossy = false): Promise<Outcome> {
  const oracle = new Oracle(lies);
  const world = new World({
    seed: JSON.stringify(lies),
    commitMeanUs: 1_000,
    member: { cluster: "default", topology: [], tuning: profile.tuning },
    factory: (environment, { memberId }) => oracle.member(environment, memberId),
  });
  const places = Array.from({ length: profile.clients }, (_, i) => `c${i + 1}`);
  const cluster = new SimulatedCluster(world, [1, 2, 3], places);
  const members = () => cluster.memberIds;
  const ways = simulatedWays(world, members);
  const clients = new Clients({ world, ways, places, members }, profile);
  if (lossy) world.scheduler.after(second, () => loss(cluster, new Prng("a lot of loss")));
  await world.run(20 * second);
  clients.stop();
  await world.run(30 * second);
  assert.ok(world.violations.length > 0 || clients.pending === 0);
  checkHistories(world, clients);
  const { repeated, leases, history } = clients;
  const checks = [...new Set(world.violations.map(({ check }) => check))];
  const { unknown } = history.counts;
  world.close();
  return { checks, operations: history.operations, leases, repeated, unknown };
}

test("nothing is found wrong with a store that is right", async () => {
  const outcome = await against({});
  assert.deepEqual(outcome.checks, []);
  assert.ok(outcome.operations > 50 * 20, `${outcome.operations} operations`);
  assert.ok(outcome.leases > 3, `${outcome.leases} leases`);
});

test("a network that loses and doubles requests is nobody's fault", async () => {
  const outcome = await against({}, true);
  assert.deepEqual(outcome.checks, []);
  assert.ok(outcome.repeated > 5, `${outcome.repeated} repeated`);
});

test("reads of an older state are found", async () => {
  const { checks } = await against({ staleReads: 2 });
  assert.ok(checks.includes("real time"), checks.join());
  assert.ok(checks.includes("linearizability"), checks.join());
});

test("a member that goes back in time is found", async () => {
  assert.deepEqual((await against({ wavering: true })).checks, ["serializable"]);
});

test("a write that was answered and forgotten is found", async () => {
  const { checks } = await against({ lostWrites: true });
  assert.ok(checks.includes("linearizability"), checks.join());
  assert.ok(checks.includes("answers"), checks.join());
});

test("a retry that is applied again is found", async () => {
  const { checks } = await against({ forgetfulRetries: true });
  assert.ok(checks.includes("retry") || checks.includes("once"), checks.join());
});

test("an event that no watcher gets is found", async () => {
  assert.ok((await against({ lostEvents: true })).checks.includes("watch"));
});

test("a lease that ends early is found", async () => {
  assert.ok((await against({ hastyLeases: true })).checks.includes("leases"));
});

test("a lease that is denied while it lives is found", async () => {
  assert.ok((await against({ deniedLeases: true })).checks.includes("leases"));
});

test("a write that was refused and happened is found", async () => {
  assert.ok((await against({ dishonestRefusals: true })).checks.includes("once"));
});
