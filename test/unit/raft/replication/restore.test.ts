import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ConfState,
  type Message,
  MessageType,
  newConfState,
  newSnapshot,
  type Snapshot,
} from "../../../../src/proto/raftpb.ts";
import { appliedSnap } from "../../../../src/raft/consensus/applied.ts";
import { restore } from "../../../../src/raft/consensus/snapshot-restore.ts";
import { MemoryStorage } from "../../../../src/raft/memorystorage.ts";
import { RaftCluster } from "../support/cluster.ts";
import { electionTick, entriesOf, TestNode } from "../support/testnode.ts";

// Raft paper, 7: a follower whose next entry is compacted gets the state in place of the log.

const { MsgApp, MsgAppResp, MsgHeartbeatResp, MsgSnap } = MessageType;
/** Where the snapshots are. */
const at = { index: 11, term: 11 };

const snapshotOf = (confState: Partial<ConfState>): Snapshot =>
  newSnapshot({ ...at, confState: newConfState(confState) });

/** Delivers a snapshot and returns up to where the node then says to have the leader's log. */
function receive(node: TestNode, snapshot: Snapshot): number {
  node.step({ type: MsgSnap, from: 2, term: 12, snapshot });
  const [answer, ...more] = node.messages();
  assert.deepEqual(more, []);
  assert.deepEqual([answer?.type, answer?.to, answer?.reject], [MsgAppResp, 2, false]);
  return answer?.index ?? 0;
}

/** That the node's log and state begin at the snapshot. */
function assertRestored(node: TestNode): void {
  const { log } = node.raft;
  assert.deepEqual([log.lastIndex(), log.lastTerm(), log.firstIndex()], [11, 11, 12]);
  assert.deepEqual([log.committed, log.allEntries()], [11, []]);
}

/** The node does not campaign however long it waits. */
function assertQuiet(node: TestNode): void {
  node.tick(3 * electionTick);
  assert.deepEqual([node.raft.state, node.messages()], ["StateFollower", []]);
}

test("TestRestore: a snapshot replaces log and configuration, once", () => {
  const node = new TestNode(1, { voters: [1, 2] });
  const snapshot = snapshotOf({ voters: [1, 2, 3] });
  assert.equal(receive(node, snapshot), 11);
  assertRestored(node);
  assert.deepEqual(node.raft.tracker.voterNodes(), [1, 2, 3]);
  assert.equal(node.raft.log.nextUnstableSnapshot(), snapshot);

  node.step({ type: MsgApp, from: 2, term: 12, ...prev(11), entries: entriesOf([12], 12) });
  node.messages();
  assert.equal(receive(node, snapshot), 11, "again, it is answered");
  assert.equal(node.raft.log.lastIndex(), 12, "and changes nothing");
  assertQuiet(node);
});

const prev = (index: number) => ({ index, logTerm: at.term });

test("TestRestoreWithLearner: the learners of a snapshot become the node's", () => {
  const node = new TestNode(3, { voters: [1, 2], learners: [3] });
  assert.equal(receive(node, snapshotOf({ voters: [1, 2], learners: [3] })), 11);
  assertRestored(node);
  const standing = node.raft.tracker.members.map(({ id, isLearner }) => [id, isLearner]);
  assert.deepEqual(standing, [
    [1, false],
    [2, false],
    [3, true],
  ]);
  assert.equal(node.raft.isLearner, true);
});

test("TestRestoreWithVotersOutgoing: a voter that is on its way out still takes a snapshot", () => {
  const node = new TestNode(1, { voters: [1, 2] });
  const joint = { voters: [2, 3, 4], votersOutgoing: [1, 2, 3] };
  assert.equal(receive(node, snapshotOf(joint)), 11);
  assertRestored(node);
  assert.deepEqual(node.raft.tracker.voterNodes(), [1, 2, 3, 4]);
  assert.equal(node.raft.tracker.config.voters.isJoint, true);
  assertQuiet(node);
});

test("TestRestoreVoterToLearner: a voter can learn from a snapshot that it is a learner", () => {
  const node = new TestNode(3, { voters: [1, 2, 3] });
  assert.equal(node.raft.isLearner, false);
  assert.equal(receive(node, snapshotOf({ voters: [1, 2], learners: [3] })), 11);
  assertRestored(node);
  assert.equal(node.raft.isLearner, true);
});

test("TestRestoreLearnerPromotion: and a learner that it is a voter", () => {
  const node = new TestNode(3, { voters: [1, 2], learners: [3] });
  assert.equal(node.raft.isLearner, true);
  assert.equal(receive(node, snapshotOf({ voters: [1, 2, 3] })), 11);
  assertRestored(node);
  assert.equal(node.raft.isLearner, false);
});

test("TestRestoreIgnoreSnapshot: a snapshot of what the log has replaces nothing", () => {
  const node = new TestNode(1, { voters: [1, 2] });
  const entries = entriesOf([1, 1, 1]);
  node.step({ type: MsgApp, from: 2, term: 1, entries, commit: 1 });
  node.messages();
  const confState = newConfState({ voters: [1, 2, 3] });
  for (const [index, commit] of [
    [1, 1],
    // What it holds is committed, so the log may take that from it.
    [2, 2],
  ] as const) {
    assert.equal(receive(node, newSnapshot({ index, term: 1, confState })), commit);
    assert.deepEqual([node.raft.log.committed, node.logTerms()], [commit, [1, 1, 1]]);
    assert.deepEqual(node.raft.tracker.voterNodes(), [1, 2]);
  }
});

test("a snapshot for others is refused, lest the node lose its membership by mistake", () => {
  const node = new TestNode(1, { voters: [1, 2] });
  assert.equal(receive(node, snapshotOf({ voters: [2, 3] })), 0);
  assert.deepEqual([node.raft.log.lastIndex(), node.raft.tracker.voterNodes()], [0, [1, 2]]);
});

test("a leader that is asked to restore steps down instead: that cannot be", () => {
  const node = new TestNode(1, { voters: [1, 2] }).asLeader();
  assert.equal(restore(node.raft, snapshotOf({ voters: [1, 2] })), false);
  const { state, term, lead, log } = node.raft;
  assert.deepEqual([state, term, lead, log.lastIndex()], ["StateFollower", 2, 0, 1]);
});

test("TestRestoreFromSnapMsg: who sends a snapshot leads", () => {
  for (const prepare of [
    (node: TestNode) => node.asFollower(1),
    (node: TestNode) => node.asPreCandidate(),
    (node: TestNode) => node.asCandidate(),
  ]) {
    const node = prepare(new TestNode(1, { voters: [1, 2] }));
    assert.equal(receive(node, snapshotOf({ voters: [1, 2] })), 11);
    assert.deepEqual([node.raft.state, node.raft.lead, node.raft.term], ["StateFollower", 2, 12]);
    assertRestored(node);
  }
});

/** A node whose storage begins at the snapshot. */
function behindSnapshot(id: number, confState: Partial<ConfState>): TestNode {
  const storage = new MemoryStorage();
  storage.applySnapshot(snapshotOf(confState));
  storage.setHardState({ term: 11, vote: 0, commit: 11 });
  return new TestNode(id, { storage });
}

test("an older snapshot than the own is ignored, though nothing is known of its index", () => {
  const node = behindSnapshot(1, { voters: [1, 2] });
  const confState = newConfState({ voters: [1, 2, 3] });
  assert.equal(receive(node, newSnapshot({ index: 5, term: 3, confState })), 11);
  assertRestored(node);
  assert.deepEqual(node.raft.tracker.voterNodes(), [1, 2]);
});

test("TestProvideSnap: a follower that lacks what is compacted gets a snapshot", () => {
  const leader = behindSnapshot(1, { voters: [1, 2] }).asLeader();
  leader.messages();
  const refusal = { type: MsgAppResp, from: 2, term: 12, index: 11, reject: true };
  leader.step({ ...refusal, rejectHint: 0 });
  const [message, ...more] = leader.messages();
  assert.deepEqual(more, []);
  assert.deepEqual([message?.type, message?.to, message?.term], [MsgSnap, 2, 12]);
  assert.deepEqual(message?.snapshot, leader.storage.snapshot());
  assert.equal(leader.progress(2).state, "StateSnapshot");
  assert.equal(leader.progress(2).pendingSnapshot, 11);
});

test("TestIgnoreProvidingSnap: but not as long as nothing is heard of it", () => {
  const leader = behindSnapshot(1, { voters: [1, 2] }).asLeader();
  leader.messages();
  const follower = leader.progress(2);
  follower.next = leader.raft.log.firstIndex() - 1;
  follower.recentActive = false;
  leader.propose("a");
  assert.deepEqual(leader.messages(), []);
  leader.step({ type: MsgHeartbeatResp, from: 2, term: 12 });
  assert.deepEqual(
    leader.messages().map(({ type }) => type),
    [MsgSnap],
  );
});

test("TestLearnerReceiveSnapshot: a learner gets one like anybody else", () => {
  const membership = { voters: [1], learners: [2] };
  const leader = behindSnapshot(1, membership);
  const cluster = new RaftCluster([leader, new TestNode(2, membership)]);
  leader.tick(2 * electionTick);
  cluster.flush();
  assert.equal(leader.raft.state, "StateLeader");
  cluster.beat(1);
  storeSnapshot(cluster.node(2));
  cluster.beat(1);
  assert.equal(leader.raft.log.committed, 12);
  assert.equal(cluster.node(2).raft.log.committed, 12);
});

function storeSnapshot({ raft, storage }: TestNode): void {
  const snapshot = raft.log.nextUnstableSnapshot();
  assert.ok(snapshot, "no snapshot came");
  storage.applySnapshot(snapshot);
  appliedSnap(raft, snapshot);
}

test("TestSlowNodeRestore: one that was away for long catches up by a snapshot", () => {
  const cluster = RaftCluster.of(3);
  cluster.campaign(1);
  cluster.isolate(3);
  for (let i = 0; i < 100; i++) cluster.propose(1, `${i}`);
  const leader = cluster.node(1);
  leader.apply();
  const { applied } = leader.raft.log;
  assert.equal(applied, 101);
  leader.storage.createSnapshot(applied, leader.raft.tracker.confState(), new Uint8Array(0));
  leader.storage.compact(applied);
  leader.progress(3).recentActive = false;

  cluster.heal();
  const sent: Message[] = [];
  cluster.hook = (m) => {
    if (m.type === MsgSnap) sent.push(m);
    return true;
  };
  cluster.beat(1);
  cluster.propose(1, "b");
  assert.equal(sent.length, 1);
  assert.deepEqual([sent[0]?.to, sent[0]?.snapshot?.metadata.index], [3, applied]);
  storeSnapshot(cluster.node(3));
  cluster.propose(1, "c");
  const [first, , third] = cluster.nodes.map(({ raft }) => raft.log);
  assert.deepEqual([first?.committed, third?.committed], [103, 103]);
  assert.equal(third?.firstIndex(), 102);
});
