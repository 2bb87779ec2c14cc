import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType, newConfState, newSnapshot } from "../../../../src/proto/raftpb.ts";
import { MemoryStorage } from "../../../../src/raft/memorystorage.ts";
import { TestNode } from "../support/testnode.ts";

// A follower that needs a snapshot: what its progress goes through on the leader.

const { MsgApp, MsgAppResp, MsgSnap, MsgSnapStatus } = MessageType;

/** A leader whose log begins behind a snapshot at index 11. */
function leader(): TestNode {
  const storage = new MemoryStorage();
  const confState = newConfState({ voters: [1, 2] });
  storage.applySnapshot(newSnapshot({ index: 11, term: 11, confState }));
  return new TestNode(1, { storage }).asFollower(11).asLeader();
}

/** As above, with the snapshot on its way to 2. */
function sending(): TestNode {
  const node = leader();
  const { progress } = node.raft.tracker;
  assert.ok(progress.has(2));
  node.progress(2).next = 1;
  node.progress(2).becomeSnapshot(11);
  return node;
}

test("TestSendingSnapshotSetPendingSnapshot: what is compacted goes as snapshot", () => {
  const node = leader();
  const pr = node.progress(2);
  pr.next = node.raft.log.firstIndex();
  pr.recentActive = true;
  node.step({ type: MsgAppResp, from: 2, index: pr.next - 1, reject: true });
  assert.equal(pr.pendingSnapshot, 11);
  assert.equal(pr.state, "StateSnapshot");
  assert.deepEqual(
    node.messages().map(({ type, snapshot }) => [type, snapshot?.metadata.index]),
    [[MsgSnap, 11]],
  );
});

test("TestPendingSnapshotPauseReplication: nothing else goes to a member that gets one", () => {
  const node = sending();
  node.messages();
  node.propose("somedata");
  assert.deepEqual(node.messages(), []);
});

test("TestSnapshotFailure: after a failure the member is probed from its match", () => {
  const node = sending();
  node.step({ type: MsgSnapStatus, from: 2, reject: true });
  const pr = node.progress(2);
  assert.equal(pr.pendingSnapshot, 0);
  assert.equal(pr.next, 1);
  assert.equal(pr.state, "StateProbe");
  assert.equal(pr.msgAppFlowPaused, true, "it is given time until it shows itself");
});

test("TestSnapshotSucceed: after success the member is probed from behind the snapshot", () => {
  const node = sending();
  node.step({ type: MsgSnapStatus, from: 2, reject: false });
  const pr = node.progress(2);
  assert.equal(pr.pendingSnapshot, 0);
  assert.equal(pr.next, 12);
  assert.equal(pr.state, "StateProbe");
  assert.equal(pr.msgAppFlowPaused, true);
});

test("TestSnapshotAbort: an acknowledgement that reaches the log ends the wait at once", () => {
  const node = sending();
  node.messages();
  // The leader's first entry is at 12.
  node.step({ type: MsgAppResp, from: 2, index: 11 });
  const pr = node.progress(2);
  assert.equal(pr.pendingSnapshot, 0);
  assert.equal(pr.state, "StateReplicate");
  assert.equal(pr.next, 13, "and the entry goes out with it");
  assert.equal(pr.inflights.count, 1);
  assert.deepEqual(
    node.messages().map(({ type, index, entries }) => [type, index, entries.length]),
    [[MsgApp, 11, 1]],
  );
});
