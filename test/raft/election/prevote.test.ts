import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType, newMessage } from "../../../src/proto/raftpb.ts";
import { Cluster } from "../support/cluster.ts";

// Pre-elections (Raft thesis, 9.6), also where not all nodes have them yet.

function following(options: { preVote: boolean; checkQuorum?: boolean }): Cluster {
  const cluster = Cluster.of(3, options);
  for (const node of cluster.nodes) node.asFollower(1);
  return cluster;
}

test("TestNodeWithSmallerTermCanCompleteElection: who comes back behind can still win", () => {
  const cluster = following({ preVote: true });
  const [one, two, three] = [1, 2, 3].map((id) => cluster.node(id).raft);
  assert.ok(one && two && three);
  // Node 3 is cut off while 1 and then 2 lead.
  cluster.cut(1, 3);
  cluster.cut(2, 3);
  cluster.campaign(1);
  cluster.campaign(3);
  assert.deepEqual(cluster.states(), ["StateLeader", "StateFollower", "StatePreCandidate"]);
  cluster.campaign(2);
  assert.deepEqual(cluster.terms(), [3, 3, 1]);
  assert.deepEqual(cluster.states(), ["StateFollower", "StateLeader", "StatePreCandidate"]);
  // Now 2 goes and 3 is back. It is behind in the log; together the two find a leader.
  cluster.heal();
  cluster.cut(2, 1);
  cluster.cut(2, 3);
  cluster.campaign(3);
  cluster.campaign(1);
  assert.ok(one.state === "StateLeader" || three.state === "StateLeader");
});

test("TestPreVoteWithSplitVote: who loses a split vote campaigns in the next term", () => {
  const cluster = following({ preVote: true });
  cluster.campaign(1);
  // The leader is gone; 2 and 3 get through their pre-elections at the same time.
  cluster.isolate(1);
  const [two, three] = [cluster.node(2), cluster.node(3)];
  for (const node of [two, three]) node.campaign();
  const asked = [...two.messages(), ...three.messages()].filter(({ to }) => to !== 1);
  cluster.hook = ({ type }) => type !== MessageType.MsgVote;
  cluster.send(...asked);
  assert.deepEqual(cluster.terms().slice(1), [3, 3]);
  assert.deepEqual(cluster.states().slice(1), ["StateCandidate", "StateCandidate"]);
  cluster.hook = () => true;
  cluster.campaign(2);
  assert.deepEqual(cluster.terms().slice(1), [4, 4]);
  assert.deepEqual(cluster.states().slice(1), ["StateLeader", "StateFollower"]);
});

test("TestPreVoteWithCheckQuorum: the lease of a leader that is gone ends", () => {
  const cluster = following({ preVote: true, checkQuorum: true });
  cluster.campaign(1);
  cluster.isolate(1);
  assert.deepEqual(cluster.states(), ["StateLeader", "StateFollower", "StateFollower"]);
  // 2 asks first and is ignored. When 3 asks, 2 knows of no leader any more and says yes.
  cluster.campaign(2);
  cluster.campaign(3);
  const led = cluster.states().slice(1);
  assert.ok(led.includes("StateLeader"), led.join(" "));
});

/** 1 and 2 have pre-elections on; 3, cut off, had not, and went through several terms alone. */
function migrating(): Cluster {
  const cluster = following({ preVote: true });
  cluster.node(3).reconfigure({ preVote: false });
  cluster.campaign(1);
  cluster.isolate(3);
  cluster.propose(1, "some data");
  cluster.campaign(3);
  cluster.campaign(3);
  assert.deepEqual(cluster.states(), ["StateLeader", "StateFollower", "StateCandidate"]);
  assert.deepEqual(cluster.terms(), [2, 2, 4]);
  cluster.node(3).reconfigure({ preVote: true });
  cluster.heal();
  return cluster;
}

test("TestPreVoteMigrationCanCompleteElection: after a migration a majority finds a leader", () => {
  const cluster = migrating();
  // The leader goes. 3 has the later term and the shorter log, 2 the other way round.
  cluster.isolate(1);
  cluster.campaign(3);
  cluster.campaign(2);
  assert.equal(cluster.node(2).raft.state, "StateFollower", "it has learned of the later term");
  assert.equal(cluster.node(3).raft.state, "StatePreCandidate");
  cluster.campaign(3);
  cluster.campaign(2);
  const states = cluster.states().slice(1);
  assert.ok(states.includes("StateLeader"), states.join(" "));
});

test("TestPreVoteMigrationWithFreeStuckPreCandidate: the leader learns the term", () => {
  const cluster = migrating();
  for (let i = 0; i < 2; i++) {
    cluster.campaign(3);
    assert.deepEqual(cluster.states(), ["StateLeader", "StateFollower", "StatePreCandidate"]);
  }
  const { term } = cluster.node(1).raft;
  cluster.send(newMessage({ type: MessageType.MsgHeartbeat, from: 1, to: 3, term }));
  assert.equal(cluster.node(1).raft.state, "StateFollower", "3 is ahead of its leader");
  assert.equal(cluster.node(1).raft.term, cluster.node(3).raft.term);
});
