import assert from "node:assert/strict";
import { test } from "node:test";
import { Base } from "../../../../src/kv/store/base.ts";
import { heldBytes, isValueOnDisk } from "../../../../src/kv/store/large-value.ts";
import type { Row } from "../../../../src/kv/store/version.ts";
import type { Sql } from "../../../../src/storage/sql.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";
import { bytes } from "../support.ts";

function rowOf(key: string, valueBytes: number): Row {
  const kv = { key: bytes(key), createRevision: 2, modRevision: 2, version: 1, lease: 0n };
  return { key, kv: { ...kv, value: new Uint8Array(valueBytes).fill(1) }, second: false };
}

/** Counts what is read from the table of large values. */
function counting(sql: Sql): { readonly sql: Sql; loads(): number } {
  let loads = 0;
  const exec: Sql["exec"] = (query, ...bindings) => {
    if (/^SELECT .*value.* FROM large_/.test(query)) loads++;
    return sql.exec(query, ...bindings);
  };
  return { sql: { exec, databaseSize: 0 }, loads: () => loads };
}

test("900 bytes of key and value stay in their row; more is read when it is looked at", () => {
  const { sql, loads } = counting(new TurnDatabase().sql);
  Base.create(sql, 1);
  const base = new Base(sql, 1);
  base.write([rowOf("inline", 894), rowOf("large1", 895), rowOf("large2", 1_900_000)]);
  const found = [...base.scanLive("a", "z", 2, false)].map(([, kv]) => kv);
  assert.deepEqual(found.map(isValueOnDisk), [false, true, true]);
  assert.deepEqual(found.map(heldBytes), [900, 6, 6]);
  assert.equal(loads(), 0);
  assert.deepEqual(
    found.map(({ value }) => value.length),
    [894, 895, 1_900_000],
  );
  assert.equal(loads(), 2);
});

test("writing a row again leaves one large value", () => {
  const { sql } = new TurnDatabase();
  Base.create(sql, 1);
  const base = new Base(sql, 1);
  for (let i = 0; i < 3; i++) base.write([rowOf("key", 5_000)]);
  assert.equal(sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM large_1").one().n, 1);
  const reopened = new Base(sql, 1);
  reopened.write([rowOf("other", 5_000)]);
  assert.equal(reopened.get("key", 2)?.value.length, 5_000);
  assert.equal(reopened.get("other", 2)?.value.length, 5_000);
});
