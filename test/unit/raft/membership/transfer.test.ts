import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, MessageType } from "../../../../src/proto/raftpb.ts";
import { appliedSnap } from "../../../../src/raft/consensus/applied.ts";
import { ProposalDroppedError } from "../../../../src/raft/errors.ts";
import { RaftCluster } from "../support/cluster.ts";
import { electionTick, type NodeOptions, TestNode } from "../support/testnode.ts";

// Raft thesis, 3.10: leadership is handed to a member of one's choice.

const { MsgAppResp, MsgTimeoutNow, MsgVoteResp } = MessageType;

/** Three voters, of whom node 1 leads in term 1. */
function led(options: NodeOptions = {}): RaftCluster {
  const cluster = RaftCluster.of(3, options);
  cluster.campaign(1);
  expect(cluster, leading);
  return cluster;
}

/** The same, with a transfer to node 3 that hangs, since nothing gets through to there. */
function hanging(): RaftCluster {
  const cluster = led();
  cluster.isolate(3);
  cluster.transfer(1, 3);
  expect(cluster, ["StateLeader", 1, 3]);
  return cluster;
}

/** Node 1's role, its leader, and to whom it is handing over. */
type View = readonly [role: string, lead: number, leadTransferee: number];
const leading: View = ["StateLeader", 1, 0];
const following = (lead: number): View => ["StateFollower", lead, 0];

function expect(cluster: RaftCluster, view: View): void {
  const { state, lead, leadTransferee } = cluster.node(1).raft;
  assert.deepEqual([state, lead, leadTransferee], view);
}

test("TestLeaderTransferToUpToDateNode: one that has the whole log takes over at once", () => {
  const cluster = led();
  cluster.transfer(1, 2);
  expect(cluster, following(2));
  assert.deepEqual(cluster.terms(), [2, 2, 2]);
  cluster.propose(1, "a");
  cluster.transfer(2, 1);
  expect(cluster, leading);
  assert.deepEqual(
    cluster.nodes.map((node) => node.logTerms()),
    [1, 2, 3].map(() => [1, 2, 2, 3]),
  );
});

test("TestLeaderTransferToUpToDateNodeFromFollower: the transferee itself may ask for it", () => {
  const cluster = led();
  cluster.transfer(2, 2);
  expect(cluster, following(2));
  cluster.propose(1, "a");
  cluster.transfer(1, 1);
  expect(cluster, leading);
});

test("a follower that knows no leader can ask nobody for a transfer", () => {
  const cluster = RaftCluster.of(3);
  cluster.transfer(2, 2);
  assert.deepEqual(cluster.states(), ["StateFollower", "StateFollower", "StateFollower"]);
});

test("TestLeaderTransferWithCheckQuorum: a transfer is not held up by the leader's lease", () => {
  const cluster = led({ checkQuorum: true, preVote: true });
  cluster.campaign(2);
  assert.equal(cluster.node(2).raft.state, "StatePreCandidate", "the lease stops all others");
  cluster.node(2).asFollower(1, 1);
  const types = new Set<MessageType>();
  cluster.hook = ({ type }) => types.add(type).size > 0;
  cluster.transfer(1, 2);
  expect(cluster, following(2));
  assert.equal(types.has(MessageType.MsgPreVote), false, "nor does it ask first");
  cluster.propose(1, "a");
  cluster.transfer(2, 1);
  expect(cluster, leading);
});

test("TestLeaderTransferToSlowFollower: one that lags is brought up to date first", () => {
  const cluster = led();
  cluster.isolate(3);
  cluster.propose(1, "a");
  cluster.heal();
  assert.equal(cluster.node(1).progress(3).match, 1);
  cluster.transfer(1, 3);
  expect(cluster, following(3));
  assert.deepEqual(cluster.node(3).logTerms(), [1, 1, 2]);
});

test("TestLeaderTransferAfterSnapshot: and be it with a snapshot", () => {
  const cluster = led();
  cluster.isolate(3);
  cluster.propose(1, "a");
  const leader = cluster.node(1);
  leader.apply();
  const { applied } = leader.raft.log;
  leader.storage.createSnapshot(applied, leader.raft.tracker.confState(), new Uint8Array(0));
  leader.storage.compact(applied);
  cluster.heal();

  // Its answer waits until the snapshot is stored.
  const held: Message[] = [];
  cluster.hook = (m) => {
    const acknowledges = m.from === 3 && m.type === MsgAppResp && !m.reject;
    if (acknowledges) held.push(m);
    return !acknowledges;
  };
  cluster.transfer(1, 3);
  expect(cluster, ["StateLeader", 1, 3]);
  assert.equal(leader.progress(3).state, "StateSnapshot");

  const { raft, storage } = cluster.node(3);
  const snapshot = raft.log.nextUnstableSnapshot();
  assert.equal(snapshot?.metadata.index, applied);
  storage.applySnapshot(snapshot);
  appliedSnap(raft, snapshot);
  cluster.heal();
  cluster.send(...held);
  expect(cluster, following(3));
});

test("TestLeaderTransferToSelf: a leader has nothing to hand to itself", () => {
  const cluster = led();
  cluster.transfer(1, 1);
  expect(cluster, leading);
  assert.deepEqual(cluster.terms(), [1, 1, 1]);
});

test("TestLeaderTransferToNonExistingNode: nor to somebody who is no member", () => {
  const cluster = led();
  cluster.transfer(1, 4);
  expect(cluster, leading);
});

test("a learner cannot be handed the leadership", () => {
  const options = { voters: [1, 2], learners: [3] };
  const cluster = new RaftCluster([1, 2, 3].map((id) => new TestNode(id, options)));
  cluster.campaign(1);
  cluster.transfer(1, 3);
  expect(cluster, leading);
});

test("TestLeaderTransferTimeout: a transfer is given up after an election timeout", () => {
  for (const before of [0, electionTick - 1]) {
    const cluster = led();
    cluster.isolate(3);
    cluster.node(1).tick(before);
    cluster.transfer(1, 3);
    cluster.node(1).tick(electionTick - 1);
    expect(cluster, ["StateLeader", 1, 3]);
    cluster.node(1).tick();
    expect(cluster, leading);
  }
});

test("TestLeaderTransferIgnoreProposal: meanwhile the leader takes no proposals", () => {
  const cluster = hanging();
  const leader = cluster.node(1);
  assert.throws(() => leader.propose("a"), ProposalDroppedError);
  cluster.propose(2, "forwarded");
  assert.equal(cluster.refused, 1);
  assert.deepEqual(leader.logTerms(), [1]);
  assert.equal(leader.progress(1).match, 1);
  leader.tick(electionTick);
  leader.propose("a");
  assert.deepEqual(leader.logTerms(), [1, 1]);
});

test("TestLeaderTransferReceiveHigherTermVote: a later term ends it", () => {
  const cluster = hanging();
  cluster.campaign(2);
  expect(cluster, following(2));
});

test("TestLeaderTransferRemoveNode: the transferee's removal ends it", () => {
  const cluster = led();
  cluster.ignore(MsgTimeoutNow);
  cluster.transfer(1, 3);
  expect(cluster, ["StateLeader", 1, 3]);
  cluster.node(1).change("r3");
  expect(cluster, leading);
});

test("TestLeaderTransferDemoteNode: so does its demotion, when the joint part is over", () => {
  const cluster = led();
  cluster.ignore(MsgTimeoutNow);
  cluster.transfer(1, 3);
  cluster.node(1).change("r3 l3");
  expect(cluster, ["StateLeader", 1, 3]);
  cluster.node(1).change("");
  expect(cluster, leading);
  assert.equal(cluster.node(1).progress(3).isLearner, true);
});

test("TestLeaderTransferBack: a leader may take its transfer back", () => {
  const cluster = hanging();
  cluster.transfer(1, 1);
  expect(cluster, leading);
  cluster.propose(1, "a");
  assert.equal(cluster.refused, 0);
});

test("TestLeaderTransferSecondTransferToAnotherNode: or choose somebody else", () => {
  const cluster = hanging();
  cluster.transfer(1, 2);
  expect(cluster, following(2));
});

test("TestLeaderTransferSecondTransferToSameNode: asking again gives it no more time", () => {
  const cluster = hanging();
  cluster.node(1).tick(electionTick - 1);
  cluster.transfer(1, 3);
  expect(cluster, ["StateLeader", 1, 3]);
  cluster.node(1).tick();
  expect(cluster, leading);
});

test("TestTransferNonMember: one that is no member any more does not campaign when told", () => {
  const node = new TestNode(1, { voters: [2, 3, 4] }).asFollower(1, 2);
  node.step({ type: MsgTimeoutNow, from: 2, term: 1 });
  for (const from of [2, 3]) node.step({ type: MsgVoteResp, from, term: 1 });
  assert.deepEqual(node.messages(), []);
  assert.deepEqual([node.raft.state, node.raft.term], ["StateFollower", 1]);
});

test("a candidate is told to campaign in vain: it does already", () => {
  const node = new TestNode(1, { voters: [1, 2, 3] }).asCandidate();
  node.step({ type: MsgTimeoutNow, from: 2, term: 1 });
  assert.deepEqual([node.raft.state, node.raft.term], ["StateCandidate", 1]);
});
