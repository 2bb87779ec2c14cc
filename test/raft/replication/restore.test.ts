import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ConfState,
  MessageType,
  newConfState,
  newSnapshot,
  type Snapshot,
} from "../../../src/proto/raftpb.ts";
import { restore } from "../../../src/raft/consensus/snapshot-restore.ts";
import { Cluster } from "../support/cluster.ts";
import { electionTick, TestNode } from "../support/testnode.ts";

// A snapshot as it arrives at a follower.

const { MsgApp, MsgAppResp, MsgSnap } = MessageType;

function snapshotOf(confState: Partial<ConfState>, index = 11, term = 11): Snapshot {
  return newSnapshot({ index, term, confState: newConfState(confState) });
}

test("TestRestore: log, term and voters are the snapshot's, and once is enough", () => {
  const node = new TestNode(1, { voters: [1, 2] });
  const snapshot = snapshotOf({ voters: [1, 2, 3] });
  assert.equal(restore(node.raft, snapshot), true);
  assert.equal(node.raft.log.lastIndex(), 11);
  assert.equal(node.raft.log.term(11), 11);
  assert.deepEqual(node.raft.tracker.voterNodes(), [1, 2, 3]);
  assert.equal(restore(node.raft, snapshot), false);
  node.tick(2 * electionTick);
  assert.equal(node.raft.state, "StateFollower", "it does not campaign before it is applied");
});

test("TestRestoreWithLearner: learners are the snapshot's", () => {
  const node = new TestNode(3, { voters: [1, 2], learners: [3] });
  assert.equal(restore(node.raft, snapshotOf({ voters: [1, 2], learners: [3] })), true);
  assert.deepEqual(node.raft.tracker.voterNodes(), [1, 2]);
  assert.deepEqual(node.raft.tracker.learnerNodes(), [3]);
  for (const id of [1, 2]) assert.equal(node.progress(id).isLearner, false);
  assert.equal(node.progress(3).isLearner, true);
  assert.equal(node.raft.isLearner, true);
});

test("TestRestoreWithVotersOutgoing: a joint configuration comes back whole", () => {
  const node = new TestNode(1, { voters: [1, 2] });
  const joint = { voters: [2, 3, 4], votersOutgoing: [1, 2, 3] };
  assert.equal(restore(node.raft, snapshotOf(joint)), true);
  assert.equal(node.raft.log.lastIndex(), 11);
  assert.deepEqual(node.raft.tracker.voterNodes(), [1, 2, 3, 4]);
  assert.deepEqual(node.raft.tracker.confState(), newConfState(joint));
  assert.equal(restore(node.raft, snapshotOf(joint)), false);
});

test("TestRestoreVoterToLearner: a voter that was made a learner takes the snapshot", () => {
  const node = new TestNode(3, { voters: [1, 2, 3] });
  assert.equal(node.raft.isLearner, false);
  assert.equal(restore(node.raft, snapshotOf({ voters: [1, 2], learners: [3] })), true);
  assert.equal(node.raft.isLearner, true);
});

test("TestRestoreLearnerPromotion: a learner that was made a voter too", () => {
  const node = new TestNode(3, { voters: [1, 2], learners: [3] });
  assert.equal(node.raft.isLearner, true);
  assert.equal(restore(node.raft, snapshotOf({ voters: [1, 2, 3] })), true);
  assert.equal(node.raft.isLearner, false);
});

test("TestLearnerReceiveSnapshot: a learner commits up to its leader's snapshot", () => {
  const snapshot = snapshotOf({ voters: [1], learners: [2] });
  const members = { voters: [1], learners: [2] };
  const [one, learner] = [new TestNode(1, members), new TestNode(2, members)];
  assert.equal(restore(one.raft, snapshot), true);
  one.storage.applySnapshot(snapshot);
  one.raft.log.stableSnapTo(11);
  one.raft.log.appliedTo(11, 0);
  const cluster = new Cluster([one, learner]);
  one.raft.randomizedElectionTimeout = electionTick;
  one.tick(electionTick);
  cluster.flush();
  cluster.beat(1);
  assert.equal(learner.raft.log.committed, one.raft.log.committed);
  assert.ok(learner.raft.log.committed > 11);
});

test("TestRestoreIgnoreSnapshot: old ones are ignored, known ones commit", () => {
  const node = new TestNode(1, { voters: [1, 2], log: [1, 1, 1] });
  node.raft.log.commitTo(1);
  assert.equal(restore(node.raft, snapshotOf({ voters: [1, 2] }, 1, 1)), false);
  assert.equal(node.raft.log.committed, 1);
  assert.equal(restore(node.raft, snapshotOf({ voters: [1, 2] }, 2, 1)), false);
  assert.equal(node.raft.log.committed, 2);
  assert.equal(node.raft.log.lastIndex(), 3, "the log stays");
});

/** A leader that was restored from a snapshot at 11, with 2 at that progress. */
function restored(): TestNode {
  const node = new TestNode(1, { voters: [1] });
  const snapshot = snapshotOf({ voters: [1, 2] });
  assert.equal(restore(node.raft, snapshot), true);
  node.storage.applySnapshot(snapshot);
  node.raft.log.stableSnapTo(11);
  return node.asLeader();
}

test("TestProvideSnap: who needs what is compacted gets the snapshot", () => {
  const node = restored();
  const pr = node.progress(2);
  pr.next = node.raft.log.firstIndex();
  pr.recentActive = true;
  node.messages();
  node.step({ type: MsgAppResp, from: 2, index: pr.next - 1, reject: true });
  assert.deepEqual(
    node.messages().map(({ type }) => type),
    [MsgSnap],
  );
});

test("TestIgnoreProvidingSnap: not while it was not heard of", () => {
  const node = restored();
  node.messages();
  const pr = node.progress(2);
  pr.next = node.raft.log.firstIndex() - 1;
  pr.recentActive = false;
  node.propose("somedata");
  assert.deepEqual(node.messages(), []);
});

test("TestRestoreFromSnapMsg: a snapshot shows who leads", () => {
  const node = new TestNode(2, { voters: [1, 2] });
  node.step({ type: MsgSnap, from: 1, term: 2, snapshot: snapshotOf({ voters: [1, 2] }, 11, 2) });
  assert.equal(node.raft.lead, 1);
  const [answer] = node.messages();
  assert.deepEqual([answer?.type, answer?.index], [MsgAppResp, 11]);
});

test("TestSlowNodeRestore: a node that missed too much comes back by a snapshot", () => {
  const cluster = Cluster.of(3);
  cluster.campaign(1);
  cluster.isolate(3);
  for (let i = 0; i <= 100; i++) cluster.propose(1, "");
  const one = cluster.node(1);
  one.apply();
  const { applied } = one.raft.log;
  one.storage.createSnapshot(applied, one.raft.tracker.confState(), new Uint8Array(0));
  one.storage.compact(applied);

  cluster.heal();
  let snapshots = 0;
  cluster.hook = ({ type }) => {
    if (type === MsgSnap) snapshots++;
    return true;
  };
  for (let i = 0; i < 5 && !one.progress(3).recentActive; i++) cluster.beat(1);
  cluster.propose(1, "");
  cluster.propose(1, "");
  assert.equal(snapshots, 1);
  assert.equal(cluster.node(3).raft.log.committed, one.raft.log.committed);
});

test("a snapshot that does not name the node is refused", () => {
  const node = new TestNode(1, { voters: [1, 2] });
  assert.equal(restore(node.raft, snapshotOf({ voters: [2, 3], learners: [4] })), false);
  assert.equal(node.raft.log.lastIndex(), 0);
  assert.deepEqual(node.raft.tracker.voterNodes(), [1, 2]);
});

test("a leader that is asked to restore steps down instead", () => {
  const node = new TestNode(1, { voters: [1, 2] }).asLeader();
  const { term } = node.raft;
  assert.equal(restore(node.raft, snapshotOf({ voters: [1, 2] })), false);
  assert.equal(node.raft.state, "StateFollower");
  assert.equal(node.raft.term, term + 1);
  node.step({ type: MsgApp, from: 2, term: term + 1 });
  assert.equal(node.raft.lead, 2);
});
