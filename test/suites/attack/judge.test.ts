import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bounds, judge, lineOf, type Outcome, stands, written } from "./judge.ts";

const bounds: Bounds = {
  cpu: { unit: "s", most: 1 },
  taken: { unit: "", least: 10, most: 60 },
  disk: { unit: "bytes" },
};

function outcome(
  figures: Readonly<Record<string, number>>,
  skipped: Readonly<Record<string, string>> = {},
  failure = "",
): Outcome {
  const [known, left] = [Object.entries(figures), Object.entries(skipped)];
  return { figures: new Map(known), skipped: new Map(left), failure };
}

const judged = (given: Outcome) => judge(bounds, given).map(({ judgement }) => judgement);

test("a figure at its bound is held, and one beyond it is not", () => {
  const of = (cpu: number, taken: number) => judged(outcome({ cpu, taken, disk: 5 }));
  assert.deepEqual(of(1, 10), ["held", "held", "shown"]);
  assert.deepEqual(of(1.01, 60), ["beyond", "held", "shown"]);
  assert.deepEqual(of(0, 9), ["held", "beyond", "shown"]);
  assert.deepEqual(of(0, 61), ["held", "beyond", "shown"]);
});

test("what could not be measured is beyond every bound", () => {
  assert.deepEqual(judged(outcome({ cpu: Number.NaN, taken: 20 })), ["beyond", "held", "shown"]);
  const infinite = outcome({ cpu: Number.POSITIVE_INFINITY, taken: 20 });
  assert.deepEqual(judged(infinite), ["beyond", "held", "shown"]);
});

test("a bounded figure that was not measured is missing, unless a reason is given", () => {
  assert.deepEqual(judged(outcome({ cpu: 1 })), ["held", "missing", "shown"]);
  const skipped = outcome({ cpu: 1 }, { taken: "no mount" });
  assert.deepEqual(judged(skipped), ["held", "skipped", "shown"]);
});

test("a figure that the table does not know is refused", () => {
  assert.throws(() => judge(bounds, outcome({ memory: 1 })), RangeError);
  assert.throws(() => judge(bounds, outcome({}, { memory: "why" })), RangeError);
});

test("an attack stands only where nothing is beyond or missing, and it came to its end", () => {
  const good = outcome({ cpu: 1, taken: 20 });
  const standing = (given: Outcome) => stands(judge(bounds, given), given);
  assert.equal(standing(good), true);
  assert.equal(standing(outcome({ cpu: 1 }, { taken: "no mount" })), true);
  assert.equal(standing(outcome({ cpu: 2, taken: 20 })), false);
  assert.equal(standing(outcome({ cpu: 1 })), false);
  assert.equal(standing({ ...good, failure: "it did not come to its end" }), false);
});

test("a line has the figure, its bound and the judgement", () => {
  const [cpu, taken, disk] = judge(bounds, outcome({ cpu: 2.5, disk: 3e6 }, { taken: "no mount" }));
  assert.ok(cpu && taken && disk);
  assert.match(lineOf(cpu), /cpu +2\.50 s {2}at most 1\.00 s +beyond$/);
  assert.match(lineOf(taken), /taken +- {2}at least 10, at most 60 +skipped: no mount$/);
  assert.match(lineOf(disk), /disk +3\.0 MB +shown$/);
});

test("figures are written in their units", () => {
  assert.equal(written(1_234_567, "bytes"), "1.2 MB");
  assert.equal(written(0.123, "s"), "0.12 s");
  assert.equal(written(1_999.6, "ms"), "2000 ms");
  assert.equal(written(36_000, ""), "36,000");
  assert.equal(written(1.256, ""), "1.26");
});
