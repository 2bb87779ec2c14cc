import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { idsOf } from "../../../../src/raft/quorum/ids.ts";
import { JointConfig } from "../../../../src/raft/quorum/joint.ts";
import { MajorityConfig } from "../../../../src/raft/quorum/majority.ts";
import { VoteResult } from "../../../../src/raft/quorum/quorum.ts";
import { check } from "../support/check.ts";
import { alternativeCommittedIndex } from "./alternative.ts";

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 9 });
const acked = fc.dictionary(fc.integer({ min: 1, max: 12 }).map(String), fc.nat(20));
const votes = fc.dictionary(fc.integer({ min: 1, max: 12 }).map(String), fc.boolean());

function lookup<T>(values: Readonly<Record<string, T>>): (id: number) => T | undefined {
  return (id) => values[String(id)];
}

test("TestQuick: the committed index is what its definition says", (t) => {
  check(
    { name: t.name, file: import.meta.filename },
    fc.property(ids, acked, (voters, indexes) => {
      const config = MajorityConfig.of(voters);
      const expected = alternativeCommittedIndex(config, lookup(indexes));
      assert.equal(config.committedIndex(lookup(indexes)), expected);
    }),
    { numRuns: 2000 },
  );
});

test("a joint quorum commits and decides only what both halves do, in either order", (t) => {
  check(
    { name: t.name, file: import.meta.filename },
    fc.property(ids, ids, acked, votes, (a, b, indexes, answers) => {
      const one = MajorityConfig.of(a);
      const two = MajorityConfig.of(b);
      const joint = new JointConfig(one, two);
      const mirror = new JointConfig(two, one);
      const index = lookup(indexes);
      const least = Math.min(one.committedIndex(index), two.committedIndex(index));
      assert.equal(joint.committedIndex(index), least);
      assert.equal(mirror.committedIndex(index), least);
      const vote = lookup(answers);
      const results = [one.voteResult(vote), two.voteResult(vote)];
      const { VoteWon, VoteLost, VotePending } = VoteResult;
      const every = results.every((result) => result === VoteWon);
      const expected = every ? VoteWon : results.includes(VoteLost) ? VoteLost : VotePending;
      assert.equal(joint.voteResult(vote), expected);
      assert.equal(mirror.voteResult(vote), expected);
      assert.deepEqual(joint.ids, idsOf([...a, ...b]));
      assert.equal(
        joint.ids.every((id) => joint.has(id)),
        true,
      );
    }),
  );
});

test("a vote is pending exactly while the missing answers can still change it", (t) => {
  check(
    { name: t.name, file: import.meta.filename },
    fc.property(ids, votes, (voters, answers) => {
      const config = MajorityConfig.of(voters);
      const vote = lookup(answers);
      const best = config.voteResult((id) => vote(id) ?? true);
      const worst = config.voteResult((id) => vote(id) ?? false);
      const expected = best === worst ? best : VoteResult.VotePending;
      assert.equal(config.voteResult(vote), expected);
    }),
  );
});

test("sets of ids are sorted and distinct", () => {
  assert.deepEqual(idsOf([3, 1, 3]), [1, 3]);
});

test("configurations print as etcd's do", () => {
  assert.equal(String(MajorityConfig.of([2, 1])), "(1 2)");
  assert.equal(String(JointConfig.of([2, 1])), "(1 2)");
  assert.equal(String(JointConfig.of([2, 1], [3])), "(1 2)&&(3)");
  assert.equal(String(JointConfig.empty), "()");
  assert.equal(
    MajorityConfig.empty.committedIndex(() => 1),
    Number.POSITIVE_INFINITY,
  );
  assert.equal(MajorityConfig.of([4]).has(4), true);
});
