import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeConfChange } from "../../../src/proto/codec.ts";
import {
  ConfChangeType,
  EntryType,
  MessageType,
  newEntry,
  noBytes,
} from "../../../src/proto/raftpb.ts";
import { electionTick, storageOf, TestNode } from "../support/testnode.ts";

// Configuration changes as they are proposed and applied.

const { MsgAppResp, MsgProp } = MessageType;

const removal = {
  id: 0,
  type: ConfChangeType.ConfChangeRemoveNode,
  nodeId: 2,
  context: noBytes,
};

function proposeRemoval(node: TestNode): void {
  const entry = newEntry({ type: EntryType.EntryConfChange, data: encodeConfChange(removal) });
  node.step({ type: MsgProp, from: node.id, entries: [entry] });
}

test("TestStepConfig: a change is appended, and pending until it is applied", () => {
  const node = new TestNode(1, { voters: [1, 2] }).asLeader();
  const last = node.raft.log.lastIndex();
  proposeRemoval(node);
  assert.equal(node.raft.log.lastIndex(), last + 1);
  assert.equal(node.raft.pendingConfIndex, last + 1);
});

test("TestStepIgnoreConfig: a second change becomes an empty entry meanwhile", () => {
  const node = new TestNode(1, { voters: [1, 2] }).asLeader();
  proposeRemoval(node);
  const last = node.raft.log.lastIndex();
  const pending = node.raft.pendingConfIndex;
  proposeRemoval(node);
  assert.deepEqual(node.raft.log.entries(last + 1, Number.POSITIVE_INFINITY), [
    newEntry({ term: 1, index: last + 1 }),
  ]);
  assert.equal(node.raft.pendingConfIndex, pending);
});

test("TestNewLeaderPendingConfig: a new leader waits until all it found is applied", () => {
  for (const [log, pending] of [
    [[], 0],
    [[1], 1],
  ] as const) {
    const node = new TestNode(1, { voters: [1, 2], log }).asLeader();
    assert.equal(node.raft.pendingConfIndex, pending);
  }
});

test("TestAddNode: a voter is added", () => {
  const node = new TestNode(1).asLeader();
  node.change("v2");
  assert.deepEqual(node.raft.tracker.voterNodes(), [1, 2]);
});

test("TestAddLearner: a learner is added, promoted, and demoted again", () => {
  const node = new TestNode(1).asLeader();
  node.change("l2");
  assert.deepEqual(node.raft.tracker.learnerNodes(), [2]);
  assert.equal(node.progress(2).isLearner, true);
  node.change("v2");
  assert.equal(node.progress(2).isLearner, false);
  node.change("l1 v1");
  assert.equal(node.progress(1).isLearner, false);
  assert.deepEqual(node.raft.tracker.voterNodes(), [1, 2]);
});

test("TestAddNodeCheckQuorum: a newcomer has an election timeout to show itself", () => {
  const node = new TestNode(1, { voters: [1], checkQuorum: true }).asLeader();
  node.tick(electionTick - 1);
  node.change("v2");
  // The timeout is over, but the newcomer counts as active.
  node.tick();
  assert.equal(node.raft.state, "StateLeader");
  node.tick(electionTick);
  assert.equal(node.raft.state, "StateFollower");
});

test("TestRemoveNode: a voter is removed, but not the last one", () => {
  const node = new TestNode(1, { voters: [1, 2] }).asLeader();
  node.change("r2");
  assert.deepEqual(node.raft.tracker.voterNodes(), [1]);
  assert.throws(() => node.change("r1"), /removed all voters/);
});

test("TestRemoveLearner: a learner is removed, the voters stay", () => {
  const node = new TestNode(1, { voters: [1], learners: [2] }).asLeader();
  node.change("r2");
  assert.deepEqual(node.raft.tracker.voterNodes(), [1]);
  assert.deepEqual(node.raft.tracker.learnerNodes(), []);
  assert.throws(() => node.change("r1"), /removed all voters/);
});

test("TestRaftNodes: voters are listed in order", () => {
  for (const voters of [
    [1, 2, 3],
    [3, 2, 1],
  ]) {
    assert.deepEqual(new TestNode(1, { voters }).raft.tracker.voterNodes(), [1, 2, 3]);
  }
});

test("TestCommitAfterRemoveNode: with one voter less, what waited for it is committed", () => {
  const node = new TestNode(1, { storage: storageOf({ voters: [1, 2] }) }).asLeader();
  proposeRemoval(node);
  const changeIndex = node.raft.log.lastIndex();
  assert.deepEqual(node.apply(), []);
  node.propose("hello");
  // 2 acknowledges its own removal, and nothing after.
  node.step({ type: MsgAppResp, from: 2, index: changeIndex });
  assert.deepEqual(
    node.apply().map(({ type, data }) => [type, data.length]),
    [
      [EntryType.EntryNormal, 0],
      [EntryType.EntryConfChange, encodeConfChange(removal).length],
    ],
  );
  node.change("r2");
  assert.deepEqual(
    node.apply().map(({ data }) => new TextDecoder().decode(data)),
    ["hello"],
  );
});
