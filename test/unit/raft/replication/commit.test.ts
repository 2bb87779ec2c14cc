import assert from "node:assert/strict";
import { test } from "node:test";
import { type Entry, MessageType, newMessage } from "../../../../src/proto/raftpb.ts";
import { maybeCommit } from "../../../../src/raft/consensus/commit.ts";
import { RaftCluster } from "../support/cluster.ts";
import { entriesOf, TestNode } from "../support/testnode.ts";

// How entries get into every log, and when they are committed (Raft paper, 5.3 and 5.4.2).

const { MsgApp, MsgAppResp, MsgHeartbeat, MsgHeartbeatResp } = MessageType;

const text = ({ data }: Entry) => new TextDecoder().decode(data);
const commits = (cluster: RaftCluster) => cluster.nodes.map(({ raft }) => raft.log.committed);

/** Every node has applied those texts, and nothing else that is not empty. */
function assertApplied(cluster: RaftCluster, texts: readonly string[]): void {
  for (const node of cluster.nodes) {
    assert.deepEqual(node.apply().map(text).filter(Boolean), texts, `node ${node.id}`);
  }
}

test("TestLogReplication: what is proposed reaches all, over a change of leaders too", () => {
  const steady = RaftCluster.of(3);
  steady.campaign(1);
  steady.propose(1, "a");
  assert.deepEqual(commits(steady), [2, 2, 2]);
  assertApplied(steady, ["a"]);

  const changing = RaftCluster.of(3);
  changing.campaign(1);
  changing.propose(1, "a");
  changing.campaign(2);
  changing.propose(2, "b");
  assert.deepEqual(commits(changing), [4, 4, 4]);
  assertApplied(changing, ["a", "b"]);
});

test("TestSingleNodeCommit: a single voter commits by itself", () => {
  const cluster = RaftCluster.of(1);
  cluster.campaign(1);
  cluster.propose(1, "a");
  cluster.propose(1, "b");
  assert.deepEqual(commits(cluster), [3]);
  assertApplied(cluster, ["a", "b"]);
});

/** Node 1 of five has led in term 1, and got two entries no further than to node 2. */
function halfReplicated(): RaftCluster {
  const cluster = RaftCluster.of(5);
  cluster.campaign(1);
  for (const id of [3, 4, 5]) cluster.cut(1, id);
  cluster.propose(1, "a");
  cluster.propose(1, "b");
  assert.equal(cluster.node(1).raft.log.committed, 1);
  cluster.heal();
  return cluster;
}

test("TestCannotCommitWithoutNewTermEntry: earlier entries wait for one of this term", () => {
  const cluster = halfReplicated();
  cluster.ignore(MsgApp);
  cluster.campaign(2);
  const leader = cluster.node(2);
  assert.deepEqual([leader.raft.state, leader.raft.log.committed], ["StateLeader", 1]);
  cluster.heal();
  cluster.beat(2);
  cluster.propose(2, "c");
  assert.equal(leader.raft.log.committed, 5);
});

test("however many have an earlier term's entries, they are not committed by being counted", () => {
  const leader = new TestNode(1, { voters: [1, 2, 3], log: [1, 1], saved: { term: 1 } }).asLeader();
  leader.messages();
  for (const from of [2, 3]) leader.step({ type: MsgAppResp, from, term: 2, index: 2 });
  assert.equal(leader.raft.log.committed, 0);
  leader.step({ type: MsgAppResp, from: 2, term: 2, index: 3 });
  assert.equal(leader.raft.log.committed, 3);
});

test("TestCommitWithoutNewTermEntry: a new leader's first entry commits them unasked", () => {
  const cluster = halfReplicated();
  cluster.campaign(2);
  assert.deepEqual(commits(cluster), [4, 4, 4, 4, 4]);
  assertApplied(cluster, ["a", "b"]);
});

test("TestOldMessages: an earlier leader's entries are ignored", () => {
  const cluster = RaftCluster.of(3);
  for (const id of [1, 2, 1]) cluster.campaign(id);
  const stale = { type: MsgApp, from: 2, to: 1, term: 2, index: 2, logTerm: 2 };
  cluster.send(newMessage({ ...stale, entries: entriesOf([2], 3) }));
  cluster.propose(1, "a");
  for (const node of cluster.nodes) assert.deepEqual(node.logTerms(), [1, 2, 3, 3]);
  assert.deepEqual(commits(cluster), [4, 4, 4]);
  assertApplied(cluster, ["a"]);
});

test("TestProposal: a proposal needs a majority", () => {
  for (const [size, down, committed] of [
    [3, [], true],
    [3, [3], true],
    [3, [2, 3], false],
    [4, [2, 3], false],
    [5, [2, 3], true],
  ] as const) {
    const cluster = RaftCluster.of(size, {}, down);
    cluster.campaign(1);
    cluster.propose(1, "a");
    assert.equal(cluster.refused, committed ? 0 : 1, "there is no leader to take it");
    assertApplied(cluster, committed ? ["a"] : []);
    assert.equal(cluster.node(1).raft.term, 1);
  }
});

test("TestProposalByProxy: a follower passes proposals on to the leader", () => {
  for (const down of [[], [3]]) {
    const cluster = RaftCluster.of(3, {}, down);
    cluster.campaign(1);
    cluster.propose(2, "a");
    assert.equal(cluster.refused, 0);
    assertApplied(cluster, ["a"]);
    assert.equal(cluster.node(1).raft.term, 1);
  }
});

test("TestCommit: a majority must have it, and it must be of the leader's term", () => {
  type Case = readonly [matches: number[], terms: number[], term: number, committed: number];
  const cases: readonly Case[] = [
    [[1], [1], 1, 1],
    [[1], [1], 2, 0],
    [[2], [1, 2], 2, 2],
    [[1], [2], 2, 1],
    [[2, 1, 1], [1, 2], 1, 1],
    [[2, 1, 1], [1, 1], 2, 0],
    [[2, 1, 2], [1, 2], 2, 2],
    [[2, 1, 2], [1, 1], 2, 0],
    [[2, 1, 1, 1], [1, 2], 1, 1],
    [[2, 1, 1, 1], [1, 1], 2, 0],
    [[2, 1, 1, 2], [1, 2], 1, 1],
    [[2, 1, 1, 2], [1, 1], 2, 0],
    [[2, 1, 2, 2], [1, 2], 2, 2],
    [[2, 1, 2, 2], [1, 1], 2, 0],
  ];
  for (const [matches, terms, term, committed] of cases) {
    const voters = matches.map((_, i) => i + 1);
    const node = new TestNode(1, { voters, log: terms, saved: { term } });
    matches.forEach((match, i) => {
      const pr = node.progress(i + 1);
      pr.match = match;
      pr.next = match + 1;
    });
    assert.equal(maybeCommit(node.raft), committed > 0);
    assert.equal(node.raft.log.committed, committed, `${matches} ${terms} ${term}`);
  }
});

/** A follower in term 2 that has entries of these terms. */
const followerWith = (terms: readonly number[]) =>
  new TestNode(1, { voters: [1, 2], log: terms, saved: { term: 2 } });

test("TestStepIgnoreOldTermMsg: what an earlier term's leader says is not heard", () => {
  const node = followerWith([]).asFollower(2, 0);
  node.tick(3);
  for (const type of [MsgApp, MsgHeartbeat, MessageType.MsgSnap]) {
    node.step({ type, from: 2, term: 1, entries: entriesOf([1]), commit: 1 });
    const { lead, electionElapsed } = node.raft;
    assert.deepEqual([lead, electionElapsed, node.logTerms()], [0, 3, []]);
    assert.deepEqual(node.messages(), []);
  }
});

test("TestHandleMsgApp: entries are taken where they fit, and commit as far as they reach", () => {
  type Prev = readonly [index: number, term: number];
  type Case = readonly [Prev, terms: number[], commit: number, log: number[], committed: number];
  const taken: readonly Case[] = [
    [[1, 1], [], 1, [1, 2], 1],
    // What conflicts goes, with all that follows.
    [[0, 0], [2], 1, [2], 1],
    [[2, 2], [2, 2], 3, [1, 2, 2, 2], 3],
    [[2, 2], [2], 4, [1, 2, 2], 3],
    // What it has already stays.
    [[1, 1], [2], 4, [1, 2], 2],
    // It commits no further than what it now knows to match.
    [[1, 1], [], 3, [1, 2], 1],
    [[1, 1], [2], 3, [1, 2], 2],
    [[2, 2], [], 3, [1, 2], 2],
    [[2, 2], [], 4, [1, 2], 2],
  ];
  const refused: readonly Case[] = [
    [[2, 3], [], 3, [1, 2], 0],
    [[3, 3], [], 3, [1, 2], 0],
  ];
  for (const [cases, reject] of [
    [taken, false],
    [refused, true],
  ] as const) {
    for (const [[index, logTerm], terms, commit, log, committed] of cases) {
      const node = followerWith([1, 2]);
      const entries = entriesOf(terms, index + 1);
      node.step({ type: MsgApp, from: 2, term: 3, index, logTerm, entries, commit });
      const [answer, ...more] = node.messages();
      assert.deepEqual(more, []);
      assert.deepEqual([answer?.type, answer?.reject], [MsgAppResp, reject]);
      assert.equal(answer?.index, reject ? index : index + terms.length);
      assert.deepEqual([node.logTerms(), node.raft.log.committed], [log, committed]);
    }
  }
});

test("TestHandleHeartbeat: a heartbeat commits, and never takes back", () => {
  for (const [commit, committed] of [
    [3, 3],
    [1, 2],
  ] as const) {
    const node = followerWith([1, 2, 2]);
    node.raft.log.commitTo(2);
    node.step({ type: MsgHeartbeat, from: 2, term: 2, commit });
    assert.equal(node.raft.log.committed, committed);
    assert.deepEqual(
      node.messages().map(({ type, to }) => [type, to]),
      [[MsgHeartbeatResp, 2]],
    );
  }
});

test("a follower that is not to forward drops proposals, and knows no leader better", () => {
  const cluster = RaftCluster.of(3, { disableProposalForwarding: true });
  cluster.campaign(1);
  cluster.propose(2, "a");
  assert.equal(cluster.refused, 1);
  assert.deepEqual(commits(cluster), [1, 1, 1]);
  cluster.propose(1, "b");
  assertApplied(cluster, ["b"]);
});
