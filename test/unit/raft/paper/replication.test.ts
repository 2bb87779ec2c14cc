import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, MessageType, newEntry, newMessage } from "../../../../src/proto/raftpb.ts";
import { bcastAppend } from "../../../../src/raft/consensus/replication.ts";
import { RaftCluster } from "../support/cluster.ts";
import { data, entriesOf, storageOf, TestNode, termsOf } from "../support/testnode.ts";

// Raft paper, 5.3 and 5.4.2: log replication.

const { MsgApp, MsgAppResp, MsgVoteResp } = MessageType;

/** The follower's answer that it has all that the message sent. */
function accepted(m: Message): Message {
  return newMessage({
    type: MsgAppResp,
    from: m.to,
    to: m.from,
    term: m.term,
    index: m.index + m.entries.length,
  });
}

/** A leader of these voters whose first, empty entry everybody has. */
function establishedLeader(voters: readonly number[]): TestNode {
  const node = new TestNode(1, { voters }).asLeader();
  bcastAppend(node.raft);
  node.persist();
  for (const m of node.messages()) node.step(accepted(m));
  node.apply();
  node.messages();
  return node;
}

const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

test("TestLeaderStartReplication: a proposal is appended and sent to all at once", () => {
  const node = establishedLeader([1, 2, 3]);
  const last = node.raft.log.lastIndex();
  node.propose("some data");
  assert.equal(node.raft.log.lastIndex(), last + 1);
  assert.equal(node.raft.log.committed, last);
  const entry = newEntry({ term: 1, index: last + 1, data: data("some data") });
  assert.deepEqual(
    node.messages().map((m) => [m.to, m.type, m.index, m.logTerm, m.commit, m.entries]),
    [2, 3].map((to) => [to, MsgApp, last, 1, last, [entry]]),
  );
  assert.deepEqual(node.raft.log.nextUnstableEnts(), [entry]);
});

test("TestLeaderCommitEntry: what a majority has is committed, applied and told", () => {
  const node = establishedLeader([1, 2, 3]);
  const last = node.raft.log.lastIndex();
  node.propose("some data");
  node.persist();
  for (const m of node.messages()) node.step(accepted(m));
  assert.equal(node.raft.log.committed, last + 1);
  const entry = newEntry({ term: 1, index: last + 1, data: data("some data") });
  assert.deepEqual(node.raft.log.nextCommittedEnts(true), [entry]);
  const told = node.messages();
  assert.deepEqual(
    told.map(({ type, to, commit }) => [type, to, commit]),
    [2, 3].map((to) => [MsgApp, to, last + 1]),
  );
});

test("TestLeaderAcknowledgeCommit: only a majority's acknowledgements commit", () => {
  const cases: [number, readonly number[], boolean][] = [
    [1, [], true],
    [3, [], false],
    [3, [2], true],
    [3, [2, 3], true],
    [5, [], false],
    [5, [2], false],
    [5, [2, 3], true],
    [5, [2, 3, 4], true],
    [5, [2, 3, 4, 5], true],
  ];
  for (const [size, acknowledging, commits] of cases) {
    const node = establishedLeader(ids(size));
    const last = node.raft.log.lastIndex();
    node.propose("some data");
    node.persist();
    for (const m of node.messages()) if (acknowledging.includes(m.to)) node.step(accepted(m));
    assert.equal(node.raft.log.committed > last, commits, `${size}: ${acknowledging}`);
  }
});

test("TestLeaderCommitPrecedingEntries: entries of former leaders are committed along", () => {
  for (const terms of [[], [2], [1, 2], [1]]) {
    const storage = storageOf({ voters: [1, 2, 3] });
    storage.append(entriesOf(terms));
    storage.setHardState({ term: 2, vote: 0, commit: 0 });
    const node = new TestNode(1, { storage }).asLeader();
    node.propose("some data");
    node.persist();
    for (const m of node.messages()) node.step(accepted(m));
    assert.deepEqual(termsOf(node.raft.log.nextCommittedEnts(true)), [...terms, 3, 3]);
  }
});

test("TestFollowerCommitEntry: a follower applies what the leader says is committed", () => {
  for (const [texts, commit] of [
    [["some data"], 1],
    [["some data", "some data2"], 2],
    [["some data2", "some data"], 2],
    [["some data", "some data2"], 1],
  ] as const) {
    const entries = texts.map((text, i) => newEntry({ term: 1, index: i + 1, data: data(text) }));
    const node = new TestNode(1, { voters: [1, 2, 3] }).asFollower(1, 2);
    node.step({ type: MsgApp, from: 2, term: 1, entries, commit });
    assert.equal(node.raft.log.committed, commit);
    assert.deepEqual(node.raft.log.nextCommittedEnts(true), entries.slice(0, commit));
  }
});

test("TestFollowerCheckMsgApp: what does not fit is refused, with a hint where it may fit", () => {
  const cases = [
    // Committed entries always fit.
    { term: 0, index: 0, answer: { index: 1 } },
    { term: 1, index: 1, answer: { index: 1 } },
    // So does what matches.
    { term: 2, index: 2, answer: { index: 2 } },
    // A term that is not there: one lower may fit.
    { term: 1, index: 2, answer: { index: 2, reject: true, rejectHint: 1, logTerm: 1 } },
    // An index that is not there.
    { term: 3, index: 3, answer: { index: 3, reject: true, rejectHint: 2, logTerm: 2 } },
  ];
  for (const { term, index, answer } of cases) {
    const storage = storageOf({ voters: [1, 2, 3] });
    storage.append(entriesOf([1, 2]));
    storage.setHardState({ term: 0, vote: 0, commit: 1 });
    const node = new TestNode(1, { storage }).asFollower(2, 2);
    node.step({ type: MsgApp, from: 2, term: 2, logTerm: term, index });
    const expected = { type: MsgAppResp, from: 1, to: 2, term: 2, ...answer };
    assert.deepEqual(node.messages(), [newMessage(expected)]);
  }
});

test("TestFollowerAppendEntries: what conflicts with the leader's log is replaced", () => {
  const cases = [
    { prev: 2, sent: [3], log: [1, 2, 3], unstable: [3] },
    { prev: 1, sent: [3, 4], log: [1, 3, 4], unstable: [3, 4] },
    { prev: 0, sent: [1], log: [1, 2], unstable: [] },
    { prev: 0, sent: [3], log: [3], unstable: [3] },
  ];
  for (const { prev, sent, log, unstable } of cases) {
    const storage = storageOf({ voters: [1, 2, 3] });
    storage.append(entriesOf([1, 2]));
    const node = new TestNode(1, { storage }).asFollower(2, 2);
    const entries = entriesOf(sent, prev + 1);
    node.step({ type: MsgApp, from: 2, term: 2, logTerm: prev, index: prev, entries });
    assert.deepEqual(node.logTerms(), log);
    assert.deepEqual(termsOf(node.raft.log.nextUnstableEnts()), unstable);
  }
});

test("TestLeaderSyncFollowerLog: a leader brings any follower's log in line (figure 7)", () => {
  const leaderTerms = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
  const term = 8;
  const followers = [
    [1, 1, 1, 4, 4, 5, 5, 6, 6],
    [1, 1, 1, 4],
    [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
    [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
    [1, 1, 1, 4, 4, 4, 4],
    [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
  ];
  for (const terms of followers) {
    const leaderStorage = storageOf({ voters: [1, 2, 3] });
    leaderStorage.append(entriesOf(leaderTerms));
    const leader = new TestNode(1, { storage: leaderStorage });
    leader.asFollower(term);
    const storage = storageOf({ voters: [1, 2, 3] });
    storage.append(entriesOf(terms));
    const follower = new TestNode(2, { storage });
    follower.asFollower(term - 1);
    // The third is down, so that its vote has to be given by hand.
    const cluster = new RaftCluster([leader, follower]);
    cluster.campaign(1);
    cluster.send(newMessage({ type: MsgVoteResp, from: 3, to: 1, term: term + 1 }));
    cluster.propose(1, "");
    assert.deepEqual(follower.logTerms(), [...leaderTerms, term + 1, term + 1]);
    assert.deepEqual(leader.logTerms(), follower.logTerms());
    assert.equal(follower.raft.log.committed, leader.raft.log.committed);
  }
});

test("TestLeaderOnlyCommitsLogFromCurrentTerm: counting commits none of former terms", () => {
  for (const [index, committed] of [
    [1, 0],
    [2, 0],
    [3, 3],
  ] as const) {
    const storage = storageOf({ voters: [1, 2] });
    storage.append(entriesOf([1, 2]));
    storage.setHardState({ term: 2, vote: 0, commit: 0 });
    const node = new TestNode(1, { storage }).asLeader();
    node.messages();
    node.propose("");
    node.messages();
    node.step({ type: MsgAppResp, from: 2, term: node.raft.term, index });
    assert.equal(node.raft.log.committed, committed);
  }
});
