/** What the others and the clients see of a member whose storage is damaged while it runs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { rowSum } from "../../../../src/kv/store/row-sum.ts";
import {
  Compare,
  HashKVRequest,
  PutRequest,
  RequestOp,
  TxnRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { Query, Response } from "../../../../src/proto/generated/kv.ts";
import type { Answer } from "../../../../src/rpc/messages.ts";
import type { Sql, SqlValue } from "../../../../src/storage/sql.ts";
import type { Cluster } from "../support/cluster.ts";
import { filled, harm, rowsOf, tablesOf } from "./support.ts";

const text = new TextEncoder();

/** The newest row of a key, in whatever generation of tables is in use. */
function rowOf(sql: Sql, key: string) {
  for (const table of tablesOf(sql).filter((name) => /^kv_\d+$/.test(name))) {
    const rows = rowsOf(sql, table).filter(
      ({ row }) => Buffer.from(row.key as ArrayBuffer).toString() === key,
    );
    const newest = rows.at(-1);
    if (newest !== undefined) return { table, ...newest };
  }
  throw new Error(`no row of ${key}`);
}

/** Writes another value of a key over its row; `summed` as if it had always been so. */
function overwrite(sql: Sql, key: string, value: string, summed = false): void {
  const { table, row, where } = rowOf(sql, key);
  const [clause, ...bindings] = where;
  const values: SqlValue[] = Object.values({
    ...row,
    value: new Uint8Array(text.encode(value)).buffer,
  });
  const sum = summed ? rowSum(values.slice(0, -1)) : (row.sum ?? null);
  const update = `UPDATE ${table} SET value = ?, sum = ? WHERE ${clause}`;
  sql.exec(update, text.encode(value), sum, ...bindings);
}

function remove(sql: Sql, key: string): void {
  const { table, where } = rowOf(sql, key);
  const [clause, ...bindings] = where;
  sql.exec(`DELETE FROM ${table} WHERE ${clause}`, ...bindings);
}

/** Changes the storage of a member that runs, and has just begun to: nothing is in its memory. */
async function harmRunning(cluster: Cluster, id: number, change: (sql: Sql) => void) {
  harm(cluster, id, () => undefined);
  await cluster.peek(id);
  await cluster.when("it is ready", () => cluster.world.object(id).live !== undefined);
  await cluster.caughtUp(id);
  await cluster.run(500);
  await cluster.now(id, () => change(cluster.world.object(id).database.sql));
  await cluster.run(100);
}

async function lead(cluster: Cluster, id: number): Promise<void> {
  if ((await cluster.leader()) === id) return;
  const leader = await cluster.leader();
  await cluster.until(cluster.ask(leader, (member) => member.moveLeader(id, "")));
  assert.equal(await cluster.leader(), id);
}

/** key = to, if it is from. */
function swap(cluster: Cluster, id: number, key: string, from: string, to: string) {
  const request = cluster.request({
    txn: TxnRequest.create({
      compare: [Compare.create({ key: text.encode(key), target: 3, value: text.encode(from) })],
      success: [
        RequestOp.create({
          requestPut: PutRequest.create({ key: text.encode(key), value: text.encode(to) }),
        }),
      ],
    }),
  });
  return cluster.propose(id, request);
}

async function stopped(cluster: Cluster, id: number): Promise<string> {
  const { phase, damage } = await cluster.peek(id);
  assert.equal(phase, "stopped", damage);
  return damage;
}

test("a changed value is served by nobody: the member ends, and the others answer", async () => {
  const { cluster, leader } = await filled();
  const victim = leader === 1 ? 2 : 1;
  await harmRunning(cluster, victim, (sql) => overwrite(sql, "a", "wrong"));
  assert.equal((await cluster.peek(victim)).phase, "ready");
  await assert.rejects(cluster.get(victim, "a"), /"code":14.*the row's sum is/);
  assert.match(await stopped(cluster, victim), /^StorageDamagedError in kv_\d+: /);
  assert.equal(await cluster.get(leader, "a"), "three");
  assert.equal((await cluster.until(cluster.put(leader, "x", "y"))).kind, "ok");
  const { restarts } = cluster.world.object(victim);
  await cluster.run(3_000);
  assert.equal(cluster.world.object(victim).restarts, restarts);
  cluster.close();
});

test("a changed value decides no comparison: the leader hands over and ends", async () => {
  const { cluster } = await filled();
  await harmRunning(cluster, 2, (sql) => overwrite(sql, "a", "wrong"));
  await lead(cluster, 2);
  const answer = await cluster.until(swap(cluster, 2, "a", "wrong", "lost"));
  assert.notEqual(answer.kind, "ok");
  assert.match(await stopped(cluster, 2), /the row's sum is/);
  // Sooner than anybody misses a leader.
  await cluster.run(500);
  const next = await cluster.leader([1, 3]);
  assert.equal(await cluster.get(next, "a"), "three");
  const swapped: Answer = await cluster.until(swap(cluster, next, "a", "three", "four"));
  assert.equal(swapped.kind, "ok");
  assert.equal(await cluster.get(next, "a"), "four");
  await cluster.run(500);
  assert.equal((await cluster.fingerprints([1, 3])).size, 1);
  cluster.close();
});

test("a row that is gone is found in the background, although nobody asks for it", async () => {
  const { cluster, leader } = await filled({ scrubEveryMs: 1_000 });
  const victim = leader === 1 ? 2 : 1;
  await harmRunning(cluster, victim, (sql) => remove(sql, "filler3"));
  await cluster.run(2_000);
  assert.match(
    await stopped(cluster, victim),
    /^StorageDamagedError in the base: .*its rows are \d+ keys/,
  );
  assert.equal((await cluster.until(cluster.put(leader, "x", "y"))).kind, "ok");
  cluster.close();
});

test("members whose states differ at one index: CORRUPT, and who is wrong ends", async () => {
  const { cluster, leader } = await filled({ compareEveryMs: 1_000 });
  const victim = leader === 1 ? 2 : 1;
  // It carries a right sum: nothing but the others can tell.
  await harmRunning(cluster, victim, (sql) => overwrite(sql, "a", "wrong", true));
  assert.equal((await cluster.until(cluster.put(leader, "a", "four"))).kind, "ok");
  await cluster.run(3_000);
  const { alarms } = await cluster.peek(leader);
  assert.deepEqual(alarms, [{ memberId: BigInt(victim), alarm: 2 }]);
  assert.match(await stopped(cluster, victim), /differs from that of a majority at index \d+/);
  const refused = await cluster.until(cluster.put(leader, "x", "y"));
  assert.equal(refused.kind === "error" && refused.message, "etcdserver: corrupt cluster");
  cluster.close();
});

test("a leader that differs from a majority raises its own alarm, and ends", async () => {
  const { cluster } = await filled({ compareEveryMs: 1_000 });
  await harmRunning(cluster, 2, (sql) => overwrite(sql, "a", "wrong", true));
  await lead(cluster, 2);
  assert.equal((await cluster.until(cluster.put(2, "a", "four"))).kind, "ok");
  await cluster.run(3_000);
  assert.match(await stopped(cluster, 2), /differs from that of a majority at index \d+/);
  const next = await cluster.leader([1, 3]);
  assert.deepEqual((await cluster.peek(next)).alarms, [{ memberId: 2n, alarm: 2 }]);
  assert.equal(await cluster.get(next, "a"), "four");
  cluster.close();
});

test("a backup of a base that lost a row breaks off, and has no end", async () => {
  const { cluster } = await filled();
  await harmRunning(cluster, 2, (sql) => remove(sql, "filler3"));
  await lead(cluster, 2);
  const nothing = new Uint8Array();
  const part = (index: number, cursor: Uint8Array) =>
    cluster.until(cluster.ask(2, (member) => member.backup({ token: "", index, cursor })));
  const first = await part(0, nothing);
  assert.ok(first.kind === "ok" && first.nextCursor !== undefined);
  const { index } = first;
  let cursor: Uint8Array | undefined = first.nextCursor;
  for (let i = 0; i < 10 && cursor !== undefined; i++) {
    const answer = await part(index, cursor);
    if (answer.kind !== "ok") {
      assert.match(
        JSON.stringify(answer, (_, v) => (typeof v === "bigint" ? `${v}` : v)),
        /its rows are \d+ keys/,
      );
      assert.match(await stopped(cluster, 2), /its rows are \d+ keys/);
      cluster.close();
      return;
    }
    cursor = answer.nextCursor;
  }
  assert.fail("the backup came to its end");
});

test("a log whose end is gone is not acknowledged anew: the member ends", async () => {
  const { cluster, leader } = await filled();
  const victim = leader === 1 ? 2 : 1;
  harm(cluster, victim, (sql) => {
    const table = tablesOf(sql).findLast((name) => name.startsWith("wal_"));
    sql.exec(`DELETE FROM ${table} WHERE last > (SELECT max(last) - 2 FROM ${table})`);
  });
  await cluster.peek(victim);
  await cluster.run(2_000);
  assert.match(await stopped(cluster, victim), /corrupted, truncated, or lost/);
  assert.equal((await cluster.until(cluster.put(leader, "x", "y"))).kind, "ok");
  cluster.close();
});

test("hashkv tells what each member has stored, not what it should have", async () => {
  const { cluster, leader } = await filled();
  const victim = leader === 1 ? 2 : 1;
  const hashOf = async (id: number, revision: number) => {
    const query = Query.create({ format: 1, hashKv: HashKVRequest.create({ revision }) });
    const request = { query: Query.encode(query), token: "", timeoutMs: 1_000 };
    const ask = { ...request, consistency: "serializable" } as const;
    const answer = await cluster.until(cluster.ask(id, (member) => member.query(ask)));
    assert.ok(answer.kind === "ok");
    return Response.decode(answer.response).hashKv?.hash;
  };
  const { revision } = (await cluster.peek(leader)).header;
  assert.equal(await hashOf(victim, revision), await hashOf(leader, revision));
  await harmRunning(cluster, victim, (sql) => overwrite(sql, "a", "wrong", true));
  for (const at of [0, revision, revision - 1]) {
    assert.notEqual(await hashOf(victim, at), await hashOf(leader, at), `${at}`);
  }
  cluster.close();
});
