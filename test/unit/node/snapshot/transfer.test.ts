import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeCall, encodeCall, encodeFrame } from "../../../../src/node/peers/frame-codec.ts";
import { encodeMessage } from "../../../../src/proto/codec.ts";
import { Manifest, RequestTable } from "../../../../src/proto/generated/kv.ts";
import {
  type Entry,
  type Message,
  MessageType,
  newConfState,
  newEntry,
  newMessage,
} from "../../../../src/proto/raftpb.ts";
import { crc32c } from "../../../../src/storage/crc32c.ts";
import { Cluster, type ClusterOptions } from "../support/cluster.ts";
import { Journal } from "../support/journal.ts";

const tiny = { snapshotCount: 20, snapshotCatchUpEntries: 5, chunkBytes: 150 };

/** Three members, of which the third was cut off while the others went on and compacted. */
async function behind(options: ClusterOptions = {}) {
  const journals = new Map([1, 2, 3, 4].map((id) => [id, new Journal()]));
  const cluster = new Cluster({
    factory: (environment, member) => {
      const journal = journals.get(member.memberId) ?? assert.fail();
      return journal.member(environment, member);
    },
    ...options,
    tuning: { ...tiny, ...options.tuning },
  });
  await cluster.start();
  cluster.cut(3);
  for (let i = 0; i < 60; i++) {
    const answer = await cluster.until(cluster.put(await cluster.leader([1, 2]), `k${i}`, `${i}`));
    assert.equal(answer.kind, "ok");
  }
  const journal = (id: number) => journals.get(id) ?? assert.fail();
  for (const each of journals.values()) each.take();
  return { cluster, journal, leader: await cluster.leader([1, 2]) };
}

const chunks = (journal: Journal) =>
  journal.lines.filter((line) => line.startsWith("call snapshotChunk")).length;

test("taking over: the rows come in chunks, and are taken over all at once", async () => {
  const { cluster, journal } = await behind();
  const before = await cluster.peek(3);
  cluster.heal();
  await cluster.when("the pull has begun", () => chunks(journal(3)) >= 3);
  const meanwhile = await cluster.peek(3);
  assert.equal(meanwhile.appliedIndex, before.appliedIndex);
  assert.equal(meanwhile.fingerprint, before.fingerprint, "nothing half-installed is seen");
  assert.equal(await cluster.get(3, "k59", "serializable"), undefined);
  await cluster.caughtUp(3);
  assert.ok(chunks(journal(3)) >= 5, `${chunks(journal(3))} chunks`);
  assert.equal(await cluster.get(3, "k59", "serializable"), "59");
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});

test("taking over: three times interrupted by the follower, it goes on", async () => {
  const { cluster, journal } = await behind();
  cluster.heal();
  let total = 0;
  for (let i = 0; i < 3; i++) {
    journal(3).take();
    await cluster.when("some chunks came", () => chunks(journal(3)) >= 2);
    total += chunks(journal(3));
    const { live } = cluster.world.object(3);
    assert.ok(live);
    cluster.world.object(3).lose(live, "interrupted");
    await cluster.peek(3);
  }
  journal(3).take();
  const { nowMs } = cluster.world.scheduler;
  await cluster.caughtUp(3);
  total += chunks(journal(3));
  const tookMs = cluster.world.scheduler.nowMs - nowMs;
  assert.ok(tookMs < cluster.tuning.transferIdleMs, `nobody asked for the rest for ${tookMs} ms`);
  assert.equal((await cluster.fingerprints()).size, 1);
  const whole = await wholeTransfer();
  assert.ok(total <= whole + 6, `${total} chunks in all, ${whole} without interruption`);
  cluster.close();
});

/** How many chunks it takes when nobody interrupts. */
async function wholeTransfer(): Promise<number> {
  const { cluster, journal } = await behind();
  cluster.heal();
  journal(3).take();
  await cluster.caughtUp(3);
  cluster.close();
  return chunks(journal(3));
}

test("taking over: three times interrupted by the leader, it arrives", async () => {
  // Whoever leads next has a snapshot of its own to send: the old leader goes on serving its rows.
  const { cluster, journal, leader } = await behind({ tuning: { chunkBytes: 50 } });
  const { appliedIndex } = await cluster.peek(3);
  cluster.heal();
  for (let i = 0; i < 3; i++) {
    journal(3).take();
    await cluster.when("some chunks came", () => chunks(journal(3)) >= 2, 60_000);
    const { live } = cluster.world.object(leader);
    assert.ok(live);
    cluster.world.object(leader).lose(live, "interrupted");
    await cluster.peek(leader);
    assert.equal((await cluster.peek(3)).appliedIndex, appliedIndex, "it is under way");
  }
  await cluster.caughtUp(3);
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});

test("taking over: meanwhile the leader keeps what the transfer needs", async () => {
  const { cluster, journal } = await behind();
  cluster.heal();
  await cluster.when("the pull has begun", () => chunks(journal(3)) >= 2);
  // The follower stands still in the middle; the others go on and take several snapshots.
  cluster.cut(3);
  for (let i = 0; i < 90; i++) {
    const leader = await cluster.leader([1, 2]);
    assert.equal((await cluster.until(cluster.put(leader, `n${i}`, "x"))).kind, "ok");
  }
  const leader = await cluster.leader([1, 2]);
  const { log, snapshotIndex } = await cluster.peek(leader);
  assert.ok(log.firstIndex < snapshotIndex - tiny.snapshotCatchUpEntries);
  cluster.heal();
  await cluster.caughtUp(3);
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});

test("taking over: an abandoned transfer is given up, and the log is compacted", async () => {
  const { cluster, journal } = await behind();
  cluster.heal();
  await cluster.when("the pull has begun", () => chunks(journal(3)) >= 2);
  cluster.cut(3);
  await cluster.run(cluster.tuning.transferIdleMs + 1_000);
  for (let i = 0; i < 60; i++) {
    const leader = await cluster.leader([1, 2]);
    assert.equal((await cluster.until(cluster.put(leader, `n${i}`, "x"))).kind, "ok");
  }
  await cluster.run(1_000);
  const { log, snapshotIndex } = await cluster.peek(await cluster.leader([1, 2]));
  assert.equal(log.firstIndex, snapshotIndex - tiny.snapshotCatchUpEntries + 1);
  cluster.heal();
  await cluster.caughtUp(3);
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});

test("taking over: a crash at any step of the turn leaves old state or new", async () => {
  // A transfer that a crash has ended soon holds the log no longer.
  const { cluster, journal } = await behind({
    tuning: { chunkBytes: 1 << 20, transferIdleMs: 500 },
  });
  const object = cluster.world.object(3);
  let crashes = 0;
  let installed = 0;
  for (let steps = 0; steps < 50; steps++) {
    journal(3).take();
    cluster.heal();
    await cluster.when("the rows are on their way", () => chunks(journal(3)) > 0);
    const { restarts } = object;
    const before = await cluster.peek(3);
    object.live?.dieAfter(steps);
    await cluster.run(200);
    object.live?.dieAfter(Number.POSITIVE_INFINITY);
    const after = await cluster.peek(3);
    if (object.restarts > restarts) crashes += 1;
    if (after.snapshotIndex > before.snapshotIndex) installed += 1;
    await cluster.caughtUp(3);
    assert.equal((await cluster.fingerprints()).size, 1, `after ${steps} steps`);
    assert.equal((await cluster.peek(3)).damage, "");
    cluster.cut(3);
    await cluster.run(1_000);
    for (let i = 0; i < 30; i++) {
      const answer = await cluster.until(cluster.put(await cluster.leader([1, 2]), `k${i}`, "x"));
      assert.equal(answer.kind, "ok");
    }
  }
  assert.ok(crashes > 35, `only ${crashes} crashes`);
  assert.ok(installed > 0, "none of the crashes came after the installation");
  cluster.close();
});

test("taking over: after an installation neither replay nor fallback crosses it", async () => {
  const { cluster } = await behind();
  cluster.heal();
  await cluster.caughtUp(3);
  const { snapshots, fingerprint } = await cluster.peek(3);
  assert.equal(snapshots.length, 1, "older records are gone");
  const object = cluster.world.object(3);
  if (object.live) object.lose(object.live, "test");
  await cluster.caughtUp(3);
  assert.equal((await cluster.peek(3)).fingerprint, fingerprint);
  cluster.close();
});

for (const [name, fields] of [
  ["of an older term", { olderTerm: true }],
  ["that does not have this member in its configuration", { voters: [1, 2] }],
] as const) {
  test(`taking over: a MsgSnap ${name} is refused and leaves everything as it was`, async () => {
    const { cluster, leader, journal } = await behind();
    const before = await cluster.peek(3);
    const { data, metadata } = await cluster.newestSnapshot(leader);
    const confState =
      "voters" in fields ? newConfState({ voters: fields.voters }) : metadata.confState;
    const message = newMessage({
      type: MessageType.MsgSnap,
      ...{ from: leader, to: 3, term: "olderTerm" in fields ? 1 : before.term },
      snapshot: { data, metadata: { ...metadata, confState } },
    });
    // The member stays cut off: only what it pulls reaches the leader, by way of the test.
    journal(3).answerCall = (peer, method, body) =>
      cluster.inTurnOf(
        3,
        cluster.ask(peer, (member) => member.peerCall(method, body)),
      );
    await cluster.callAs(leader, 3, "snapshot", { message });
    const status = `call snapshotStatus of ${leader}`;
    await cluster.when("the rows were pulled", () => journal(3).lines.includes(status));
    assert.ok(chunks(journal(3)) >= 5);
    const after = await cluster.peek(3);
    assert.equal(after.fingerprint, before.fingerprint);
    assert.equal(after.appliedIndex, before.appliedIndex);
    assert.deepEqual(after.snapshots, before.snapshots);
    assert.deepEqual(after.log, before.log);
    journal(3).answerCall = undefined;
    cluster.heal();
    await cluster.caughtUp(3);
    assert.equal((await cluster.fingerprints()).size, 1);
    cluster.close();
  });
}

test("taking over: a MsgSnap at or below the commit is refused, and asks for no row", async () => {
  const { cluster, leader, journal } = await behind();
  const snapshot = await cluster.newestSnapshot(leader);
  cluster.heal();
  await cluster.caughtUp(3);
  // Until the members have agreed on a version, and nothing else is written.
  await cluster.run(6_000);
  const before = await cluster.peek(3);
  assert.ok(snapshot.metadata.index <= before.commitIndex);
  journal(3).take();
  const type = MessageType.MsgSnap;
  const message = newMessage({ type, from: leader, to: 3, term: before.term, snapshot });
  await cluster.callAs(leader, 3, "snapshot", { message });
  await cluster.run(1_000);
  assert.equal(chunks(journal(3)), 0);
  const after = await cluster.peek(3);
  assert.deepEqual(after.snapshots, before.snapshots);
  assert.deepEqual(after.log, before.log);
  assert.equal(after.fingerprint, before.fingerprint);
  cluster.close();
});

test("taking over: where the log has its last entry, MsgSnap installs nothing", async () => {
  const { cluster, leader, journal } = await behind();
  const { metadata, data } = await cluster.newestSnapshot(leader);
  const before = await cluster.peek(3);
  assert.ok(metadata.index > before.log.lastIndex);
  // Everything up to the snapshot's last entry, and the news that a little of it is committed.
  const { term } = before;
  const entries: Entry[] = [];
  for (let index = before.log.lastIndex + 1; index <= metadata.index; index++) {
    entries.push(newEntry({ index, term }));
  }
  const append = newMessage({
    ...{ type: MessageType.MsgApp, from: leader, to: 3, term, logTerm: term },
    ...{ index: before.log.lastIndex, entries, commit: before.commitIndex },
  });
  await deliver(cluster, leader, append);
  journal(3).take();
  const snapshot = { data, metadata: { ...metadata, term } };
  const message = newMessage({ type: MessageType.MsgSnap, from: leader, to: 3, term, snapshot });
  await cluster.callAs(leader, 3, "snapshot", { message });
  await cluster.run(500);
  assert.equal(chunks(journal(3)), 0);
  const after = await cluster.peek(3);
  assert.equal(after.commitIndex, metadata.index, "fast-forward");
  assert.equal(after.header.revision, before.header.revision, "the snapshot's rows are not here");
  cluster.close();
});

/** A message in a frame of a socket of its own, as its sender would send it to member 3. */
async function deliver(cluster: Cluster, from: number, message: Message): Promise<void> {
  const envelope = await cluster.envelope(from, 3);
  const messages = [encodeMessage(message)];
  await cluster.now(3, (member) => {
    const socket = { send: () => undefined, close: () => undefined };
    const frame = encodeFrame({ envelope, sequence: 1, acknowledged: 0, messages });
    member.acceptSocket(socket).frame(frame);
  });
}

const manifestLies: Readonly<Record<string, (manifest: Manifest) => Partial<Manifest>>> = {
  "of a format to come": () => ({ format: 2 }),
  "without its tables": () => ({ tables: [] }),
  "with a table that is not known": ({ tables }) => {
    return { tables: [...tables, { name: "more", data: new Uint8Array() }] };
  },
  "with one request twice": (manifest) => {
    const { requests } = RequestTable.decode(manifest.requests);
    const twice = RequestTable.create({ requests: [...requests, ...requests] });
    return { requests: RequestTable.encode(twice) };
  },
  "of which compactions free what is not there": ({ revision }) => {
    return { superseded: [{ revision: revision + 9, bytes: 1 }] };
  },
  "with a sum of five bytes": () => ({ fingerprint: new Uint8Array(5) }),
};

test("taking over: of a manifest that no state can be made of, nothing is installed", async () => {
  const { cluster, leader, journal } = await behind();
  const before = await cluster.peek(3);
  const snapshot = await cluster.newestSnapshot(leader);
  const manifest = Manifest.decode(snapshot.data);
  // The leader has these rows, under the manifest that belongs to them.
  journal(3).answerCall = (peer, method, body) => {
    const { envelope, chunk, message } = decodeCall(body);
    const right = chunk && { ...chunk, manifestCrc: crc32c(snapshot.data) };
    const asked = { ...(right && { chunk: right }), ...(message && { message }) };
    const call = encodeCall(envelope, asked);
    return cluster.inTurnOf(
      3,
      cluster.ask(peer, (member) => member.peerCall(method, call)),
    );
  };
  for (const [what, lie] of Object.entries(manifestLies)) {
    journal(3).take();
    const data = Manifest.encode({ ...manifest, ...lie(manifest) });
    const { metadata } = snapshot;
    const type = MessageType.MsgSnap;
    const lying = { type, from: leader, to: 3, term: before.term, snapshot: { data, metadata } };
    await cluster.callAs(leader, 3, "snapshot", { message: newMessage(lying) });
    const status = `call snapshotStatus of ${leader}`;
    await cluster.when("its end is told", () => journal(3).lines.includes(status));
    assert.ok(chunks(journal(3)) >= 5, what);
    await cluster.run(1_000);
    assert.equal(cluster.world.object(3).restarts, 0, what);
    const after = await cluster.peek(3);
    assert.equal(after.fingerprint, before.fingerprint, what);
    assert.deepEqual(after.snapshots, before.snapshots, what);
  }
  journal(3).answerCall = undefined;
  cluster.heal();
  await cluster.caughtUp(3);
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});
