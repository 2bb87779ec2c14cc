import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { noLimit } from "../../../src/raft/log/size.ts";
import { noTotals, type Setting, Simulation } from "./simulation.ts";

/** Steps of a schedule, at least; and schedules of each kind. */
const steps = 600;
const schedules = Number(process.env.RAFT_SCHEDULES ?? 300);
const seed = Number(process.env.RAFT_SEED ?? Date.now() % 2 ** 31);
const path = process.env.RAFT_PATH;

const totals = noTotals();

function reproduce(name: string, found: number, at: string | null): string {
  const variables = `RAFT_SEED=${found} RAFT_PATH=${at} RAFT_SCHEDULES=${schedules}`;
  const test = "test/raft/properties/properties.test.ts";
  return `reproduce: ${variables} node --test --test-name-pattern='${name}' ${test}`;
}

function check(name: string, nodes: number, asyncStorageWrites: boolean): void {
  const setting: fc.Arbitrary<Setting> = fc.record({
    nodes: fc.constant(nodes),
    asyncStorageWrites: fc.constant(asyncStorageWrites),
    preVote: fc.boolean(),
    checkQuorum: fc.boolean(),
    encoded: fc.boolean(),
    stepDownOnRemoval: fc.boolean(),
    maxInflightMsgs: fc.constantFrom(1, 3, 256),
    maxSizePerMsg: fc.constantFrom(0, 30, noLimit),
    maxCommittedSizePerReady: fc.constantFrom(1, 40, noLimit),
  });
  const choices = fc.array(fc.nat(2 ** 31 - 1), { minLength: steps, maxLength: steps + 50 });
  const property = fc.property(setting, choices, (chosen, schedule) => {
    const simulation = new Simulation(chosen, totals);
    for (const choice of schedule) simulation.step(choice);
    simulation.settle(schedule[0] ?? 0);
    simulation.finish();
  });
  const outcome = fc.check(property, {
    numRuns: schedules,
    seed,
    // A schedule cut down to what fails is rarely shorter: the steps depend on each other.
    endOnFailure: process.env.RAFT_SHRINK === undefined,
    ...(path === undefined ? {} : { path }),
  });
  if (!outcome.failed) return;
  const { errorInstance: error, counterexample } = outcome;
  const reason = error instanceof Error ? error.stack : String(error);
  const where = JSON.stringify(counterexample?.[0]);
  const how = reproduce(name, outcome.seed, outcome.counterexamplePath);
  assert.fail(`${how}\nsetting: ${where}\n${reason}`);
}

const kinds = [
  ["three nodes, synchronous storage", 3, false],
  ["three nodes, asynchronous storage", 3, true],
  ["five nodes, synchronous storage", 5, false],
  ["five nodes, asynchronous storage", 5, true],
] as const;

for (const [name, nodes, asynchronous] of kinds) {
  test(`${name}: Raft's promises hold on any schedule`, () => check(name, nodes, asynchronous));
}

test("the schedules had everything in them that can go wrong", (t) => {
  t.diagnostic(`seed ${seed}: ${JSON.stringify(totals)}`);
  if (path !== undefined) return;
  assert.ok(totals.steps >= 4 * schedules * steps);
  for (const [name, count] of Object.entries(totals)) assert.ok(count > 0, `no ${name}`);
});
