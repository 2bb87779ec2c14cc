import assert from "node:assert/strict";
import type { Tuning } from "../../../../src/node/world/tuning.ts";
import { CompactionRequest } from "../../../../src/proto/generated/etcd.ts";
import type { Sql, SqlBinding, SqlRow, SqlValue } from "../../../../src/storage/sql.ts";
import { Cluster } from "../support/cluster.ts";

export const tuning: Partial<Tuning> = { snapshotCount: 20, snapshotCatchUpEntries: 5 };

/** What a member of the cluster below answers for each key, as long as nothing is damaged. */
export const expected = new Map<string, string | undefined>([
  ["a", "three"],
  ["b", undefined],
  ["c", "leased"],
  ["large", "x".repeat(3_000)],
  ["last", "put"],
]);

/**
 * A cluster whose members have all that a database of theirs may hold: two snapshots, versions and
 * deletions, a value stored apart, history, and a log behind the newest snapshot.
 */
export async function filled(
  other: Partial<Tuning> = {},
): Promise<{ cluster: Cluster; leader: number }> {
  const cluster = new Cluster({ tuning: { ...tuning, ...other } });
  const leader = await cluster.start();
  const put = async (key: string, value: string) => {
    const { kind } = await cluster.until(cluster.put(leader, key, value));
    assert.equal(kind, "ok");
  };
  for (const value of ["one", "two", "three"]) await put("a", value);
  await put("b", "gone");
  await cluster.until(cluster.delete(leader, "b"));
  await put("c", "leased");
  await put("large", "x".repeat(3_000));
  // What lives from before it, only the fingerprint knows of; its history goes.
  const compaction = CompactionRequest.create({
    revision: (await cluster.peek(leader)).header.revision,
  });
  await cluster.until(cluster.propose(leader, cluster.request({ compaction })));
  for (let i = 0; i < 60; i++) await put(`filler${i % 20}`, `${i}`);
  await put("last", "put");
  // Only with this one's row is it stored that the one before is committed.
  await put("after", "it");
  await cluster.run(1_000);
  for (const id of [1, 2, 3]) assert.equal((await cluster.peek(id)).snapshots.length, 2);
  return { cluster, leader };
}

/** Ends a member's process and changes its storage while there is none. */
export function harm(cluster: Cluster, id: number, change: (sql: Sql) => void): void {
  const object = cluster.world.object(id);
  if (object.live) object.lose(object.live, "test");
  change(object.database.sql);
  object.database.commit();
}

export type Where = readonly [clause: string, ...bindings: SqlBinding[]];

export function tablesOf(sql: Sql): string[] {
  const query = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
  return [...sql.exec<{ name: string }>(query)].map(({ name }) => name);
}

/** The columns that tell one row of a table from all others. */
function keysOf(table: string): readonly string[] {
  if (table.startsWith("kv_") && table !== "kv_generations") return ["key", "rank"];
  if (table.startsWith("wal_")) return ["seq"];
  if (table.startsWith("history_")) return ["sequence"];
  return [table === "member" ? "key" : "id"];
}

export function rowsOf(sql: Sql, table: string): { where: Where; row: SqlRow }[] {
  const keys = keysOf(table);
  return sql
    .exec(`SELECT * FROM ${table}`)
    .toArray()
    .map((row) => {
      const clause = keys.map((key) => `${key} = ?`).join(" AND ");
      return { row, where: [clause, ...keys.map((key) => row[key] ?? null)] as const };
    });
}

/** Another value of the same kind: one byte, digit or bit away. */
export function changed(value: SqlValue, at: number): SqlValue {
  if (value === null) return 7;
  if (typeof value === "number") return value ^ (1 << (at % 8));
  if (typeof value === "string") {
    const i = at % Math.max(1, value.length);
    const other = value[i] === "7" ? "8" : "7";
    return value.slice(0, i) + other + value.slice(i + 1);
  }
  const bytes = new Uint8Array(value.slice(0));
  if (bytes.length === 0) return new Uint8Array([7]).buffer;
  const i = at % bytes.length;
  bytes[i] = (bytes[i] ?? 0) ^ (1 << (at % 8));
  return bytes.buffer;
}
