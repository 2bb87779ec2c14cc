import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, MessageType } from "../../../../src/proto/raftpb.ts";
import { step } from "../../../../src/raft/consensus/step.ts";
import { TestNode } from "../support/testnode.ts";

// One node that is asked for its vote, or waits for votes.

const { MsgHeartbeat, MsgPreVote, MsgPreVoteResp, MsgVote, MsgVoteResp } = MessageType;
const voters = [1, 2, 3];
type Request = typeof MsgVote | typeof MsgPreVote;
const responseTo = { [MsgVote]: MsgVoteResp, [MsgPreVote]: MsgPreVoteResp };

const roles: readonly (readonly [string, (node: TestNode) => TestNode])[] = [
  ["StateFollower", (node) => node.asFollower(node.raft.term, 3)],
  ["StatePreCandidate", (node) => node.asPreCandidate()],
  ["StateCandidate", (node) => node.asCandidate()],
  ["StateLeader", (node) => node.asLeader()],
];

/** The answer to a request of node 2, in the node's own term where no other is given. */
function ask(node: TestNode, type: Request, fields: Partial<Message>): Message {
  node.messages();
  node.step({ type, from: 2, term: node.raft.term, ...fields });
  const [answer, ...more] = node.messages();
  assert.deepEqual(more, []);
  assert.equal(answer?.type, responseTo[type]);
  return answer;
}

/** A node in that term, whose log ends at index 2 with term 2. */
const nodeIn = (term: number, vote = 0) =>
  new TestNode(1, { voters, log: [2, 2], saved: { term, vote } });

function judgesByLogAndVote(type: Request): void {
  for (let index = 0; index <= 3; index++) {
    for (let logTerm = 0; logTerm <= 3; logTerm++) {
      const behind = logTerm < 2 || (logTerm === 2 && index < 2);
      const { reject } = ask(nodeIn(Math.max(2, logTerm)), type, { index, logTerm });
      assert.equal(reject, behind, `${index} of term ${logTerm}`);
    }
  }
  const good = { index: 3, logTerm: 2 };
  assert.equal(ask(nodeIn(2, 2), type, good).reject, false, "it repeats its vote");
  assert.equal(ask(nodeIn(2, 3), type, good).reject, true, "it voted for somebody else");
  for (const [role, become] of roles.slice(1)) {
    const node = become(nodeIn(2, 1));
    assert.equal(ask(node, type, { index: 9, logTerm: node.raft.term }).reject, true, role);
  }
}

test("TestRecvMsgVote: in its own term a node votes once, for no log that is behind", () => {
  judgesByLogAndVote(MsgVote);
});

test("TestRecvMsgPreVote: and so it answers who only asks", () => judgesByLogAndVote(MsgPreVote));

test("TestVoteFromAnyState: in a later term every role votes, and follows", () => {
  for (const [role, become] of roles) {
    const node = become(nodeIn(2));
    const term = node.raft.term + 1;
    const answer = ask(node, MsgVote, { term, index: 42, logTerm: term });
    assert.deepEqual([answer.reject, answer.term], [false, term], role);
    const { state, vote, lead } = node.raft;
    assert.deepEqual([state, node.raft.term, vote, lead], ["StateFollower", term, 2, 0], role);
  }
});

test("TestPreVoteFromAnyState: who is only asked says yes, and nothing changes", () => {
  for (const [role, become] of roles) {
    const node = become(nodeIn(2));
    const before = node.raft.hardState();
    const term = before.term + 1;
    const answer = ask(node, MsgPreVote, { term, index: 42, logTerm: term });
    assert.deepEqual([answer.reject, answer.term], [false, term], role);
    assert.equal(node.raft.state, role);
    assert.deepEqual(node.raft.hardState(), before, role);
  }
});

/** Takes what a node tells itself, which takes as long as its storage. */
function held(node: TestNode): Message[] {
  const messages = node.raft.msgsAfterAppend.filter(({ to }) => to === node.id);
  node.raft.msgsAfterAppend = [];
  return messages;
}

const deliver = (node: TestNode, messages: readonly Message[]) => {
  for (const message of messages) step(node.raft, message);
};

function ownVoteComesTooLate(preVote: boolean): void {
  const node = new TestNode(1, { voters, preVote });
  node.campaign();
  const own = held(node);
  assert.equal(own.length, 1);
  node.step({ type: MsgHeartbeat, from: 2, term: 1 });
  assert.equal(node.raft.state, "StateFollower");
  deliver(node, own);
  assert.equal(node.raft.state, "StateFollower");
  assert.equal(node.raft.tracker.tallyVotes().granted, 0);
}

test("TestCandidateSelfVoteAfterLostElection: its own vote counts no more for a follower", () => {
  ownVoteComesTooLate(false);
});

test("TestCandidateSelfVoteAfterLostElectionPreVote: nor does its own answer", () => {
  ownVoteComesTooLate(true);
});

test("TestCandidateDeliversPreCandidateSelfVoteAfterBecomingCandidate: that is no vote", () => {
  const node = new TestNode(1, { voters, preVote: true });
  node.campaign();
  assert.equal(node.raft.state, "StatePreCandidate");
  const answer = held(node);
  for (const from of [2, 3]) node.step({ type: MsgPreVoteResp, from, term: 1 });
  assert.equal(node.raft.state, "StateCandidate");
  const vote = held(node);
  assert.deepEqual(
    [...answer, ...vote].map(({ type }) => type),
    [MsgPreVoteResp, MsgVoteResp],
  );
  deliver(node, answer);
  assert.equal(node.raft.tracker.tallyVotes().granted, 0);
  node.step({ type: MsgVoteResp, from: 2, term: 1 });
  assert.equal(node.raft.state, "StateCandidate", "one of three is no majority");
  deliver(node, vote);
  assert.equal(node.raft.state, "StateLeader");
});

test("TestLeaderMsgAppSelfAckAfterTermChange: what a node tells itself ends with its term", () => {
  const node = new TestNode(1, { voters }).asLeader();
  node.propose("a");
  const own = held(node);
  assert.deepEqual(
    own.map(({ type, index }) => [type, index]),
    [
      [MessageType.MsgAppResp, 1],
      [MessageType.MsgAppResp, 2],
    ],
  );
  node.step({ type: MsgHeartbeat, from: 2, term: 2 });
  deliver(node, own);
  assert.deepEqual([node.raft.state, node.raft.lead, node.raft.term], ["StateFollower", 2, 2]);
  assert.equal(node.raft.log.committed, 0);
});
