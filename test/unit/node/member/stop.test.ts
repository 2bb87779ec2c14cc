import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeFrame } from "../../../../src/node/peers/frame-codec.ts";
import { encodeMessage } from "../../../../src/proto/codec.ts";
import { Request } from "../../../../src/proto/generated/kv.ts";
import {
  type Entry,
  type EntryType,
  MessageType,
  newEntry,
  newMessage,
} from "../../../../src/proto/raftpb.ts";
import type { Sql } from "../../../../src/storage/sql.ts";
import { loadAtOnce } from "../../storage/load-at-once.ts";
import { Cluster } from "../support/cluster.ts";

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

/** A follower whose storage was changed while it was down. */
async function startedOn(change: (sql: Sql) => void) {
  const cluster = new Cluster();
  const leader = await cluster.start();
  await cluster.run(500);
  const victim = leader === 3 ? 2 : 3;
  const object = cluster.world.object(victim);
  if (object.live) object.lose(object.live, "test");
  change(object.database.sql);
  object.database.commit();
  await cluster.peek(victim);
  await cluster.run(2_000);
  return { cluster, leader, victim };
}

/** One more committed entry, written by code that knows more than this one. */
function saveEntry(sql: Sql, fields: Partial<Entry>): void {
  const loaded = loadAtOnce(sql);
  assert.ok(loaded.state === "loaded");
  const { status } = loaded.storage;
  const { term } = status.hardState;
  const index = status.lastIndex + 1;
  const hardState = { ...status.hardState, commit: index };
  loaded.storage.save(hardState, [newEntry({ ...fields, term, index })]);
}

const unreadable: [string, (sql: Sql) => void, RegExp][] = [
  [
    "an entry of an unknown type in the log",
    (sql) => saveEntry(sql, { type: 7 as EntryType }),
    /^DamagedRowError in wal_\d+ row \d+: .*unknown entry type 7/,
  ],
  [
    "an entry of an unknown format in the log",
    (sql) => saveEntry(sql, { data: Request.encode(Request.create({ format: 99 })) }),
    /^UnknownEntryError: .*format 99 not known here/,
  ],
  [
    "a configuration change of an unknown type in the log",
    (sql) => saveEntry(sql, { type: 2, data: Uint8Array.of(0x12, 4, 0x08, 9, 0x10, 4) }),
    /^CannotApplyError: entry \d+ changes the configuration .*unknown configuration change type 9/,
  ],
  [
    "storage that only later readers may open",
    (sql) => sql.exec("UPDATE storage_format SET version = 9, oldest_reader = 9"),
    /^FormatError in storage_format: .*format 9, for readers of 9 and later; this one reads 3/,
  ],
];

for (const [name, change, report] of unreadable) {
  test(`${name} stops the member at its start, with a report; the others go on`, async () => {
    const { cluster, leader, victim } = await startedOn(change);
    const { phase, damage } = await cluster.peek(victim);
    assert.equal(phase, "stopped");
    assert.match(damage, report);
    await assert.rejects(cluster.get(victim, "first", "serializable"), /unavailable|error/);
    assert.equal((await cluster.until(cluster.put(leader, "a", "1"))).kind, "ok");
    const before = cluster.world.object(victim).restarts;
    await cluster.run(5_000);
    assert.equal(cluster.world.object(victim).restarts, before, "it is not tried again and again");
    cluster.close();
  });
}

test("a message with an entry of an unknown type is refused: nothing of it is stored", async () => {
  const { cluster, victim, before } = await sent({ type: 7 as EntryType });
  await cluster.run(100);
  const after = await cluster.peek(victim);
  assert.equal(after.log.lastIndex, before.log.lastIndex);
  const refused = before.counters.refusedMessages ?? 0;
  assert.equal(after.counters.refusedMessages, refused + 1);
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
