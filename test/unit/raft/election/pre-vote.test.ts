import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType, newMessage } from "../../../../src/proto/raftpb.ts";
import { LineLogger, LogLevel } from "../../../../src/raft/logger.ts";
import { RaftCluster } from "../support/cluster.ts";
import { type NodeOptions, TestNode } from "../support/testnode.ts";

// Raft thesis, 9.6: a campaign begins by asking who would vote, and disturbs nobody if too few.

const voters = [1, 2, 3];
const [follower, candidate, preCandidate, leader] = [
  "StateFollower",
  "StateCandidate",
  "StatePreCandidate",
  "StateLeader",
];

/** Three voters that are in term 1 already. */
function cluster(options: NodeOptions): RaftCluster {
  return new RaftCluster(
    voters.map((id) => new TestNode(id, { voters, ...options }).asFollower(1)),
  );
}

const hup = (id: number) => newMessage({ type: MessageType.MsgHup, from: id, to: id });

function campaignsWhileLeader(preVote: boolean): void {
  const node = new TestNode(1, { preVote });
  assert.equal(node.raft.state, follower);
  for (let i = 0; i < 2; i++) {
    node.campaign();
    assert.deepEqual(node.messages(), []);
    assert.deepEqual([node.raft.state, node.raft.term], [leader, 1]);
  }
}

test("TestCampaignWhileLeader: a leader has no reason to campaign", () => {
  campaignsWhileLeader(false);
});

test("TestPreCampaignWhileLeader: nor to ask who would vote", () => campaignsWhileLeader(true));

test("TestNodeWithSmallerTermCanCompleteElection: one that fell behind may still take part", () => {
  const nodes = cluster({ preVote: true });
  nodes.isolate(3);
  nodes.campaign(1);
  assert.deepEqual(nodes.states(), [leader, follower, follower]);
  nodes.campaign(3);
  nodes.campaign(2);
  assert.deepEqual(nodes.states(), [follower, leader, preCandidate]);
  assert.deepEqual(nodes.terms(), [3, 3, 1]);

  // It comes back just as the leader goes. Each of the two that are left needs the other.
  nodes.heal();
  nodes.isolate(2);
  nodes.campaign(3);
  nodes.campaign(1);
  const [first, , third] = nodes.states();
  assert.ok([first, third].includes(leader), `${first} ${third}`);
});

test("TestPreVoteWithSplitVote: after a split vote the next campaign can be won", () => {
  const nodes = cluster({ preVote: true });
  nodes.campaign(1);
  nodes.isolate(1);
  nodes.send(hup(2), hup(3));
  assert.deepEqual(nodes.states().slice(1), [candidate, candidate]);
  assert.deepEqual(nodes.terms().slice(1), [3, 3]);
  nodes.campaign(2);
  assert.deepEqual(nodes.states().slice(1), [leader, follower]);
  assert.deepEqual(nodes.terms().slice(1), [4, 4]);
});

test("TestPreVoteWithCheckQuorum: a pre-candidate has no lease that could hold up others", () => {
  const nodes = cluster({ preVote: true, checkQuorum: true });
  nodes.campaign(1);
  nodes.isolate(1);
  assert.deepEqual(nodes.states(), [leader, follower, follower]);
  nodes.campaign(3);
  assert.deepEqual(nodes.states(), [leader, follower, preCandidate], "node 2 is in the lease");
  nodes.campaign(2);
  assert.deepEqual(nodes.states(), [leader, leader, follower]);
});

/** Starts the node again with other options, from what it has stored. */
function restarted(node: TestNode, options: NodeOptions): TestNode {
  node.persist();
  node.storage.setHardState(node.raft.hardState());
  return new TestNode(node.id, { ...options, storage: node.storage });
}

/**
 * A cluster in which pre-votes are being switched on: node 3, cut off, has campaigned without them
 * into term 4 and lacks an entry; nodes 1 (the leader) and 2 have them, and are in term 2. Then
 * node 3 starts again with them too, and is back.
 */
function migrating(): RaftCluster {
  const nodes = cluster({ preVote: true });
  nodes.add(new TestNode(3, { voters, preVote: false }).asFollower(1));
  nodes.campaign(1);
  nodes.isolate(3);
  nodes.propose(1, "a");
  nodes.campaign(3);
  nodes.campaign(3);
  assert.deepEqual(nodes.states(), [leader, follower, candidate]);
  assert.deepEqual(nodes.terms(), [2, 2, 4]);
  nodes.add(restarted(nodes.node(3), { preVote: true }));
  nodes.heal();
  return nodes;
}

test("TestPreVoteMigrationCanCompleteElection: its higher term does not block elections", () => {
  const nodes = migrating();
  nodes.isolate(1);
  nodes.campaign(3);
  nodes.campaign(2);
  assert.deepEqual(nodes.states().slice(1), [follower, preCandidate], "each refuses the other");
  assert.deepEqual(nodes.terms().slice(1), [4, 4], "but now they share a term");
  nodes.campaign(3);
  nodes.campaign(2);
  assert.deepEqual(nodes.states().slice(1), [leader, follower]);
  assert.deepEqual(nodes.node(3).logTerms(), nodes.node(2).logTerms());
});

test("TestPreVoteMigrationWithFreeStuckPreCandidate: nor does it stay out for ever", () => {
  const nodes = migrating();
  for (let i = 0; i < 2; i++) {
    nodes.campaign(3);
    assert.deepEqual(nodes.states(), [leader, follower, preCandidate]);
  }
  const { term } = nodes.node(1).raft;
  nodes.send(newMessage({ type: MessageType.MsgHeartbeat, from: 1, to: 3, term }));
  assert.equal(nodes.node(1).raft.state, follower, "the leader learns of the higher term");
  assert.equal(nodes.node(1).raft.term, nodes.node(3).raft.term);
});

test("who is made a learner while it asks goes on to campaign all the same", () => {
  const warnings: string[] = [];
  const logger = new LineLogger((_, message) => warnings.push(message), LogLevel.WARN);
  const node = new TestNode(1, { voters, preVote: true, logger });
  node.campaign();
  node.messages();
  node.change("l1");
  for (const from of [2, 3]) {
    node.step({ type: MessageType.MsgPreVoteResp, from, term: 1 });
  }
  assert.deepEqual([node.raft.state, node.raft.term], [candidate, 1]);
  assert.deepEqual(warnings, ["1 is unpromotable; campaign() should have been called"]);
});
