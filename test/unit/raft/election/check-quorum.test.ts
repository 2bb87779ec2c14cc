import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType, newMessage } from "../../../../src/proto/raftpb.ts";
import { RaftCluster } from "../support/cluster.ts";
import { electionTick, type NodeOptions, TestNode } from "../support/testnode.ts";

// A leader that hears of no quorum steps down; who hears of a leader votes for nobody else.

const voters = [1, 2, 3];
const checkQuorum = true;
const [follower, candidate, leader] = ["StateFollower", "StateCandidate", "StateLeader"];

/** Three voters, of whom node 1 leads in term 1. */
function led(options: NodeOptions = {}): RaftCluster {
  const cluster = RaftCluster.of(3, { checkQuorum, ...options });
  cluster.campaign(1);
  assert.deepEqual(cluster.states(), [leader, follower, follower]);
  return cluster;
}

/** A follower's leader is silent until its lease is over, yet it does not campaign. */
function expireLease({ raft }: TestNode, ticks: (count: number) => void): void {
  raft.randomizedElectionTimeout = electionTick + 1;
  ticks(electionTick);
  assert.equal(raft.state, follower);
}

const lateHeartbeat = (cluster: RaftCluster, to: number) => {
  const { term } = cluster.node(1).raft;
  cluster.send(newMessage({ type: MessageType.MsgHeartbeat, from: 1, to, term }));
};

test("TestLeaderStepdownWhenQuorumActive: a leader that a quorum answers goes on", () => {
  const node = new TestNode(1, { voters, checkQuorum }).asLeader();
  for (let i = 0; i < 3 * electionTick; i++) {
    node.step({ type: MessageType.MsgHeartbeatResp, from: 2, term: 1 });
    node.tick();
  }
  assert.equal(node.raft.state, leader);
});

test("TestLeaderStepdownWhenQuorumLost: one that nobody answers steps down", () => {
  const node = new TestNode(1, { voters, checkQuorum }).asLeader();
  node.tick(electionTick - 1);
  assert.equal(node.raft.state, leader);
  node.tick();
  assert.deepEqual([node.raft.state, node.raft.lead, node.raft.term], [follower, 0, 1]);
});

test("without the option a leader goes on alone, and a later term deposes it at once", () => {
  const cluster = led({ checkQuorum: false });
  cluster.node(1).tick(3 * electionTick);
  assert.equal(cluster.node(1).raft.state, leader);
  cluster.node(1).messages();
  cluster.campaign(3);
  assert.deepEqual(cluster.states(), [follower, follower, leader]);
});

test("TestLeaderSupersedingWithCheckQuorum: nobody is elected before the lease is over", () => {
  const cluster = led();
  cluster.campaign(3);
  assert.deepEqual(cluster.states(), [leader, follower, candidate]);
  assert.deepEqual(cluster.terms(), [1, 1, 2], "nor does anybody follow to the term");
  const two = cluster.node(2);
  expireLease(two, (count) => two.tick(count));
  cluster.campaign(3);
  assert.deepEqual(cluster.states(), [follower, follower, leader]);
});

test("TestLeaderElectionWithCheckQuorum: who knows no leader, or hears none, votes", () => {
  // At the start nobody has a lease.
  const cluster = led();
  for (const id of [1, 2]) cluster.node(id).raft.randomizedElectionTimeout = electionTick + 2;
  for (const id of [1, 2]) cluster.node(id).tick(electionTick);
  cluster.campaign(3);
  assert.deepEqual(cluster.states(), [follower, follower, leader]);
});

test("TestFreeStuckCandidateWithCheckQuorum: the leader frees one with a later term", () => {
  const cluster = led();
  cluster.isolate(1);
  for (const ahead of [1, 2]) {
    cluster.campaign(3);
    assert.deepEqual(cluster.states(), [leader, follower, candidate]);
    assert.equal(cluster.node(3).raft.term, cluster.node(2).raft.term + ahead);
  }
  cluster.heal();
  lateHeartbeat(cluster, 3);
  assert.equal(cluster.node(1).raft.state, follower, "the answer tells it the later term");
  assert.equal(cluster.node(1).raft.term, cluster.node(3).raft.term);
  cluster.campaign(3);
  assert.equal(cluster.node(3).raft.state, leader);
});

test("TestNonPromotableVoterWithCheckQuorum: who does not know that it votes has no lease", () => {
  const [one, two] = [
    new TestNode(1, { voters: [1, 2], checkQuorum }),
    new TestNode(2, { voters: [1], checkQuorum }),
  ];
  assert.equal(two.raft.promotable(), false);
  two.tick(2 * electionTick);
  const cluster = new RaftCluster([one, two]);
  cluster.campaign(1);
  assert.deepEqual(cluster.states(), [leader, follower]);
  assert.equal(two.raft.lead, 1);
});

test("TestDisruptiveFollower: a follower whose leader is too late deposes it", () => {
  const cluster = led();
  const three = cluster.node(3);
  three.tick(three.raft.randomizedElectionTimeout - 1);
  assert.equal(three.raft.state, follower);
  three.tick();
  assert.deepEqual(cluster.states(), [leader, follower, candidate]);
  assert.deepEqual(cluster.terms(), [1, 1, 2]);
  // Its requests for votes are still on their way when the heartbeat comes.
  cluster.isolate(2);
  three.messages();
  lateHeartbeat(cluster, 3);
  assert.deepEqual(cluster.states(), [follower, follower, candidate]);
  assert.deepEqual(cluster.terms(), [2, 1, 2]);
});

test("TestDisruptiveFollowerPreVote: not so where it asks first", () => {
  const cluster = led({ preVote: true });
  cluster.isolate(3);
  for (const text of ["a", "b", "c"]) cluster.propose(1, text);
  cluster.heal();
  cluster.campaign(3);
  assert.deepEqual(cluster.states(), [leader, follower, "StatePreCandidate"]);
  lateHeartbeat(cluster, 3);
  assert.deepEqual(cluster.states(), [leader, follower, follower]);
  assert.deepEqual(cluster.terms(), [1, 1, 1]);
});
