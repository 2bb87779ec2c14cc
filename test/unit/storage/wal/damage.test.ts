import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sql } from "../../../../src/storage/sql.ts";
import {
  CrcMismatchError,
  DamagedRowError,
  MetadataConflictError,
  WalError,
} from "../../../../src/storage/wal/errors.ts";
import { decodeRow, encodeRow } from "../../../../src/storage/wal/row.ts";
import { Wal } from "../../../../src/storage/wal/wal.ts";
import { utf8 } from "../../../support/bytes.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";
import { entries, sleepAt, voter } from "../logs.ts";

const snapshot = (index: number, term: number) => ({ index, term, confState: voter });

/** A short WAL with every kind of row in it. */
function written(): TurnDatabase {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, utf8("member 1"));
  wal.save({ term: 1, vote: 1, commit: 0 }, entries(1, 1, 1));
  wal.save(undefined, [{ term: 1, index: 2, type: 0, data: new Uint8Array(0) }]);
  wal.save({ term: 1, vote: 1, commit: 2 }, entries(3, 5, 1));
  wal.saveSnapshot(snapshot(2, 1));
  wal.save({ term: 2, vote: 0, commit: 2 }, []);
  wal.save({ term: 2, vote: 2, commit: 3 }, entries(4, 4, 2));
  wal.save({ term: 2, vote: 2, commit: 4 }, []);
  wal.writeSleep(sleepAt(4, 2));
  wal.fence();
  database.commit();
  return database;
}

function read(sql: Sql, index = 0): object {
  return Wal.open(sql, snapshot(index, index && 1)).readAll();
}

interface Row {
  readonly seq: number;
  readonly data: ArrayBuffer;
  readonly [column: string]: number | ArrayBuffer;
}

const rowsOf = (sql: Sql): Row[] =>
  sql.exec<Row>("SELECT seq, data FROM wal_1 ORDER BY seq").toArray();

/** Runs `check` on the damaged database, and then takes the damage back. */
function damaged(database: TurnDatabase, damage: (sql: Sql) => void, check: (sql: Sql) => void) {
  damage(database.sql);
  check(database.sql);
  database.crash();
}

test("any byte of any row that is not what was written is an error that names the row", () => {
  const database = written();
  for (const { seq, data } of rowsOf(database.sql)) {
    for (let at = 0; at < data.byteLength; at++) {
      for (const mask of [1, 2, 4, 8, 16, 32, 64, 128, 3, 5, 6, 7, 255]) {
        const copy = new Uint8Array(data.slice(0));
        copy[at] = (copy[at] ?? 0) ^ mask;
        damaged(
          database,
          (sql) => sql.exec("UPDATE wal_1 SET data = ? WHERE seq = ?", copy, seq),
          (sql) => {
            const what = `row ${seq} byte ${at} flipped by ${mask}`;
            assert.throws(
              () => read(sql),
              (error) => {
                assert.ok(error instanceof WalError, what);
                // A crc record's own value shows in the record after it, or in the row before.
                const near = [`wal_1 row ${seq} `, `wal_1 row ${seq + 1} `];
                assert.ok(
                  near.some((row) => `${error.where} `.startsWith(row)),
                  `${what}: ${error}`,
                );
                return true;
              },
              what,
            );
          },
        );
      }
    }
  }
});

test("a row that is cut anywhere, or has more to it, is damaged", () => {
  const database = written();
  for (const { seq, data } of rowsOf(database.sql)) {
    const whole = new Uint8Array(data.slice(0));
    const longer = new Uint8Array(whole.length + 8);
    longer.set(whole);
    const copies = [longer];
    for (let length = 0; length < whole.length; length++) copies.push(whole.slice(0, length));
    for (const copy of copies) {
      damaged(
        database,
        (sql) => sql.exec("UPDATE wal_1 SET data = ? WHERE seq = ?", copy, seq),
        (sql) => assert.throws(() => read(sql), DamagedRowError),
      );
    }
  }
});

test("a row that is gone, moved, or has another's columns is missed", () => {
  const database = written();
  const rows = rowsOf(database.sql);
  for (const { seq } of rows.slice(0, -1)) {
    const changes = [
      `DELETE FROM wal_1 WHERE seq = ${seq}`,
      `UPDATE wal_1 SET seq = seq + 100 WHERE seq = ${seq}`,
      `UPDATE wal_1 SET first = first + 1 WHERE seq = ${seq}`,
      `UPDATE wal_1 SET last = last + 1 WHERE seq = ${seq}`,
      `UPDATE wal_1 SET first = 'x' WHERE seq = ${seq}`,
      `UPDATE wal_1 SET data = 'x' WHERE seq = ${seq}`,
    ];
    for (const change of changes) {
      damaged(
        database,
        (sql) => sql.exec(change),
        (sql) => assert.throws(() => read(sql), WalError, change),
      );
    }
  }
});

test("rows of two WALs do not mix", () => {
  const database = written();
  const other = new TurnDatabase();
  const wal = Wal.create(other.sql, utf8("member 2"));
  for (let i = 1; i <= 6; i++) wal.save({ term: 1, vote: 1, commit: 0 }, entries(i, i, 1));
  for (const { seq, data } of rowsOf(other.sql).slice(0, 5)) {
    damaged(
      database,
      (sql) => sql.exec("UPDATE wal_1 SET data = ? WHERE seq = ?", data, seq),
      (sql) => assert.throws(() => read(sql), WalError),
    );
  }
});

test("a segment that is gone or empty is damage, and so is one with other metadata", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, utf8("member 1"));
  for (let i = 1; i <= 50; i++) wal.save({ term: 1, vote: 1, commit: 0 }, entries(i, i, 1, 1e6));
  database.commit();
  const check = (change: string, expected: typeof DamagedRowError, where: RegExp) =>
    damaged(
      database,
      (sql) => sql.exec(change),
      (sql) =>
        assert.throws(
          () => read(sql),
          (error) => error instanceof expected && where.test(error.where),
        ),
    );
  check("DROP TABLE wal_2", DamagedRowError, /^wal_2$/);
  check("DELETE FROM wal_3", DamagedRowError, /^wal_3$/);
  check("DELETE FROM wal_4", DamagedRowError, /^wal_4$/);
  const [row] = database.sql
    .exec<{ data: ArrayBuffer; seq: number }>("SELECT seq, data FROM wal_2 ORDER BY seq LIMIT 1")
    .toArray();
  assert.ok(row);
  const conflicting = new Uint8Array(row.data);
  const at = Buffer.from(conflicting).indexOf("member 1");
  conflicting[at + 7] = "2".charCodeAt(0);
  damaged(
    database,
    (sql) => sql.exec("UPDATE wal_2 SET data = ? WHERE seq = ?", conflicting, row.seq),
    (sql) => assert.throws(() => read(sql), CrcMismatchError),
  );
});

test("metadata that differs between segments is a conflict", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, utf8("member 1"));
  for (let i = 1; i <= 20; i++) wal.save({ term: 1, vote: 1, commit: 0 }, entries(i, i, 1, 1e6));
  const [row] = database.sql
    .exec<{ seq: number; first: number; last: number; data: ArrayBuffer }>(
      "SELECT * FROM wal_2 ORDER BY seq LIMIT 1",
    )
    .toArray();
  assert.ok(row);
  const contents = decodeRow(new Uint8Array(row.data), row, "row");
  const { data } = encodeRow({ ...contents, metadata: utf8("member 2") }, contents.crcBefore);
  database.sql.exec("UPDATE wal_2 SET data = ? WHERE seq = ?", data, row.seq);
  assert.throws(
    () => read(database.sql),
    (error) => error instanceof MetadataConflictError && error.where === `wal_2 row ${row.seq}`,
  );
});

test("damage that shows while the member runs is an error of the read that meets it", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, utf8("member 1"));
  for (let i = 1; i <= 9; i++) wal.save({ term: 1, vote: 1, commit: 0 }, entries(i, i, 1));
  database.sql.exec("UPDATE wal_1 SET data = zeroblob(64) WHERE seq = 5");
  assert.equal(wal.entries(1, 4, Infinity).length, 3);
  assert.throws(() => wal.entries(4, 5, Infinity), DamagedRowError);
  database.sql.exec("DELETE FROM wal_1 WHERE seq = 5");
  assert.throws(() => wal.entries(4, 5, Infinity), /entry 4 is not in it/);
});

test("a damaged record of a snapshot hides that snapshot, and reading the WAL reports it", () => {
  const database = new TurnDatabase();
  const wal = Wal.create(database.sql, utf8("member 1"));
  wal.save({ term: 1, vote: 1, commit: 9 }, entries(1, 9, 1));
  wal.saveSnapshot(snapshot(4, 1));
  wal.saveSnapshot(snapshot(8, 1));
  wal.fence();
  database.sql.exec("UPDATE wal_1 SET data = zeroblob(64) WHERE last = 8");
  assert.deepEqual(Wal.validSnapshotEntries(database.sql), [snapshot(4, 1)]);
  assert.throws(() => read(database.sql, 4), DamagedRowError);
});
