import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { holds } from "../../../support/property.ts";
import { Life, steps } from "./life.ts";
import { type Habit, Member } from "./member.ts";
import { compareAnswers, compareViews } from "./questions.ts";

const habit: fc.Arbitrary<Habit> = fc.record({
  sliceBytes: fc.constantFrom(1, 30, 200, 1_000, 100_000),
  after: fc.oneof(
    { arbitrary: fc.constantFrom<Habit["after"]>("go on", "end turn", "commit"), weight: 6 },
    { arbitrary: fc.constant<Habit["after"]>("sweep"), weight: 2 },
    fc.constantFrom<Habit["after"]>("crash", "restart", "fall back"),
  ),
});
const habits = fc.array(habit, { minLength: 1, maxLength: 20 });

test("whatever happens, blocks answer all that rows answer", (t) => {
  const property = fc.property(steps, habits, fc.constantFrom(0, 20_000), (list, own, cache) => {
    const life = new Life();
    const member = new Member(own, cache);
    const last = { kind: "freeze", pressed: false } as const;
    for (const step of [...list, last]) {
      if (step === last) compareViews(life.store, member.base.read);
      life.run(step);
      if (step.kind !== "freeze") continue;
      member.run(life.freezes);
      // All is asked after the last one, and now and then before.
      if (life.freezes.length % 5 !== 0 && step !== last) continue;
      compareAnswers(life.store, member.base.read);
    }
  });
  holds(t, property, { numRuns: 10 });
});

test("members that slice, sweep and die as they like have equal manifests, and all blocks", (t) => {
  const property = fc.property(steps, habits, habits, (list, one, other) => {
    const life = new Life();
    const members = [new Member(one, 0), new Member(other, 20_000), new Member([], 0)];
    for (const step of [...list, { kind: "freeze", pressed: true } as const]) {
      life.run(step);
      if (step.kind !== "freeze") continue;
      const [first, ...others] = members.map((member) => {
        member.run(life.freezes);
        member.checkWhole();
        return member.manifestBytes;
      });
      for (const bytes of others) assert.deepEqual(bytes, first);
    }
    for (const member of members) {
      member.sweepAll();
      const { stored, named } = member.blocks();
      assert.equal(stored, named);
    }
  });
  holds(t, property, { numRuns: 20 });
});
