import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { noLimit } from "../../../../src/raft/log/size.ts";
import { check, path, seed } from "../support/check.ts";
import { noPropertyTotals, type Setting, Simulation } from "./simulation.ts";

/** Steps of a schedule, at least; and schedules of each kind. */
const steps = 600;
const schedules = Number(process.env.RAFT_SCHEDULES ?? 300);

const totals = noPropertyTotals();

function checkSchedules(name: string, nodes: number, asyncStorageWrites: boolean): void {
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
  const test = { name, file: import.meta.filename };
  // A schedule cut down to what fails is rarely shorter: the steps depend on each other.
  const show = (example: unknown): unknown => (Array.isArray(example) ? example[0] : example);
  check(test, property, { numRuns: schedules, shrink: false, show });
}

const kinds = [
  ["three nodes, synchronous storage", 3, false],
  ["three nodes, asynchronous storage", 3, true],
  ["five nodes, synchronous storage", 5, false],
  ["five nodes, asynchronous storage", 5, true],
] as const;

for (const [name, nodes, asynchronous] of kinds) {
  test(`${name}: Raft's promises hold on any schedule`, () =>
    checkSchedules(name, nodes, asynchronous));
}

test("the schedules had everything in them that can go wrong", (t) => {
  t.diagnostic(`seed ${seed}: ${JSON.stringify(totals)}`);
  if (path !== undefined) return;
  assert.ok(totals.steps >= 4 * schedules * steps);
  for (const [name, count] of Object.entries(totals)) assert.ok(count > 0, `no ${name}`);
});
