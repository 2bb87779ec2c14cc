import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { holds } from "../../support/property.ts";
import { SupersededError, TurnDatabase } from "../../support/sqlite.ts";

const values = (database: TurnDatabase): unknown[] =>
  database.sql
    .exec("SELECT v FROM t ORDER BY v")
    .toArray()
    .map((row) => row["v" as string]);

function withTable(definition = "v INTEGER PRIMARY KEY"): TurnDatabase {
  const database = new TurnDatabase();
  database.sql.exec(`CREATE TABLE t (${definition})`);
  database.commit();
  return database;
}

test("BLOBs come back as ArrayBuffers of their own, numbers bind as REAL", () => {
  const { sql } = withTable("a BLOB, b, c INTEGER");
  sql.exec("INSERT INTO t VALUES (?, ?, ?)", new Uint8Array([9, 1, 2]).subarray(1), 3, 4);
  sql.exec("INSERT INTO t VALUES (?, ?, ?)", new Uint8Array([5]).buffer, null, "6");
  const rows = sql.exec("SELECT a, typeof(b) AS b, typeof(c) AS c FROM t").toArray();
  assert.ok(rows[0]?.["a" as string] instanceof ArrayBuffer);
  assert.deepEqual(rows, [
    { a: new Uint8Array([1, 2]).buffer, b: "real", c: "integer" },
    { a: new Uint8Array([5]).buffer, b: "null", c: "integer" },
  ]);
});

test("a cursor gives objects, arrays, names, and the only row", () => {
  const { sql } = withTable();
  sql.exec("INSERT INTO t VALUES (1), (2), (3)");
  assert.deepEqual(
    [...sql.exec("SELECT v, v * 2 AS w FROM t").raw()],
    [
      [1, 2],
      [2, 4],
      [3, 6],
    ],
  );
  assert.deepEqual(sql.exec("SELECT v FROM t WHERE v = 2").one(), { v: 2 });
  assert.throws(() => sql.exec("SELECT v FROM t").one(), /expected one row/);
  assert.throws(() => sql.exec("SELECT v FROM t WHERE v = 7").one(), /expected one row/);
  assert.deepEqual(sql.exec("SELECT v AS x FROM t").columnNames, ["x"]);
  assert.deepEqual(sql.exec("DELETE FROM t RETURNING v").toArray(), [{ v: 1 }, { v: 2 }, { v: 3 }]);
});

test("two cursors of one query do not disturb each other", () => {
  const { sql } = withTable();
  sql.exec("INSERT INTO t VALUES (1), (2)");
  const query = "SELECT v FROM t ORDER BY v";
  const pairs = [];
  for (const a of sql.exec(query)) for (const b of sql.exec(query)) pairs.push([a, b]);
  assert.equal(pairs.length, 4);
});

test("what the platform refuses is refused", () => {
  const { sql } = withTable("v BLOB, w BLOB");
  assert.throws(() => sql.exec("INSERT INTO t VALUES (?, NULL)", 1n as never), TypeError);
  assert.throws(() => sql.exec("INSERT INTO t VALUES (?, NULL)", true as never), TypeError);
  assert.throws(() => sql.exec("CREATE TABLE _cf_x (v)"), /not authorized|prohibited/);
  assert.throws(() => sql.exec("CREATE TEMP TABLE x (v)"), /not authorized/);
  assert.throws(() => sql.exec("BEGIN"), /not authorized/);
  assert.throws(() => sql.exec("SAVEPOINT x"), /not authorized/);
  assert.throws(() => sql.exec("PRAGMA user_version"), /not authorized/);
  assert.throws(() => sql.exec("SELECT 1; SELECT 2"), /more than one statement/);
  const many = Array.from({ length: 101 }, () => 1);
  assert.throws(() => sql.exec(`SELECT ${many.map(() => "?")}`, ...many), /at most 100/);
  assert.throws(() => sql.exec(`SELECT '${"x".repeat(100_000)}'`), /too big|too long|large/i);
});

test("a row holds 2,000,000 bytes and no more", () => {
  const { sql } = withTable("v BLOB, w BLOB");
  const insert = "INSERT INTO t VALUES (?, ?)";
  sql.exec(insert, new Uint8Array(1_000_000), new Uint8Array(999_900));
  assert.throws(() => sql.exec(insert, new Uint8Array(1_000_000), new Uint8Array(1_000_000)));
  assert.throws(() => sql.exec(insert, new Uint8Array(2_000_001), null));
  assert.deepEqual(sql.exec("SELECT count(*) AS n FROM t").one(), { n: 1 });
});

test("rows are counted as the platform bills them", () => {
  const database = new TurnDatabase();
  const { sql } = database;
  const cost = (query: string): number => sql.exec(query).rowsWritten;
  assert.equal(cost("CREATE TABLE a (k INTEGER PRIMARY KEY, v, w)"), 2);
  assert.equal(cost("CREATE TABLE IF NOT EXISTS a (k)"), 0);
  assert.equal(cost("INSERT INTO a VALUES (1, 1, 1), (2, 2, 2)"), 2);
  assert.equal(cost("INSERT OR REPLACE INTO a VALUES (1, 5, 5)"), 1);
  assert.equal(cost("INSERT OR IGNORE INTO a VALUES (1, 5, 5)"), 0);
  assert.equal(cost("INSERT INTO a VALUES (1, 1, 1) ON CONFLICT DO UPDATE SET v = 9"), 1);
  assert.equal(cost("UPDATE a SET v = 3"), 2);
  sql.exec("CREATE INDEX i ON a (v)");
  assert.equal(cost("INSERT INTO a VALUES (3, 1, 1)"), 2);
  assert.equal(cost("UPDATE a SET v = 4 WHERE k = 3"), 2);
  assert.equal(cost("UPDATE a SET w = 4 WHERE k = 3"), 1);
  assert.equal(cost("DELETE FROM a"), 3);
  sql.exec("CREATE TABLE b (k TEXT PRIMARY KEY)");
  assert.equal(cost("INSERT INTO b VALUES ('x')"), 2);
  sql.exec("CREATE TABLE c (k TEXT, l INTEGER, PRIMARY KEY (k, l)) WITHOUT ROWID");
  assert.equal(cost("INSERT INTO c VALUES ('x', 1)"), 1);
  sql.exec("CREATE TABLE d (k INTEGER PRIMARY KEY AUTOINCREMENT, v)");
  assert.equal(cost("INSERT INTO d (v) VALUES (1)"), 2);
  assert.equal(cost("ALTER TABLE d RENAME TO e"), 3);
  assert.equal(cost("DROP TABLE c"), 0);
  assert.equal(cost("SELECT * FROM e"), 0);
  assert.equal(database.rowsWritten, 32);
});

test("a crash takes back what is not durable, and nothing else", () => {
  const database = withTable();
  database.sql.exec("INSERT INTO t VALUES (1)");
  const first = database.endTurn();
  database.sql.exec("INSERT INTO t VALUES (2)");
  const second = database.endTurn();
  assert.equal(
    database.endTurn(),
    second,
    "a turn that writes nothing waits for the last that did",
  );
  database.sql.exec("INSERT INTO t VALUES (3)");
  assert.equal(database.inFlight, 2);
  database.durable(first);
  assert.deepEqual(values(database), [1, 2, 3]);
  database.crash();
  assert.deepEqual(values(database), [1]);
  assert.throws(() => database.durable(second), RangeError);
  assert.equal(database.endTurn(), first);
  database.sql.exec("INSERT INTO t VALUES (4)");
  const third = database.endTurn();
  assert.ok(third > second, "ordinals are never used again");
  database.durable(third);
  database.crash();
  assert.deepEqual(values(database), [1, 4]);
});

test("tables created and dropped roll back too", () => {
  const database = withTable();
  database.sql.exec("INSERT INTO t VALUES (1)");
  database.commit();
  database.sql.exec("DROP TABLE t");
  database.sql.exec("CREATE TABLE u (v)");
  database.endTurn();
  database.crash();
  assert.deepEqual(values(database), [1]);
  assert.throws(() => database.sql.exec("SELECT * FROM u"), /no such table/);
});

test("an instance that was superseded cannot touch the storage", () => {
  const database = withTable();
  const old = database.sql;
  database.restart();
  assert.throws(() => old.exec("SELECT 1"), SupersededError);
  database.sql.exec("SELECT 1");
});

test("a cursor left open does not hinder commit and crash", () => {
  const database = withTable();
  database.sql.exec("INSERT INTO t VALUES (1), (2), (3)");
  const abandoned = database.sql.exec("SELECT v FROM t")[Symbol.iterator]();
  abandoned.next();
  database.commit();
  database.sql.exec("INSERT INTO t VALUES (4)");
  database.endTurn();
  database.crash();
  assert.deepEqual(values(database), [1, 2, 3]);
});

test("a file keeps what was durable when it was closed", () => {
  const directory = mkdtempSync(join(tmpdir(), "durable-raft-"));
  const file = join(directory, "member.sqlite");
  const before = new TurnDatabase(file);
  before.sql.exec("CREATE TABLE t (v INTEGER PRIMARY KEY)");
  before.sql.exec("INSERT INTO t VALUES (1)");
  before.commit();
  before.sql.exec("INSERT INTO t VALUES (2)");
  before.endTurn();
  before.close();
  const after = new TurnDatabase(file);
  assert.deepEqual(values(after), [1]);
  assert.ok(after.sql.databaseSize > 0);
  after.close();
  rmSync(directory, { recursive: true });
});

test("turns, commits and crashes in any order leave what a model says", (t) => {
  const step = fc.constantFrom("write", "end", "durable", "crash", "drop");
  holds(
    t,
    fc.property(fc.array(step, { maxLength: 60 }), fc.infiniteStream(fc.nat(9)), (steps, picks) => {
      const database = withTable();
      let current: number[] = [];
      let durable: number[] = [];
      let flight: { ordinal: number; state: number[] }[] = [];
      let next = 0;
      for (const kind of steps) {
        if (kind === "write") {
          database.sql.exec("INSERT INTO t VALUES (?)", ++next);
          current = [...current, next];
        } else if (kind === "drop") {
          database.sql.exec("DROP TABLE t");
          database.sql.exec("CREATE TABLE t (v INTEGER PRIMARY KEY)");
          current = [];
        } else if (kind === "end") {
          if (database.dirty) flight.push({ ordinal: database.endTurn(), state: current });
        } else if (kind === "durable" && flight.length > 0) {
          const count = 1 + ((picks.next().value ?? 0) % flight.length);
          const last = flight.splice(0, count).at(-1);
          assert.ok(last);
          database.durable(last.ordinal);
          durable = last.state;
        } else if (kind === "crash") {
          database.crash();
          flight = [];
          current = durable;
        }
        assert.deepEqual(values(database), current);
      }
      database.close();
    }),
    { numRuns: 200 },
  );
});
