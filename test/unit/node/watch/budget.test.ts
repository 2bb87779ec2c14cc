import assert from "node:assert/strict";
import { test } from "node:test";
import { WatchBudget } from "../../../../src/node/watch/budget.ts";

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

test("beyond the limit there is room for some large responses, or for one of any size", () => {
  const budget = new WatchBudget(2_000_000, 256_000);
  assert.equal(budget.take(1_900_000), 0);
  assert.ok(budget.fits(50_000_000));
  assert.equal(budget.take(3_000_000), 3_000_000);
  assert.ok(budget.fits(5_000_000));
  assert.ok(!budget.fits(5_000_001));
  assert.ok(budget.fits(2_048), "what is small is never refused");
  assert.equal(budget.take(2_048), 0);
  budget.release(3_000_000);
  budget.repay(3_000_000);
  assert.ok(budget.fits(50_000_000));
  assert.throws(() => budget.repay(1), /1 bytes repaid of 0/);
});
