import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LogIndex } from "../../../../src/storage/wal/log-index.ts";
import { holds } from "../../../support/property.ts";
import { entries } from "../logs.ts";

test("terms and places are those of the entries that were put last", (t) => {
  const step = fc.record({
    back: fc.nat(12),
    count: fc.integer({ min: 1, max: 5 }),
    newTerm: fc.boolean(),
    newSegment: fc.boolean(),
    compact: fc.option(fc.nat(8), { nil: undefined }),
  });
  holds(
    t,
    fc.property(fc.array(step, { maxLength: 150 }), fc.nat(20), (steps, start) => {
      const index = new LogIndex({ index: start, term: 1 });
      const model = new Map<number, { term: number; segment: number; seq: number }>();
      let [base, last, term, segment] = [start, start, 1, 1];
      const termOf = new Map([[start, 1]]);
      for (const [i, { back, count, newTerm, newSegment, compact }] of steps.entries()) {
        const first = Math.max(base + 1, last + 1 - (newTerm ? back : 0));
        if (newTerm) term += 1;
        if (newSegment) segment += 1;
        index.append(entries(first, first + count - 1, term), segment, i + 1);
        last = first + count - 1;
        for (const key of model.keys()) if (key >= first) model.delete(key);
        for (let at = first; at <= last; at++) {
          model.set(at, { term, segment, seq: i + 1 });
          termOf.set(at, term);
        }
        if (compact !== undefined && base + compact <= last) {
          base += compact;
          index.compact(base);
        }
        assert.equal(index.lastIndex, last);
        assert.equal(index.baseIndex, base);
        assert.equal(index.term(base - 1), undefined);
        assert.equal(index.term(last + 1), undefined);
        assert.equal(index.locate(last + 1), undefined);
        for (let at = base; at <= last; at++) assert.equal(index.term(at), termOf.get(at));
        for (let at = base + 1; at <= last; at++) {
          const place = model.get(at);
          const located = index.locate(at);
          assert.ok(place && located);
          assert.equal(located.span.segment, place.segment);
          assert.ok(located.span.seq <= place.seq && place.seq - located.span.seq < 64);
          assert.ok(located.span.first <= at && at < located.end);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("a log of a hundred thousand single rows takes few spans", () => {
  const index = new LogIndex({ index: 0, term: 0 });
  for (let i = 1; i <= 100_000; i++) index.append(entries(i, i, 1), 1, i);
  let spans = 0;
  for (let at = 1; at <= 100_000; spans++) at = index.locate(at)?.end ?? Infinity;
  assert.ok(spans <= 1_563, `${spans}`);
});
