import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType, newMessage } from "../../../../src/proto/raftpb.ts";
import { RaftCluster } from "../support/cluster.ts";
import { electionTick, type NodeOptions, TestNode } from "../support/testnode.ts";

// Elections among several nodes, each with and without the round of questions that precedes it.

const [follower, candidate, preCandidate, leader] = [
  "StateFollower",
  "StateCandidate",
  "StatePreCandidate",
  "StateLeader",
];
const three = [1, 2, 3];
const five = [1, 2, 3, 4, 5];

function electsLeader(options: NodeOptions): void {
  const { preVote } = options;
  const stuck = preVote ? ([preCandidate, 0] as const) : ([candidate, 1] as const);
  for (const [size, down, [state, term]] of [
    [3, [], [leader, 1]],
    [3, [3], [leader, 1]],
    [3, [2, 3], stuck],
    [4, [2, 3], stuck],
    [5, [2, 3], [leader, 1]],
  ] as const) {
    const cluster = RaftCluster.of(size, options, down);
    cluster.campaign(1);
    const { raft } = cluster.node(1);
    assert.deepEqual([raft.state, raft.term], [state, term], `${size} without ${down}`);
  }
  // Three of five have more in their logs, and so refuse.
  const logs = [[], [1], [1], [1, 1], []];
  const cluster = new RaftCluster(
    logs.map((log, i) => {
      const saved = { term: log.length > 0 ? 1 : 0 };
      return new TestNode(i + 1, { voters: five, ...options, log, saved });
    }),
  );
  cluster.campaign(1);
  const { raft } = cluster.node(1);
  assert.deepEqual([raft.state, raft.term], [follower, 1]);
}

test("TestLeaderElection: whoever a majority votes for leads", () => {
  electsLeader({});
});

test("TestLeaderElectionPreVote: with questions first, a lost campaign changes no term", () => {
  electsLeader({ preVote: true });
});

function everybodyInTurn(options: NodeOptions): void {
  const cluster = RaftCluster.of(3, options);
  for (const id of [1, 2, 3, 1]) {
    cluster.campaign(id);
    assert.deepEqual(
      cluster.states(),
      three.map((each) => (each === id ? leader : follower)),
    );
  }
  assert.deepEqual(cluster.terms(), [4, 4, 4]);
}

test("TestLeaderCycle: everybody can be elected in turn", () => everybodyInTurn({}));

test("TestLeaderCyclePreVote: with questions first, too", () => everybodyInTurn({ preVote: true }));

/**
 * Node 1 led in term 1 and reached only node 2 with an entry; node 3 led in term 2, with the votes
 * of 4 and 5, and reached nobody. Neither entry is committed, so each may still replace the other.
 */
function twoFailedTerms(options: NodeOptions): RaftCluster {
  const voted = { saved: { term: 2, vote: 3 } };
  const nodes: readonly NodeOptions[] = [
    { log: [1], saved: { term: 1 } },
    { log: [1], saved: { term: 1 } },
    { log: [2], saved: { term: 2 } },
    voted,
    voted,
  ];
  return new RaftCluster(
    nodes.map((node, i) => new TestNode(i + 1, { voters: five, ...options, ...node })),
  );
}

function overwritesNewerLog(options: NodeOptions): void {
  const cluster = twoFailedTerms(options);
  const { raft } = cluster.node(1);
  cluster.campaign(1);
  assert.deepEqual([raft.state, raft.term], [follower, 2], "a quorum knows of term 2");
  cluster.campaign(1);
  assert.deepEqual([raft.state, raft.term], [leader, 3]);
  for (const node of cluster.nodes) assert.deepEqual(node.logTerms(), [1, 3]);
}

test("TestLeaderElectionOverwriteNewerLogs: an older log can win over a newer one", () => {
  overwritesNewerLog({});
});

test("TestLeaderElectionOverwriteNewerLogsPreVote: with questions first, too", () => {
  overwritesNewerLog({ preVote: true });
});

/** Nodes 1 and 3, which do not hear each other, campaign; then all is well and 3 tries again. */
function duel(options: NodeOptions): { readonly apart: string[]; readonly together: RaftCluster } {
  const cluster = RaftCluster.of(3, options);
  cluster.cut(1, 3);
  cluster.campaign(1);
  cluster.campaign(3);
  const apart = cluster.states();
  cluster.heal();
  cluster.campaign(3);
  return { apart, together: cluster };
}

const logLengths = (cluster: RaftCluster) => cluster.nodes.map(({ raft }) => raft.log.lastIndex());

test("TestDuelingCandidates: who cannot win with its short log deposes the leader anyhow", () => {
  const { apart, together } = duel({});
  assert.deepEqual(apart, [leader, follower, candidate]);
  assert.deepEqual(together.states(), [follower, follower, follower]);
  assert.deepEqual(together.terms(), [2, 2, 2]);
  assert.deepEqual(logLengths(together), [1, 1, 0]);
});

test("TestDuelingPreCandidates: not so where it asks first", () => {
  const { apart, together } = duel({ preVote: true });
  assert.deepEqual(apart, [leader, follower, follower]);
  assert.deepEqual(together.states(), [leader, follower, follower]);
  assert.deepEqual(together.terms(), [1, 1, 1]);
  assert.deepEqual(logLengths(together), [1, 1, 0]);
});

test("TestCandidateConcede: a candidate follows who won in its term, and takes its log", () => {
  const cluster = RaftCluster.of(3);
  cluster.isolate(1);
  cluster.campaign(1);
  cluster.campaign(3);
  assert.deepEqual(cluster.states(), [candidate, follower, leader]);
  cluster.heal();
  cluster.beat(3);
  cluster.propose(3, "a");
  cluster.beat(3);
  assert.deepEqual(cluster.states(), [follower, follower, leader]);
  for (const { raft } of cluster.nodes) {
    assert.equal(raft.term, 1);
    assert.equal(raft.log.committed, 2);
    assert.deepEqual(
      raft.log.allEntries().map(({ term, data }) => [term, data.length]),
      [
        [1, 0],
        [1, 1],
      ],
    );
  }
});

function electsItself(options: NodeOptions): void {
  const cluster = RaftCluster.of(1, options);
  cluster.campaign(1);
  assert.deepEqual([cluster.states(), cluster.terms()], [[leader], [1]]);
}

test("TestSingleNodeCandidate: the only voter elects itself", () => electsItself({}));

test("TestSingleNodePreCandidate: and asks itself first", () => electsItself({ preVote: true }));

/** A candidate that was cut off in a lower term comes back. */
function returnsToLeader(type: typeof MessageType.MsgHeartbeat | typeof MessageType.MsgApp): void {
  const cluster = RaftCluster.of(3);
  cluster.campaign(1);
  cluster.isolate(3);
  cluster.campaign(2);
  cluster.campaign(1);
  assert.deepEqual(cluster.states(), [leader, follower, follower]);
  const lost = cluster.node(3);
  lost.tick(2 * electionTick);
  cluster.flush(3);
  assert.equal(lost.raft.state, candidate);
  assert.ok(lost.raft.term < cluster.node(1).raft.term);
  cluster.heal();
  const { term } = cluster.node(1).raft;
  cluster.send(newMessage({ type, from: 1, to: 3, term }));
  assert.deepEqual([lost.raft.state, lost.raft.term, lost.raft.lead], [follower, term, 1]);
}

test("TestCandidateResetTermMsgHeartbeat: a heartbeat takes a candidate to its term", () => {
  returnsToLeader(MessageType.MsgHeartbeat);
});

test("TestCandidateResetTermMsgApp: so do entries", () => returnsToLeader(MessageType.MsgApp));

test("TestPastElectionTimeout: the timeout lies evenly between one and two election ticks", () => {
  let next = 0;
  const node = new TestNode(1, { random: (bound) => next++ % bound });
  for (const [elapsed, tenths] of [
    [5, 0],
    [9, 0],
    [10, 1],
    [13, 4],
    [15, 6],
    [18, 9],
    [19, 10],
    [20, 10],
  ] as const) {
    node.raft.electionElapsed = elapsed;
    let past = 0;
    for (let i = 0; i < 10; i++) {
      node.raft.resetRandomizedElectionTimeout();
      if (node.raft.pastElectionTimeout()) past++;
    }
    assert.equal(past, tenths, `${elapsed}`);
  }
});
