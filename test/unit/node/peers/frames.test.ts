import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame, type Envelope, encodeFrame } from "../../../../src/node/peers/frame-codec.ts";
import { encodeMessage } from "../../../../src/proto/codec.ts";
import { type Message, MessageType, newMessage } from "../../../../src/proto/raftpb.ts";
import { Cluster } from "../support/cluster.ts";

/** A cluster that has settled, and a way to hand one of its members a frame. */
async function settled() {
  const cluster = new Cluster();
  const leader = await cluster.start();
  await cluster.run(500);
  const follower = leader === 2 ? 3 : 2;
  const deliver = async (to: number, frame: Uint8Array) => {
    const closed: string[] = [];
    const answers: Uint8Array[] = [];
    await cluster.now(to, (member) => {
      const socket = {
        send: (bytes: Uint8Array) => void answers.push(bytes),
        close: (_code: number, reason: string) => void closed.push(reason),
      };
      member.acceptSocket(socket).frame(frame);
    });
    return { closed, answers };
  };
  const frameOf = async (message: Message, changed: Partial<Envelope> = {}) => {
    const envelope = await cluster.envelope(message.from, message.to, changed);
    const messages = [encodeMessage(message)];
    return encodeFrame({ envelope, sequence: 1, acknowledged: 0, messages });
  };
  return { cluster, leader, follower, deliver, frameOf };
}

/** A leader of a far term, if it is believed: whoever takes it in has a new term. */
const usurper = (from: number, to: number) =>
  newMessage({ type: MessageType.MsgHeartbeat, from, to, term: 1_000 });

const strange: [string, Partial<Envelope>, RegExp][] = [
  ["of another cluster", { cluster: "00000000000000aa" }, /cluster/],
  ["for another member", { to: 9 }, /for member 9/],
  ["for another instance of this member", { toInstance: "00000000000000bb" }, /for instance/],
  ["of another instance of its sender", { fromInstance: "00000000000000cc" }, /is instance/],
  ["of a sender without an instance", { fromInstance: "" }, /instance/],
  ["that says it is from its receiver", { from: 2 }, /from member/],
];

for (const [name, changed, reason] of strange) {
  test(`a frame ${name} changes nothing, and its socket is closed`, async () => {
    const { cluster, leader, deliver, frameOf } = await settled();
    const before = await cluster.peek(2);
    const frame = await frameOf(usurper(leader, 2), changed);
    const { closed } = await deliver(2, frame);
    assert.equal(closed.length, 1);
    assert.match(closed[0] ?? "", reason);
    const after = await cluster.peek(2);
    assert.equal(after.term, before.term);
    assert.equal(after.header.leader, before.header.leader);
    assert.equal(after.counters.refused, (before.counters.refused ?? 0) + 1);
    cluster.close();
  });
}

test("a frame of a member that is not recorded yet is taken: this one may lag", async () => {
  const { cluster, leader, follower, deliver } = await settled();
  const envelope = await cluster.envelope(leader, follower);
  const message = newMessage({ type: MessageType.MsgHeartbeat, from: 7, to: follower, term: 1 });
  const { closed } = await deliver(
    follower,
    encodeFrame({
      envelope: { ...envelope, from: 7, fromInstance: "0000000000000077" },
      ...{ sequence: 1, acknowledged: 0, messages: [encodeMessage(message)] },
    }),
  );
  assert.deepEqual(closed, []);
  cluster.close();
});

test("garbage in place of a frame changes nothing", async () => {
  const { cluster, follower, deliver } = await settled();
  const before = await cluster.peek(follower);
  for (const garbage of [[], [1, 2, 3], Array(1_000).fill(255)]) {
    const { closed } = await deliver(follower, Uint8Array.from(garbage));
    assert.equal(closed.length, 1);
  }
  assert.equal((await cluster.peek(follower)).term, before.term);
  cluster.close();
});

test("a message that is not its sender's, or not for its receiver, is dropped", async () => {
  const { cluster, leader, follower, deliver } = await settled();
  const before = await cluster.peek(follower);
  const envelope = await cluster.envelope(leader, follower);
  for (const message of [usurper(9, follower), usurper(leader, 9)]) {
    const messages = [encodeMessage(message)];
    const frame = encodeFrame({ envelope, sequence: 1, acknowledged: 0, messages });
    assert.deepEqual((await deliver(follower, frame)).closed, []);
  }
  const after = await cluster.peek(follower);
  assert.equal(after.term, before.term);
  assert.equal(after.counters.refusedMessages, (before.counters.refusedMessages ?? 0) + 2);
  cluster.close();
});

test("proposals, snapshots and local messages do not come in frames", async () => {
  const { cluster, leader, follower, deliver, frameOf } = await settled();
  const before = await cluster.peek(leader);
  const { MsgProp, MsgSnap, MsgHup, MsgBeat, MsgTransferLeader, MsgSnapStatus } = MessageType;
  for (const type of [MsgProp, MsgSnap, MsgHup, MsgBeat, MsgTransferLeader, MsgSnapStatus]) {
    const message = newMessage({ type, from: follower, to: leader, term: before.term });
    await deliver(leader, await frameOf(message));
  }
  const after = await cluster.peek(leader);
  assert.equal(after.log.lastIndex, before.log.lastIndex);
  assert.equal(after.role, "leader");
  assert.equal(after.counters.refusedMessages, (before.counters.refusedMessages ?? 0) + 6);
  cluster.close();
});

test("an answer to a read round that comes by a socket acknowledges nothing", async () => {
  const { cluster, leader, follower, frameOf, deliver } = await settled();
  const others = [1, 2, 3].filter((id) => id !== leader);
  const before = await cluster.peek(leader);
  for (const id of others) cluster.cut(id);
  const read = cluster.read(leader, "first", "linearizable");
  await cluster.run(20);
  for (let context = 1; context < 5; context++) {
    const bytes = new Uint8Array(8);
    bytes[0] = context;
    for (const from of others) {
      const type = MessageType.MsgHeartbeatResp;
      const message = newMessage({ type, from, to: leader, term: before.term, context: bytes });
      await deliver(leader, await frameOf(message));
    }
  }
  assert.notEqual((await cluster.until(read)).kind, "ok");
  assert.notEqual(follower, leader);
  cluster.close();
});

test("a frame carries cluster, both instances, a version and a sequence number", async () => {
  const cluster = new Cluster();
  const seen: { envelope: Envelope; sequence: number }[] = [];
  cluster.world.witnesses.push({
    frameSent: (_from, _to, bytes) => void seen.push(decodeFrame(bytes)),
  });
  const leader = await cluster.start();
  await cluster.run(500);
  const follower = leader === 2 ? 3 : 2;
  const expected = await cluster.envelope(leader, follower);
  const frames = seen.filter(({ envelope }) => envelope.to === follower);
  assert.ok(frames.length > 3);
  const last = frames.at(-1);
  assert.deepEqual(last?.envelope, expected);
  assert.ok((last?.sequence ?? 0) > 1);
  cluster.close();
});
