import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType } from "../../../../src/proto/raftpb.ts";
import { TestNode } from "../support/testnode.ts";

// How much a leader sends ahead of acknowledgements.

const { MsgApp, MsgAppResp, MsgHeartbeatResp } = MessageType;

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
