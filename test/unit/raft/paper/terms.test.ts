import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType, newEntry } from "../../../../src/proto/raftpb.ts";
import { TestNode } from "../support/testnode.ts";

// Raft paper, 5.1: terms are a logical clock, and stale information is recognized by them.

const voters = [1, 2, 3];

function meetsLaterTerm(node: TestNode): void {
  const term = node.raft.term + 1;
  node.step({ type: MessageType.MsgApp, from: 2, term });
  assert.equal(node.raft.term, term);
  assert.equal(node.raft.state, "StateFollower");
  assert.equal(node.raft.lead, 2);
}

test("TestFollowerUpdateTermFromMessage: a follower goes to a later term it hears of", () => {
  meetsLaterTerm(new TestNode(1, { voters }).asFollower(1, 2));
});

test("TestCandidateUpdateTermFromMessage: a candidate follows a leader of a later term", () => {
  meetsLaterTerm(new TestNode(1, { voters }).asCandidate());
});

test("TestLeaderUpdateTermFromMessage: a leader steps down before a later term", () => {
  meetsLaterTerm(new TestNode(1, { voters }).asLeader());
});

test("TestRejectStaleTermMessage: a message of an earlier term changes nothing", () => {
  const node = new TestNode(1, { voters }).asFollower(2);
  const entries = [newEntry({ term: 1, index: 1 })];
  node.step({ type: MessageType.MsgApp, from: 2, term: 1, entries, commit: 1 });
  assert.equal(node.raft.log.lastIndex(), 0);
  assert.equal(node.raft.lead, 0);
  assert.equal(node.raft.term, 2);
  assert.deepEqual(node.messages(), []);
});

test("TestStartAsFollower: a node begins as a follower", () => {
  assert.equal(new TestNode(1, { voters }).raft.state, "StateFollower");
});
