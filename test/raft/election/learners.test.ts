import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeConfChange, encodeConfChangeV2 } from "../../../src/proto/codec.ts";
import {
  ConfChangeType,
  EntryType,
  MessageType,
  newEntry,
  newMessage,
  noBytes,
} from "../../../src/proto/raftpb.ts";
import { confChangeAsV2 } from "../../../src/raft/confchange/v2.ts";
import { Cluster } from "../support/cluster.ts";
import { electionTick, TestNode } from "../support/testnode.ts";

// Elections and configurations: learners, and changes that a node has not applied yet.

const members = { voters: [1], learners: [2] };

test("TestLearnerElectionTimeout: a learner does not campaign, however long it waits", () => {
  const learner = new TestNode(2, members).asFollower(1);
  learner.raft.randomizedElectionTimeout = electionTick;
  learner.tick(electionTick);
  assert.equal(learner.raft.state, "StateFollower");
});

test("TestLearnerPromotion: a learner that becomes a voter can lead", () => {
  const [one, two] = [
    new TestNode(1, members).asFollower(1),
    new TestNode(2, members).asFollower(1),
  ];
  const cluster = new Cluster([one, two]);
  one.raft.randomizedElectionTimeout = electionTick;
  one.tick(electionTick);
  cluster.flush();
  assert.deepEqual(cluster.states(), ["StateLeader", "StateFollower"]);
  cluster.beat(1);

  for (const node of cluster.nodes) node.change("v2");
  assert.equal(two.raft.isLearner, false);
  two.raft.randomizedElectionTimeout = electionTick;
  two.tick(electionTick);
  cluster.flush();
  assert.deepEqual(cluster.states(), ["StateFollower", "StateLeader"]);
});

test("TestLearnerCanVote: a learner that is asked votes, since it may have been promoted", () => {
  const learner = new TestNode(2, members).asFollower(1);
  learner.step({ type: MessageType.MsgVote, from: 1, term: 2, logTerm: 11, index: 11 });
  const [response, ...more] = learner.messages();
  assert.deepEqual(more, []);
  assert.equal(response?.type, MessageType.MsgVoteResp);
  assert.equal(response?.reject, false);
});

test("TestLearnerCampaign: neither being told to nor a transfer makes a learner campaign", () => {
  const cluster = new Cluster([new TestNode(1, { voters: [1] }), new TestNode(2, { voters: [1] })]);
  for (const node of cluster.nodes) node.change("l2");
  const learner = cluster.node(2).raft;
  assert.equal(learner.isLearner, true);
  cluster.campaign(2);
  assert.equal(learner.state, "StateFollower");
  cluster.campaign(1);
  assert.equal(cluster.node(1).raft.state, "StateLeader");
  // By a message that no leader should send.
  cluster.send(newMessage({ type: MessageType.MsgTimeoutNow, from: 1, to: 2 }));
  assert.equal(learner.state, "StateFollower");
});

/** 1 removes 2, which learns that this is committed, but applies it only later. */
function unappliedChange(v2: boolean): void {
  const cluster = Cluster.of(3);
  const [one, two] = [cluster.node(1), cluster.node(2)];
  cluster.campaign(1);
  const change = {
    id: 0,
    type: ConfChangeType.ConfChangeRemoveNode,
    nodeId: 2,
    context: noBytes,
  };
  const entry = v2
    ? newEntry({
        type: EntryType.EntryConfChangeV2,
        data: encodeConfChangeV2(confChangeAsV2(change)),
      })
    : newEntry({ type: EntryType.EntryConfChange, data: encodeConfChange(change) });
  cluster.send(newMessage({ type: MessageType.MsgProp, from: 1, to: 1, entries: [entry] }));

  two.tick(two.raft.randomizedElectionTimeout);
  assert.equal(two.raft.state, "StateFollower", "the change may be its own removal");
  cluster.transfer(1, 2);
  assert.deepEqual([one.raft.state, two.raft.state], ["StateLeader", "StateFollower"]);
  // The transfer is given up.
  one.tick(electionTick);

  two.apply();
  cluster.transfer(1, 2);
  assert.deepEqual([one.raft.state, two.raft.state], ["StateFollower", "StateLeader"]);
  one.apply();
  one.tick(one.raft.randomizedElectionTimeout);
  assert.equal(one.raft.state, "StateCandidate");
}

test("TestConfChangeCheckBeforeCampaign: who has a change to apply does not campaign", () => {
  unappliedChange(false);
});

test("TestConfChangeV2CheckBeforeCampaign: nor with a change of the second form", () => {
  unappliedChange(true);
});
