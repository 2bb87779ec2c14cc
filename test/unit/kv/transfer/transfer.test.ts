import assert from "node:assert/strict";
import { test } from "node:test";
import { TransferError } from "../../../../src/kv/transfer/errors.ts";
import {
  CompactionRequest,
  DeleteRangeRequest,
  LeaseGrantRequest,
  PutRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { Chunk } from "../../../../src/proto/generated/kv.ts";
import { crc32c } from "../../../../src/storage/crc32c.ts";
import { bytes, Machine } from "../support.ts";

const put = (key: string, value: Uint8Array = bytes("1"), lease = 0n) => ({
  put: PutRequest.create({ key: bytes(key), value, lease }),
});
const key = { source: 1, index: 10, term: 2, manifestCrc: 0xdeadbeef };
const all = { key: bytes("\0"), rangeEnd: bytes("\0") };

/** A source with history, tombstones, large values, a compaction; and its manifest. */
function source(): { machine: Machine; manifest: Uint8Array } {
  const machine = new Machine();
  machine.does({ leaseGrant: LeaseGrantRequest.create({ ID: 9n, TTL: 60 }) });
  machine.does(put("gone"));
  machine.does({ deleteRange: DeleteRangeRequest.create({ key: bytes("gone") }) });
  for (let i = 0; i < 60; i++) machine.does(put(`k${i % 17}`, new Uint8Array(i * 40), 9n));
  for (let i = 0; i < 5; i++) {
    machine.does({ deleteRange: DeleteRangeRequest.create({ key: bytes(`k${i}`) }) });
  }
  machine.does({ compaction: CompactionRequest.create({ revision: 30 }) });
  return { machine, manifest: machine.checkpoint() };
}

function chunksOf(machine: Machine, manifest: Uint8Array, maxBytes: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let cursor: Uint8Array | undefined = new Uint8Array(0);
  while (cursor !== undefined) {
    const { bytes: chunk, nextCursor } = machine.state.transfers.exportChunk(
      manifest,
      cursor,
      maxBytes,
    );
    chunks.push(chunk);
    cursor = nextCursor;
  }
  return chunks;
}

test("a member that takes a snapshot has the state, its past and its leases", () => {
  const { machine, manifest } = source();
  const target = new Machine();
  target.does(put("own"));
  target.state.transfers.openStaging(key);
  for (const chunk of chunksOf(machine, manifest, 5_000)) target.state.transfers.stageChunk(chunk);
  target.state.transfers.verifyStaging(manifest);
  target.state.install(manifest);
  assert.equal(target.state.status.fingerprint(), machine.state.status.fingerprint());
  assert.equal(target.state.status.recomputeFingerprint(), machine.state.status.fingerprint());
  assert.deepEqual(
    [...target.state.leases.keys(9n)].sort(),
    [...machine.state.leases.keys(9n)].sort(),
  );
  for (let revision = 30; revision <= machine.state.revision; revision++) {
    assert.deepEqual(target.range({ ...all, revision }), machine.range({ ...all, revision }));
  }
  const history = (from: Machine) =>
    from.state.history.eventsFrom(30, () => true, { maxRevisions: 999, maxBytes: 1_000_000 });
  assert.deepEqual(history(target), history(machine));
  assert.equal(target.state.appliedIndex, machine.state.appliedIndex);
});

test("what a snapshot sends depends on revision and compaction alone", () => {
  const { machine, manifest } = source();
  const totals = (chunks: Uint8Array[]) =>
    Chunk.decode(chunks.at(-1)?.subarray(4) ?? bytes("")).totals;
  const before = totals(chunksOf(machine, manifest, 1_000_000));
  machine.state.checkpoints.oldestRetainedCompaction = 30;
  while (!machine.state.checkpoints.compactSlice({ maxRows: 5, maxBytes: 1_000 }));
  machine.does(put("k1"));
  machine.checkpoint();
  assert.deepEqual(totals(chunksOf(machine, manifest, 700)), before);
});

test("a restart on the receiving side goes on where it stopped", () => {
  const { machine, manifest } = source();
  const chunks = chunksOf(machine, manifest, 2_000);
  assert.ok(chunks.length > 10);
  const target = new Machine();
  let cursor = target.state.transfers.openStaging(key);
  for (const [i, chunk] of chunks.entries()) {
    assert.deepEqual(cursor, Chunk.decode(chunk.subarray(4)).cursor);
    target.state.transfers.stageChunk(chunk);
    if (i % 3 === 0) target.restart();
    cursor = target.state.transfers.openStaging(key);
  }
  assert.equal(cursor, undefined);
  target.state.install(manifest);
  assert.equal(target.state.status.recomputeFingerprint(), machine.state.status.fingerprint());
});

test("what was not durable is asked for again", () => {
  const { machine, manifest } = source();
  const target = new Machine();
  target.state.transfers.openStaging(key);
  const [first, second] = chunksOf(machine, manifest, 2_000);
  assert.ok(first && second);
  target.state.transfers.stageChunk(first);
  target.database.commit();
  target.state.transfers.stageChunk(second);
  target.database.crash();
  target.restart();
  const cursor = target.state.transfers.openStaging(key);
  assert.deepEqual(cursor, Chunk.decode(second.subarray(4)).cursor);
});

test("staging belongs to source, index, term and manifest: for any other it begins anew", () => {
  const { machine, manifest } = source();
  const [first] = chunksOf(machine, manifest, 2_000);
  assert.ok(first);
  for (const other of [{ source: 2 }, { index: 11 }, { term: 3 }, { manifestCrc: 1 }]) {
    const target = new Machine();
    target.state.transfers.openStaging(key);
    target.state.transfers.stageChunk(first);
    assert.deepEqual(target.state.transfers.openStaging({ ...key, ...other }), new Uint8Array(0));
    assert.equal(target.state.checkpoints.releaseGeneration(), true);
    assert.equal(target.state.checkpoints.releaseGeneration(), false);
  }
});

test("a damaged chunk, and one out of its turn, change nothing", () => {
  const { machine, manifest } = source();
  const [first, second] = chunksOf(machine, manifest, 2_000);
  assert.ok(first && second);
  const target = new Machine();
  target.state.transfers.openStaging(key);
  for (const at of [0, 3, 10, first.length - 1]) {
    const damaged = first.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    assert.throws(() => target.state.transfers.stageChunk(damaged), TransferError);
  }
  assert.throws(() => target.state.transfers.stageChunk(first.subarray(0, 2)), TransferError);
  assert.throws(() => target.state.transfers.stageChunk(second), /comes next/);
  assert.deepEqual(target.state.transfers.openStaging(key), new Uint8Array(0));
});

test("rows that were left out, or slipped in, are found by count, sum or fingerprint", () => {
  const { machine, manifest } = source();
  const resealed = (chunk: Uint8Array, change: (content: Chunk) => Partial<Chunk>) => {
    const content = Chunk.decode(chunk.subarray(4));
    const encoded = Chunk.encode({ ...content, ...change(content) });
    const sealed = new Uint8Array(4 + encoded.length);
    new DataView(sealed.buffer).setUint32(0, crc32c(encoded));
    sealed.set(encoded, 4);
    return sealed;
  };
  const stage = (change: (content: Chunk) => Partial<Chunk>) => {
    const target = new Machine();
    target.state.transfers.openStaging(key);
    const [first, ...rest] = chunksOf(machine, manifest, 2_000);
    assert.ok(first);
    for (const chunk of [resealed(first, change), ...rest])
      target.state.transfers.stageChunk(chunk);
    target.state.transfers.verifyStaging(manifest);
  };
  stage(() => ({}));
  assert.throws(() => stage(({ rows }) => ({ rows: rows.slice(1) })), /were sent/);
  machine.does(put("other"));
  const other = machine.checkpoint();
  const target = new Machine();
  target.state.transfers.openStaging(key);
  for (const chunk of chunksOf(machine, other, 2_000)) target.state.transfers.stageChunk(chunk);
  assert.throws(() => target.state.transfers.verifyStaging(manifest), /staged keys sum to/);
});

test("an incomplete staging is not installed, nor is a snapshot that is behind", () => {
  const { machine, manifest } = source();
  const target = new Machine();
  target.state.transfers.openStaging(key);
  assert.throws(() => target.state.install(manifest), /not complete/);
  for (const chunk of chunksOf(machine, manifest, 9_000)) target.state.transfers.stageChunk(chunk);
  for (let i = 0; i < 69; i++) target.state.applyEmpty(i + 1, 1);
  assert.equal(target.state.appliedIndex, machine.state.appliedIndex);
  const before = target.state.status.fingerprint();
  assert.throws(() => target.state.install(manifest), /a snapshot at 69 for a state at 69/);
  target.state.transfers.dropStaging();
  assert.throws(() => target.state.install(manifest), /at 69/);
  assert.equal(target.state.status.fingerprint(), before);
});

test("an installation cancels a checkpoint, and the old generation goes in a later turn", () => {
  const { machine, manifest } = source();
  const target = new Machine();
  for (let i = 0; i < 20; i++) target.does(put(`old${i}`));
  target.checkpoint();
  target.does(put("more"));
  target.state.checkpoints.freeze();
  target.state.transfers.openStaging(key);
  for (const chunk of chunksOf(machine, manifest, 9_000)) target.state.transfers.stageChunk(chunk);
  target.state.install(manifest);
  assert.throws(() => target.state.checkpoints.finish(), /no checkpoint is in progress/);
  assert.equal(target.state.status.overlayBytes, 0);
  assert.equal(target.range({ key: bytes("old1") }).count, 0);
  assert.equal(target.state.checkpoints.releaseGeneration(), true);
  target.restart(manifest);
  assert.equal(target.state.checkpoints.releaseGeneration(), false);
  assert.equal(target.state.status.fingerprint(), machine.state.status.fingerprint());
});

test("a snapshot that the base holds no longer, or not yet, is refused", () => {
  const { machine, manifest } = source();
  machine.does(put("x"));
  machine.does({ compaction: CompactionRequest.create({ revision: 60 }) });
  const unwritten = machine.state.checkpoints.freeze();
  const none = new Uint8Array(0);
  assert.throws(() => machine.state.transfers.exportChunk(unwritten, none, 100), TransferError);
  machine.state.checkpoints.oldestRetainedCompaction = Number.POSITIVE_INFINITY;
  while (!machine.state.checkpoints.compactSlice({ maxRows: 500, maxBytes: 1_000 }));
  assert.throws(
    () => machine.state.transfers.exportChunk(manifest, none, 100),
    /the base holds 60/,
  );
});

test("who holds the history reads on in the state that was installed", () => {
  const { machine, manifest } = source();
  const target = new Machine();
  const { history } = target.state;
  target.does(put("own"));
  target.state.transfers.openStaging(key);
  for (const chunk of chunksOf(machine, manifest, 9_000)) target.state.transfers.stageChunk(chunk);
  target.state.install(manifest);
  assert.equal(history.revision, machine.state.revision);
  assert.equal(history.compactRevision, machine.state.compactRevision);
  const limits = { maxRevisions: 1_000, maxBytes: 1_000_000 };
  const page = history.eventsFrom(30, () => true, limits);
  assert.ok(page.events.length > 0);
  assert.deepEqual(
    page,
    machine.state.history.eventsFrom(30, () => true, limits),
  );
});
