import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Entry } from "../../../src/proto/raftpb.ts";
import { entrySize } from "../../../src/proto/raftpb-size.ts";
import { TailCache } from "../../../src/storage/tail-cache.ts";
import { holds } from "../../support/property.ts";
import { entries } from "./logs.ts";

test("it holds an unbroken tail of the log, within its budget", (t) => {
  const step = fc.record({
    back: fc.nat(10),
    count: fc.integer({ min: 1, max: 40 }),
    bytes: fc.nat(60),
    compact: fc.nat(30),
  });
  holds(
    t,
    fc.property(
      fc.array(step, { maxLength: 120 }),
      fc.integer({ min: 0, max: 4_000 }),
      (steps, budget) => {
        const cache = new TailCache(budget);
        let log: Entry[] = [];
        let term = 1;
        for (const { back, count, bytes, compact } of steps) {
          const first = Math.max(1, log.length + 1 - back);
          if (back > 0) term += 1;
          const added = entries(first, first + count - 1, term, bytes);
          log = [...log.slice(0, first - 1), ...added];
          cache.append(added);
          if (compact === 0) cache.compact(Math.floor(log.length / 2));
          const held = cache.first > log.length ? [] : cache.slice(cache.first, log.length + 1);
          assert.deepEqual(held, log.slice(cache.first - 1));
          assert.equal(
            cache.bytes,
            held.reduce((sum, entry) => sum + entrySize(entry), 0),
          );
          assert.ok(cache.bytes <= budget);
          if (held.length > 2) {
            assert.deepEqual(cache.slice(log.length - 1, log.length), [log[log.length - 2]]);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("an entry larger than the budget leaves it empty, and the next one starts anew", () => {
  const cache = new TailCache(1_000);
  cache.append(entries(1, 1, 1, 2_000));
  assert.equal(cache.first, Infinity);
  cache.append(entries(2, 3, 1));
  assert.equal(cache.first, 2);
  cache.append(entries(9, 9, 1));
  assert.equal(cache.first, 9, "a gap below is not papered over");
});
