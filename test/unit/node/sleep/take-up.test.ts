import assert from "node:assert/strict";
import { test } from "node:test";
import { type StartFacts, takeUpFault } from "../../../../src/node/sleep/take-up.ts";
import { newConfState } from "../../../../src/proto/raftpb.ts";

const record = { term: 4, index: 90, clockMs: 1_000, leases: [], absent: [] };
const facts: StartFacts = {
  self: 2,
  record,
  setAside: 0,
  hardState: { term: 4, vote: 2, commit: 90 },
  lastIndex: 90,
  lastTerm: 4,
  appliedIndex: 90,
  confState: newConfState({ voters: [1, 2, 3] }),
};

test("a sleep record is taken up where all is as it was left", () => {
  assert.equal(takeUpFault(facts), undefined);
});

const faults: readonly (readonly [string, Partial<StartFacts>])[] = [
  ["no snapshot was set aside", { setAside: 1 }],
  ["the term is this member's", { hardState: { term: 5, vote: 2, commit: 90 } }],
  ["its last entry is of that term", { lastTerm: 3 }],
  ["nothing follows in the log", { lastIndex: 91 }],
  ["all of it is committed", { hardState: { term: 4, vote: 2, commit: 89 } }],
  ["its vote is its own", { hardState: { term: 4, vote: 3, commit: 90 } }],
  ["its vote is its own", { hardState: { term: 4, vote: 0, commit: 90 } }],
  ["all of it is applied", { appliedIndex: 89 }],
  ["it is a voter", { confState: newConfState({ voters: [1, 3], learners: [2] }) }],
  [
    "the configuration is not joint",
    { confState: newConfState({ voters: [1, 2, 3], votersOutgoing: [1, 2] }) },
  ],
];

for (const [condition, fault] of faults) {
  test(`it is not taken up unless ${condition}: ${JSON.stringify(fault)}`, () => {
    assert.equal(takeUpFault({ ...facts, ...fault }), condition);
  });
}
