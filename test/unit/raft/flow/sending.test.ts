import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Message,
  MessageType,
  newConfState,
  newSnapshot,
} from "../../../../src/proto/raftpb.ts";
import { ProposalDroppedError } from "../../../../src/raft/errors.ts";
import { payloadsSize } from "../../../../src/raft/log/size.ts";
import { MemoryStorage } from "../../../../src/raft/memorystorage.ts";
import { entriesOf, type NodeOptions, TestNode } from "../support/testnode.ts";

// What a leader sends to a follower, depending on what it knows of it.

const { MsgApp, MsgAppResp, MsgBeat, MsgHeartbeat, MsgHeartbeatResp, MsgProp, MsgUnreachable } =
  MessageType;

/** A leader in term 1 whose first messages are gone. */
function leaderOf(voters: readonly number[], options: NodeOptions = {}): TestNode {
  const leader = new TestNode(1, { voters, ...options }).asLeader();
  leader.messages();
  return leader;
}

const answer = (leader: TestNode, from: number, type: MessageType, fields: Partial<Message> = {}) =>
  leader.step({ type, from, term: leader.raft.term, ...fields });

/** Recipient, and the entries that follow which index. */
const appends = (messages: readonly Message[]) =>
  messages.map(({ type, to, index, entries }) => {
    assert.equal(type, MsgApp);
    return [to, index, entries.length];
  });

test("TestProgressLeader: the leader's own progress moves when its entries are stable", () => {
  const leader = new TestNode(1, { voters: [1, 2] }).asLeader();
  for (let i = 0; i < 5; i++) leader.propose("foo");
  assert.equal(leader.progress(1).match, 0);
  assert.deepEqual(
    leader.raft.log.nextUnstableEnts().map(({ data }) => data.length),
    [0, 3, 3, 3, 3, 3],
  );
  leader.messages();
  assert.equal(String(leader.progress(1)), "StateReplicate match=6 next=7");
});

test("TestProgressResumeByHeartbeatResp: a heartbeat's answer, not the heartbeat, resumes", () => {
  const leader = new TestNode(1, { voters: [1, 2] }).asLeader();
  const follower = leader.progress(2);
  follower.becomeReplicate();
  follower.msgAppFlowPaused = true;
  leader.step({ type: MsgBeat, from: 1 });
  assert.equal(follower.msgAppFlowPaused, true);
  answer(leader, 2, MsgHeartbeatResp);
  assert.equal(follower.msgAppFlowPaused, false);
});

test("TestProgressPaused: one that is probed gets one message, whatever is proposed", () => {
  const leader = leaderOf([1, 2]);
  answer(leader, 2, MsgHeartbeatResp);
  for (let i = 0; i < 3; i++) leader.propose("a");
  assert.deepEqual(appends(leader.messages()), [[2, 0, 1]]);
  assert.equal(leader.progress(2).isPaused(), true);
});

test("TestProgressFlowControl: messages in flight are limited by number and by bytes", () => {
  const limits = { maxInflightMsgs: 3, maxSizePerMsg: 2048, maxInflightBytes: 9000 };
  const leader = leaderOf([1, 2], limits);
  answer(leader, 2, MsgHeartbeatResp);
  leader.messages();
  leader.progress(2).becomeProbe();
  const [small, large] = [1000, 5000].map((size) => "x".repeat(size));
  for (let i = 0; i < 22; i++) leader.propose((i >= 10 && i < 16 ? large : small) as string);

  // The probe: the entry that begins the term, and as much as still fits.
  let sent = leader.messages();
  assert.deepEqual(appends(sent), [[2, 0, 2]]);
  const counts: number[][] = [];
  for (;;) {
    const last = sent.at(-1);
    assert.ok(last);
    answer(leader, 2, MsgAppResp, { index: last.index + last.entries.length });
    sent = leader.messages().filter(({ entries }) => entries.length > 0);
    if (sent.length === 0) break;
    counts.push(sent.map(({ entries }) => entries.length));
  }
  assert.deepEqual(counts, [
    // Three messages of two entries each: the number is the limit.
    [2, 2, 2],
    // Large entries go alone,
    [2, 1, 1],
    // and two of them are more than the limit in bytes.
    [1, 1],
    [1, 1],
    [1, 2, 2],
    [2],
  ]);
});

test("TestUncommittedEntryLimit: proposals are refused beyond a limit, empty entries never", () => {
  const [count, text] = [1024, "testdata"];
  const maxUncommittedEntriesSize = count * text.length;
  const options = { maxUncommittedEntriesSize, maxInflightMsgs: 2 * count };
  const leader = leaderOf([1, 2, 3], options);
  assert.equal(leader.raft.uncommittedSize, 0, "the entry that begins the term is empty");
  for (const id of [2, 3]) leader.progress(id).becomeReplicate();

  for (let i = 0; i < count; i++) leader.propose(text);
  assert.throws(() => leader.propose(text), ProposalDroppedError);
  assert.equal(leader.messages().length, 2 * count);
  commitAll(leader);
  assert.equal(leader.raft.uncommittedSize, 0);

  // One proposal passes whatever its size, where it finds nothing uncommitted.
  leader.propose(...Array.from({ length: 2 * count }, () => text));
  assert.throws(() => leader.propose(text), ProposalDroppedError);
  leader.propose("");
  assert.equal(leader.raft.uncommittedSize, 2 * maxUncommittedEntriesSize);
  commitAll(leader);
  assert.equal(leader.raft.uncommittedSize, 0);
  leader.propose(text);
});

/** Everybody acknowledges everything, and it is applied. */
function commitAll(leader: TestNode): void {
  const index = leader.raft.log.lastIndex();
  for (const id of [2, 3]) answer(leader, id, MsgAppResp, { index });
  const entries = leader.apply();
  assert.equal(entries.at(-1)?.index, index);
  assert.ok(payloadsSize(entries) > 0);
  leader.step({ type: MessageType.MsgStorageApplyResp, from: 1, entries });
  leader.messages();
}

/** A leader of three, with two entries of term 1 and the empty one of its own term 2. */
function leaderOfTwoEntries(): TestNode {
  const options = { voters: [1, 2, 3], log: [1, 1], saved: { term: 1 } };
  const leader = new TestNode(1, options).asLeader();
  leader.messages();
  return leader;
}

test("TestLeaderAppResp: what an answer changes, and what is sent for it", () => {
  type Sent = readonly (readonly [to: number, index: number, commit: number])[];
  type Case = readonly [index: number, reject: boolean, match: number, next: number, Sent];
  const cases: readonly Case[] = [
    // A refusal of something that is not under way is an old one.
    [3, true, 0, 3, []],
    // A refusal moves the probe back.
    [2, true, 0, 2, [[2, 1, 0]]],
    // An acknowledgement of earlier terms commits nothing.
    [2, false, 2, 4, [[2, 2, 0]]],
    // One of the leader's own does, and everybody is told.
    [
      3,
      false,
      3,
      4,
      [
        [2, 3, 3],
        [3, 2, 3],
      ],
    ],
    // One that has nothing, and says so, is up: it gets all there is.
    [0, false, 0, 4, [[2, 0, 0]]],
  ];
  for (const [index, reject, match, next, sent] of cases) {
    const leader = leaderOfTwoEntries();
    // The third is a probe that waits; a heartbeat's answer would free it.
    leader.progress(3).msgAppFlowPaused = !(index === 3 && !reject);
    answer(leader, 2, MsgAppResp, { index, reject, rejectHint: reject ? index : 0 });
    const follower = leader.progress(2);
    assert.deepEqual([follower.match, follower.next], [match, next]);
    const messages = leader.messages().map(({ to, index: after, commit }) => [to, after, commit]);
    assert.deepEqual(messages, sent, `${index} ${reject}`);
  }
});

test("TestMsgAppRespWaitReset: an acknowledgement ends the wait for that member alone", () => {
  const leader = leaderOf([1, 2, 3]);
  answer(leader, 2, MsgAppResp, { index: 1 });
  assert.equal(leader.raft.log.committed, 1);
  leader.messages();
  leader.propose("a");
  assert.deepEqual(appends(leader.messages()), [[2, 1, 1]]);
  answer(leader, 3, MsgAppResp, { index: 1 });
  assert.deepEqual(appends(leader.messages()), [[3, 1, 1]]);
});

test("TestHandleHeartbeatResp: one that lags is sent entries at every sign of life", () => {
  const leader = leaderOfTwoEntries();
  for (let i = 0; i < 2; i++) {
    answer(leader, 2, MsgHeartbeatResp);
    assert.deepEqual(appends(leader.messages()), [[2, 2, 1]]);
  }
  answer(leader, 2, MsgAppResp, { index: 3 });
  leader.messages();
  answer(leader, 2, MsgHeartbeatResp);
  assert.deepEqual(leader.messages(), [], "there is nothing left to send");
});

test("TestBcastBeat: heartbeats commit no further than a member's log is known to match", () => {
  const storage = new MemoryStorage();
  const confState = newConfState({ voters: [1, 2, 3] });
  storage.applySnapshot(newSnapshot({ index: 1000, term: 1, confState }));
  const leader = new TestNode(1, { storage }).asLeader();
  for (let i = 0; i < 10; i++) leader.propose("a");
  leader.messages();
  answer(leader, 3, MsgAppResp, { index: 1011 });
  leader.messages();
  assert.equal(leader.raft.log.committed, 1011);
  answer(leader, 2, MsgAppResp, { index: 1005 });
  leader.messages();

  leader.step({ type: MsgBeat, from: 1 });
  assert.deepEqual(
    leader.messages().map((m) => [m.type, m.to, m.commit, m.index, m.logTerm, m.entries]),
    [
      [MsgHeartbeat, 2, 1005, 0, 0, []],
      [MsgHeartbeat, 3, 1011, 0, 0, []],
    ],
  );
});

test("TestRecvMsgBeat: only a leader sends heartbeats", () => {
  const voters = [1, 2, 3];
  const leader = leaderOf(voters);
  leader.step({ type: MsgBeat, from: 1 });
  assert.deepEqual(
    leader.messages().map(({ type }) => type),
    [MsgHeartbeat, MsgHeartbeat],
  );
  for (const node of [
    new TestNode(1, { voters }).asFollower(1),
    new TestNode(1, { voters }).asPreCandidate(),
    new TestNode(1, { voters }).asCandidate(),
  ]) {
    node.step({ type: MsgBeat, from: 1 });
    assert.deepEqual(node.messages(), [], node.raft.state);
  }
});

test("TestLeaderIncreaseNext: only where logs match is an entry taken to arrive", () => {
  for (const [state, expected] of [
    ["StateReplicate", 6],
    ["StateProbe", 2],
  ] as const) {
    const options = { voters: [1, 2], log: [1, 2, 3], saved: { term: 3 } };
    const leader = new TestNode(1, options).asLeader();
    const follower = leader.progress(2);
    if (state === "StateReplicate") follower.becomeReplicate();
    follower.next = 2;
    leader.propose("a");
    assert.deepEqual([follower.state, follower.next], [state, expected]);
  }
});

test("TestSendAppendForProgressProbe: one message until a heartbeat is answered", () => {
  const leader = leaderOf([1, 2]);
  const follower = leader.progress(2);
  follower.becomeProbe();
  leader.propose("a");
  assert.deepEqual(appends(leader.messages()), [[2, 0, 2]]);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 10; i++) leader.propose("b");
    assert.deepEqual(leader.messages(), []);
    leader.step({ type: MsgBeat, from: 1 });
    assert.deepEqual(
      leader.messages().map(({ type }) => type),
      [MsgHeartbeat],
    );
    assert.equal(follower.msgAppFlowPaused, true);
  }
  answer(leader, 2, MsgHeartbeatResp);
  assert.deepEqual(appends(leader.messages()), [[2, 0, 32]]);
  assert.equal(follower.msgAppFlowPaused, true);
});

test("TestSendAppendForProgressReplicate: where logs match, each entry goes out at once", () => {
  const leader = leaderOf([1, 2]);
  answer(leader, 2, MsgAppResp, { index: 1 });
  leader.messages();
  for (let i = 1; i <= 10; i++) {
    leader.propose("a");
    assert.deepEqual(appends(leader.messages()), [[2, i, 1]]);
  }
});

test("TestSendAppendForProgressSnapshot: during a snapshot nothing is sent", () => {
  const leader = leaderOf([1, 2]);
  leader.progress(2).becomeSnapshot(10);
  for (let i = 0; i < 10; i++) {
    leader.propose("a");
    assert.deepEqual(leader.messages(), []);
  }
  answer(leader, 2, MsgHeartbeatResp);
  assert.deepEqual(leader.messages(), []);
});

test("TestRecvMsgUnreachable: one that cannot be reached is probed from what it surely has", () => {
  const leader = leaderOf([1, 2]);
  answer(leader, 2, MsgAppResp, { index: 1 });
  for (let i = 0; i < 5; i++) leader.propose("a");
  leader.messages();
  const follower = leader.progress(2);
  assert.deepEqual([follower.state, follower.match, follower.next], ["StateReplicate", 1, 7]);
  leader.step({ type: MsgUnreachable, from: 2 });
  assert.deepEqual([follower.state, follower.match, follower.next], ["StateProbe", 1, 2]);
  leader.step({ type: MsgProp, from: 1, entries: entriesOf([0], 0) });
  assert.deepEqual(appends(leader.messages()), [[2, 1, 6]]);
});

test("a refusal ends the stream: the member is probed from what it surely has", () => {
  const leader = leaderOf([1, 2]);
  answer(leader, 2, MsgAppResp, { index: 1 });
  for (let i = 0; i < 3; i++) leader.propose("a");
  leader.messages();
  // The second of three got lost, so the third does not fit.
  answer(leader, 2, MsgAppResp, { index: 2 });
  answer(leader, 2, MsgAppResp, { index: 3, reject: true, rejectHint: 2, logTerm: 1 });
  assert.equal(leader.progress(2).state, "StateProbe");
  assert.deepEqual(appends(leader.messages()).at(-1), [2, 2, 2]);
  leader.propose("b");
  assert.deepEqual(leader.messages(), [], "one probe at a time");
});
