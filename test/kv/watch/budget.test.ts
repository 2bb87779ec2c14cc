import assert from "node:assert/strict";
import { test } from "node:test";
import { WatchBudget } from "../../../src/kv/watch/budget.ts";

test("one stream may have a part of what is free, however many there are", () => {
  const budget = new WatchBudget(2_000_000, 256_000);
  assert.equal(budget.shareBytes, 250_000);
  for (let i = 0; i < 100; i += 1) budget.take(budget.shareBytes);
  assert.ok(budget.usedBytes < 2_000_000 + 100 * 2_048, `${budget.usedBytes}`);
  assert.equal(budget.shareBytes, 2_048);
  budget.release(budget.usedBytes);
  assert.equal(budget.shareBytes, 250_000);
});

test("what was not taken cannot be released", () => {
  const budget = new WatchBudget(100, 10);
  budget.take(10);
  assert.throws(() => budget.release(11), /11 bytes released of 10/);
});
