import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType, newEntry } from "../../../src/proto/raftpb.ts";
import { appendEntry } from "../../../src/raft/consensus/commit.ts";
import { sendAppend } from "../../../src/raft/consensus/replication.ts";
import { StateType } from "../../../src/raft/tracker/progress.ts";
import { data, TestNode } from "../support/testnode.ts";

// What the leader sends to a member in each state of its progress.

const { MsgApp, MsgAppResp, MsgBeat, MsgHeartbeat, MsgHeartbeatResp, MsgUnreachable } = MessageType;
const { StateProbe, StateReplicate } = StateType;

function leader(voters: readonly number[] = [1, 2]): TestNode {
  return new TestNode(1, { voters }).asLeader();
}

test("TestProgressLeader: the leader's own progress follows what it has stored", () => {
  const node = leader();
  node.messages();
  node.progress(2).becomeReplicate();
  for (let i = 0; i < 5; i++) {
    node.propose("foo");
    const pr = node.progress(1);
    assert.equal(pr.state, StateReplicate);
    assert.equal(pr.match, i + 1, "not acknowledged to itself before it is stored");
    assert.equal(pr.next, pr.match + 1);
    node.messages();
    assert.equal(pr.match, i + 2);
  }
});

test("TestProgressResumeByHeartbeatResp: only its answer ends a pause", () => {
  const node = leader();
  const pr = node.progress(2);
  pr.msgAppFlowPaused = true;
  node.step({ type: MsgBeat, from: 1 });
  assert.equal(pr.msgAppFlowPaused, true);
  pr.becomeReplicate();
  assert.equal(pr.msgAppFlowPaused, false);
  pr.msgAppFlowPaused = true;
  node.step({ type: MsgHeartbeatResp, from: 2 });
  assert.equal(pr.msgAppFlowPaused, false);
});

test("TestProgressPaused: while a probe is out, proposals are not sent", () => {
  const node = leader();
  for (let i = 0; i < 3; i++) node.propose("somedata");
  assert.equal(node.messages().length, 1);
});

/** Appends an entry to the leader's log and sends 2 what it may be sent. */
function appendAndSend(node: TestNode, text: string): void {
  assert.equal(appendEntry(node.raft, [newEntry({ data: data(text) })]), true);
  sendAppend(node.raft, node.progress(2));
}

test("TestSendAppendForProgressProbe: one message, then one a heartbeat", () => {
  const node = leader();
  node.messages();
  node.progress(2).becomeProbe();
  for (let round = 0; round < 3; round++) {
    if (round === 0) {
      appendAndSend(node, "somedata");
      const [message, ...more] = node.messages();
      assert.deepEqual(more, []);
      assert.equal(message?.index, 0);
    }
    assert.equal(node.progress(2).msgAppFlowPaused, true);
    for (let i = 0; i < 10; i++) {
      appendAndSend(node, "somedata");
      assert.deepEqual(node.messages(), []);
    }
    for (let i = 0; i < node.raft.config.heartbeatTick; i++) node.step({ type: MsgBeat, from: 1 });
    assert.equal(node.progress(2).msgAppFlowPaused, true);
    const beats = node.messages();
    assert.deepEqual(
      beats.map(({ type }) => type),
      [MsgHeartbeat],
    );
  }
  node.step({ type: MsgHeartbeatResp, from: 2 });
  const [message] = node.messages();
  assert.equal(message?.type, MsgApp);
  assert.equal(message?.index, 0);
  assert.equal(node.progress(2).msgAppFlowPaused, true);
});

test("TestSendAppendForProgressReplicate: each entry goes out at once", () => {
  const node = leader();
  node.messages();
  node.progress(2).becomeReplicate();
  for (let i = 0; i < 10; i++) {
    appendAndSend(node, "somedata");
    assert.equal(node.messages().length, 1);
  }
});

test("TestSendAppendForProgressSnapshot: nothing goes out", () => {
  const node = leader();
  node.messages();
  node.progress(2).becomeSnapshot(10);
  for (let i = 0; i < 10; i++) {
    appendAndSend(node, "somedata");
    assert.deepEqual(node.messages(), []);
  }
});

test("TestRecvMsgUnreachable: a stream to an unreachable member becomes a probe", () => {
  const node = new TestNode(1, { voters: [1, 2], log: [1, 1, 1] }).asLeader();
  node.messages();
  const pr = node.progress(2);
  pr.match = 3;
  pr.becomeReplicate();
  pr.next = 6;
  node.step({ type: MsgUnreachable, from: 2 });
  assert.equal(pr.state, StateProbe);
  assert.equal(pr.next, pr.match + 1);
});

test("TestLeaderIncreaseNext: next runs ahead of a stream, not of a probe", () => {
  const log = [1, 2, 3];
  const cases = [
    // The leader's empty entry and the proposal go out at once.
    { state: StateReplicate, next: 2, after: log.length + 1 + 1 + 1 },
    { state: StateProbe, next: 2, after: 2 },
  ];
  for (const { state, next, after } of cases) {
    const node = new TestNode(1, { voters: [1, 2], log, saved: { term: 3 } }).asLeader();
    const pr = node.progress(2);
    pr.state = state;
    pr.next = next;
    node.propose("somedata");
    assert.equal(pr.next, after, state);
  }
});

test("TestLeaderAppResp: an answer moves progress, commits, and brings the next message", () => {
  const cases = [
    // Of a message long since superseded.
    { index: 3, reject: true, match: 0, next: 3, sent: [] },
    // Refused: one further back.
    { index: 2, reject: true, match: 0, next: 2, sent: [[2, 1, 0]] },
    // Accepted: committed, which everybody is told.
    {
      index: 2,
      reject: false,
      match: 2,
      next: 4,
      sent: [
        [2, 2, 2],
        [3, 2, 2],
      ],
    },
    // Accepted, but nothing: it is back.
    { index: 0, reject: false, match: 0, next: 4, sent: [[2, 0, 0]] },
  ];
  for (const { index, reject, match, next, sent } of cases) {
    const node = new TestNode(1, { voters: [1, 2, 3], log: [1, 1] }).asLeader();
    node.messages();
    const { term } = node.raft;
    node.step({ type: MsgAppResp, from: 2, index, term, reject, rejectHint: index });
    assert.equal(node.progress(2).match, match);
    assert.equal(node.progress(2).next, next, `${index} ${reject}`);
    assert.deepEqual(
      node.messages().map((m) => [m.to, m.index, m.commit]),
      sent,
    );
  }
});

test("TestMsgAppRespWaitReset: an acknowledgement ends the wait of that member only", () => {
  const node = leader([1, 2, 3]);
  node.apply();
  node.step({ type: MsgAppResp, from: 2, index: 1 });
  assert.equal(node.raft.log.committed, 1);
  node.messages();
  const sent = (): unknown =>
    node.messages().map((m) => [m.type, m.to, m.entries.map(({ index }) => index)]);
  node.propose("");
  assert.deepEqual(sent(), [[MsgApp, 2, [2]]], "3 still has to answer the first probe");
  node.step({ type: MsgAppResp, from: 3, index: 1 });
  assert.deepEqual(sent(), [[MsgApp, 3, [2]]]);
});
