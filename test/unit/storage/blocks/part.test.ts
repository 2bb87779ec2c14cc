import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { comparePositions, type Entry } from "../../../../src/storage/blocks/entry.ts";
import { Part, PartBuilder } from "../../../../src/storage/blocks/part.ts";
import { holds } from "../../../support/property.ts";
import { entries, key } from "./support.ts";

function partOf(list: readonly Entry[]): Uint8Array {
  const builder = new PartBuilder();
  for (const entry of list) builder.add(entry);
  const { size } = builder;
  const part = builder.take();
  assert.equal(part.length, size);
  assert.equal(builder.size, 0);
  return part;
}

const someEntries = entries.filter((list) => list.length > 0);
const plain = (entry: Entry | undefined) =>
  entry && { ...entry, payload: new Uint8Array(entry.payload) };

test("a part holds its entries, and finds the first at a position or after it", (t) => {
  const property = fc.property(someEntries, key, fc.nat({ max: 140 }), (list, at, rank) => {
    const part = new Part(partOf(list), "here");
    assert.deepEqual(part.entries().map(plain), list);
    for (const position of [{ key: at, rank }, ...list]) {
      const expected = list.find((entry) => comparePositions(entry, position) >= 0);
      assert.deepEqual(plain(part.find(position)), expected);
    }
  });
  holds(t, property, { numRuns: 100 });
});

test("whatever bit of a part is changed, and wherever it is cut, it is damaged", (t) => {
  const property = fc.property(someEntries, fc.nat(), fc.nat({ max: 7 }), (list, place, bit) => {
    const damaged = partOf(list);
    const at = place % damaged.length;
    damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
    const is = { name: "StorageDamagedError", where: "block ab part 3" };
    assert.throws(() => new Part(damaged, "block ab part 3"), is);
    assert.throws(() => new Part(partOf(list).subarray(0, at), "block ab part 3"), is);
  });
  holds(t, property, { numRuns: 200 });
});
