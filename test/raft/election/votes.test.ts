import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, MessageType } from "../../../src/proto/raftpb.ts";
import { voteRespMsgType } from "../../../src/raft/consensus/messages.ts";
import { step } from "../../../src/raft/consensus/step.ts";
import { StateType } from "../../../src/raft/types.ts";
import { type NodeOptions, TestNode } from "../support/testnode.ts";

// Who gives its vote to whom, and when a vote counts.

const { MsgHeartbeat, MsgPreVote, MsgPreVoteResp, MsgVote, MsgVoteResp } = MessageType;
type Request = typeof MsgVote | typeof MsgPreVote;

function votesFromAnyState(type: Request): void {
  for (const state of Object.values(StateType)) {
    const node = new TestNode(1, { voters: [1, 2, 3] });
    node.raft.term = 1;
    if (state === "StateFollower") node.asFollower(1, 3);
    if (state === "StatePreCandidate") node.asPreCandidate();
    if (state === "StateCandidate") node.asCandidate();
    if (state === "StateLeader") node.asLeader();
    node.messages();
    const before = node.raft.term;
    const term = before + 1;
    node.step({ type, from: 2, term, logTerm: term, index: 42 });
    const [response, ...more] = node.messages();
    assert.deepEqual(more, []);
    assert.equal(response?.type, voteRespMsgType(type));
    assert.equal(response?.reject, false, state);
    assert.equal(response?.term, term, "of the term that was asked for");
    if (type === MsgVote) {
      assert.equal(node.raft.state, "StateFollower");
      assert.equal(node.raft.term, term);
      assert.equal(node.raft.vote, 2);
    } else {
      assert.equal(node.raft.state, state, "a pre-election changes nothing");
      assert.equal(node.raft.term, before);
      assert.equal([0, 1].includes(node.raft.vote), true);
    }
  }
}

test("TestVoteFromAnyState: whoever is asked in a later term votes and follows", () => {
  votesFromAnyState(MsgVote);
});

test("TestPreVoteFromAnyState: in a pre-election it says yes and stays what it is", () => {
  votesFromAnyState(MsgPreVote);
});

function receiveVoteRequest(type: Request): void {
  const cases: [StateType, number, number, number, boolean][] = [
    // The log asked with is behind in term or index.
    ["StateFollower", 0, 0, 0, true],
    ["StateFollower", 1, 0, 0, true],
    ["StateFollower", 2, 0, 0, true],
    ["StateFollower", 3, 0, 0, false],
    ["StateFollower", 0, 1, 0, true],
    ["StateFollower", 1, 1, 0, true],
    ["StateFollower", 2, 1, 0, true],
    ["StateFollower", 3, 1, 0, false],
    ["StateFollower", 0, 2, 0, true],
    ["StateFollower", 1, 2, 0, true],
    ["StateFollower", 2, 2, 0, false],
    ["StateFollower", 3, 2, 0, false],
    ["StateFollower", 0, 3, 0, true],
    ["StateFollower", 1, 3, 0, true],
    ["StateFollower", 2, 3, 0, false],
    ["StateFollower", 3, 3, 0, false],
    // It has voted, for whoever asks again, or for somebody else.
    ["StateFollower", 3, 2, 2, false],
    ["StateFollower", 3, 2, 1, true],
    ["StateLeader", 3, 3, 1, true],
    ["StatePreCandidate", 3, 3, 1, true],
    ["StateCandidate", 3, 3, 1, true],
  ];
  for (const [state, logTerm, index, vote, reject] of cases) {
    const node = new TestNode(1, { voters: [1], log: [2, 2], saved: { term: 2 } });
    const { raft } = node;
    raft.state = state;
    raft.vote = vote;
    // What is asked for is this term, or the log's, whichever is later.
    raft.term = Math.max(raft.log.lastTerm(), logTerm);
    node.step({ type, from: 2, term: raft.term, logTerm, index });
    const [response, ...more] = node.messages();
    assert.deepEqual(more, []);
    assert.equal(response?.type, voteRespMsgType(type));
    assert.equal(response?.reject, reject, `${state} ${logTerm}/${index} voted ${vote}`);
  }
}

test("TestRecvMsgVote: a vote goes to a log that is up to date, if it was not given yet", () => {
  receiveVoteRequest(MsgVote);
});

test("TestRecvMsgPreVote: so does a vote in a pre-election", () => receiveVoteRequest(MsgPreVote));

/** What the node told itself, which waits until its vote is stored. */
function held(node: TestNode): Message[] {
  const { raft } = node;
  const messages = raft.msgsAfterAppend;
  raft.msgsAfterAppend = [];
  return messages;
}

function deliver(node: TestNode, messages: readonly Message[]): void {
  for (const message of messages) if (message.to === node.id) step(node.raft, message);
}

function lostElection(options: NodeOptions): void {
  const node = new TestNode(1, { voters: [1, 2, 3], ...options });
  node.campaign();
  const own = held(node);
  node.step({ type: MsgHeartbeat, from: 2, term: node.raft.term });
  assert.equal(node.raft.state, "StateFollower");
  deliver(node, own);
  assert.equal(node.raft.state, "StateFollower");
  assert.equal(node.raft.tracker.tallyVotes().granted, 0);
}

test("TestCandidateSelfVoteAfterLostElection: its own vote comes too late to count", () => {
  lostElection({});
});

test("TestCandidateSelfVoteAfterLostElectionPreVote: also in a pre-election", () => {
  lostElection({ preVote: true });
});

test("TestCandidateDeliversPreCandidateSelfVoteAfterBecomingCandidate: they do not count", () => {
  const node = new TestNode(1, { voters: [1, 2, 3], preVote: true });
  node.campaign();
  assert.equal(node.raft.state, "StatePreCandidate");
  const ownPreVote = held(node);
  const term = node.raft.term + 1;
  for (const from of [2, 3]) node.step({ type: MsgPreVoteResp, from, term });
  assert.equal(node.raft.state, "StateCandidate");
  deliver(node, ownPreVote);
  assert.equal(node.raft.state, "StateCandidate");
  const ownVote = held(node);
  assert.equal(node.raft.tracker.tallyVotes().granted, 0);

  node.step({ type: MsgVoteResp, from: 2, term: node.raft.term });
  assert.equal(node.raft.state, "StateCandidate", "its own vote is not stored yet");
  deliver(node, ownVote);
  assert.equal(node.raft.state, "StateLeader");
});
