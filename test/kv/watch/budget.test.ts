import assert from "node:assert/strict";
import { test } from "node:test";
import { WatchBudget } from "../../../src/kv/watch/budget.ts";

test("room is announced once, when it comes back", () => {
  let released = 0;
  const budget = new WatchBudget(100, () => {
    released += 1;
  });
  for (const bytes of [60, 60]) budget.take(bytes);
  assert.ok(!budget.hasRoom);
  budget.release(60);
  assert.ok(budget.hasRoom);
  budget.release(60);
  assert.equal(budget.usedBytes, 0);
  assert.equal(released, 1);
});

test("what was not taken cannot be released", () => {
  const budget = new WatchBudget(100, () => undefined);
  budget.take(10);
  assert.throws(() => budget.release(11), /11 bytes released of 10/);
});
