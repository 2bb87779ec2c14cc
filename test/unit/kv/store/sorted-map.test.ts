import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SortedMap } from "../../../../src/kv/store/sorted-map.ts";
import { holds } from "../../../support/property.ts";

const key = fc.nat({ max: 2_000 }).map((n) => n.toString(36));

test("entries come in key order, either way, whatever was set and deleted", (t) => {
  const operation = fc.record({ key, deletes: fc.boolean() });
  const operations = fc.array(operation, { maxLength: 3_000, size: "max" });
  const property = fc.property(operations, key, key, (list, begin, end) => {
    const map = new SortedMap<number>();
    const plain = new Map<string, number>();
    list.forEach(({ key: at, deletes }, i) => {
      if (deletes) map.delete(at);
      else map.set(at, i);
      if (deletes) plain.delete(at);
      else plain.set(at, i);
    });
    const sorted = [...plain].sort(([a], [b]) => (a < b ? -1 : 1));
    const expected = sorted.filter(([at]) => begin <= at && at < end);
    assert.equal(map.size, plain.size);
    assert.deepEqual([...map.ascending(begin, end)], expected);
    assert.deepEqual([...map.descending(begin, end)], expected.toReversed());
    assert.deepEqual([...map.ascending("", "\u0100")], sorted);
    assert.deepEqual([...map.descending("", "\u0100")], sorted.toReversed());
  });
  holds(t, property, { numRuns: 60 });
});

test("growing keys, falling keys and emptied chunks keep their order", () => {
  const map = new SortedMap<number>();
  const keys = Array.from({ length: 1_500 }, (_, i) => i.toString().padStart(5, "0"));
  for (const at of keys.slice(750)) map.set(at, 1);
  for (const at of keys.slice(0, 750).reverse()) map.set(at, 2);
  assert.deepEqual(
    [...map.ascending("", "\u0100")].map(([at]) => at),
    keys,
  );
  for (const at of keys.slice(100, 1_400)) map.delete(at);
  assert.equal([...map.descending("00000", "01499")].length, 199);
  for (const at of keys) map.delete(at);
  assert.deepEqual([...map.ascending("", "\u0100")], []);
});
