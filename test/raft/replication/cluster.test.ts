import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType, newMessage } from "../../../src/proto/raftpb.ts";
import { Cluster } from "../support/cluster.ts";
import { data, TestNode } from "../support/testnode.ts";

// Proposals on their way through a cluster.

const { MsgApp, MsgHup } = MessageType;

/** Applies what is committed and returns its texts, empty entries left out. */
function applied(node: TestNode): string[] {
  const texts = node.apply().map((entry) => new TextDecoder().decode(entry.data));
  return texts.filter((text) => text !== "");
}

test("TestLogReplication: everybody applies all proposals in one order", () => {
  const one = Cluster.of(3);
  one.campaign(1);
  one.propose(1, "somedata");
  for (const node of one.nodes) {
    assert.equal(node.raft.log.committed, 2);
    assert.deepEqual(applied(node), ["somedata"]);
  }
  const two = Cluster.of(3);
  two.campaign(1);
  two.propose(1, "somedata");
  two.send(newMessage({ type: MsgHup, from: 1, to: 2 }));
  two.propose(2, "more data");
  for (const node of two.nodes) {
    assert.equal(node.raft.log.committed, 4);
    assert.deepEqual(applied(node), ["somedata", "more data"]);
  }
});

test("TestLearnerLogReplication: a learner gets the log and does not count", () => {
  const members = { voters: [1], learners: [2] };
  const cluster = new Cluster([new TestNode(1, members), new TestNode(2, members)]);
  const [one, learner] = [cluster.node(1), cluster.node(2)];
  for (const node of cluster.nodes) node.asFollower(1);
  one.raft.randomizedElectionTimeout = one.raft.config.electionTick;
  one.tick(one.raft.config.electionTick);
  cluster.flush();
  cluster.beat(1);
  assert.deepEqual(cluster.states(), ["StateLeader", "StateFollower"]);
  const { committed } = one.raft.log;
  cluster.propose(1, "somedata");
  assert.equal(one.raft.log.committed, committed + 1);
  assert.equal(learner.raft.log.committed, one.raft.log.committed);
  assert.equal(one.progress(2).match, learner.raft.log.committed);
});

test("TestSingleNodeCommit: who is alone commits at once", () => {
  const cluster = Cluster.of(1);
  cluster.campaign(1);
  cluster.propose(1, "some data");
  cluster.propose(1, "some data");
  assert.equal(cluster.node(1).raft.log.committed, 3);
});

/** 1 leads five and proposes twice while only 2 hears it; then 2 takes over. */
function takenOver(hears: boolean): Cluster {
  const cluster = Cluster.of(5);
  cluster.campaign(1);
  for (const id of [3, 4, 5]) cluster.cut(1, id);
  cluster.propose(1, "some data");
  cluster.propose(1, "some data");
  assert.equal(cluster.node(1).raft.log.committed, 1);
  cluster.heal();
  if (!hears) cluster.ignore(MsgApp);
  cluster.campaign(2);
  return cluster;
}

test("TestCannotCommitWithoutNewTermEntry: a new leader commits none of what it finds", () => {
  const cluster = takenOver(false);
  const { log } = cluster.node(2).raft;
  assert.equal(log.committed, 1);
  cluster.heal();
  cluster.beat(2);
  cluster.propose(2, "some data");
  assert.equal(log.committed, 5, "with an entry of its own it does");
});

test("TestCommitWithoutNewTermEntry: its own first, empty entry is enough", () => {
  assert.equal(takenOver(true).node(2).raft.log.committed, 4);
});

test("TestProposal: a proposal is committed where a majority is there, and only then", () => {
  const cases: [Cluster, boolean][] = [
    [Cluster.of(3), true],
    [Cluster.of(3, {}, [3]), true],
    [Cluster.of(3, {}, [2, 3]), false],
    [Cluster.of(4, {}, [2, 3]), false],
    [Cluster.of(5, {}, [2, 3]), true],
  ];
  for (const [cluster, succeeds] of cases) {
    cluster.campaign(1);
    cluster.propose(1, "somedata");
    for (const node of cluster.nodes) {
      assert.equal(node.raft.log.committed, succeeds ? 2 : 0);
      assert.deepEqual(node.logTerms(), succeeds ? [1, 1] : []);
      assert.equal(node.raft.term, 1);
    }
    assert.equal(cluster.refused, succeeds ? 0 : 1, "without a leader it is refused");
  }
});

test("TestProposalByProxy: a follower passes a proposal on", () => {
  for (const cluster of [Cluster.of(3), Cluster.of(3, {}, [3])]) {
    cluster.campaign(1);
    cluster.propose(2, "somedata");
    for (const node of cluster.nodes) {
      assert.equal(node.raft.log.committed, 2);
      assert.deepEqual(applied(node), ["somedata"]);
    }
  }
});

test("TestFastLogRejection: hints of terms spare most probes of a diverged log", () => {
  const cases = [
    // The follower's term 3 is unknown to the leader: both skip it.
    { leader: [1, 2, 2, 4, 4, 4, 4], follower: [1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3] },
    { leader: [1, 2, 2, 3, 4, 4, 4, 5], follower: [1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3] },
    { leader: [1, 1, 1, 1], follower: [1, 2, 2, 4] },
    { leader: [1, 1, 1, 1, 1, 1], follower: [1, 2, 2, 4] },
    { leader: [1, 1, 1, 1], follower: [1, 2, 2, 4, 4, 4] },
    { leader: [1, 1, 1, 4, 5], follower: [1, 1, 1, 4] },
    { leader: [2, 5, 5, 5, 5, 5, 5, 5, 5], follower: [2, 4, 4, 4, 4, 4] },
    { leader: [2, 2, 2, 2, 2], follower: [2, 4, 4, 4, 4, 4, 4, 4] },
    { leader: [1, 1, 3], follower: [1, 1, 3, 3, 3], compacted: 5 },
  ];
  /** Term and index of the follower's hint, and of the leader's next probe, in etcd's order. */
  const expected = [
    { hint: [3, 7], next: [2, 3] },
    { hint: [3, 8], next: [3, 4] },
    { hint: [1, 1], next: [1, 1] },
    { hint: [1, 1], next: [1, 1] },
    { hint: [1, 1], next: [1, 1] },
    { hint: [4, 4], next: [4, 4] },
    { hint: [4, 6], next: [2, 1] },
    { hint: [2, 1], next: [2, 1] },
    { hint: [0, 3], next: [1, 2] },
  ];
  for (const [i, { leader: terms, follower: theirs, compacted }] of cases.entries()) {
    const term = terms.at(-1) ?? 0;
    const voters = [1, 2, 3];
    const saved = { term: term - 1, commit: terms.length };
    const leader = new TestNode(1, { voters, log: terms, saved }).asLeader();
    const follower = new TestNode(2, { voters, log: theirs, saved: { term, vote: 1 } });
    if (compacted !== undefined) follower.storage.compact(compacted);
    follower.step({ type: MessageType.MsgHeartbeat, from: 1 });
    const [beat] = follower.messages();
    assert.ok(beat);
    leader.step(beat);
    const [probe] = leader.messages();
    assert.ok(probe);
    follower.step(probe);
    const [refusal] = follower.messages();
    assert.equal(refusal?.reject, true);
    assert.deepEqual([refusal?.logTerm, refusal?.rejectHint], expected[i]?.hint, `case ${i}`);
    assert.ok(refusal);
    leader.step(refusal);
    const [next] = leader.messages();
    assert.deepEqual([next?.logTerm, next?.index], expected[i]?.next, `case ${i}`);
  }
});

test("TestLogReplicationWithReorderedMessage: old rejections mislead nobody", () => {
  const voters = [1, 2];
  const leader = new TestNode(1, { voters }).asLeader();
  const follower = new TestNode(2, { voters });
  leader.messages();
  leader.progress(2).becomeReplicate();
  const only = (node: TestNode) => {
    const [message, ...more] = node.messages();
    assert.ok(message);
    assert.deepEqual(more, []);
    return message;
  };
  leader.propose("somedata");
  const first = only(leader);
  leader.propose("somedata");
  const second = only(leader);

  follower.step(second);
  const refusal = only(follower);
  assert.deepEqual([refusal.reject, refusal.rejectHint, refusal.index], [true, 0, 2]);
  follower.step(first);
  const accepted = only(follower);
  assert.deepEqual([accepted.reject, accepted.index], [false, 2]);
  leader.step(accepted);
  only(leader);
  assert.equal(leader.progress(2).match, 2);

  // Now the second is reported lost, and then the refusal comes.
  leader.step({ type: MessageType.MsgUnreachable, from: 2 });
  assert.equal(leader.progress(2).state, "StateProbe");
  leader.step(refusal);
  assert.equal(only(leader).index, 2, "the probe is at the match, not below");
});

test("TestLeaderMsgAppSelfAckAfterTermChange: its own ack is too old", () => {
  const node = new TestNode(1, { voters: [1, 2, 3] }).asLeader();
  node.step({ type: MessageType.MsgProp, from: 1, entries: [entry("somedata")] });
  node.raft.msgs = [];
  node.step({ type: MessageType.MsgHeartbeat, from: 2, term: node.raft.term + 1 });
  assert.equal(node.raft.state, "StateFollower");
  // The acknowledgement was waiting for the entries to be stored.
  node.messages();
  assert.equal(node.raft.state, "StateFollower");
  assert.equal(node.raft.log.committed, 0);
});

function entry(text: string) {
  return { term: 0, index: 0, type: 0, data: data(text) } as const;
}
