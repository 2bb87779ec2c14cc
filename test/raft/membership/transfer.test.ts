import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, MessageType, newMessage } from "../../../src/proto/raftpb.ts";
import { appliedSnap } from "../../../src/raft/consensus/applied.ts";
import { ProposalDroppedError } from "../../../src/raft/errors.ts";
import { Cluster } from "../support/cluster.ts";
import { electionTick, type NodeOptions, TestNode } from "../support/testnode.ts";

// Handing leadership over (Raft thesis, 3.10).

const { MsgAppResp, MsgHup, MsgTimeoutNow } = MessageType;

function led(options: NodeOptions = {}): Cluster {
  const cluster = Cluster.of(3, options);
  cluster.campaign(1);
  return cluster;
}

/** What became of node 1, and whom it takes for the leader; nothing is under way any more. */
function assertLeader(cluster: Cluster, lead: number, id = 1): void {
  const { raft } = cluster.node(id);
  assert.equal(raft.state, lead === id ? "StateLeader" : "StateFollower");
  assert.equal(raft.lead, lead);
  assert.equal(raft.leadTransferee, 0);
}

/** Node 3 is cut off, and a transfer to it has begun. */
function pending(): Cluster {
  const cluster = led();
  cluster.isolate(3);
  cluster.transfer(1, 3);
  assert.equal(cluster.node(1).raft.leadTransferee, 3);
  return cluster;
}

test("TestLeaderTransferToUpToDateNode: who has all entries takes over at once, and back", () => {
  const cluster = led();
  cluster.transfer(1, 2);
  assertLeader(cluster, 2);
  cluster.propose(1, "");
  cluster.transfer(2, 1);
  assertLeader(cluster, 1);
});

test("TestLeaderTransferToUpToDateNodeFromFollower: a follower passes the wish on", () => {
  const cluster = led();
  cluster.transfer(2, 2);
  assertLeader(cluster, 2);
  cluster.propose(1, "");
  cluster.transfer(1, 1);
  assertLeader(cluster, 1);
});

test("TestLeaderTransferWithCheckQuorum: the leader's lease does not hinder its own wish", () => {
  const cluster = Cluster.of(3, { checkQuorum: true });
  for (const [i, node] of cluster.nodes.entries()) {
    node.raft.randomizedElectionTimeout = electionTick + i + 1;
  }
  const two = cluster.node(2);
  two.tick(electionTick);
  cluster.campaign(1);
  cluster.transfer(1, 2);
  assertLeader(cluster, 2);
  cluster.propose(1, "");
  cluster.transfer(2, 1);
  assertLeader(cluster, 1);
});

test("TestLeaderTransferToSlowFollower: who is behind is brought up first", () => {
  const cluster = led();
  cluster.isolate(3);
  cluster.propose(1, "");
  cluster.heal();
  assert.equal(cluster.node(1).progress(3).match, 1);
  cluster.transfer(1, 3);
  assertLeader(cluster, 3);
});

test("TestLeaderTransferAfterSnapshot: also by a snapshot, once that is applied", () => {
  const cluster = led();
  cluster.isolate(3);
  cluster.propose(1, "");
  const one = cluster.node(1);
  one.apply();
  const { applied } = one.raft.log;
  one.storage.createSnapshot(applied, one.raft.tracker.confState(), new Uint8Array(0));
  one.storage.compact(applied);
  cluster.heal();
  assert.equal(one.progress(3).match, 1);

  const answers: Message[] = [];
  cluster.hook = (m) => {
    if (m.type !== MsgAppResp || m.from !== 3 || m.reject) return true;
    answers.push(m);
    return false;
  };
  cluster.transfer(1, 3);
  assert.equal(one.raft.state, "StateLeader");
  assert.equal(answers.length, 1);

  const three = cluster.node(3);
  const snapshot = three.raft.log.nextUnstableSnapshot();
  assert.ok(snapshot);
  three.storage.applySnapshot(snapshot);
  appliedSnap(three.raft, snapshot);
  cluster.hook = () => true;
  cluster.send(...answers);
  assertLeader(cluster, 3);
});

test("TestLeaderTransferToSelf: a leader that hands over to itself does nothing", () => {
  const cluster = led();
  cluster.transfer(1, 1);
  assertLeader(cluster, 1);
});

test("TestLeaderTransferToNonExistingNode: nor to somebody who does not exist", () => {
  const cluster = led();
  cluster.transfer(1, 4);
  assertLeader(cluster, 1);
});

test("TestLeaderTransferTimeout: a transfer is given up after an election timeout", () => {
  const cluster = pending();
  const one = cluster.node(1);
  const { heartbeatTick } = one.raft.config;
  one.tick(heartbeatTick);
  assert.equal(one.raft.leadTransferee, 3);
  one.tick(electionTick - heartbeatTick);
  assertLeader(cluster, 1);
});

test("TestLeaderTransferIgnoreProposal: meanwhile nothing is taken in", () => {
  const cluster = pending();
  const one = cluster.node(1);
  const { match } = one.progress(1);
  assert.throws(() => one.propose(""), ProposalDroppedError);
  assert.equal(one.progress(1).match, match);
});

test("TestLeaderTransferReceiveHigherTermVote: an election by others ends the transfer", () => {
  const cluster = pending();
  cluster.send(newMessage({ type: MsgHup, from: 2, to: 2 }));
  assertLeader(cluster, 2);
});

test("TestLeaderTransferRemoveNode: so does the transferee's removal", () => {
  const cluster = led();
  cluster.ignore(MsgTimeoutNow);
  cluster.transfer(1, 3);
  assert.equal(cluster.node(1).raft.leadTransferee, 3);
  cluster.node(1).change("r3");
  assertLeader(cluster, 1);
});

test("TestLeaderTransferDemoteNode: and its demotion, once its vote counts no longer", () => {
  const cluster = led();
  cluster.ignore(MsgTimeoutNow);
  cluster.transfer(1, 3);
  assert.equal(cluster.node(1).raft.leadTransferee, 3);
  const one = cluster.node(1);
  // Demotion by a joint configuration: as long as it is joint, 3 still votes.
  one.change("r3 l3");
  assert.equal(one.raft.leadTransferee, 3);
  one.change("");
  assertLeader(cluster, 1);
});

test("TestLeaderTransferBack: a transfer to itself ends another", () => {
  const cluster = pending();
  cluster.transfer(1, 1);
  assertLeader(cluster, 1);
});

test("TestLeaderTransferSecondTransferToAnotherNode: the later wish wins", () => {
  const cluster = pending();
  cluster.transfer(1, 2);
  assertLeader(cluster, 2);
});

test("TestLeaderTransferSecondTransferToSameNode: asking again does not prolong it", () => {
  const cluster = pending();
  const one = cluster.node(1);
  const { heartbeatTick } = one.raft.config;
  one.tick(heartbeatTick);
  cluster.transfer(1, 3);
  one.tick(electionTick - heartbeatTick);
  assertLeader(cluster, 1);
});

test("TestTransferNonMember: who is no member campaigns for nobody", () => {
  const node = new TestNode(1, { voters: [2, 3, 4] });
  node.step({ type: MsgTimeoutNow, from: 2 });
  for (const from of [2, 3]) node.step({ type: MessageType.MsgVoteResp, from });
  assert.equal(node.raft.state, "StateFollower");
});
