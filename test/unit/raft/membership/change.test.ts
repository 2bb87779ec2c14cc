import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeConfChange, encodeConfChangeV2 } from "../../../../src/proto/codec.ts";
import {
  ConfChangeType,
  type Entry,
  EntryType,
  MessageType,
  newEntry,
  newMessage,
} from "../../../../src/proto/raftpb.ts";
import { ConfChangeError } from "../../../../src/raft/confchange/errors.ts";
import { confChangeAsV2 } from "../../../../src/raft/confchange/v2.ts";
import { appliedTo } from "../../../../src/raft/consensus/applied.ts";
import { noLimit } from "../../../../src/raft/log/size.ts";
import { RaftCluster } from "../support/cluster.ts";
import { data, electionTick, storageOf, TestNode } from "../support/testnode.ts";

const { MsgAppResp, MsgProp } = MessageType;

/** The removal of a node, as it is proposed, in the first form or in the second. */
function removal(nodeId: number, v2 = false): Entry {
  const type = ConfChangeType.ConfChangeRemoveNode;
  const change = { id: 0, type, nodeId, context: new Uint8Array(0) };
  return v2
    ? newEntry({
        type: EntryType.EntryConfChangeV2,
        data: encodeConfChangeV2(confChangeAsV2(change)),
      })
    : newEntry({ type: EntryType.EntryConfChange, data: encodeConfChange(change) });
}

function propose(node: TestNode, entry: Entry): void {
  node.step({ type: MsgProp, from: node.id, entries: [entry] });
}

/** A leader of two whose follower is silent: nothing commits. */
const stuckLeader = () => new TestNode(1, { voters: [1, 2] }).asLeader();

const voters = (node: TestNode) => node.raft.tracker.voterNodes();
const learners = (node: TestNode) => node.raft.tracker.learnerNodes();

test("TestStepConfig: a change is appended, and no other is taken until it is applied", () => {
  const leader = stuckLeader();
  propose(leader, removal(2));
  assert.equal(leader.raft.log.lastIndex(), 2);
  assert.equal(leader.raft.log.entries(2, noLimit)[0]?.type, EntryType.EntryConfChange);
  assert.equal(leader.raft.pendingConfIndex, 2);
});

test("TestStepIgnoreConfig: a change that comes too early becomes an empty entry", () => {
  const leader = stuckLeader();
  propose(leader, removal(2));
  propose(leader, removal(1));
  assert.deepEqual(leader.raft.log.entries(3, noLimit), [newEntry({ term: 1, index: 3 })]);
  assert.equal(leader.raft.pendingConfIndex, 2);
});

test("TestNewLeaderPendingConfig: a new leader takes no change before it has applied all", () => {
  for (const [terms, pending] of [
    [[], 0],
    [[1], 1],
    [[1, 1, 1], 3],
  ] as const) {
    const node = new TestNode(1, { voters: [1, 2] });
    const entries = terms.map((term, i) => newEntry({ term, index: i + 1 }));
    node.step({ type: MessageType.MsgApp, from: 2, term: 1, entries });
    node.asCandidate().asLeader();
    assert.equal(node.raft.pendingConfIndex, pending);
    propose(node, removal(2));
    const taken = node.raft.log.entries(pending + 2, noLimit)[0]?.type;
    assert.equal(taken === EntryType.EntryConfChange, pending === 0);
  }
});

test("a new leader leaves a joint configuration when it has applied all that it found", () => {
  const storage = storageOf({ voters: [1], votersOutgoing: [1], autoLeave: true });
  const options = { storage, log: [1, 1, 1], saved: { term: 1, commit: 3 } };
  const { raft } = new TestNode(1, options).asLeader();
  for (const [applied, last] of [
    [1, 4],
    [2, 4],
    [3, 5],
    [3, 5],
  ] as const) {
    appliedTo(raft, applied, 0);
    assert.equal(raft.log.lastIndex(), last, `${applied}`);
  }
  assert.equal(raft.log.entries(5, noLimit)[0]?.type, EntryType.EntryConfChangeV2);
});

test("TestAddNode: a voter is added", () => {
  const node = new TestNode(1);
  node.change("v2");
  assert.deepEqual(voters(node), [1, 2]);
  assert.equal(node.progress(2).isLearner, false);
});

test("TestAddLearner: a learner is added, and anybody can be promoted and demoted", () => {
  const node = new TestNode(1);
  node.change("l2");
  assert.deepEqual([voters(node), learners(node)], [[1], [2]]);
  assert.equal(node.progress(2).isLearner, true);
  assert.equal(node.raft.isLearner, false);
  node.change("v2");
  assert.deepEqual([voters(node), learners(node)], [[1, 2], []]);
  assert.equal(node.progress(2).isLearner, false);
  node.change("l1");
  assert.deepEqual([voters(node), learners(node)], [[2], [1]]);
  assert.equal(node.progress(1).isLearner, true);
  assert.equal(node.raft.isLearner, true);
  node.change("v1");
  assert.deepEqual([voters(node), learners(node)], [[1, 2], []]);
  assert.equal(node.raft.isLearner, false);
});

test("TestAddNodeCheckQuorum: a newcomer has a whole election timeout to show up", () => {
  const node = new TestNode(1, { checkQuorum: true }).asLeader();
  node.tick(electionTick - 1);
  node.change("v2");
  node.tick();
  assert.equal(node.raft.state, "StateLeader", "its silence so far does not count");
  node.tick(electionTick - 1);
  assert.equal(node.raft.state, "StateLeader");
  node.tick();
  assert.equal(node.raft.state, "StateFollower");
});

test("TestRemoveNode: a voter is removed, except the last one", () => {
  const node = new TestNode(1, { voters: [1, 2] });
  node.change("r2");
  assert.deepEqual(voters(node), [1]);
  assert.equal(node.raft.tracker.get(2), undefined);
  assert.throws(() => node.change("r1"), ConfChangeError);
  assert.deepEqual(voters(node), [1]);
});

test("TestRemoveLearner: a learner is removed", () => {
  const node = new TestNode(1, { learners: [2] });
  node.change("r2");
  assert.deepEqual([voters(node), learners(node)], [[1], []]);
  assert.throws(() => node.change("r1"), ConfChangeError);
});

test("TestPromotable: only a voter may campaign", () => {
  for (const [ids, promotable] of [
    [[1], true],
    [[1, 2, 3], true],
    [[], false],
    [[2, 3], false],
  ] as const) {
    assert.equal(new TestNode(1, { voters: ids }).raft.promotable(), promotable, `${ids}`);
  }
  assert.equal(new TestNode(1, { voters: [2], learners: [1] }).raft.promotable(), false);
  const outgoing = { voters: [2, 3], votersOutgoing: [1, 2] };
  assert.equal(new TestNode(1, outgoing).raft.promotable(), true);
});

test("TestRaftNodes: members are told in ascending order", () => {
  for (const ids of [
    [1, 2, 3],
    [3, 2, 1],
    [10, 9, 1],
  ]) {
    assert.deepEqual(
      voters(new TestNode(1, { voters: ids })),
      ids.toSorted((a, b) => a - b),
    );
  }
});

test("TestCommitAfterRemoveNode: what a smaller quorum already has commits at once", () => {
  const leader = stuckLeader();
  propose(leader, removal(2));
  assert.deepEqual(leader.apply(), []);
  const change = leader.raft.log.lastIndex();
  leader.propose("hello");
  leader.step({ type: MsgAppResp, from: 2, term: 1, index: change });
  assert.deepEqual(
    leader.apply().map(({ type }) => type),
    [EntryType.EntryNormal, EntryType.EntryConfChange],
  );
  assert.deepEqual(leader.apply(), [], "two must have it as yet");
  leader.change("r2");
  assert.deepEqual(
    leader.apply().map((entry) => entry.data),
    [data("hello")],
  );
});

/** A committed change that a node has not applied keeps it from campaigning. */
function unappliedChange(v2: boolean): void {
  const cluster = RaftCluster.of(3);
  cluster.campaign(1);
  const [one, two] = [cluster.node(1), cluster.node(2)];
  cluster.send(newMessage({ type: MsgProp, from: 1, to: 1, entries: [removal(2, v2)] }));
  assert.deepEqual([two.raft.log.committed, two.raft.log.applied], [2, 0]);

  two.tick(2 * electionTick);
  assert.deepEqual(cluster.states(), ["StateLeader", "StateFollower", "StateFollower"]);
  cluster.transfer(1, 2);
  assert.deepEqual(cluster.states(), ["StateLeader", "StateFollower", "StateFollower"]);
  one.tick(electionTick);

  two.apply();
  cluster.transfer(1, 2);
  assert.deepEqual(cluster.states(), ["StateFollower", "StateLeader", "StateFollower"]);
  one.tick(2 * electionTick);
  assert.equal(one.raft.state, "StateFollower", "nor has node 1 applied it");
  one.apply();
  one.tick(2 * electionTick);
  assert.equal(one.raft.state, "StateCandidate");
}

test("TestConfChangeCheckBeforeCampaign: who may not know the voters does not campaign", () => {
  unappliedChange(false);
});

test("TestConfChangeV2CheckBeforeCampaign: whichever form the change has", () => {
  unappliedChange(true);
});
