import assert from "node:assert/strict";
import { test } from "node:test";
import { ManifestError } from "../../../../src/kv/state/manifest.ts";
import {
  DeleteRangeRequest,
  LeaseGrantRequest,
  PutRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { Manifest } from "../../../../src/proto/generated/kv.ts";
import { bytes, Machine } from "../support.ts";

const put = (key: string, value: Uint8Array = bytes("1"), lease = 0n) => ({
  put: PutRequest.create({ key: bytes(key), value, lease }),
});
const del = (key: string, rangeEnd = "") => ({
  deleteRange: DeleteRangeRequest.create({ key: bytes(key), rangeEnd: bytes(rangeEnd) }),
});
const all = { key: bytes("\0"), rangeEnd: bytes("\0") };

function filled(puts: number): Machine {
  const machine = new Machine();
  for (let i = 0; i < puts; i++) machine.does(put(`k${i % 70}`, bytes(`v${i}`)));
  return machine;
}

test("applying writes nothing", () => {
  const machine = filled(1);
  machine.database.commit();
  const before = machine.database.rowsWritten;
  for (let i = 0; i < 50; i++) machine.does(put(`x${i}`));
  machine.does(del("x", "y"));
  assert.equal(machine.database.rowsWritten, before);
  assert.equal(machine.database.dirty, false);
});

test("a checkpoint costs one row a version, and one for each slice's history", () => {
  const machine = filled(1_000);
  machine.state.checkpoints.freeze();
  const before = machine.database.rowsWritten;
  let slices = 0;
  do slices++;
  while (!machine.state.checkpoints.writeSlice({ maxRows: 100, maxBytes: 1_000_000 }));
  assert.equal(slices, 10);
  assert.equal(machine.database.rowsWritten - before, 1_000 + slices);
  assert.equal(machine.state.status.overlayBytes, 0);
});

test("a slice keeps to its rows and its bytes", () => {
  const machine = new Machine();
  for (let i = 10; i < 50; i++) machine.does(put(`k${i}`, new Uint8Array(500)));
  machine.state.checkpoints.freeze();
  const size = machine.state.status.overlayBytes / 40;
  machine.state.checkpoints.writeSlice({ maxRows: 7, maxBytes: 1_000_000 });
  assert.equal(machine.state.status.overlayBytes, 33 * size);
  machine.state.checkpoints.writeSlice({ maxRows: 100, maxBytes: 2_000 });
  assert.equal(machine.state.status.overlayBytes, 29 * size);
});

test("a revision leaves the overlay when it is whole, however many slices it takes", () => {
  const machine = filled(70);
  machine.checkpoint();
  machine.does(del("k", "l"));
  const full = machine.state.status.overlayBytes;
  machine.state.checkpoints.freeze();
  for (let i = 0; i < 6; i++) {
    assert.equal(machine.state.checkpoints.writeSlice({ maxRows: 11, maxBytes: 1_000_000 }), false);
    assert.equal(machine.state.status.overlayBytes, full);
    assert.equal(machine.range({ ...all, countOnly: true }).count, 0);
    assert.equal(machine.range({ ...all, countOnly: true, revision: 71 }).count, 70);
  }
  assert.equal(machine.state.checkpoints.writeSlice({ maxRows: 11, maxBytes: 1_000_000 }), true);
  assert.equal(machine.state.status.overlayBytes, 0);
});

test("what is written while a checkpoint runs is not of it", () => {
  const machine = filled(10);
  const manifest = machine.state.checkpoints.freeze();
  const fingerprint = machine.state.status.fingerprint();
  machine.does(put("late"));
  machine.does(put("k1", bytes("late")));
  while (!machine.state.checkpoints.writeSlice({ maxRows: 3, maxBytes: 1_000_000 }));
  machine.state.checkpoints.finish();
  assert.equal(machine.range({ key: bytes("late") }).count, 1);
  machine.restart(manifest);
  assert.equal(machine.state.status.fingerprint(), fingerprint);
  assert.equal(machine.state.status.recomputeFingerprint(), fingerprint);
  assert.equal(machine.range({ key: bytes("late") }).count, 0);
  assert.equal(machine.state.appliedIndex, 10);
});

test("one checkpoint at a time, and none is finished before its rows are there", () => {
  const machine = filled(10);
  machine.state.checkpoints.freeze();
  assert.throws(() => machine.state.checkpoints.freeze(), /in progress/);
  assert.throws(() => machine.state.checkpoints.finish(), /not all written/);
  machine.state.checkpoints.cancel();
  assert.throws(
    () => machine.state.checkpoints.writeSlice({ maxRows: 1, maxBytes: 1 }),
    /no checkpoint/,
  );
});

test("falling back to the older manifest and replaying gives the same state", () => {
  const machine = new Machine();
  const log: Uint8Array[] = [];
  const apply = (body: Parameters<Machine["encode"]>[0]) => {
    const data = machine.encode(body);
    log.push(data);
    machine.applyData(data);
  };
  const large = new Uint8Array(3_000).fill(1);
  for (let i = 0; i < 30; i++) apply(put(`k${i % 7}`, i % 3 === 0 ? large : bytes(`v${i}`)));
  const older = machine.checkpoint();
  const at = log.length;
  apply({ leaseGrant: LeaseGrantRequest.create({ ID: 3n, TTL: 60 }) });
  for (let i = 0; i < 30; i++) apply(put(`k${i % 11}`, i % 4 === 0 ? large : bytes("w"), 3n));
  apply(del("k3"));
  machine.checkpoint(5);
  for (let i = 0; i < 5; i++) apply(put(`z${i}`));
  const expected = [machine.state.status.fingerprint(), [...machine.state.leases.keys(3n)].sort()];
  machine.restart(older);
  for (const data of log.slice(at)) machine.applyData(data);
  assert.deepEqual(
    [machine.state.status.fingerprint(), [...machine.state.leases.keys(3n)].sort()],
    expected,
  );
  assert.equal(machine.state.status.recomputeFingerprint(), expected[0]);
  const written = machine.database.rowsWritten;
  machine.checkpoint();
  // The rows of the lost checkpoint are there already: only the five after it are new. Its seven
  // blocks of history go, and one comes.
  assert.equal(machine.database.rowsWritten - written, 5 + 7 + 1);
});

test("leases find their keys again in the rows of the revision", () => {
  const machine = new Machine();
  machine.does({ leaseGrant: LeaseGrantRequest.create({ ID: 1n, TTL: 60 }) });
  for (let i = 0; i < 2_500; i++) machine.does(put(`k${10_000 + i}`, bytes(""), 1n));
  for (let i = 0; i < 2_500; i += 2) machine.does(put(`k${10_000 + i}`));
  machine.does(del("k10001"));
  const manifest = machine.checkpoint(1_000);
  const expected = [...machine.state.leases.keys(1n)].sort();
  assert.equal(expected.length, 1_249);
  machine.restart(manifest);
  assert.deepEqual([...machine.state.leases.keys(1n)].sort(), expected);
});

test("a manifest that contradicts itself, or is of another version, is refused", () => {
  const machine = filled(3);
  const manifest = Manifest.decode(machine.checkpoint());
  const refused = (change: Partial<Manifest>, reason: RegExp) => {
    const bytesOfIt = Manifest.encode({ ...manifest, ...change });
    const other = new Machine();
    assert.throws(
      () => other.state.restore(bytesOfIt),
      (error) => {
        assert.ok(error instanceof ManifestError);
        assert.match(error.message, reason);
        return true;
      },
    );
  };
  refused({ format: 2 }, /format 2/);
  refused({ fingerprintVersion: 2 }, /version 2/);
  refused({ revision: 5 }, /sum to/);
  refused({ compactRevision: 9 }, /revision 4 with compaction 9/);
  refused({ tables: [...manifest.tables, { name: "new", data: bytes("") }] }, /table new/);
});

test("large values come back, and take no room twice", () => {
  const machine = new Machine();
  const value = new Uint8Array(1_500_000).fill(7);
  machine.does(put("big", value));
  machine.does(put("empty", new Uint8Array(0)));
  const first = machine.checkpoint();
  assert.deepEqual(machine.range({ key: bytes("big") }).kvs[0]?.value, value);
  assert.equal(machine.range({ key: bytes("empty") }).kvs[0]?.value.length, 0);
  const size = machine.database.sql.databaseSize;
  machine.restart(first);
  machine.does(put("small"));
  machine.checkpoint();
  assert.ok(machine.database.sql.databaseSize < size + 100_000);
});
