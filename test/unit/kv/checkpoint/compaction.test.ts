import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorKind, errors } from "../../../../src/etcd/errors.ts";
import {
  CompactionRequest,
  DeleteRangeRequest,
  EventType,
  PutRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { bytes, Machine } from "../support.ts";

const put = (key: string, value = "1") => ({
  put: PutRequest.create({ key: bytes(key), value: bytes(value) }),
});
const del = (key: string) => ({ deleteRange: DeleteRangeRequest.create({ key: bytes(key) }) });
const compact = (revision: number) => ({ compaction: CompactionRequest.create({ revision }) });
const all = { key: bytes("\0"), rangeEnd: bytes("\0") };

function refused(machine: Machine, revision: number, kind: ErrorKind): void {
  assert.equal(machine.apply(compact(revision)).error?.message, kind.text);
}

/** Rows of versions in the base. */
function rowsOf(machine: Machine): number {
  const tables = machine.database.sql
    .exec<{ name: string }>("SELECT name FROM sqlite_schema WHERE name LIKE 'kv\\_%' ESCAPE '\\'")
    .toArray()
    .filter(({ name }) => /^kv_\d+$/.test(name));
  return tables.reduce((sum, { name }) => {
    const { rows } = machine.database.sql
      .exec<{ rows: number }>(`SELECT COUNT(*) AS rows FROM ${name}`)
      .one();
    return sum + rows;
  }, 0);
}

function compactAll(machine: Machine, maxRows = 1_000): number {
  let slices = 1;
  while (!machine.state.checkpoints.compactSlice({ maxRows, maxBytes: 1_000_000 })) slices++;
  machine.database.commit();
  return slices;
}

test("last compacted begins at -1: -1 is compacted, 0 goes once, then 1", () => {
  const machine = new Machine();
  refused(machine, -1, errors.compacted);
  machine.does(compact(0));
  refused(machine, 0, errors.compacted);
  machine.does(compact(1));
  refused(machine, 1, errors.compacted);
  refused(machine, 2, errors.futureRevision);
  assert.equal(machine.state.compactRevision, 1);
});

test("a compaction changes no revision and no live key", () => {
  const machine = new Machine();
  for (const key of ["a", "b", "a"]) machine.does(put(key));
  const { response, revision } = machine.apply(compact(4));
  assert.deepEqual([response?.compaction?.header?.revision, revision], [4, 4]);
  assert.equal(machine.range({ ...all, revision: 4 }).count, 2);
});

test("rows go when they are superseded or buried, and nothing else does", () => {
  const machine = new Machine();
  for (const key of ["a", "a", "b", "c", "a"]) machine.does(put(key));
  machine.does(del("b"));
  machine.does(put("c"));
  machine.does(del("c"));
  machine.checkpoint();
  machine.state.checkpoints.oldestRetainedCompaction = Number.POSITIVE_INFINITY;
  machine.does(compact(8));
  assert.equal(rowsOf(machine), 8);
  compactAll(machine);
  // Of a the newest; of c what is at 8, and its tombstone at 9. Of b, buried at 7, nothing.
  assert.equal(rowsOf(machine), 3);
  assert.equal(machine.range({ ...all, revision: 8 }).count, 2);
  assert.equal(machine.range(all).count, 1);
  assert.equal(machine.state.checkpoints.physicalCompactRevision, 8);
  assert.equal(machine.state.status.fingerprint(), machine.state.status.recomputeFingerprint());
});

test("a tombstone exactly at the compaction stays: a watcher may begin there", () => {
  const machine = new Machine();
  machine.does(put("a"));
  machine.does(del("a"));
  machine.does(put("b"));
  machine.checkpoint();
  machine.state.checkpoints.oldestRetainedCompaction = Number.POSITIVE_INFINITY;
  machine.does(compact(3));
  compactAll(machine);
  const limits = { maxRevisions: 9, maxBytes: 999 };
  const { events } = machine.state.history.eventsFrom(3, () => true, limits);
  assert.deepEqual(
    events.map(({ type }) => type),
    [EventType.DELETE, EventType.PUT],
  );
  machine.does(compact(4));
  compactAll(machine);
  assert.equal(rowsOf(machine), 1);
});

test("it goes no further than the oldest snapshot retained, and no row is lost to it", () => {
  const machine = new Machine();
  for (let i = 0; i < 20; i++) machine.does(put("a", `${i}`));
  const retained = machine.checkpoint();
  const log = [compact(15), put("a", "x"), compact(20)].map((body) => machine.encode(body));
  for (const data of log) machine.applyData(data);
  machine.checkpoint();
  assert.equal(machine.state.checkpoints.oldestRetainedCompaction, -1);
  compactAll(machine);
  assert.equal(rowsOf(machine), 21);
  machine.restart(retained);
  assert.equal(machine.range({ key: bytes("a"), revision: 2 }).kvs[0]?.version, 1);
  machine.state.checkpoints.oldestRetainedCompaction = 15;
  for (const data of log) machine.applyData(data);
  machine.checkpoint();
  compactAll(machine);
  assert.equal(machine.state.checkpoints.physicalCompactRevision, 15);
  assert.equal(rowsOf(machine), 8);
});

test("slices are bounded, and a restart in between loses nothing", () => {
  const machine = new Machine();
  for (let i = 0; i < 200; i++) machine.does(put(`k${i % 3}`, `${i}`));
  machine.does(compact(201));
  const manifest = machine.checkpoint();
  machine.state.checkpoints.oldestRetainedCompaction = 201;
  for (let i = 0; i < 30; i++) {
    const before = rowsOf(machine);
    machine.state.checkpoints.compactSlice({ maxRows: 4, maxBytes: 1_000_000 });
    assert.ok(before - rowsOf(machine) <= 4);
  }
  machine.restart(manifest);
  machine.state.checkpoints.oldestRetainedCompaction = 201;
  assert.ok(compactAll(machine, 10) > 1);
  assert.equal(rowsOf(machine), 3);
  assert.equal(machine.state.status.fingerprint(), machine.state.status.recomputeFingerprint());
});

test("a second compaction looks only at what changed since the first", () => {
  const machine = new Machine();
  for (let i = 0; i < 3_000; i++) machine.does(put(`k${i}`));
  machine.checkpoint(1_000);
  machine.state.checkpoints.oldestRetainedCompaction = Number.POSITIVE_INFINITY;
  machine.does(compact(3_000));
  compactAll(machine);
  machine.does(put("k7", "again"));
  machine.checkpoint();
  machine.does(compact(3_002));
  const { sql } = machine.database;
  assert.equal(compactAll(machine, 20), 1);
  assert.equal(rowsOf(machine), 3_000);
  const blocks = sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM history_1").one();
  assert.equal(blocks.n, 1);
});
