import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { covers, unionOf } from "../../../../src/kv/auth/range-permissions.ts";
import { keyRange } from "../../../../src/kv/keys/key-range.ts";
import { utf8 } from "../../../support/bytes.ts";
import { holds } from "../../../support/property.ts";

/** Every key of up to 3 letters of 3, as bytes: a world small enough to look at all of it. */
const world: Uint8Array[] = [];
for (const a of [-1, 0, 1, 2]) {
  for (const b of [-1, 0, 1, 2]) {
    for (const c of [-1, 0, 1, 2]) {
      const letters = [a, b, c];
      const end = letters.indexOf(-1);
      if (end > 0 && letters.slice(end).some((letter) => letter >= 0)) continue;
      if (a >= 0) world.push(Uint8Array.from(end < 0 ? letters : letters.slice(0, end)));
    }
  }
}

const key = fc.uint8Array({ minLength: 1, maxLength: 2, max: 2 });
const end = fc.oneof(
  fc.constant(new Uint8Array(0)),
  fc.constant(Uint8Array.of(0)),
  fc.uint8Array({ minLength: 1, maxLength: 2, max: 2 }),
);
const range = fc.tuple(key, end);
type Range = readonly [Uint8Array, Uint8Array];

function inside([begin, rangeEnd]: Range, probe: Uint8Array): boolean {
  if (rangeEnd.length === 0) return Buffer.compare(begin, probe) === 0;
  if (Buffer.compare(begin, probe) > 0) return false;
  return (rangeEnd.length === 1 && rangeEnd[0] === 0) || Buffer.compare(probe, rangeEnd) < 0;
}

const interval = ([begin, rangeEnd]: Range) => keyRange(begin, rangeEnd);

test("the union holds exactly what its ranges hold, in the fewest intervals", (t) => {
  holds(
    t,
    fc.property(fc.array(range, { maxLength: 8 }), (ranges) => {
      const union = unionOf(ranges.map(interval));
      for (const probe of world) {
        const expected = ranges.some((each) => inside(each, probe));
        assert.equal(covers(union, interval([probe, new Uint8Array(0)])), expected);
      }
      union.forEach(({ begin, end: last }, i) => {
        const next = union[i + 1];
        assert.ok(begin < last && (next === undefined || last < next.begin));
      });
    }),
  );
});

test("what is covered has no key outside, and a range made of the union's is covered", (t) => {
  holds(
    t,
    fc.property(fc.array(range, { maxLength: 8 }), range, (ranges, asked) => {
      const union = unionOf(ranges.map(interval));
      if (covers(union, interval(asked))) {
        for (const probe of world) {
          if (inside(asked, probe)) assert.ok(ranges.some((each) => inside(each, probe)));
        }
      }
      for (const each of union) assert.ok(covers(union, each));
    }),
  );
});

test("adjacent and overlapping ranges merge; a gap of one key does not", () => {
  const between = (a: string, b: string) => keyRange(utf8(a), utf8(b));
  const adjacent = unionOf([between("b", "c"), between("a", "b")]);
  assert.deepEqual(adjacent, [between("a", "c")]);
  assert.ok(covers(adjacent, between("a", "c")));
  const gap = unionOf([between("a", "b"), between("b\0", "c")]);
  assert.equal(gap.length, 2);
  assert.ok(!covers(gap, between("a", "c")));
  const filled = unionOf([between("a", "b"), between("b\0", "c"), keyRange(utf8("b"), utf8(""))]);
  assert.ok(covers(filled, between("a", "c")));
});

test("from a key on is only covered by what has no end", () => {
  const from = (text: string) => keyRange(new TextEncoder().encode(text), Uint8Array.of(0));
  const single = unionOf([keyRange(Uint8Array.of(97), undefined)]);
  assert.ok(!covers(single, from("a")));
  assert.ok(covers(unionOf([from("a")]), from("b")));
  assert.ok(!covers(unionOf([from("b")]), from("a")));
});
