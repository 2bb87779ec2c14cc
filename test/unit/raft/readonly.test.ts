import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType, newMessage } from "../../../src/proto/raftpb.ts";
import { ReadOnly, readPosition } from "../../../src/raft/consensus/readonly.ts";
import { JointConfig } from "../../../src/raft/quorum/joint.ts";

const read = (from: number) => newMessage({ type: MessageType.MsgReadIndex, from });
const voters = JointConfig.of([1, 2, 3]);
const context = (reads: ReadOnly): Uint8Array => {
  const bytes = reads.heartbeatContext();
  assert.ok(bytes);
  return bytes;
};

test("a heartbeat without a waiting read has no context", () => {
  const reads = new ReadOnly("safe");
  assert.equal(reads.heartbeatContext(), undefined);
  reads.recvAck(2, undefined);
  reads.recvAck(3, new Uint8Array(0));
  assert.deepEqual(reads.maybeAdvance(voters), []);
});

test("a quorum that answers a round confirms every read that was there when it began", () => {
  const reads = new ReadOnly("safe");
  reads.addRequest(5, read(1));
  reads.addRequest(6, read(2));
  const round = context(reads);
  reads.addRequest(7, read(3));
  reads.recvAck(1, context(reads));
  reads.recvAck(2, round);
  assert.deepEqual(
    reads.maybeAdvance(voters).map(({ index }) => index),
    [5, 6],
  );
  assert.equal(reads.pending, 1);
  assert.deepEqual(reads.maybeAdvance(voters), []);
  reads.recvAck(3, context(reads));
  assert.deepEqual(
    reads.maybeAdvance(voters).map(({ index }) => index),
    [7],
  );
  assert.equal(reads.heartbeatContext(), undefined);
  assert.equal(reads.position, 3);
});

test("an older answer that comes late takes nothing back", () => {
  const reads = new ReadOnly("safe");
  reads.addRequest(5, read(1));
  const first = context(reads);
  reads.addRequest(6, read(1));
  reads.recvAck(1, context(reads));
  reads.recvAck(2, context(reads));
  reads.recvAck(2, first);
  assert.equal(reads.maybeAdvance(voters).length, 2);
});

test("both halves of a joint configuration must answer", () => {
  const reads = new ReadOnly("safe");
  const joint = JointConfig.of([1, 2, 3], [4, 5, 6]);
  reads.addRequest(5, read(1));
  for (const id of [1, 2, 4]) reads.recvAck(id, context(reads));
  assert.deepEqual(reads.maybeAdvance(joint), []);
  reads.recvAck(5, context(reads));
  assert.equal(reads.maybeAdvance(joint).length, 1);
});

test("a configuration without voters confirms what there is, and no more", () => {
  const reads = new ReadOnly("safe");
  reads.addRequest(5, read(1));
  assert.equal(reads.maybeAdvance(JointConfig.empty).length, 1);
});

test("a context is eight bytes, little-endian, of a safe integer", () => {
  const reads = new ReadOnly("safe");
  for (let i = 0; i < 258; i++) reads.addRequest(i, read(1));
  assert.deepEqual([...context(reads)], [2, 1, 0, 0, 0, 0, 0, 0]);
  assert.equal(readPosition(context(reads)), 258);
  assert.equal(readPosition(Uint8Array.of(255, 255, 255, 255, 255, 255, 31, 0)), 2 ** 53 - 1);
  assert.equal(readPosition(Uint8Array.of(0, 0, 0, 0, 0, 0, 32, 0)), undefined);
  assert.equal(readPosition(new Uint8Array(7)), undefined);
  reads.recvAck(2, new Uint8Array(3));
  assert.deepEqual(reads.maybeAdvance(voters), []);
});
