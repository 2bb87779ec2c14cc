import assert from "node:assert/strict";
import { test } from "node:test";
import { wakes, wakesForCall } from "../../../../src/node/sleep/wakers.ts";
import { type Message, MessageType, newEntry, newMessage } from "../../../../src/proto/raftpb.ts";

const agreed = { term: 4, index: 90, lead: 1, sinceMs: 10_000 };
const soonMs = 10_999;
const lateMs = 11_000;
const of = (type: MessageType, fields: Partial<Message> = {}) =>
  newMessage({ type, from: 1, to: 2, term: 4, ...fields });
const wakesAt = (nowMs: number, type: MessageType, fields: Partial<Message> = {}) =>
  wakes(of(type, fields), agreed, nowMs);

const { MsgApp, MsgHeartbeat, MsgVote, MsgPreVote, MsgTimeoutNow, MsgReadIndex } = MessageType;
const { MsgAppResp, MsgHeartbeatResp, MsgVoteResp, MsgPreVoteResp, MsgReadIndexResp } = MessageType;

test("answers wake nobody, unless they are of a later term", () => {
  const all = [MsgAppResp, MsgHeartbeatResp, MsgVoteResp, MsgPreVoteResp, MsgReadIndexResp];
  for (const type of all) {
    assert.equal(wakesAt(lateMs, type), false);
    assert.equal(wakesAt(soonMs, type, { term: 5 }), true);
  }
});

test("a leader that does not know yet that all agree wakes nobody for a second", () => {
  const empty = { index: 90, logTerm: 4, commit: 90 };
  for (const [type, fields] of [
    [MsgHeartbeat, { commit: 90 }],
    [MsgHeartbeat, { commit: 3 }],
    [MsgApp, empty],
  ] as const) {
    assert.equal(wakesAt(agreed.sinceMs, type, fields), false);
    assert.equal(wakesAt(soonMs, type, fields), false);
    assert.equal(wakesAt(lateMs, type, fields), true);
    assert.equal(wakesAt(agreed.sinceMs - 1, type, fields), true, "the clock was set back");
  }
});

test("what is new wakes at once", () => {
  assert.equal(wakesAt(soonMs, MsgHeartbeat, { commit: 91 }), true);
  assert.equal(wakesAt(soonMs, MsgApp, { index: 91, commit: 90 }), true);
  const entries = [newEntry({ index: 91, term: 4 })];
  assert.equal(wakesAt(soonMs, MsgApp, { index: 90, commit: 90, entries }), true);
  assert.equal(wakesAt(soonMs, MsgHeartbeat, { term: 5 }), true);
  for (const type of [MsgVote, MsgPreVote, MsgTimeoutNow, MsgReadIndex]) {
    assert.equal(wakesAt(soonMs, type), true);
    assert.equal(wakesAt(soonMs, type, { term: 3 }), true);
  }
});

test("a leader of an earlier term is told so, and wakes nobody", () => {
  assert.equal(wakesAt(lateMs, MsgHeartbeat, { term: 3 }), false);
  assert.equal(wakesAt(lateMs, MsgApp, { term: 3, commit: 99 }), false);
});

test("calls that are answered from what is there wake nobody", () => {
  for (const method of ["readRound", "sleep", "slept", "fingerprint"] as const) {
    assert.equal(wakesForCall(method), false);
  }
  for (const method of ["wake", "join", "witness", "corrupt"] as const) {
    assert.equal(wakesForCall(method), true);
  }
  for (const method of ["snapshot", "snapshotChunk", "snapshotStatus"] as const) {
    assert.equal(wakesForCall(method), true);
  }
});
