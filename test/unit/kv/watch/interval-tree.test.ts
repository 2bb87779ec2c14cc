import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KeyRange } from "../../../../src/kv/keys/key-range.ts";
import { IntervalTree } from "../../../../src/kv/watch/interval-tree.ts";
import { holds } from "../../../support/property.ts";

const key = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 3 });
const step = fc.record({ add: fc.boolean(), begin: key, end: key, member: fc.nat(3), probe: key });

test("a tree of intervals answers as a list of them would", (t) => {
  holds(
    t,
    fc.property(fc.array(step, { maxLength: 120, size: "max" }), (steps) => {
      const tree = new IntervalTree<number>();
      const list = new Map<string, { range: KeyRange; member: number }>();
      for (const { add, begin, end, member, probe } of steps) {
        const range = { begin, end };
        const name = `${begin}|${end}|${member}`;
        if (add) {
          tree.add(range, member);
          list.set(name, { range, member });
        } else {
          assert.equal(tree.delete(range, member), list.delete(name));
        }
        const found: number[] = [];
        tree.stab(probe, (each) => found.push(each));
        const expected = [...list.values()]
          .filter((each) => each.range.begin <= probe && probe < each.range.end)
          .map((each) => each.member);
        assert.deepEqual(found.sort(), expected.sort());
        assert.equal(tree.holds(probe), expected.length > 0);
        const names = [...list.values()].map((each) => `${each.range.begin}|${each.range.end}`);
        assert.equal(tree.intervals, new Set(names).size);
      }
    }),
  );
});

test("ten thousand intervals in ascending order make no deep tree", () => {
  const tree = new IntervalTree<number>();
  const name = (i: number) => i.toString().padStart(5, "0");
  for (let i = 0; i < 10_000; i += 1) tree.add({ begin: name(i), end: name(i + 1) }, i);
  for (let i = 0; i < 10_000; i += 500) {
    const found: number[] = [];
    tree.stab(name(i), (each) => found.push(each));
    assert.deepEqual(found, [i]);
  }
});
