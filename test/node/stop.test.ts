import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeFrame } from "../../src/node/frame-codec.ts";
import { encodeMessage } from "../../src/proto/codec.ts";
import { Request } from "../../src/proto/generated/kv.ts";
import {
  type Entry,
  type EntryType,
  MessageType,
  newEntry,
  newMessage,
} from "../../src/proto/raftpb.ts";
import { Cluster } from "./support/cluster.ts";

/** A cluster in which a follower, cut off from the others, is sent one more committed entry. */
async function sent(fields: Partial<Entry>) {
  const cluster = new Cluster();
  const leader = await cluster.start();
  await cluster.run(500);
  const victim = leader === 3 ? 2 : 3;
  cluster.cut(victim);
  const before = await cluster.peek(victim);
  const { log, term } = before;
  const entry = newEntry({ ...fields, term, index: log.lastIndex + 1 });
  const message = newMessage({
    ...{ type: MessageType.MsgApp, from: leader, to: victim, term, logTerm: term },
    ...{ index: log.lastIndex, entries: [entry], commit: entry.index },
  });
  const envelope = await cluster.envelope(leader, victim);
  const messages = [encodeMessage(message)];
  await cluster.now(victim, (member) => {
    const socket = { send: () => undefined, close: () => undefined };
    const frame = encodeFrame({ envelope, sequence: 1, acknowledged: 0, messages });
    member.acceptSocket(socket).frame(frame);
  });
  return { cluster, victim, before };
}

test("an entry of a newer format stops the member, which says so after each start", async () => {
  const data = Request.encode(Request.create({ format: 99 }));
  const { cluster, victim } = await sent({ data });
  for (let i = 0; i < 3; i++) {
    await cluster.peek(victim);
    await cluster.run(1_000);
    const { phase, damage } = await cluster.peek(victim);
    assert.equal(phase, "stopped", `start ${i}`);
    assert.match(damage, /format 99 not known here/);
    const object = cluster.world.object(victim);
    if (object.live) object.lose(object.live, "test");
  }
  cluster.close();
});

test("a message with an entry of an unknown type is refused: nothing of it is stored", async () => {
  const { cluster, victim, before } = await sent({ type: 7 as EntryType });
  await cluster.run(100);
  const after = await cluster.peek(victim);
  assert.equal(after.log.lastIndex, before.log.lastIndex);
  const refused = before.counters["refusedMessages"] ?? 0;
  assert.equal(after.counters["refusedMessages"], refused + 1);
  cluster.close();
});

test("a call that is no call is refused to its sender, and nothing else happens", async () => {
  const cluster = new Cluster();
  const leader = await cluster.start();
  const follower = leader === 2 ? 3 : 2;
  for (const body of [new Uint8Array(), Uint8Array.of(255, 255)]) {
    const call = cluster.ask(follower, (member) => member.peerCall("readRound", body));
    await assert.rejects(cluster.until(call));
  }
  const hup = newMessage({ type: MessageType.MsgHup, from: leader, to: follower });
  for (const method of ["readRound", "snapshot", "snapshotStatus"] as const) {
    const { refused } = await cluster.callAs(leader, follower, method, { message: hup });
    assert.notEqual(refused, "", method);
  }
  assert.equal((await cluster.peek(follower)).phase, "ready");
  cluster.close();
});
