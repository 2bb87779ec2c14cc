import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType } from "../../../../src/proto/raftpb.ts";
import { RaftCluster } from "../support/cluster.ts";
import { electionTick, TestNode } from "../support/testnode.ts";

const membership = { voters: [1], learners: [2] };

/** A voter and a learner, which follow nobody yet. */
function pair(): RaftCluster {
  return new RaftCluster([1, 2].map((id) => new TestNode(id, membership).asFollower(1)));
}

test("TestLearnerElectionTimeout: a learner waits for a leader however long it takes", () => {
  const learner = new TestNode(2, membership).asFollower(1);
  learner.tick(3 * electionTick);
  assert.deepEqual([learner.raft.state, learner.raft.term], ["StateFollower", 1]);
  assert.deepEqual(learner.messages(), []);
});

test("TestLearnerPromotion: a learner that became a voter can win an election", () => {
  const cluster = pair();
  cluster.node(1).tick(2 * electionTick);
  cluster.flush();
  assert.deepEqual(cluster.states(), ["StateLeader", "StateFollower"]);
  for (const node of cluster.nodes) node.change("v2");
  assert.equal(cluster.node(2).raft.isLearner, false);
  cluster.flush();
  cluster.node(2).tick(2 * electionTick);
  cluster.flush();
  assert.deepEqual(cluster.states(), ["StateFollower", "StateLeader"]);
});

test("TestLearnerCanVote: a learner that is asked votes, as it may have become a voter", () => {
  const learner = new TestNode(2, membership).asFollower(1);
  learner.step({ type: MessageType.MsgVote, from: 1, term: 2, index: 11, logTerm: 11 });
  const [answer, ...more] = learner.messages();
  assert.deepEqual(more, []);
  assert.equal(answer?.type, MessageType.MsgVoteResp);
  assert.deepEqual([answer.to, answer.term, answer.reject], [1, 2, false]);
  assert.equal(learner.raft.vote, 1);
});

test("TestLearnerLogReplication: a learner gets every entry, and counts for none", () => {
  const cluster = pair();
  cluster.node(1).tick(2 * electionTick);
  cluster.flush();
  assert.equal(cluster.node(1).raft.log.committed, 1, "the learner was not waited for");
  cluster.propose(1, "a");
  cluster.beat(1);
  const [leader, learner] = cluster.nodes;
  assert.deepEqual(learner?.logTerms(), leader?.logTerms());
  assert.deepEqual(
    cluster.nodes.map(({ raft }) => raft.log.committed),
    [2, 2],
  );
  assert.equal(leader?.progress(2).match, 2);
});

test("TestLearnerCampaign: a learner does not campaign, whoever tells it to", () => {
  const cluster = pair();
  cluster.campaign(2);
  assert.equal(cluster.node(2).raft.isLearner, true);
  assert.deepEqual(cluster.states(), ["StateFollower", "StateFollower"]);
  cluster.campaign(1);
  assert.deepEqual(cluster.states(), ["StateLeader", "StateFollower"]);
  // The leader chose it while it was a voter; since then it was demoted.
  const { term } = cluster.node(1).raft;
  cluster.node(2).step({ type: MessageType.MsgTimeoutNow, from: 1, term });
  assert.deepEqual(cluster.node(2).messages(), []);
  assert.equal(cluster.node(2).raft.state, "StateFollower");
});
