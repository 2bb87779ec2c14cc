import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DeadlineHeap } from "../../../../src/kv/lease/deadline-heap.ts";
import { holds } from "../../../support/property.ts";

const step = fc.oneof(
  fc.record({ do: fc.constant("set" as const), key: fc.nat(20), atMs: fc.nat(100) }),
  fc.record({ do: fc.constant("delete" as const), key: fc.nat(20), atMs: fc.nat(0) }),
  fc.record({ do: fc.constant("pop" as const), key: fc.nat(0), atMs: fc.nat(100) }),
);

/** Takes the earliest that is due out of both. */
function pop(heap: DeadlineHeap<number>, map: Map<number, number>, nowMs: number) {
  const earliest = Math.min(...map.values());
  const popped = heap.popDue(nowMs);
  if (popped === undefined) assert.ok(earliest > nowMs);
  else assert.equal(map.get(popped), earliest);
  if (popped !== undefined) map.delete(popped);
  return popped;
}

test("a heap of deadlines answers as a map of them would", (t) => {
  holds(
    t,
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const heap = new DeadlineHeap<number>();
      const map = new Map<number, number>();
      for (const { do: what, key, atMs } of steps) {
        if (what === "set") {
          heap.set(key, atMs);
          map.set(key, atMs);
        } else if (what === "delete") {
          assert.equal(heap.delete(key), map.delete(key));
        } else {
          pop(heap, map, atMs);
        }
      }
      while (map.size > 0) assert.notEqual(pop(heap, map, 100), undefined);
      assert.equal(heap.popDue(100), undefined);
    }),
  );
});
