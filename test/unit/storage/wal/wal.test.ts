import assert from "node:assert/strict";
import { test } from "node:test";
import { type Entry, newEntry } from "../../../../src/proto/raftpb.ts";
import { entrySize } from "../../../../src/proto/raftpb-size.ts";
import type { Sql } from "../../../../src/storage/sql.ts";
import {
  IndexGapError,
  SnapshotMismatchError,
  SnapshotNotFoundError,
} from "../../../../src/storage/wal/errors.ts";
import { entryBytesBound } from "../../../../src/storage/wal/row.ts";
import { Wal } from "../../../../src/storage/wal/wal.ts";
import { origin } from "../../../../src/storage/wal/wal-snapshot.ts";
import { utf8 } from "../../../support/bytes.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";
import { entries, sleepAt, voter } from "../logs.ts";
import { readWalFiles } from "./etcd-wal-file.ts";

const metadata = utf8("member 1");
const state = (term: number, vote: number, commit: number) => ({ term, vote, commit });
const snapshot = (index: number, term: number) => ({ index, term, confState: voter });

function reopened(database: TurnDatabase, start = snapshot(0, 0)): Wal {
  database.commit();
  database.restart();
  return Wal.open(database.sql, start);
}

const tables = (sql: Sql): string[] =>
  sql
    .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name LIKE 'wal%' ORDER BY name")
    .toArray()
    .map(({ name }) => name);

test("what was saved is what readAll answers: metadata, HardState and entries", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  wal.save(state(1, 1, 0), entries(1, 3, 1));
  wal.save(state(1, 1, 2), entries(4, 4, 1));
  wal.save(state(2, 3, 3), []);
  wal.save(undefined, entries(5, 6, 2));
  assert.deepEqual(reopened(database).readAll(), {
    metadata,
    hardState: state(2, 3, 3),
    entries: [...entries(1, 4, 1), ...entries(5, 6, 2)],
  });
});

test("a turn that saves writes one row, and only what must be synced is saved", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  const written = (work: () => unknown): number => {
    const before = database.rowsWritten;
    work();
    return database.rowsWritten - before;
  };
  assert.equal(
    written(() => wal.save(state(1, 1, 0), entries(1, 1, 1))),
    1,
  );
  assert.equal(
    written(() => wal.save(undefined, entries(2, 500, 1))),
    1,
  );
  assert.equal(
    written(() => wal.save(state(1, 1, 400), [])),
    0,
    "a commit alone",
  );
  assert.equal(
    written(() => wal.save(state(1, 1, 450), entries(501, 501, 1))),
    1,
  );
  assert.equal(
    written(() => wal.save(undefined, [])),
    0,
  );
  assert.equal(
    written(() => wal.save(state(1, 1, 450), [])),
    0,
    "nothing new",
  );
  assert.equal(
    written(() => wal.save(state(2, 1, 450), [])),
    1,
    "a term",
  );
  assert.equal(
    written(() => wal.save(state(2, 2, 450), [])),
    1,
    "a vote",
  );
  assert.equal(
    written(() => wal.saveSnapshot(snapshot(400, 1))),
    1,
  );
  assert.equal(
    written(() => wal.fence()),
    1,
  );
});

test("every row carries the newest HardState, also where the Ready's was empty", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  wal.save(state(1, 1, 0), entries(1, 5, 1));
  wal.save(state(1, 1, 4), []);
  wal.save(undefined, entries(6, 6, 1));
  assert.deepEqual(reopened(database).readAll().hardState, state(1, 1, 4));
});

test("a fence row stores the commit that no row carried yet", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  wal.save(state(1, 1, 0), entries(1, 5, 1));
  wal.save(state(1, 1, 5), []);
  wal.fence();
  assert.deepEqual(reopened(database).readAll().hardState, state(1, 1, 5));
});

test("later entries override a conflicting suffix, in memory and when read again", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  wal.save(state(1, 1, 0), entries(1, 9, 1));
  wal.save(state(2, 1, 3), entries(5, 6, 2));
  const expected = [...entries(1, 4, 1), ...entries(5, 6, 2)];
  assert.equal(wal.lastIndex, 6);
  assert.deepEqual(wal.entries(1, 7, Infinity), expected);
  const again = reopened(database);
  assert.deepEqual(again.readAll().entries, expected);
  assert.deepEqual(again.entries(1, 7, Infinity), expected);
  assert.deepEqual(
    [1, 4, 5, 6].map((index) => again.term(index)),
    [1, 1, 2, 2],
  );
  assert.equal(again.term(7), undefined);
});

test("it is read from any snapshot that it has a record of, and from no other", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  wal.save(state(1, 1, 8), entries(1, 9, 1));
  wal.saveSnapshot(snapshot(4, 1));
  wal.saveSnapshot(snapshot(8, 1));
  for (const start of [0, 4, 8]) {
    const read = reopened(database, snapshot(start, start && 1)).readAll();
    assert.deepEqual(read.entries, entries(start + 1, 9, 1));
  }
  assert.throws(() => reopened(database, snapshot(5, 1)).readAll(), SnapshotNotFoundError);
  assert.throws(() => reopened(database, snapshot(4, 2)).readAll(), SnapshotMismatchError);
  assert.deepEqual(Wal.validSnapshotEntries(database.sql), [snapshot(4, 1), snapshot(8, 1)]);
});

test("a snapshot that is not committed is not stored", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  wal.save(state(1, 1, 3), entries(1, 9, 1));
  assert.throws(() => wal.saveSnapshot(snapshot(4, 1)), /only 3 is committed/);
  assert.deepEqual(Wal.validSnapshotEntries(database.sql), []);
});

test("a turn too large for a row is split over rows, each below the limit", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  const large = entries(1, 9, 1, 700_000);
  assert.equal(wal.save(state(1, 1, 0), large), 5);
  const sizes = database.sql
    .exec<{ n: number }>("SELECT length(data) AS n FROM wal_1")
    .toArray()
    .map(({ n }) => n);
  assert.equal(sizes.length, 6);
  assert.ok(Math.max(...sizes) <= 1_999_900, `${sizes}`);
  assert.deepEqual(reopened(database).readAll().entries, large);
});

test("the largest entry fits a row, and one byte more changes nothing", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  const sized = (bytes: number): Entry =>
    newEntry({ index: 1, term: 1, data: new Uint8Array(bytes) });
  const overhead = entrySize(sized(1_900_000)) - 1_900_000 + 32;
  const before = database.rowsWritten;
  assert.throws(
    () => wal.save(state(1, 1, 0), [sized(entryBytesBound - overhead + 1)]),
    RangeError,
  );
  assert.equal(database.rowsWritten, before);
  assert.equal(wal.save(state(1, 1, 0), [sized(entryBytesBound - overhead)]), 1);
  assert.ok(entryBytesBound > 1.5 * 1_024 * 1_024 + 100_000, "etcd's largest request fits");
});

test("segments are cut at 4,096 rows, and the next one begins with the metadata", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  wal.save(state(1, 1, 0), []);
  for (let i = 1; i <= 4_094; i++) wal.save(undefined, entries(i, i, 1));
  assert.deepEqual(tables(database.sql), ["wal_1"]);
  wal.save(undefined, entries(4_095, 4_095, 1));
  assert.deepEqual(tables(database.sql), ["wal_1", "wal_2"]);
  assert.equal(wal.size.rows, 4_097);
  const again = reopened(database);
  assert.deepEqual(again.readAll().entries, entries(1, 4_095, 1));
  assert.deepEqual(again.size, wal.size);
  again.save(undefined, entries(4_096, 4_096, 1));
  assert.equal(reopened(database).readAll().entries.length, 4_096);
});

test("segments are cut at 16 MB", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  wal.save(state(1, 1, 0), []);
  for (let i = 1; i <= 18; i++) wal.save(undefined, entries(i, i, 1, 1_000_000));
  assert.deepEqual(tables(database.sql), ["wal_1", "wal_2"]);
  const { bytes } = database.sql
    .exec<{ bytes: number }>("SELECT sum(length(data)) AS bytes FROM wal_1")
    .one();
  assert.ok(bytes <= 16 * 1_024 * 1_024 && bytes > 15_900_000, `${bytes}`);
});

/** A WAL whose segments are cut every 16 entries. */
function segmented(database: TurnDatabase, last: number): Wal {
  const wal = Wal.create(database.sql, metadata);
  wal.save(state(1, 1, 0), []);
  for (let i = 1; i <= last; i++) wal.save(state(1, 1, i - 1), entries(i, i, 1, 1_000_000));
  return wal;
}

test("released segments are dropped whole, at no row, and the rest is still read", () => {
  const database = new TurnDatabase();
  const wal = segmented(database, 50);
  wal.saveSnapshot(snapshot(40, 1));
  const count = tables(database.sql).length;
  const before = database.rowsWritten;
  wal.releaseTo(16);
  assert.equal(tables(database.sql).length, count, "the segment with entry 16 is needed");
  wal.releaseTo(40);
  assert.equal(database.rowsWritten, before);
  assert.equal(tables(database.sql).length, 2);
  assert.equal(wal.baseIndex, 32);
  assert.throws(() => wal.entries(32, 34, Infinity), RangeError);
  assert.equal(wal.entries(33, 34, Infinity).length, 1);
  assert.equal(wal.term(32), 1);
  const again = reopened(database, snapshot(40, 1));
  assert.deepEqual(again.readAll().entries, entries(41, 50, 1, 1_000_000));
  assert.throws(() => reopened(database).readAll());
});

test("segments that end before the snapshot are not read", () => {
  const database = new TurnDatabase();
  segmented(database, 50).saveSnapshot(snapshot(40, 1));
  database.sql.exec("UPDATE wal_1 SET data = zeroblob(8)");
  const wal = reopened(database, snapshot(40, 1));
  assert.equal(wal.readAll().entries.length, 10);
});

test("rows put one after the other are a WAL file of etcd's, whose reader answers the same", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  wal.save(state(1, 1, 0), entries(1, 9, 1));
  wal.save(state(2, 1, 6), entries(7, 8, 2));
  wal.saveSnapshot(snapshot(5, 1));
  wal.save(state(3, 2, 8), entries(9, 12, 3));
  const rows = database.sql
    .exec<{ data: ArrayBuffer }>("SELECT data FROM wal_1 ORDER BY seq")
    .toArray();
  const file = new Uint8Array(Buffer.concat(rows.map(({ data }) => new Uint8Array(data))));
  for (const start of [snapshot(0, 0), snapshot(5, 1)]) {
    const { torn, ...contents } = readWalFiles([file], start);
    assert.equal(torn, undefined);
    assert.deepEqual(contents, reopened(database, start).readAll());
  }
});

test("slices are bounded, and together they are the log", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  for (let i = 1; i <= 100; i += 2) wal.save(state(1, 1, 0), entries(i, i + 1, 1, 1_000));
  wal.save(state(2, 1, 0), entries(50, 80, 2, 1_000));
  let log: Entry[] = [];
  let slices = 0;
  for (const slice of reopened(database).read(20_000)) {
    const bytes = slice.entries.reduce((sum, entry) => sum + entrySize(entry), 0);
    assert.ok(bytes <= 31 * 1_100, `${bytes}`);
    const first = slice.entries[0]?.index ?? 0;
    assert.ok(first <= log.length + 1);
    log = [...log.slice(0, first - 1), ...slice.entries];
    slices += 1;
    assert.ok(slice.rows <= slice.totalRows);
  }
  assert.ok(slices > 5);
  assert.deepEqual(log, [...entries(1, 49, 1, 1_000), ...entries(50, 80, 2, 1_000)]);
});

test("a read may be interleaved with other work on the database", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  for (let i = 1; i <= 100; i++) wal.save(state(1, 1, 0), entries(i, i, 1, 1_000));
  let seen = 0;
  for (const { entries: slice } of reopened(database).read(10_000)) {
    database.sql.exec("CREATE TABLE other_work (v)");
    database.sql.exec("DROP TABLE other_work");
    seen += slice.length;
  }
  assert.equal(seen, 100);
});

test("entries are read from rows within a limit of bytes, and at least one", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  wal.save(state(1, 1, 0), entries(1, 10, 1, 1_000));
  wal.save(undefined, entries(11, 20, 1, 1_000));
  const size = entrySize(entries(11, 11, 1, 1_000)[0] ?? newEntry());
  const indexes = (low: number, high: number, max: number) =>
    wal.entries(low, high, max).map(({ index }) => index);
  assert.deepEqual(indexes(8, 21, 4 * size), [8, 9, 10, 11]);
  assert.deepEqual(indexes(8, 21, 0), [8]);
  assert.deepEqual(indexes(10, 12, Infinity), [10, 11]);
});

test("a WAL begun from an installed snapshot replaces the old one within the turn", () => {
  const database = new TurnDatabase();
  const wal = segmented(database, 40);
  wal.saveSnapshot(snapshot(20, 1));
  database.commit();
  const begin = () =>
    Wal.begin(database.sql, { metadata, snapshot: snapshot(90, 7), hardState: state(7, 0, 90) });
  begin();
  database.crash();
  assert.deepEqual(Wal.validSnapshotEntries(database.sql), [snapshot(20, 1)]);
  const next = begin();
  assert.deepEqual(Wal.validSnapshotEntries(database.sql), [snapshot(90, 7)]);
  assert.equal(next.lastIndex, 90);
  next.save(undefined, entries(91, 93, 7));
  const again = reopened(database, snapshot(90, 7));
  assert.deepEqual(again.readAll(), {
    metadata,
    hardState: state(7, 0, 90),
    entries: entries(91, 93, 7),
  });
  assert.throws(() => reopened(database, snapshot(20, 1)).readAll(), IndexGapError);
  assert.equal(tables(database.sql).length, 1);
});

test("misuse is refused before anything is written", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  wal.save(state(3, 1, 0), entries(1, 4, 3));
  const before = database.rowsWritten;
  const [first, , third] = entries(5, 7, 3);
  assert.ok(first && third);
  assert.throws(() => Wal.create(database.sql, metadata), /a WAL already/);
  assert.throws(() => wal.save(undefined, entries(6, 6, 3)), /entry 6 saved to a log of 0..4/);
  assert.throws(() => wal.save(undefined, [first, third]), /entry 7 saved as number 6/);
  assert.throws(() => wal.save(state(2, 1, 0), []), /HardState/);
  assert.throws(() => Wal.open(database.sql, origin).save(undefined, []), /read to its end/);
  const tooLong = { metadata: new Uint8Array(4_097), snapshot: origin, hardState: state(0, 0, 0) };
  assert.throws(() => Wal.begin(database.sql, tooLong), RangeError);
  assert.equal(database.rowsWritten, before);
});

test("what a later leader cut off at or below the snapshot does not come back", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  wal.save(state(1, 1, 1), entries(1, 4, 1));
  wal.save(state(2, 2, 2), entries(2, 2, 2));
  wal.saveSnapshot(snapshot(2, 2));
  const again = reopened(database, snapshot(2, 2));
  assert.deepEqual(again.readAll().entries, []);
  assert.equal(again.lastIndex, 2);
  again.save(undefined, entries(3, 3, 2));
  assert.deepEqual(reopened(database, snapshot(2, 2)).readAll().entries, entries(3, 3, 2));
});

/** A WAL whose newest row has a sleep record, at index 3 of term 2. */
function asleep(): { database: TurnDatabase; wal: Wal } {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, metadata);
  wal.save(state(2, 1, 0), entries(1, 3, 2));
  wal.save(state(2, 1, 3), []);
  wal.writeSleep(sleepAt(3, 2));
  return { database, wal };
}

test("a sleep record is in force in the newest row, and a fence row repeats it", () => {
  const { database, wal } = asleep();
  assert.deepEqual(wal.sleepRecord, sleepAt(3, 2));
  wal.fence();
  assert.deepEqual(wal.sleepRecord, sleepAt(3, 2));
  const again = reopened(database);
  assert.deepEqual(again.readAll().hardState, state(2, 1, 3));
  assert.deepEqual(again.sleepRecord, sleepAt(3, 2));
  again.fence();
  const third = reopened(database);
  third.readAll();
  assert.deepEqual(third.sleepRecord, sleepAt(3, 2), "a fence row of the next life");
});

test("the row of a sleep record stores the commit that no row carried yet", () => {
  const { database } = asleep();
  assert.deepEqual(reopened(database).readAll().hardState, state(2, 1, 3));
});

const voids: readonly (readonly [string, (wal: Wal) => void])[] = [
  ["entries", (wal) => wal.save(undefined, entries(4, 4, 2))],
  ["a later term", (wal) => wal.save(state(3, 0, 3), [])],
  ["a vote", (wal) => wal.save(state(2, 2, 3), [])],
  ["a snapshot", (wal) => wal.saveSnapshot(snapshot(3, 2))],
];
for (const [what, write] of voids) {
  test(`a row with ${what} makes the sleep record void, at once and for the next life`, () => {
    const { database, wal } = asleep();
    write(wal);
    assert.equal(wal.sleepRecord, undefined);
    wal.fence();
    const again = reopened(database);
    again.readAll();
    assert.equal(again.sleepRecord, undefined);
  });
}

test("a WAL begun from an installed snapshot has no sleep record", () => {
  const { database } = asleep();
  const beginning = { metadata, snapshot: snapshot(9, 2), hardState: state(2, 1, 9) };
  assert.equal(Wal.begin(database.sql, beginning).sleepRecord, undefined);
  const again = reopened(database, snapshot(9, 2));
  again.readAll();
  assert.equal(again.sleepRecord, undefined);
});

test("a sleep record that does not fit log and HardState is refused", () => {
  const { database, wal } = asleep();
  wal.save(undefined, entries(4, 4, 2));
  const rows = database.rowsWritten;
  assert.throws(() => wal.writeSleep(sleepAt(4, 2)), /sleep at 4 of term 2/, "not committed");
  assert.throws(() => wal.writeSleep(sleepAt(3, 2)), /sleep at 3/, "not the last");
  wal.save(state(2, 1, 4), []);
  assert.throws(() => wal.writeSleep(sleepAt(4, 1)), /term 1/, "another term");
  wal.save(state(3, 1, 4), []);
  assert.throws(() => wal.writeSleep(sleepAt(4, 3)), /term 3/, "no entry of the term");
  assert.equal(database.rowsWritten, rows + 1);
});
