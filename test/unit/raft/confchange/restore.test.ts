import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type ConfState, newConfState } from "../../../../src/proto/raftpb.ts";
import { ConfChangeError } from "../../../../src/raft/confchange/errors.ts";
import { confStatesEquivalent, restore } from "../../../../src/raft/confchange/restore.ts";
import { configToConfState } from "../../../../src/raft/tracker/config.ts";
import { check } from "../support/check.ts";

const options = { maxInflight: 20, maxInflightBytes: 0, lastIndex: 10 };

function restored(state: ConfState): ConfState {
  return configToConfState(restore(state, options).config);
}

/** A configuration that can occur: nobody is both voter and learner of what counts at once. */
const confState = fc
  .tuple(
    fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { minLength: 3 }),
    fc.nat(20),
    fc.nat(20),
    fc.nat(20),
    fc.boolean(),
  )
  .map(([ids, a, b, c, autoLeave]) => {
    const voters = ids.slice(0, 1 + (a % (ids.length - 1)));
    const others = ids.slice(voters.length);
    const learners = others.slice(0, b % (others.length + 1));
    const removed = others.slice(learners.length);
    const votersOutgoing = [...removed, ...voters.slice(0, c % (voters.length + 1))];
    const learnersNext = removed.slice(0, a % (removed.length + 1));
    if (votersOutgoing.length === 0) return newConfState({ voters, learners });
    return newConfState({ voters, learners, votersOutgoing, learnersNext, autoLeave });
  });

test("TestRestore: a configuration comes back from its ConfState", (t) => {
  const examples = [
    newConfState(),
    newConfState({ voters: [1, 2, 3] }),
    newConfState({ voters: [1, 2, 3], learners: [4, 5, 6] }),
    newConfState({
      voters: [1, 2, 3],
      learners: [5],
      votersOutgoing: [1, 2, 4, 6],
      learnersNext: [4],
    }),
  ];
  for (const state of examples) assert.deepEqual(restored(state), state);
  check(
    { name: t.name, file: import.meta.filename },
    fc.property(confState, (state) => {
      assert.ok(confStatesEquivalent(restored(state), state));
    }),
    { numRuns: 1000 },
  );
});

test("a ConfState that no change leads to is refused", () => {
  const state = newConfState({ voters: [], votersOutgoing: [], learners: [1] });
  assert.throws(() => restore(state, options), ConfChangeError);
});

test("ConfStates are compared as sets", () => {
  const a = newConfState({ voters: [1, 2], learners: [3] });
  assert.equal(confStatesEquivalent(a, newConfState({ voters: [2, 1], learners: [3] })), true);
  const others = [
    { voters: [1, 2] },
    { voters: [1, 4], learners: [3] },
    { voters: [1, 2], learners: [3], autoLeave: true },
    { voters: [1, 2], learners: [3], votersOutgoing: [1] },
    { voters: [1, 2], learners: [3], learnersNext: [1] },
  ];
  for (const other of others) assert.equal(confStatesEquivalent(a, newConfState(other)), false);
});
