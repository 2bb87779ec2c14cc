import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType, newEntry } from "../../../src/proto/raftpb.ts";
import { reduceUncommittedSize } from "../../../src/raft/consensus/commit.ts";
import { ProposalDroppedError } from "../../../src/raft/errors.ts";
import { data, TestNode } from "../support/testnode.ts";

// How much a leader sends ahead of acknowledgements, and how much it takes in ahead of commits.

const { MsgApp, MsgAppResp, MsgHeartbeatResp, MsgProp } = MessageType;

/** A leader with so many messages to 2, which it streams to, that the window is full. */
function fullWindow(size: number): TestNode {
  const node = new TestNode(1, { voters: [1, 2], maxInflightMsgs: size }).asLeader();
  node.progress(2).becomeReplicate();
  for (let i = 0; i < size; i++) {
    node.propose("somedata");
    assert.equal(node.messages().length, 1);
  }
  return node;
}

test("TestMsgAppFlowControlFull: a full window stops the stream", () => {
  const node = fullWindow(256);
  assert.equal(node.progress(2).inflights.full(), true);
  for (let i = 0; i < 10; i++) {
    node.propose("somedata");
    assert.deepEqual(node.messages(), []);
  }
});

test("TestMsgAppFlowControlMoveForward: an acknowledgement makes room up to its index", () => {
  const node = fullWindow(256);
  // The first message carried the empty entry along: indexes 1 and 2.
  for (let index = 2; index < 256; index++) {
    node.step({ type: MsgAppResp, from: 2, index });
    node.messages();
    node.propose("somedata");
    const [message, ...more] = node.messages();
    assert.equal(message?.type, MsgApp);
    assert.deepEqual(more, []);
    assert.equal(node.progress(2).inflights.full(), true);
    for (let stale = 0; stale < index; stale++) {
      node.step({ type: MsgAppResp, from: 2, index: stale });
      assert.equal(node.progress(2).inflights.full(), true, `${stale} after ${index}`);
    }
  }
});

test("TestMsgAppFlowControlRecvHeartbeat: a heartbeat's answer lets one probe out", () => {
  const size = 8;
  const node = fullWindow(size);
  for (let round = 1; round < 5; round++) {
    for (let beat = 0; beat < round; beat++) {
      node.step({ type: MsgHeartbeatResp, from: 2 });
      assert.equal(node.progress(2).isPaused(), true, "it is a probe: the next one waits");
      const [message, ...more] = node.messages();
      assert.deepEqual(more, []);
      assert.equal(message?.type, MsgApp);
      assert.deepEqual(message?.entries, []);
    }
    for (let i = 0; i < 10; i++) {
      node.propose("somedata");
      assert.deepEqual(node.messages(), []);
    }
  }
});

test("TestProgressFlowControl: sizes cut messages, the window bounds how many are out", () => {
  const config = { maxInflightMsgs: 3, maxSizePerMsg: 2048, maxInflightBytes: 9000 };
  const node = new TestNode(1, { voters: [1, 2], ...config }).asLeader();
  node.messages();
  node.progress(2).becomeProbe();
  const blob = data("a".repeat(1000));
  const large = data("b".repeat(5000));
  const proposeBytes = (bytes: Uint8Array): void => {
    node.step({ type: MsgProp, from: 1, entries: [newEntry({ data: bytes })] });
  };
  for (let i = 0; i < 10; i++) proposeBytes(blob);
  for (let i = 0; i < 10; i++) proposeBytes(large);
  let messages = node.messages();
  assert.equal(messages.length, 1, "a probe at a time");
  assert.deepEqual(
    messages[0]?.entries.map(({ data: bytes }) => bytes.length),
    [0, 1000],
  );
  const acknowledge = (): void => {
    const index = messages.at(-1)?.entries.at(-1)?.index ?? 0;
    node.step({ type: MsgAppResp, from: 2, index });
    messages = node.messages().filter(({ entries }) => entries.length > 0);
  };
  acknowledge();
  assert.deepEqual(
    messages.map(({ entries }) => entries.length),
    [2, 2, 2],
    "three messages fit the window, two entries a message",
  );
  acknowledge();
  assert.deepEqual(
    messages.map(({ entries }) => entries.map(({ data: bytes }) => bytes.length)),
    [[1000, 1000], [1000], [5000]],
    "what is too large for a message goes alone",
  );
  acknowledge();
  assert.deepEqual(
    messages.map(({ entries }) => entries.map(({ data: bytes }) => bytes.length)),
    [[5000], [5000]],
    "the bytes in flight are bounded as well",
  );
});

test("TestUncommittedEntryLimit: a leader takes in only so much ahead of commits", () => {
  const count = 64;
  const text = "testdata";
  const limit = count * text.length;
  const node = new TestNode(1, { voters: [1, 2, 3], maxUncommittedEntriesSize: limit });
  node.asLeader();
  assert.equal(node.raft.uncommittedSize, 0, "its own first entry is free");
  for (const id of [2, 3]) node.progress(id).becomeReplicate();

  for (let i = 0; i < count; i++) node.propose(text);
  assert.throws(() => node.propose(text), ProposalDroppedError);
  assert.equal(node.messages().length, 2 * count);
  reduceUncommittedSize(node.raft, limit);
  assert.equal(node.raft.uncommittedSize, 0);

  // With nothing uncommitted even what is too large is taken in: or it never could be.
  node.propose(...Array.from({ length: 2 * count }, () => text));
  assert.throws(() => node.propose(text), ProposalDroppedError);
  // What has no payload is always taken in.
  node.propose("");
  assert.equal(node.messages().length, 4);
  reduceUncommittedSize(node.raft, 2 * limit);
  assert.equal(node.raft.uncommittedSize, 0);
});

test("one entry a message, and no other limit given, means one applied entry at a time", () => {
  const node = new TestNode(1, { maxSizePerMsg: 0, applied: 0 }).asLeader();
  node.propose("a");
  node.persist();
  node.messages();
  assert.equal(node.raft.log.committed, 2);
  for (let index = 1; index <= 2; index++) {
    const entries = node.raft.log.nextCommittedEnts(true);
    assert.deepEqual(
      entries.map((entry) => entry.index),
      [index],
    );
    node.raft.log.appliedTo(index, 0);
  }
});
