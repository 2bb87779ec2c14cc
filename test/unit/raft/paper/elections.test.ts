import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, MessageType } from "../../../../src/proto/raftpb.ts";
import { seeded } from "../support/random.ts";
import { electionTick, entriesOf, storageOf, TestNode } from "../support/testnode.ts";

// Raft paper, 5.2 and 5.4.1: leader election.

const { MsgApp, MsgBeat, MsgHeartbeat, MsgVote, MsgVoteResp } = MessageType;

function idsOf(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

/** Type, sender, recipient and term of each, in order of recipients. */
function routes(messages: readonly Message[]): number[][] {
  return messages
    .map(({ type, from, to, term }) => [type, from, to, term])
    .sort((a, b) => (a[2] ?? 0) - (b[2] ?? 0));
}

test("TestLeaderBcastBeat: a leader sends heartbeats to all, entries or not", () => {
  const node = new TestNode(1, { voters: [1, 2, 3], heartbeatTick: 2 }).asLeader();
  node.propose("a", "b", "c");
  node.messages();
  node.tick();
  assert.deepEqual(node.messages(), []);
  node.tick();
  assert.deepEqual(routes(node.messages()), [
    [MsgHeartbeat, 1, 2, 1],
    [MsgHeartbeat, 1, 3, 1],
  ]);
});

function startsElection(node: TestNode): void {
  const term = node.raft.term + 1;
  node.tick(2 * electionTick - 1);
  assert.equal(node.raft.term, term);
  assert.equal(node.raft.state, "StateCandidate");
  assert.deepEqual(routes(node.messages()), [
    [MsgVote, 1, 2, term],
    [MsgVote, 1, 3, term],
  ]);
  assert.equal(node.raft.tracker.votes.get(1), true, "it votes for itself");
}

test("TestFollowerStartElection: a follower that hears of no leader campaigns", () => {
  startsElection(new TestNode(1, { voters: [1, 2, 3] }).asFollower(1, 2));
});

test("TestCandidateStartNewElection: a candidate that does not win campaigns again", () => {
  startsElection(new TestNode(1, { voters: [1, 2, 3] }).asCandidate());
});

test("TestLeaderElectionInOneRoundRPC: a majority of votes makes the leader", () => {
  const cases: [number, Record<number, boolean>, string][] = [
    [1, {}, "StateLeader"],
    [3, { 2: true, 3: true }, "StateLeader"],
    [3, { 2: true }, "StateLeader"],
    [5, { 2: true, 3: true, 4: true, 5: true }, "StateLeader"],
    [5, { 2: true, 3: true, 4: true }, "StateLeader"],
    [5, { 2: true, 3: true }, "StateLeader"],
    [3, { 2: false, 3: false }, "StateFollower"],
    [5, { 2: false, 3: false, 4: false, 5: false }, "StateFollower"],
    [5, { 2: true, 3: false, 4: false, 5: false }, "StateFollower"],
    [3, {}, "StateCandidate"],
    [5, { 2: true }, "StateCandidate"],
    [5, { 2: false, 3: false }, "StateCandidate"],
    [5, {}, "StateCandidate"],
  ];
  for (const [size, votes, state] of cases) {
    const node = new TestNode(1, { voters: idsOf(size) });
    node.campaign();
    node.messages();
    for (const [id, granted] of Object.entries(votes)) {
      const { term } = node.raft;
      node.step({ type: MsgVoteResp, from: Number(id), term, reject: !granted });
    }
    assert.equal(node.raft.state, state, `${size} ${JSON.stringify(votes)}`);
    assert.equal(node.raft.term, 1);
  }
});

test("TestFollowerVote: a follower votes once a term, first come, first served", () => {
  for (const [vote, asking, rejected] of [
    [0, 2, false],
    [0, 3, false],
    [2, 2, false],
    [3, 3, false],
    [2, 3, true],
    [3, 2, true],
  ] as const) {
    const node = new TestNode(1, { voters: [1, 2, 3] }).asFollower(1);
    node.raft.vote = vote;
    node.step({ type: MsgVote, from: asking, term: 1 });
    const [response, ...more] = node.messages();
    assert.deepEqual(more, []);
    assert.equal(response?.type, MsgVoteResp);
    assert.equal(response?.to, asking);
    assert.equal(response?.term, 1);
    assert.equal(response?.reject, rejected, `voted for ${vote}, ${asking} asks`);
  }
});

test("TestCandidateFallback: a candidate follows a leader of its own term or a later one", () => {
  for (const term of [1, 2]) {
    const node = new TestNode(1, { voters: [1, 2, 3] });
    node.campaign();
    assert.equal(node.raft.state, "StateCandidate");
    node.step({ type: MsgApp, from: 2, term });
    assert.equal(node.raft.state, "StateFollower");
    assert.equal(node.raft.term, term);
    assert.equal(node.raft.lead, 2);
  }
});

function timeouts(prepare: (node: TestNode) => void): Set<number> {
  const node = new TestNode(1, { voters: [1, 2, 3] });
  const seen = new Set<number>();
  for (let round = 0; round < 50 * electionTick; round++) {
    prepare(node);
    let ticks = 0;
    while (node.messages().length === 0 && ticks < 10 * electionTick) {
      node.tick();
      ticks++;
    }
    seen.add(ticks);
  }
  return seen;
}

function assertSpread(seen: ReadonlySet<number>): void {
  const all = Array.from({ length: electionTick }, (_, i) => electionTick + i);
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    all,
  );
}

test("TestFollowerElectionTimeoutRandomized: timeouts spread over one to two times", () => {
  assertSpread(timeouts((node) => node.asFollower(node.raft.term + 1, 2)));
});

test("TestCandidateElectionTimeoutRandomized: as do a candidate's", () => {
  assertSpread(timeouts((node) => node.asCandidate()));
});

/** In how many of 1,000 elections more than one of five nodes times out first. */
function conflicts(prepare: (node: TestNode) => void): number {
  const voters = idsOf(5);
  const nodes = voters.map((id) => new TestNode(id, { voters, random: seeded(100 + id) }));
  let count = 0;
  for (let round = 0; round < 1000; round++) {
    for (const node of nodes) prepare(node);
    let first = 0;
    for (let ticks = 0; first === 0; ticks++) {
      assert.ok(ticks < 10 * electionTick, "nobody campaigns");
      for (const node of nodes) {
        node.tick();
        if (node.messages().length > 0) first++;
      }
    }
    if (first > 1) count++;
  }
  return count;
}

test("TestFollowersElectionTimeoutNonconflict: few elections begin on two nodes at once", () => {
  assert.ok(conflicts((node) => node.asFollower(node.raft.term + 1)) <= 300);
});

test("TestCandidatesElectionTimeoutNonconflict: nor do candidates split the vote for long", () => {
  assert.ok(conflicts((node) => node.asCandidate()) <= 300);
});

test("TestVoteRequest: a candidate shows its log and asks all voters", () => {
  for (const [terms, term] of [
    [[1], 2],
    [[1, 2], 3],
  ] as const) {
    const entries = entriesOf(terms);
    const node = new TestNode(1, { voters: [1, 2, 3] });
    node.step({ type: MsgApp, from: 2, term: term - 1, entries });
    node.messages();
    node.tick(2 * electionTick);
    const messages = node.messages().filter(({ type }) => type !== MsgBeat);
    assert.deepEqual(
      messages.map((m) => [m.type, m.to, m.term, m.index, m.logTerm]),
      [
        [MsgVote, 2, term, terms.length, terms.at(-1)],
        [MsgVote, 3, term, terms.length, terms.at(-1)],
      ],
    );
  }
});

test("TestVoter: nobody votes for a log that is less up to date than its own", () => {
  const cases: [readonly number[], number, number, boolean][] = [
    [[1], 1, 1, false],
    [[1], 1, 2, false],
    [[1, 1], 1, 1, true],
    [[1], 2, 1, false],
    [[1], 2, 2, false],
    [[1, 1], 2, 1, false],
    [[2], 1, 1, true],
    [[2], 1, 2, true],
    [[2, 1], 1, 1, true],
  ];
  for (const [terms, logTerm, index, rejected] of cases) {
    const storage = storageOf({ voters: [1, 2] });
    storage.append(entriesOf(terms));
    const node = new TestNode(1, { storage });
    node.step({ type: MsgVote, from: 2, term: 3, logTerm, index });
    const [response] = node.messages();
    assert.equal(response?.type, MsgVoteResp);
    assert.equal(response?.reject, rejected, `${terms} against ${logTerm}/${index}`);
  }
});
