import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType, newEntry, newMessage } from "../../../src/proto/raftpb.ts";
import { Cluster } from "../support/cluster.ts";
import { type NodeOptions, TestNode } from "../support/testnode.ts";

// Who wins an election.

const { MsgApp, MsgHeartbeat } = MessageType;
const preVote = { preVote: true };

function elections(options: NodeOptions): void {
  const candidate = options.preVote ? "StatePreCandidate" : "StateCandidate";
  const logs: NodeOptions = { log: [1], saved: { term: 1 } };
  const cases: [Cluster, string, number][] = [
    [Cluster.of(3, options), "StateLeader", 1],
    [Cluster.of(3, options, [3]), "StateLeader", 1],
    [Cluster.of(3, options, [2, 3]), candidate, options.preVote ? 0 : 1],
    [Cluster.of(4, options, [2, 3]), candidate, options.preVote ? 0 : 1],
    [Cluster.of(5, options, [2, 3]), "StateLeader", 1],
  ];
  // A majority that is further refuses.
  const voters = [1, 2, 3, 4, 5];
  const behind = [1, 5].map((id) => new TestNode(id, { voters, ...options }));
  const ahead = [2, 3, 4].map((id) => new TestNode(id, { voters, ...options, ...logs }));
  cases.push([new Cluster([...behind, ...ahead]), "StateFollower", 1]);
  for (const [cluster, state, term] of cases) {
    cluster.campaign(1);
    assert.equal(cluster.node(1).raft.state, state);
    assert.equal(cluster.node(1).raft.term, term);
  }
}

test("TestLeaderElection: a majority's votes make a leader", () => elections({}));

test("TestLeaderElectionPreVote: with a pre-election too, and losing one changes no term", () => {
  elections(preVote);
});

function leaderCycle(options: NodeOptions): void {
  const cluster = Cluster.of(3, options);
  for (const id of [1, 2, 3]) {
    cluster.campaign(id);
    for (const { raft } of cluster.nodes) {
      assert.equal(raft.state, raft.id === id ? "StateLeader" : "StateFollower");
      assert.equal(raft.lead, id);
    }
  }
}

test("TestLeaderCycle: each node can take over from any other", () => leaderCycle({}));

test("TestLeaderCyclePreVote: also by way of pre-elections", () => leaderCycle(preVote));

/**
 * Node 1 led in term 1, and 2 got its entry; 3 led in term 2, which 4 and 5 know of, but not its
 * entry. (Raft paper, figure 7.)
 */
function overwrite(options: NodeOptions): void {
  const voters = [1, 2, 3, 4, 5];
  const node = (id: number, log: readonly number[], saved: NodeOptions["saved"]): TestNode =>
    new TestNode(id, { voters, ...options, log, saved: saved ?? {} });
  const cluster = new Cluster([
    node(1, [1], { term: 1 }),
    node(2, [1], { term: 1 }),
    node(3, [2], { term: 2 }),
    node(4, [], { vote: 3, term: 2 }),
    node(5, [], { vote: 3, term: 2 }),
  ]);
  // It learns of term 2 by losing: there is nothing to be won in that term any more.
  cluster.campaign(1);
  assert.equal(cluster.node(1).raft.state, "StateFollower");
  assert.equal(cluster.node(1).raft.term, 2);
  cluster.campaign(1);
  assert.equal(cluster.node(1).raft.state, "StateLeader");
  assert.equal(cluster.node(1).raft.term, 3);
  for (const each of cluster.nodes) assert.deepEqual(each.logTerms(), [1, 3]);
}

test("TestLeaderElectionOverwriteNewerLogs: what is newer but not committed can be lost", () => {
  overwrite({});
});

test("TestLeaderElectionOverwriteNewerLogsPreVote: also after a pre-election", () => {
  overwrite(preVote);
});

test("TestDuelingCandidates: of two candidates the one that a majority hears wins", () => {
  const cluster = Cluster.of(3);
  cluster.cut(1, 3);
  cluster.campaign(1);
  cluster.campaign(3);
  assert.equal(cluster.node(1).raft.state, "StateLeader");
  assert.equal(cluster.node(3).raft.state, "StateCandidate", "2 has given its vote to 1");
  cluster.heal();
  // Its term is higher now, but its log is behind: it disrupts, and loses.
  cluster.campaign(3);
  assert.deepEqual(cluster.states(), ["StateFollower", "StateFollower", "StateFollower"]);
  assert.deepEqual(cluster.terms(), [2, 2, 2]);
  assert.deepEqual(
    cluster.nodes.map((node) => node.logTerms()),
    [[1], [1], []],
  );
});

test("TestDuelingPreCandidates: a candidate that cannot win disturbs nobody", () => {
  const cluster = Cluster.of(3, preVote);
  cluster.cut(1, 3);
  cluster.campaign(1);
  cluster.campaign(3);
  assert.equal(cluster.node(1).raft.state, "StateLeader");
  assert.equal(cluster.node(3).raft.state, "StateFollower", "2 has said no");
  cluster.heal();
  cluster.campaign(3);
  assert.deepEqual(cluster.states(), ["StateLeader", "StateFollower", "StateFollower"]);
  assert.deepEqual(cluster.terms(), [1, 1, 1]);
});

test("TestCandidateConcede: a candidate gives in to a leader of its term and takes its log", () => {
  const cluster = Cluster.of(3);
  cluster.isolate(1);
  cluster.campaign(1);
  cluster.campaign(3);
  cluster.heal();
  cluster.beat(3);
  const texts = ["force follower"];
  cluster.propose(3, ...texts);
  cluster.beat(3);
  const loser = cluster.node(1).raft;
  assert.equal(loser.state, "StateFollower");
  assert.equal(loser.term, 1);
  for (const node of cluster.nodes) {
    assert.deepEqual(node.logTerms(), [1, 1]);
    assert.equal(node.raft.log.committed, 2);
  }
});

test("TestSingleNodeCandidate: who is alone elects itself", () => {
  const cluster = Cluster.of(1);
  cluster.campaign(1);
  assert.deepEqual(cluster.states(), ["StateLeader"]);
});

test("TestSingleNodePreCandidate: by way of a pre-election, too", () => {
  const cluster = Cluster.of(1, preVote);
  cluster.campaign(1);
  assert.deepEqual(cluster.states(), ["StateLeader"]);
});

test("TestOldMessages: what a former leader sent is ignored in a later term", () => {
  const cluster = Cluster.of(3);
  cluster.campaign(1);
  cluster.campaign(2);
  cluster.campaign(1);
  const entries = [newEntry({ term: 2, index: 3 })];
  cluster.send(newMessage({ type: MsgApp, from: 2, to: 1, term: 2, entries }));
  cluster.propose(1, "somedata");
  for (const node of cluster.nodes) {
    assert.deepEqual(node.logTerms(), [1, 2, 3, 3]);
    assert.equal(node.raft.log.committed, 4);
  }
});

test("TestPastElectionTimeout: a timeout is the less likely the sooner", () => {
  for (const [elapsed, probability] of [
    [5, 0],
    [10, 0.1],
    [13, 0.4],
    [15, 0.6],
    [18, 0.9],
    [20, 1],
  ] as const) {
    const node = new TestNode(1);
    node.raft.electionElapsed = elapsed;
    let past = 0;
    for (let i = 0; i < 10_000; i++) {
      node.raft.resetRandomizedElectionTimeout();
      if (node.raft.pastElectionTimeout()) past++;
    }
    assert.ok(Math.abs(past / 10_000 - probability) < 0.03, `${elapsed}: ${past}`);
  }
});

test("TestStateTransition: only a candidate becomes leader, and a leader no candidate", () => {
  const node = (from: string): TestNode => {
    const made = new TestNode(1);
    made.raft.state = from as typeof made.raft.state;
    return made;
  };
  const roles = ["StateFollower", "StatePreCandidate", "StateCandidate", "StateLeader"];
  for (const from of roles) {
    const follower = node(from).asFollower(1);
    assert.deepEqual([follower.raft.term, follower.raft.lead], [1, 0], from);
    if (from === "StateLeader") {
      assert.throws(() => node(from).asPreCandidate(), /invalid transition/);
      assert.throws(() => node(from).asCandidate(), /invalid transition/);
    } else {
      const pre = node(from).asPreCandidate();
      assert.deepEqual([pre.raft.term, pre.raft.lead], [0, 0], `${from}: the term stays`);
      const candidate = node(from).asCandidate();
      assert.deepEqual([candidate.raft.term, candidate.raft.lead], [1, 0], from);
    }
  }
  for (const from of ["StatePreCandidate", "StateCandidate", "StateLeader"]) {
    const leader = node(from).asLeader();
    assert.deepEqual([leader.raft.term, leader.raft.lead], [0, 1], from);
  }
});

test("TestAllServerStepdown: everybody follows into a later term", () => {
  const prepared = [
    new TestNode(1, { voters: [1, 2, 3] }).asFollower(1),
    new TestNode(1, { voters: [1, 2, 3] }).asPreCandidate(),
    new TestNode(1, { voters: [1, 2, 3] }).asCandidate(),
    new TestNode(1, { voters: [1, 2, 3] }).asLeader(),
  ];
  for (const node of prepared) {
    const last = node.raft.log.lastIndex();
    for (const type of [MessageType.MsgVote, MsgApp]) {
      node.step({ type, from: 2, term: 3, logTerm: 3 });
      assert.equal(node.raft.state, "StateFollower");
      assert.equal(node.raft.term, 3);
      assert.equal(node.raft.log.lastIndex(), last);
      assert.equal(node.raft.lead, type === MsgApp ? 2 : 0, "who asks for a vote leads not yet");
    }
  }
});

/** A node that was cut off, and campaigned meanwhile, hears of the leader of its term. */
function resetTerm(type: typeof MsgApp | typeof MsgHeartbeat): void {
  const cluster = Cluster.of(3);
  cluster.campaign(1);
  const stranger = cluster.node(3);
  cluster.isolate(3);
  cluster.campaign(2);
  cluster.campaign(1);
  assert.equal(cluster.node(1).raft.term, 3);
  while (stranger.raft.term < 3) stranger.asCandidate();
  cluster.heal();
  cluster.send(newMessage({ type, from: 1, to: 3, term: 3 }));
  assert.equal(stranger.raft.state, "StateFollower");
  assert.deepEqual(cluster.terms(), [3, 3, 3]);
  assert.equal(cluster.node(1).raft.state, "StateLeader");
}

test("TestCandidateResetTermMsgHeartbeat: a heartbeat ends a candidacy", () => {
  resetTerm(MsgHeartbeat);
});

test("TestCandidateResetTermMsgApp: so does an append", () => resetTerm(MsgApp));

test("TestCampaignWhileLeader: a leader that is told to campaign goes on leading", () => {
  whileLeader({});
});

test("TestPreCampaignWhileLeader: also where there are pre-elections", () => whileLeader(preVote));

function whileLeader(options: NodeOptions): void {
  const cluster = Cluster.of(1, options);
  cluster.campaign(1);
  const { raft } = cluster.node(1);
  assert.equal(raft.state, "StateLeader");
  const { term } = raft;
  cluster.campaign(1);
  assert.equal(raft.state, "StateLeader");
  assert.equal(raft.term, term);
}

test("TestPromotable: only a voter campaigns", () => {
  const cases: [readonly number[], boolean][] = [
    [[1], true],
    [[1, 2, 3], true],
    [[], false],
    [[2, 3], false],
  ];
  for (const [voters, promotable] of cases) {
    assert.equal(new TestNode(1, { voters }).raft.promotable(), promotable);
  }
  assert.equal(new TestNode(1, { voters: [2], learners: [1] }).raft.promotable(), false);
});
