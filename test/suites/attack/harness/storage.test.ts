import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { temporaryFolder } from "../../../support/runtime.ts";
import { countStorage } from "./storage.ts";

function database(path: string, ...statements: readonly string[]): void {
  const made = new DatabaseSync(path);
  for (const statement of statements) made.exec(statement);
  made.close();
}

test("objects that wrote something are told from those that were only woken", () => {
  const folder = temporaryFolder();
  const objects = join(folder, "do/RaftMember");
  mkdirSync(objects, { recursive: true });
  const platforms = "CREATE TABLE _cf_METADATA(key INTEGER)";
  database(join(objects, "a.sqlite"), platforms, "CREATE TABLE wal_1(seq INTEGER)");
  database(join(objects, "b.sqlite"), platforms);
  database(join(objects, "c.sqlite"), "PRAGMA user_version = 1");
  const alarms = "CREATE TABLE _cf_ALARM(actor_id TEXT, time INTEGER)";
  const set = "INSERT INTO _cf_ALARM VALUES ('a', 1), ('b', 2)";
  database(join(objects, "metadata.sqlite"), alarms, set);
  const { woken, made, alarms: set_, bytes } = countStorage(folder);
  assert.deepEqual({ woken, made, alarms: set_ }, { woken: 3, made: 1, alarms: 2 });
  assert.ok(bytes > 4 * 4_096, `${bytes} bytes`);
});

test("a folder in which nothing was stored counts as nothing", () => {
  const nothing = { woken: 0, made: 0, alarms: 0, bytes: 0 };
  assert.deepEqual(countStorage(temporaryFolder()), nothing);
});
