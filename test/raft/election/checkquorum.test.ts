import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType, newMessage } from "../../../src/proto/raftpb.ts";
import { Cluster } from "../support/cluster.ts";
import { electionTick, type NodeOptions, TestNode } from "../support/testnode.ts";

// Leaders that look whether they are still heard (Raft thesis, 6.2 and 4.2.3).

const { MsgHeartbeat, MsgHeartbeatResp } = MessageType;
const checkQuorum: NodeOptions = { checkQuorum: true };

test("TestLeaderStepdownWhenQuorumActive: a leader that is answered goes on", () => {
  const node = new TestNode(1, { voters: [1, 2, 3], ...checkQuorum }).asLeader();
  for (let i = 0; i <= electionTick; i++) {
    node.step({ type: MsgHeartbeatResp, from: 2, term: node.raft.term });
    node.tick();
  }
  assert.equal(node.raft.state, "StateLeader");
});

test("TestLeaderStepdownWhenQuorumLost: a leader that nobody answers steps down", () => {
  const node = new TestNode(1, { voters: [1, 2, 3], ...checkQuorum }).asLeader();
  node.tick(electionTick + 1);
  assert.equal(node.raft.state, "StateFollower");
});

/** Three nodes, of which 2 would time out a tick after the others had. */
function cluster(): Cluster {
  const made = Cluster.of(3, checkQuorum);
  const two = made.node(2);
  two.raft.randomizedElectionTimeout = electionTick + 1;
  two.tick(electionTick);
  return made;
}

test("TestLeaderSupersedingWithCheckQuorum: a new leader needs voters who miss the old one", () => {
  const made = cluster();
  made.campaign(1);
  assert.deepEqual(made.states(), ["StateLeader", "StateFollower", "StateFollower"]);
  made.campaign(3);
  assert.equal(made.node(3).raft.state, "StateCandidate", "2 has just heard of 1");
  made.node(2).tick(electionTick);
  made.campaign(3);
  assert.equal(made.node(3).raft.state, "StateLeader");
});

test("TestLeaderElectionWithCheckQuorum: who knows of no leader votes at once", () => {
  const made = Cluster.of(3, checkQuorum);
  const [one, two] = [made.node(1), made.node(2)];
  one.raft.randomizedElectionTimeout = electionTick;
  two.raft.randomizedElectionTimeout = electionTick + 1;
  made.campaign(1);
  assert.deepEqual(made.states(), ["StateLeader", "StateFollower", "StateFollower"]);
  one.raft.randomizedElectionTimeout = electionTick;
  two.raft.randomizedElectionTimeout = electionTick + 1;
  one.tick(electionTick);
  two.tick(electionTick);
  made.campaign(3);
  assert.deepEqual(made.states(), ["StateFollower", "StateFollower", "StateLeader"]);
});

test("TestFreeStuckCandidateWithCheckQuorum: a candidate of a later term is let in", () => {
  const made = cluster();
  made.campaign(1);
  made.isolate(1);
  made.campaign(3);
  made.campaign(3);
  assert.deepEqual(made.states(), ["StateLeader", "StateFollower", "StateCandidate"]);
  const { term } = made.node(2).raft;
  assert.equal(made.node(3).raft.term, term + 2, "2 ignores it and stays in its term");

  made.heal();
  const leader = made.node(1).raft;
  made.send(newMessage({ type: MsgHeartbeat, from: 1, to: 3, term: leader.term }));
  assert.equal(leader.state, "StateFollower", "its answer shows a later term");
  assert.equal(leader.term, made.node(3).raft.term);
  made.campaign(3);
  assert.equal(made.node(3).raft.state, "StateLeader");
});

test("TestNonPromotableVoterWithCheckQuorum: who was removed may still be asked, and votes", () => {
  const one = new TestNode(1, { voters: [1, 2], ...checkQuorum });
  const two = new TestNode(2, { voters: [1], ...checkQuorum });
  const made = new Cluster([one, two]);
  two.raft.randomizedElectionTimeout = electionTick + 1;
  two.change("r2");
  assert.equal(two.raft.promotable(), false);
  two.tick(electionTick);
  made.campaign(1);
  assert.deepEqual(made.states(), ["StateLeader", "StateFollower"]);
  assert.equal(two.raft.lead, 1);
});

test("TestDisruptiveFollower: a follower that missed its leader makes it step down", () => {
  const made = Cluster.of(3, checkQuorum);
  for (const node of made.nodes) node.asFollower(1);
  made.campaign(1);
  assert.deepEqual(made.states(), ["StateLeader", "StateFollower", "StateFollower"]);
  const three = made.node(3);
  three.raft.randomizedElectionTimeout = electionTick + 2;
  three.tick(electionTick + 1);
  assert.equal(three.raft.state, "StateFollower");
  // The heartbeat is a tick too late.
  three.tick();
  three.messages();
  assert.equal(three.raft.state, "StateCandidate");
  assert.deepEqual(made.terms(), [2, 2, 3]);
  made.send(newMessage({ type: MsgHeartbeat, from: 1, to: 3, term: 2 }));
  assert.equal(made.node(1).raft.state, "StateFollower");
  assert.deepEqual(made.terms(), [3, 2, 3]);
});

test("TestDisruptiveFollowerPreVote: with pre-elections it asks first and disturbs nobody", () => {
  const made = Cluster.of(3, checkQuorum);
  for (const node of made.nodes) node.asFollower(1);
  made.campaign(1);
  made.isolate(3);
  for (let i = 0; i < 3; i++) made.propose(1, "somedata");
  for (const node of made.nodes) node.reconfigure({ preVote: true });
  made.heal();
  made.campaign(3);
  assert.deepEqual(made.states(), ["StateLeader", "StateFollower", "StatePreCandidate"]);
  assert.deepEqual(made.terms(), [2, 2, 2]);
  made.send(newMessage({ type: MsgHeartbeat, from: 1, to: 3, term: 2 }));
  assert.equal(made.node(1).raft.state, "StateLeader");
});
