/**
 * Every table of a member's database, every column of its rows, or of some of many: what is changed
 * or gone is of no use to anybody, or it is named. The member never serves what it was not given,
 * and is never tried again and again.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Sql, SqlBinding } from "../../../../src/storage/sql.ts";
import { cloneDatabase } from "../../../suites/sim/world/disk.ts";
import type { TurnDatabase } from "../../../support/sqlite.ts";
import type { Cluster } from "../support/cluster.ts";
import { changed, expected, filled, harm, rowsOf, tablesOf, type Where } from "./support.ts";

let cluster: Cluster;
let victim: number;
let intact: TurnDatabase;
let fingerprint: string | undefined;

before(async () => {
  const made = await filled();
  cluster = made.cluster;
  victim = made.leader === 3 ? 2 : 3;
  // What this member says of itself is not to be mended by others.
  cluster.cut(victim);
  const object = cluster.world.object(victim);
  if (object.live) object.lose(object.live, "test");
  intact = cloneDatabase(object.database);
});
after(() => cluster.close());

/** Starts the member on a copy that was changed. "" where it serves all that it should. */
async function outcomeOf(change: (sql: Sql) => void): Promise<string> {
  const object = cluster.world.object(victim);
  if (object.live) object.lose(object.live, "test");
  object.database = cloneDatabase(intact);
  harm(cluster, victim, change);
  await cluster.peek(victim);
  const { restarts } = object;
  for (let i = 0; i < 40; i++) {
    await cluster.run(10);
    if ((await cluster.peek(victim)).phase !== "starting") break;
  }
  const { phase, damage, ...status } = await cluster.peek(victim);
  assert.equal(object.restarts, restarts, "it is tried again and again");
  if (phase === "stopped") {
    assert.ok(damage.length > 10, damage);
    await assert.rejects(cluster.get(victim, "a", "serializable"));
    return damage;
  }
  assert.equal(phase, "ready", damage);
  for (const [key, value] of expected) {
    assert.equal(await cluster.get(victim, key, "serializable"), value, key);
  }
  fingerprint ??= status.fingerprint;
  assert.equal(status.fingerprint, fingerprint);
  return "";
}

/** The rows of a table that are looked at: all of a few, the ends and some between of many. */
function sampled(table: string): { where: Where; row: Record<string, unknown> }[] {
  const rows = rowsOf(intact.sql, table);
  const most = 30;
  return rows.filter((_, i) => rows.length <= most || i % Math.ceil(rows.length / most) === 0);
}

test("unharmed, it serves all there is", async () => {
  assert.equal(await outcomeOf(() => undefined), "");
});

/** Whether SQLite itself lets a row be changed so. */
function isPossible(update: string, ...bindings: SqlBinding[]): boolean {
  try {
    intact.sql.exec(update, ...bindings);
    return true;
  } catch (error) {
    if (String(error).includes("constraint failed")) return false;
    throw error;
  } finally {
    intact.crash();
  }
}

/** Columns whose every change is named, by table. What is not here may be of no use. */
const vital: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^kv_\d+$/, ["key", "rank", "created", "version", "lease", "value", "large", "sum"]],
  [/^large_\d+$/, ["value", "sum"]],
  [/^history_\d+$/, ["sequence", "first", "last", "entries", "sum"]],
  [/^kv_generations$/, ["id", "state", "compacted", "owner", "progress", "sum"]],
  [/^member$/, ["value"]],
];

test("a column that is changed is named, or of no use", { timeout: 120_000 }, async () => {
  let cases = 0;
  for (const table of tablesOf(intact.sql)) {
    const named = vital.find(([pattern]) => pattern.test(table))?.[1] ?? [];
    for (const { row, where } of sampled(table)) {
      const [clause, ...bindings] = where;
      for (const [at, [column, value]] of Object.entries(row).entries()) {
        cases += 1;
        const other = changed(value as never, cases + at);
        const update = `UPDATE ${table} SET ${column} = ? WHERE ${clause}`;
        if (!isPossible(update, other, ...bindings)) continue;
        const damage = await outcomeOf((sql) => sql.exec(update, other, ...bindings));
        if (named.includes(column)) assert.notEqual(damage, "", `${table}.${column} ${bindings}`);
      }
    }
  }
  assert.ok(cases > 100, `${cases}`);
});

test("a row that is gone is named, or of no use", { timeout: 120_000 }, async () => {
  for (const table of tablesOf(intact.sql)) {
    const rows = sampled(table);
    // The end of a log that nobody else asks for cannot be missed; see the cluster's tests.
    const known = table.startsWith("wal_") ? rows.slice(0, -1) : rows;
    for (const { where } of known) {
      const [clause, ...bindings] = where;
      const damage = await outcomeOf((sql) =>
        sql.exec(`DELETE FROM ${table} WHERE ${clause}`, ...bindings),
      );
      if (/^(kv|large|history)_/.test(table)) assert.notEqual(damage, "", `${table} ${bindings}`);
    }
  }
});

test("two rows that change places are named", { timeout: 120_000 }, async () => {
  for (const table of tablesOf(intact.sql)) {
    const rows = sampled(table);
    for (const [i, { row, where }] of rows.entries()) {
      const other = rows[i + 1]?.row;
      if (other === undefined) continue;
      const keys = where[0].split(" AND ").map((part) => part.split(" ")[0]);
      const columns = Object.keys(row).filter((column) => !keys.includes(column));
      const set = columns.map((column) => `${column} = ?`).join(", ");
      const [clause, ...bindings] = where;
      const values = columns.map((column) => other[column] as never);
      const update = `UPDATE ${table} SET ${set} WHERE ${clause}`;
      const damage = await outcomeOf((sql) => sql.exec(update, ...values, ...bindings));
      if (table.startsWith("kv_")) assert.notEqual(damage, "", `${table} ${bindings}`);
    }
  }
});

test("a table that is gone is named", { timeout: 60_000 }, async () => {
  for (const table of tablesOf(intact.sql)) {
    const damage = await outcomeOf((sql) => sql.exec(`DROP TABLE ${table}`));
    assert.notEqual(damage, "", table);
  }
});

/** The database as the first release left it: without a sum in any row. */
function asFirstReleased(sql: Sql): void {
  for (const table of tablesOf(sql)) {
    if (/^(kv|large|history)_/.test(table)) sql.exec(`ALTER TABLE ${table} DROP COLUMN sum`);
  }
  sql.exec("DELETE FROM member WHERE key = 'sum'");
  sql.exec("UPDATE storage_format SET version = 1, oldest_reader = 1");
}

test("what the first release wrote is read, and checked as a whole", async () => {
  assert.equal(await outcomeOf(asFirstReleased), "");
  const { sql } = cluster.world.object(victim).database;
  const sums = sql.exec("SELECT value FROM member WHERE key = 'sum'").toArray();
  assert.equal(sums.length, 1);
  const table = tablesOf(intact.sql).find((name) => /^kv_\d+$/.test(name)) ?? "";
  const [clause, ...bindings] = rowsOf(intact.sql, table)[0]?.where ?? [];
  const damage = await outcomeOf((old) => {
    asFirstReleased(old);
    old.exec(`DELETE FROM ${table} WHERE ${clause}`, ...bindings);
  });
  assert.match(damage, /^StorageDamagedError in the base: /);
});
