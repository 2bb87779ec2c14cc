import assert from "node:assert/strict";
import { test } from "node:test";
import { newConfState } from "../../../../src/proto/raftpb.ts";
import { restore } from "../../../../src/raft/confchange/restore.ts";
import { VoteResult } from "../../../../src/raft/quorum/quorum.ts";
import { configText } from "../../../../src/raft/tracker/config.ts";
import { Inflights } from "../../../../src/raft/tracker/inflights.ts";
import { Progress } from "../../../../src/raft/tracker/progress.ts";
import { ProgressMap } from "../../../../src/raft/tracker/progressmap.ts";
import { ProgressTracker } from "../../../../src/raft/tracker/tracker.ts";

function tracker(state: Parameters<typeof newConfState>[0]): ProgressTracker {
  const made = new ProgressTracker(10, 0);
  const options = { maxInflight: 10, maxInflightBytes: 0, lastIndex: 5 };
  const { config, progress } = restore(newConfState(state), options);
  made.install(config, progress);
  return made;
}

const joint = { voters: [1, 2, 3], votersOutgoing: [3, 4], learners: [5], learnersNext: [4] };

test("members are listed in ascending order whatever order they came in", () => {
  const made = tracker({ voters: [3, 1, 2], learners: [9, 4] });
  assert.deepEqual(
    made.members.map(({ id }) => id),
    [1, 2, 3, 4, 9],
  );
  assert.deepEqual(made.voterNodes(), [1, 2, 3]);
  assert.deepEqual(made.learnerNodes(), [4, 9]);
  assert.equal(configText(made.config), "voters=(1 2 3) learners=(4 9)");
});

test("the ConfState names both halves, the learners and those to come", () => {
  const made = tracker({ ...joint, autoLeave: true });
  assert.deepEqual(made.confState(), { ...joint, autoLeave: true });
  const text = "voters=(1 2 3)&&(3 4) learners=(5) learners_next=(4) autoleave";
  assert.equal(configText(made.config), text);
  assert.deepEqual(made.voterNodes(), [1, 2, 3, 4]);
});

test("only one voter alone, outside of a joint configuration, decides by itself", () => {
  assert.equal(tracker({ voters: [1] }).isSingleton(), true);
  assert.equal(tracker({ voters: [1], learners: [2] }).isSingleton(), true);
  assert.equal(tracker({ voters: [1, 2] }).isSingleton(), false);
  assert.equal(tracker({ voters: [1], votersOutgoing: [1] }).isSingleton(), false);
});

test("the committed index asks both halves and no learner", () => {
  const made = tracker(joint);
  for (const [id, match] of [
    [1, 4],
    [2, 3],
    [3, 2],
    [4, 1],
    [5, 9],
  ] as const) {
    made.get(id)?.maybeUpdate(match);
  }
  assert.equal(made.committed(), 1, "both of (3 4) are needed");
  made.get(4)?.maybeUpdate(4);
  assert.equal(made.committed(), 2);
});

test("a quorum is active when it was heard of, learners do not count", () => {
  const made = tracker({ voters: [1, 2, 3], learners: [4] });
  for (const pr of made.members) pr.recentActive = pr.id === 1 || pr.id === 4;
  assert.equal(made.quorumActive(), false);
  const second = made.get(2);
  assert.ok(second);
  second.recentActive = true;
  assert.equal(made.quorumActive(), true);
});

test("the first vote of a member counts, votes of learners and strangers do not", () => {
  const made = tracker({ voters: [1, 2, 3], learners: [4] });
  made.recordVote(1, true);
  made.recordVote(1, false);
  made.recordVote(4, true);
  made.recordVote(7, true);
  const { VotePending, VoteWon } = VoteResult;
  assert.deepEqual(made.tallyVotes(), { granted: 1, rejected: 0, result: VotePending });
  made.recordVote(3, false);
  made.recordVote(2, true);
  assert.deepEqual(made.tallyVotes(), { granted: 2, rejected: 1, result: VoteWon });
  made.resetVotes();
  assert.deepEqual(made.tallyVotes(), { granted: 0, rejected: 0, result: VotePending });
  assert.equal(made.votes.size, 0);
});

test("two progresses of one member are refused", () => {
  const pr = new Progress(1, 1, new Inflights(1));
  assert.throws(() => new ProgressMap([pr, pr]), /not distinct/);
  assert.equal(new ProgressMap([pr]).has(1), true);
  assert.equal(new ProgressMap([pr]).size, 1);
});
