import assert from "node:assert/strict";
import { test } from "node:test";
import { WeightedCache } from "../../../../src/storage/blocks/weighted-cache.ts";

test("what is asked for stays, what is not goes, and never is there more than the bound", () => {
  const cache = new WeightedCache<number>(100);
  cache.put("asked", -1, 10);
  for (let i = 0; i < 50; i++) {
    cache.put(`other ${i}`, i, 10);
    assert.equal(cache.get("asked"), -1, `after ${i}`);
    const held = Array.from({ length: i + 1 }, (_, n) => `other ${n}`).filter(
      (name) => cache.get(name) !== undefined && name !== `other ${i}`,
    );
    assert.ok(held.length <= 9, `${held.length} others`);
    cache.get("asked");
  }
  assert.equal(cache.get("other 0"), undefined);
});

test("what would push out most others is not kept, and nothing where there is no room", () => {
  const cache = new WeightedCache<number>(100);
  cache.put("large", 1, 26);
  assert.equal(cache.get("large"), undefined);
  cache.put("small", 1, 25);
  assert.equal(cache.get("small"), 1);
  const none = new WeightedCache<number>(0);
  none.put("any", 1, 1);
  assert.equal(none.get("any"), undefined);
});
