import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType } from "../../../../src/proto/raftpb.ts";
import { nodeOf } from "../support/rawnode.ts";
import { storageOf, TestNode } from "../support/testnode.ts";

// A follower whose host has reason to think the leader dead need not sit out the lease.

const { MsgForgetLeader, MsgHeartbeat, MsgVote, MsgVoteResp } = MessageType;
const voters = [1, 2, 3];
const checkQuorum = true;

const answersTo3 = (node: TestNode) => {
  node.messages();
  node.step({ type: MsgVote, from: 3, term: 3, index: 0 });
  return node.messages().map(({ type, reject }) => [type, reject]);
};

test("a follower that forgets its leader votes within the lease, and stays in its term", () => {
  const node = new TestNode(1, { voters, checkQuorum }).asFollower(2, 2);
  assert.deepEqual(answersTo3(node), [], "the lease is not over");
  node.step({ type: MsgForgetLeader, from: 1 });
  const { state, term, lead } = node.raft;
  assert.deepEqual([state, term, lead], ["StateFollower", 2, 0]);
  assert.deepEqual(answersTo3(node), [[MsgVoteResp, false]]);
});

test("it follows again at the leader's next sign of life", () => {
  const node = new TestNode(1, { voters, checkQuorum }).asFollower(2, 2);
  for (let i = 0; i < 2; i++) node.step({ type: MsgForgetLeader, from: 1 });
  assert.equal(node.raft.lead, 0);
  node.step({ type: MsgHeartbeat, from: 2, term: 2 });
  assert.equal(node.raft.lead, 2);
});

test("where reads rest on the lease nobody forgets", () => {
  const readOnlyOption = "lease-based";
  const node = new TestNode(1, { voters, checkQuorum, readOnlyOption }).asFollower(2, 2);
  node.step({ type: MsgForgetLeader, from: 1 });
  assert.equal(node.raft.lead, 2);
});

test("a leader does not forget itself, and a candidate has nobody to forget", () => {
  for (const node of [
    new TestNode(1, { voters }).asLeader(),
    new TestNode(1, { voters }).asCandidate(),
  ]) {
    const before = node.raft.softState();
    node.step({ type: MsgForgetLeader, from: 1 });
    assert.deepEqual(node.raft.softState(), before);
  }
});

test("a host asks for it by a call", () => {
  const node = nodeOf(storageOf({ voters }));
  node.step({ ...heartbeat(), to: 1 });
  assert.equal(node.basicStatus().softState.lead, 2);
  node.forgetLeader();
  assert.equal(node.basicStatus().softState.lead, 0);
});

function heartbeat() {
  const node = new TestNode(2, { voters }).asLeader();
  node.messages();
  node.step({ type: MessageType.MsgBeat, from: 2 });
  const message = node.messages().find(({ to }) => to === 1);
  assert.ok(message);
  return message;
}
