import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType, newConfState, newEntry, newSnapshot } from "../../../src/proto/raftpb.ts";
import { maybeCommit } from "../../../src/raft/consensus/commit.ts";
import { isLocalMsg, isResponseMsg } from "../../../src/raft/consensus/messages.ts";
import { MemoryStorage } from "../../../src/raft/memorystorage.ts";
import { TestNode } from "../support/testnode.ts";

// What single messages do to a node.

const { MsgApp, MsgAppResp, MsgBeat, MsgHeartbeat, MsgHeartbeatResp } = MessageType;

test("TestCommit: what a majority has is committed if it is of the leader's term", () => {
  const cases: [readonly number[], readonly number[], number, number][] = [
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
  for (const [matches, log, term, committed] of cases) {
    const node = new TestNode(1, { voters: matches.map((_, i) => i + 1), log, saved: { term } });
    for (const [i, match] of matches.entries()) {
      const pr = node.progress(i + 1);
      pr.match = match;
      pr.next = match + 1;
    }
    maybeCommit(node.raft);
    assert.equal(node.raft.log.committed, committed, `${matches} over ${log} in ${term}`);
  }
});

test("TestStepIgnoreOldTermMsg: a message of an earlier term does not reach the role", () => {
  const node = new TestNode(1, { voters: [1, 2], saved: { term: 2 } });
  node.raft.electionElapsed = 3;
  node.step({ type: MsgApp, from: 2, term: 1 });
  assert.equal(node.raft.lead, 0);
  assert.equal(node.raft.electionElapsed, 3);
  assert.deepEqual(node.messages(), []);
});

test("TestHandleMsgApp: entries are taken where they fit, and commits as far as they reach", () => {
  const term = 2;
  const entry = (index: number) => newEntry({ index, term });
  const cases = [
    // Nothing to fit on: another term there, or nothing.
    { prev: [3, 2], commit: 3, last: 2, committed: 0, reject: true },
    { prev: [3, 3], commit: 3, last: 2, committed: 0, reject: true },
    // It fits.
    { prev: [1, 1], commit: 1, last: 2, committed: 1 },
    { prev: [0, 0], commit: 1, entries: [entry(1)], last: 1, committed: 1 },
    { prev: [2, 2], commit: 3, entries: [entry(3), entry(4)], last: 4, committed: 3 },
    { prev: [2, 2], commit: 4, entries: [entry(3)], last: 3, committed: 3 },
    { prev: [1, 1], commit: 4, entries: [entry(2)], last: 2, committed: 2 },
    // Committed is what the message vouches for, even if the log is longer.
    { prev: [1, 1], commit: 3, last: 2, committed: 1 },
    { prev: [2, 2], commit: 3, last: 2, committed: 2 },
    { prev: [2, 2], commit: 4, last: 2, committed: 2 },
  ];
  for (const { prev, commit, entries = [], last, committed, reject = false } of cases) {
    const node = new TestNode(1, { voters: [1], log: [1, 2] }).asFollower(term);
    const [logTerm = 0, index = 0] = prev;
    node.step({ type: MsgApp, from: 2, term, logTerm, index, commit, entries });
    assert.equal(node.raft.log.lastIndex(), last);
    assert.equal(node.raft.log.committed, committed);
    const [response, ...more] = node.messages();
    assert.deepEqual(more, []);
    assert.equal(response?.reject, reject, `${prev}`);
  }
});

test("TestHandleHeartbeat: a heartbeat moves the commit index on, never back", () => {
  for (const [commit, committed] of [
    [3, 3],
    [1, 2],
  ] as const) {
    const node = new TestNode(1, { voters: [1, 2], log: [1, 2, 3] }).asFollower(2, 2);
    node.raft.log.commitTo(2);
    node.step({ type: MsgHeartbeat, from: 2, term: 2, commit });
    assert.equal(node.raft.log.committed, committed);
    assert.deepEqual(
      node.messages().map(({ type }) => type),
      [MsgHeartbeatResp],
    );
  }
});

test("TestHandleHeartbeatResp: who lacks something gets it with each answer", () => {
  const node = new TestNode(1, { voters: [1, 2], log: [1, 2, 3] }).asLeader();
  node.raft.log.commitTo(node.raft.log.lastIndex());
  node.messages();
  const answer = () => {
    node.step({ type: MsgHeartbeatResp, from: 2 });
    return node.messages();
  };
  for (let i = 0; i < 2; i++) {
    const [message, ...more] = answer();
    assert.equal(message?.type, MsgApp);
    assert.deepEqual(more, []);
  }
  node.step({ type: MsgAppResp, from: 2, index: node.raft.log.lastIndex() });
  node.messages();
  assert.deepEqual(answer(), [], "there is nothing left to send");
});

test("TestBcastBeat: a heartbeat tells each member no more than it has", () => {
  const storage = new MemoryStorage();
  const confState = newConfState({ voters: [1, 2, 3] });
  storage.applySnapshot(newSnapshot({ index: 1000, term: 1, confState }));
  const node = new TestNode(1, { storage }).asFollower(1).asLeader();
  for (let i = 0; i < 10; i++) node.propose("");
  node.messages();
  const [two, three] = [node.progress(2), node.progress(3)];
  two.match = 5;
  two.next = 6;
  three.match = node.raft.log.lastIndex();
  three.next = three.match + 1;
  node.step({ type: MsgBeat, from: 1 });
  const { committed } = node.raft.log;
  assert.equal(committed, 1000);
  assert.deepEqual(
    node.messages().map((m) => [m.type, m.to, m.index, m.logTerm, m.commit, m.entries.length]),
    [
      [MsgHeartbeat, 2, 0, 0, 5, 0],
      [MsgHeartbeat, 3, 0, 0, committed, 0],
    ],
  );
});

test("TestRecvMsgBeat: only a leader sends heartbeats", () => {
  const node = () => new TestNode(1, { voters: [1, 2, 3], log: [1, 1], saved: { term: 1 } });
  for (const [made, count] of [
    [node().asLeader(), 2],
    [node().asCandidate(), 0],
    [node(), 0],
  ] as const) {
    made.messages();
    made.step({ type: MsgBeat, from: 1 });
    assert.deepEqual(
      made.messages().map(({ type }) => type),
      Array.from({ length: count }, () => MsgHeartbeat),
    );
  }
});

test("TestIsLocalMsg: some messages only the node itself makes", () => {
  const local = [
    "MsgHup",
    "MsgBeat",
    "MsgUnreachable",
    "MsgSnapStatus",
    "MsgCheckQuorum",
    "MsgStorageAppend",
    "MsgStorageAppendResp",
    "MsgStorageApply",
    "MsgStorageApplyResp",
  ];
  for (const [name, type] of Object.entries(MessageType)) {
    assert.equal(isLocalMsg(type), local.includes(name), name);
  }
});

test("TestIsResponseMsg: some messages answer others, and need a known sender", () => {
  const responses = [
    "MsgAppResp",
    "MsgVoteResp",
    "MsgHeartbeatResp",
    "MsgUnreachable",
    "MsgReadIndexResp",
    "MsgPreVoteResp",
    "MsgStorageAppendResp",
    "MsgStorageApplyResp",
  ];
  for (const [name, type] of Object.entries(MessageType)) {
    assert.equal(isResponseMsg(type), responses.includes(name), name);
  }
});
