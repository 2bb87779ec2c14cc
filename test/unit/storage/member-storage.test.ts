import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeConfChangeV2 } from "../../../src/proto/codec.ts";
import { EntryType, newConfState, newEntry } from "../../../src/proto/raftpb.ts";
import { SnapshotOutOfDateError } from "../../../src/raft/errors.ts";
import {
  type Damage,
  type Loaded,
  type LoadResult,
  loadMemberStorage,
  loadSteps,
} from "../../../src/storage/load.ts";
import { MemberStorage } from "../../../src/storage/member-storage.ts";
import { snapName } from "../../../src/storage/snap/name.ts";
import type { Sql, SqlBinding } from "../../../src/storage/sql.ts";
import { utf8 } from "../../support/bytes.ts";
import { TurnDatabase } from "../../support/sqlite.ts";
import { loadAtOnce } from "./load-at-once.ts";
import { entries, sleepAt, snapshotAt, voter } from "./logs.ts";

const metadata = utf8("cluster 7, member 1");
const state = (term: number, vote: number, commit: number) => ({ term, vote, commit });
const founding = { snapshot: snapshotAt(1, 1), hardState: state(1, 0, 1) };
const founder = ({ sql }: { sql: Sql }) => MemberStorage.create(sql, { metadata, founding });

function restarted(database: TurnDatabase): LoadResult {
  database.commit();
  database.restart();
  return loadAtOnce(database.sql);
}

function reloaded(database: TurnDatabase): Loaded {
  const result = restarted(database);
  assert.ok(result.state === "loaded", JSON.stringify(result));
  return result;
}

function damageIn(database: TurnDatabase): Damage {
  const result = restarted(database);
  assert.ok(result.state === "damaged", result.state);
  return result.damage;
}

function spoil(sql: Sql, index: number, term = 1): void {
  sql.exec("UPDATE snap SET data = zeroblob(9) WHERE name = ?", snapName({ index, term }));
}

/** The handle, with every writing statement's first words and table noted. */
function noting(sql: Sql, notes: string[]): Sql {
  return {
    get databaseSize() {
      return sql.databaseSize;
    },
    exec(query: string, ...bindings: SqlBinding[]) {
      const [words] = /^(?:INSERT INTO|DELETE FROM|DROP TABLE|CREATE TABLE) \w+/.exec(query) ?? [];
      if (words) notes.push(words);
      return sql.exec(query, ...bindings);
    },
  } as Sql;
}

test("how a node uses its own snapshot: the steps of a start come in this order", () => {
  const database = new TurnDatabase();
  const storage = founder(database);
  storage.save(state(1, 1, 1), entries(2, 20, 1));
  storage.save(state(1, 1, 18), []);
  storage.saveSnapshot(snapshotAt(15, 1));
  storage.save(state(2, 2, 18), entries(19, 22, 2));
  database.commit();
  const steps: string[] = [];
  const loading = loadMemberStorage(database.sql, {
    sliceBytes: 100,
    onStep: (step) => steps.push(step),
  });
  let next = loading.next();
  assert.ok(!next.done && next.value.rows < next.value.totalRows);
  assert.deepEqual(steps, loadSteps.slice(0, 3), "it yields while it reads");
  while (!next.done) next = loading.next();
  assert.deepEqual(steps, loadSteps);
  const loaded = next.value;
  assert.ok(loaded.state === "loaded");
  const { raft } = loaded.storage;
  assert.deepEqual(loaded.snapshot, snapshotAt(15, 1));
  assert.deepEqual(loaded.setAside, []);
  assert.deepEqual(loaded.storage.metadata, metadata);
  assert.deepEqual(raft.initialState(), { hardState: state(2, 2, 18), confState: voter });
  assert.deepEqual([raft.firstIndex(), raft.lastIndex()], [16, 22]);
  assert.deepEqual(raft.entries(16, 23, Infinity), [...entries(16, 18, 1), ...entries(19, 22, 2)]);
  assert.deepEqual(raft.snapshot(), snapshotAt(15, 1));
  assert.deepEqual(
    [15, 18, 19, 22].map((index) => raft.term(index)),
    [1, 1, 2, 2],
  );
});

test("the order of saving: the WAL's snapshot record, then its own, then the release", () => {
  const database = new TurnDatabase();
  const notes: string[] = [];
  const storage = founder({ sql: noting(database.sql, notes) });
  storage.save(state(1, 1, 40), entries(2, 40, 1));
  for (const index of [10, 20]) storage.saveSnapshot(snapshotAt(index, 1));
  notes.length = 0;
  const before = database.rowsWritten;
  storage.saveSnapshot(snapshotAt(30, 1));
  assert.deepEqual(notes, ["INSERT INTO wal_1", "INSERT INTO snap"]);
  assert.equal(database.rowsWritten - before, 2);
  assert.equal(storage.raft.firstIndex(), 2);
  storage.compact(25);
  storage.release();
  assert.equal(storage.raft.firstIndex(), 26);
  assert.deepEqual(notes.slice(2), ["DELETE FROM snap", "DELETE FROM snap"]);
  assert.deepEqual(
    storage.status.snapshots.map(({ index }) => index),
    [30, 20],
  );
});

test("a snapshot that is not newer than the newest is refused, and nothing is written", () => {
  const database = new TurnDatabase();
  const storage = founder(database);
  storage.save(state(1, 1, 9), entries(2, 9, 1));
  storage.saveSnapshot(snapshotAt(5, 1));
  const before = database.rowsWritten;
  assert.throws(() => storage.saveSnapshot(snapshotAt(5, 1)), SnapshotOutOfDateError);
  assert.throws(() => storage.install(snapshotAt(4, 1), state(1, 1, 9)), SnapshotOutOfDateError);
  assert.equal(database.rowsWritten, before);
  assert.equal(storage.raft.lastIndex(), 9);
});

test("a damaged newest snapshot: the older one, with more replay, gives the same", () => {
  const database = new TurnDatabase();
  const storage = founder(database);
  const change = newEntry({
    index: 6,
    term: 1,
    type: EntryType.EntryConfChangeV2,
    data: encodeConfChangeV2({
      transition: 0,
      changes: [{ type: 0, nodeId: 2 }],
      context: new Uint8Array(0),
    }),
  });
  const log = [...entries(2, 5, 1), change, ...entries(7, 30, 1)];
  storage.save(state(1, 1, 25), log);
  storage.saveSnapshot(snapshotAt(4, 1, [1]));
  storage.saveSnapshot(snapshotAt(20, 1, [1, 2]));
  storage.compact(19);
  storage.release();
  const whole = reloaded(database);
  assert.deepEqual(whole.storage.raft.initialState().confState.voters, [1, 2]);
  assert.equal(whole.storage.raft.firstIndex(), 21);

  spoil(database.sql, 20);
  const { storage: fallback, snapshot, setAside } = reloaded(database);
  assert.deepEqual(snapshot, snapshotAt(4, 1, [1]));
  assert.deepEqual(
    setAside.map(({ name }) => name),
    [snapName({ index: 20, term: 1 })],
  );
  // The configuration change after the older snapshot is delivered again: it comes with the log.
  assert.deepEqual(fallback.raft.initialState(), {
    hardState: state(1, 1, 25),
    confState: newConfState({ voters: [1] }),
  });
  assert.deepEqual(fallback.raft.entries(5, 31, Infinity), log.slice(3));

  fallback.save(state(2, 2, 28), entries(31, 33, 2));
  fallback.saveSnapshot(snapshotAt(28, 1, [1, 2]));
  fallback.release();
  assert.deepEqual(
    fallback.status.snapshots.map(({ index }) => index),
    [28, 4],
  );
  const again = reloaded(database);
  assert.deepEqual(again.snapshot, snapshotAt(28, 1, [1, 2]));
  assert.equal(again.storage.raft.lastIndex(), 33);
});

test("no valid snapshot is damage, and so is a gap above it; nothing above index 0 is not", () => {
  const database = new TurnDatabase();
  assert.equal(loadAtOnce(database.sql).state, "empty");
  const joining = MemberStorage.create(database.sql, { metadata });
  joining.save(state(3, 2, 0), []);
  const empty = reloaded(database);
  assert.equal(empty.snapshot, undefined);
  assert.deepEqual(empty.storage.raft.initialState().hardState, state(3, 2, 0));

  const other = new TurnDatabase();
  const storage = founder(other);
  storage.save(state(1, 1, 9), entries(2, 9, 1));
  storage.saveSnapshot(snapshotAt(5, 1));
  other.commit();
  for (const index of [1, 5]) spoil(other.sql, index);
  assert.equal(damageIn(other).kind, "NoSnapshotError");
  const result = restarted(other);
  assert.equal(result.state, "damaged", "it stays damaged");
});

test("a damaged row is reported by name, and nothing is changed", () => {
  const database = new TurnDatabase();
  const storage = founder(database);
  for (let i = 2; i <= 9; i++) storage.save(state(1, 1, i - 1), entries(i, i, 1));
  database.sql.exec("UPDATE wal_1 SET data = zeroblob(64) WHERE seq = 4");
  const damage = damageIn(database);
  assert.equal(damage.kind, "DamagedRowError");
  assert.match(damage.where, /^wal_1 row 4\b/);
  assert.match(damage.reason, /row 4/);
  database.sql.exec("UPDATE wal_1 SET data = zeroblob(64) WHERE seq = 9");
  assert.match(damageIn(database).where, /^wal_1 row 9\b/);
  database.sql.exec("DELETE FROM storage_format");
  assert.equal(damageIn(database).kind, "FormatError");
});

test("storage for later readers only is refused", () => {
  const database = new TurnDatabase();
  founder(database);
  database.sql.exec("UPDATE storage_format SET version = 5, oldest_reader = 4");
  const damage = damageIn(database);
  assert.equal(damage.kind, "FormatError");
  assert.match(damage.reason, /format 5, for readers of 4 and later; this one reads 3/);
  database.sql.exec("UPDATE storage_format SET oldest_reader = 1");
  reloaded(database);
});

test("storage of an older format is this one's from its first load on", () => {
  const database = new TurnDatabase();
  founder(database);
  database.sql.exec("UPDATE storage_format SET version = 1, oldest_reader = 1");
  reloaded(database);
  const format = database.sql.exec("SELECT version, oldest_reader FROM storage_format").one();
  assert.deepEqual({ ...format }, { version: 3, oldest_reader: 2 });
});

test("an installed snapshot replaces log and snapshots in one turn, or not at all", () => {
  const database = new TurnDatabase();
  const storage = founder(database);
  storage.save(state(1, 1, 9), entries(2, 9, 1));
  storage.saveSnapshot(snapshotAt(5, 1));
  database.commit();
  const installed = snapshotAt(90, 4, [1, 2, 3]);
  storage.install(installed, state(4, 0, 90), entries(91, 92, 4));
  assert.deepEqual([storage.raft.firstIndex(), storage.raft.lastIndex()], [91, 92]);
  assert.equal(storage.raft.term(90), 4);
  assert.deepEqual(storage.raft.snapshot(), installed);
  database.crash();
  const before = reloaded(database);
  assert.deepEqual(before.snapshot, snapshotAt(5, 1));
  assert.equal(before.storage.raft.lastIndex(), 9);

  before.storage.install(installed, state(4, 0, 90), entries(91, 92, 4));
  before.storage.save(state(4, 2, 91), entries(93, 93, 4));
  const after = reloaded(database);
  assert.deepEqual(after.snapshot, installed);
  assert.deepEqual(after.storage.metadata, metadata);
  assert.deepEqual(after.storage.raft.initialState(), {
    hardState: state(4, 2, 91),
    confState: installed.metadata.confState,
  });
  assert.deepEqual(after.storage.raft.entries(91, 94, Infinity), entries(91, 93, 4));
  assert.deepEqual(after.storage.status.snapshots, [{ index: 90, term: 4 }]);
  spoil(database.sql, 90, 4);
  assert.equal(damageIn(database).kind, "NoSnapshotError", "no fallback crosses an installation");
});

test("a transfer holds the log that its follower needs", () => {
  const database = new TurnDatabase();
  const limits = { segmentRows: 4, segmentBytes: 1e6, cacheBytes: 200 };
  const storage = MemberStorage.create(database.sql, { metadata, founding }, limits);
  for (let i = 2; i <= 60; i++) storage.save(state(1, 1, i - 1), entries(i, i, 1));
  for (const index of [30, 50]) storage.saveSnapshot(snapshotAt(index, 1));
  storage.compact(45);
  const segments = storage.status.wal.segments;
  storage.release(10);
  const held = storage.status.wal.segments;
  storage.release();
  const released = storage.status.wal.segments;
  assert.ok(segments > held && held > released + 3, `${segments} ${held} ${released}`);
  assert.deepEqual(storage.raft.entries(46, 61, Infinity), entries(46, 60, 1));
});

test("a member that has storage is not born again", () => {
  const database = new TurnDatabase();
  founder(database);
  assert.throws(() => founder(database), /has a WAL already/);
  assert.throws(
    () =>
      MemberStorage.create(new TurnDatabase().sql, {
        metadata,
        founding: { snapshot: snapshotAt(5, 1), hardState: state(1, 0, 4) },
      }),
    /only 4 is committed/,
  );
});

test("a member that has slept is opened by readers of sleep records alone", () => {
  const database = new TurnDatabase();
  const storage = founder(database);
  const reader = () =>
    database.sql.exec<{ oldest_reader: number }>("SELECT oldest_reader FROM storage_format").one()
      .oldest_reader;
  assert.equal(reader(), 2);
  storage.save(state(2, 1, 1), entries(2, 4, 2));
  storage.save(state(2, 1, 4), []);
  storage.writeSleep(sleepAt(4, 2));
  assert.equal(reader(), 3);
  const before = database.rowsWritten;
  storage.writeSleep(sleepAt(4, 2));
  assert.equal(database.rowsWritten, before + 1, "one row");
  const { storage: again } = reloaded(database);
  assert.deepEqual(again.sleepRecord, sleepAt(4, 2));
  assert.equal(reader(), 3);
  again.save(undefined, entries(5, 5, 2));
  assert.equal(again.sleepRecord, undefined);
  assert.equal(reloaded(database).storage.sleepRecord, undefined);
});
