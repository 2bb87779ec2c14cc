/** What a range outside of a transaction counts is bounded, unless it is known without counting. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../../../../src/etcd/errors.ts";
import { SortOrder, SortTarget } from "../../../../src/proto/generated/etcd.ts";
import { bytes } from "../support.ts";
import { boundedMachine, fill, range } from "../work/requests.ts";

test("more keys than may be counted are refused, all keys together are not", () => {
  const machine = boundedMachine({ maxCounted: 50 });
  fill(machine, { prefix: "j", count: 50 });
  fill(machine, { prefix: "k", count: 51 });
  const tooMuch = { message: errors.tooMuchWork.text };
  const everything = { key: bytes("\0"), rangeEnd: bytes("\0") };
  const byRevision = { sortTarget: SortTarget.MOD, sortOrder: SortOrder.ASCEND };
  for (const more of [{ countOnly: true }, { limit: 1 }]) {
    assert.equal(machine.range(range("j", more)).count, 50);
    assert.throws(() => machine.range(range("k", more)), tooMuch);
    assert.throws(() => machine.range({ ...range("k", more), revision: 3 }), tooMuch);
    assert.equal(machine.range({ ...everything, ...more }).count, 101);
  }
  // What is walked to its end needs no count.
  assert.equal(machine.range(range("k")).count, 51);
  assert.equal(machine.range(range("k", byRevision)).count, 51);
});
