import assert from "node:assert/strict";
import { test } from "node:test";
import { newConfState, newSnapshot } from "../../../../src/proto/raftpb.ts";
import { parseSnapName, snapName } from "../../../../src/storage/snap/name.ts";
import {
  decodeSnapRecord,
  encodeSnapRecord,
  SnapshotDamagedError,
} from "../../../../src/storage/snap/record.ts";
import { Snapshotter } from "../../../../src/storage/snap/snapshotter.ts";
import type { Sql } from "../../../../src/storage/sql.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";
import { etcdFiles } from "../etcd-files.ts";
import { snapshotAt } from "../logs.ts";

const names = (sql: Sql): string[] =>
  sql
    .exec<{ name: string }>("SELECT DISTINCT name FROM snap ORDER BY name")
    .toArray()
    .map(({ name }) => name);

const at = (index: number, term: number) => ({ index, term });

function spoil(sql: Sql, position: { index: number; term: number }): void {
  sql.exec("UPDATE snap SET data = zeroblob(20) WHERE name = ?", snapName(position));
}

test("etcd's .snap files load, and save to the same name, CRC and bytes", (t) => {
  const files = etcdFiles("snap");
  if (!files) return t.skip("etcd's files are absent");
  assert.ok(files.length > 0);
  const database = new TurnDatabase();
  const snapshotter = new Snapshotter(database.sql);
  for (const { name, bytes } of files) {
    const snapshot = decodeSnapRecord(name, bytes);
    assert.deepEqual(snapshot.metadata.confState, newConfState({ voters: [1, 2, 3] }));
    assert.equal(snapshotter.save(snapshot), name);
    const stored = database.sql
      .exec<{ data: ArrayBuffer }>("SELECT data FROM snap WHERE name = ?", name)
      .one();
    assert.deepEqual(new Uint8Array(stored.data), bytes);
    const position = parseSnapName(name);
    assert.ok(position);
    assert.deepEqual(snapshotter.read(position), snapshot);
  }
});

test("a damaged copy of a .snap file is refused, or reads as what was written", (t) => {
  const files = etcdFiles("snap");
  if (!files) return t.skip("etcd's files are absent");
  for (const { name, bytes } of files) {
    const intact = decodeSnapRecord(name, bytes);
    let same = 0;
    for (let i = 0; i < bytes.length; i++) {
      assert.throws(() => decodeSnapRecord(name, bytes.subarray(0, i)), SnapshotDamagedError);
      for (let mask = 1; mask < 256; mask++) {
        const copy = bytes.slice();
        copy[i] = (copy[i] ?? 0) ^ mask;
        try {
          assert.deepEqual(decodeSnapRecord(name, copy), intact);
          same += 1;
        } catch (error) {
          assert.ok(error instanceof SnapshotDamagedError, `byte ${i} mask ${mask}: ${error}`);
        }
      }
    }
    // The CRC's varint has three bits beyond its 32, which nobody reads.
    assert.ok(same <= 7, `${same}`);
  }
});

test("an empty snapshot is not saved, and a record is never overwritten", () => {
  const database = new TurnDatabase();
  const snapshotter = new Snapshotter(database.sql);
  assert.equal(snapshotter.save(newSnapshot()), undefined);
  assert.equal(snapshotter.save(snapshotAt(7, 2)), "0000000000000002-0000000000000007.snap");
  const other = newSnapshot(snapshotAt(7, 2).metadata, new Uint8Array([1, 2]));
  assert.equal(snapshotter.save(other), "0000000000000002-0000000000000007.snap");
  assert.deepEqual(snapshotter.read(at(7, 2)), snapshotAt(7, 2));
  assert.equal(names(database.sql).length, 1);
});

test("saving bills one row, and one more for every 1.9 MB", () => {
  const database = new TurnDatabase();
  const snapshotter = new Snapshotter(database.sql);
  let before = database.rowsWritten;
  snapshotter.save(snapshotAt(7, 2));
  assert.equal(database.rowsWritten - before, 1);
  const manifest = Uint8Array.from({ length: 5_000_000 }, (_, i) => i * 7);
  const large = newSnapshot(at(8, 2), manifest);
  before = database.rowsWritten;
  snapshotter.save(large);
  assert.equal(database.rowsWritten - before, 3);
  assert.deepEqual(snapshotter.read(at(8, 2)), large);
  database.sql.exec("DELETE FROM snap WHERE part = 1");
  assert.throws(() => snapshotter.read(at(8, 2)), /incomplete: 2 rows/);
  assert.throws(() => snapshotter.read(at(9, 9)), /empty snapshot/);
});

test("a snapshot beyond 64 MB is refused before a row is written", () => {
  const database = new TurnDatabase();
  const snapshotter = new Snapshotter(database.sql);
  const before = database.rowsWritten;
  const huge = newSnapshot(at(8, 2), new Uint8Array(64 * 1_024 * 1_024));
  assert.throws(() => snapshotter.save(huge), RangeError);
  assert.equal(database.rowsWritten, before);
});

test("load takes the newest that is intact, and sets damaged ones aside", () => {
  const database = new TurnDatabase();
  const snapshotter = new Snapshotter(database.sql);
  assert.deepEqual(snapshotter.load(), { snapshot: undefined, setAside: [] });
  for (const index of [5, 9, 12]) snapshotter.save(snapshotAt(index, 2));
  snapshotter.save(snapshotAt(11, 3));
  assert.deepEqual(snapshotter.load(), { snapshot: snapshotAt(11, 3), setAside: [] });
  spoil(database.sql, at(11, 3));
  spoil(database.sql, at(12, 2));
  const { snapshot, setAside } = snapshotter.load();
  assert.deepEqual(snapshot, snapshotAt(9, 2));
  assert.deepEqual(
    setAside.map(({ name }) => name),
    ["0000000000000003-000000000000000b.snap", "0000000000000002-000000000000000c.snap"],
  );
  assert.deepEqual(names(database.sql), [
    "0000000000000002-0000000000000005.snap",
    "0000000000000002-0000000000000009.snap",
    "0000000000000002-000000000000000c.snap.broken",
    "0000000000000003-000000000000000b.snap.broken",
  ]);
  assert.deepEqual(snapshotter.load(), { snapshot: snapshotAt(9, 2), setAside: [] });
});

test("a record under a name that is not its own is damaged", () => {
  const database = new TurnDatabase();
  const snapshotter = new Snapshotter(database.sql);
  snapshotter.save(snapshotAt(5, 2));
  database.sql.exec("UPDATE snap SET name = ?", snapName(at(6, 2)));
  assert.throws(() => snapshotter.read(at(6, 2)), /holds the snapshot of term 2, index 5/);
});

test("loadNewestAvailable takes only what the WAL knows of, at its index and term", () => {
  const { sql } = new TurnDatabase();
  const snapshotter = new Snapshotter(sql);
  for (const index of [5, 9, 12]) snapshotter.save(snapshotAt(index, 2));
  const newest = (...known: { index: number; term: number }[]) =>
    snapshotter.loadNewestAvailable(known).snapshot?.metadata.index;
  assert.equal(newest(at(5, 2), at(9, 2), at(12, 3)), 9);
  assert.equal(newest(at(12, 2)), 12);
  assert.equal(newest(), undefined);
  assert.equal(newest(at(5, 2), at(20, 4)), 5);
  assert.equal(names(sql).length, 3, "what the WAL does not know of is not damaged");
});

test("two are kept; what is older goes, set aside or not", () => {
  const { sql } = new TurnDatabase();
  const snapshotter = new Snapshotter(sql);
  assert.equal(snapshotter.release(), undefined);
  snapshotter.save(snapshotAt(5, 1));
  assert.equal(snapshotter.release(), undefined);
  for (const index of [6, 7, 8]) snapshotter.save(snapshotAt(index, 1));
  spoil(sql, at(8, 1));
  spoil(sql, at(7, 1));
  snapshotter.load();
  snapshotter.save(snapshotAt(9, 1));
  assert.deepEqual(snapshotter.release(), at(6, 1));
  assert.equal(names(sql).length, 4, "the damaged ones in between stay to be looked at");
  snapshotter.save(snapshotAt(10, 1));
  assert.deepEqual(snapshotter.release(), at(9, 1));
  assert.deepEqual(snapshotter.positions(), [at(10, 1), at(9, 1)]);
  assert.equal(names(sql).length, 2);
  snapshotter.keepOnly(at(10, 1));
  assert.deepEqual(snapshotter.positions(), [at(10, 1)]);
});

test("names are term and index in sixteen hexadecimal digits each", () => {
  assert.equal(snapName(at(300, 7)), "0000000000000007-000000000000012c.snap");
  assert.deepEqual(parseSnapName("0000000000000007-000000000000012c.snap"), at(300, 7));
  assert.equal(parseSnapName("0000000000000007-000000000000012c.snap.broken"), undefined);
  const largest = at(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  assert.deepEqual(parseSnapName(snapName(largest)), largest);
});

test("a record is a snappb.Snapshot with the CRC-32C of a raftpb.Snapshot", () => {
  const record = encodeSnapRecord(snapshotAt(3, 1, [1, 2]));
  assert.deepEqual(decodeSnapRecord("x", record), snapshotAt(3, 1, [1, 2]));
  assert.throws(() => decodeSnapRecord("x", new Uint8Array(0)), /empty snapshot/);
  assert.throws(() => decodeSnapRecord("x", new Uint8Array([8, 1])), /empty snapshot/);
  record[record.length - 1] = 9;
  assert.throws(() => decodeSnapRecord("x", record), /crc mismatch/);
});
