import assert from "node:assert/strict";
import { test } from "node:test";
import { boundedSql, measured } from "../../../src/cloudflare/sql.ts";
import { TurnDatabase } from "../../support/sqlite.ts";

/** A member's SQL handle that takes 5 ms for each commit that is measured. */
async function member() {
  const clock = { nowMs: 1_000 };
  const failures: Error[] = [];
  let syncs = 0;
  const sync = async () => {
    syncs += 1;
    const failure = failures.pop();
    if (failure !== undefined) throw failure;
    clock.nowMs += 5;
  };
  const { sql, commits } = measured(boundedSql(new TurnDatabase().sql), () => clock.nowMs, sync);
  const committed = () => new Promise<void>((resolve) => setImmediate(resolve));
  sql.exec("CREATE TABLE t (n INTEGER PRIMARY KEY)");
  await committed();
  let rows = 0;
  const write = () => {
    sql.exec("INSERT INTO t VALUES (?)", ++rows);
    return committed();
  };
  const observed = () => commits.status.counts.reduce((sum, count) => sum + count, 0);
  return { clock, failures, sql, write, observed, commits, syncs: () => syncs };
}

test("of many commits one in 100 ms is measured", async () => {
  const { clock, write, observed, commits, syncs } = await member();
  const [counted, begunMs] = [observed(), clock.nowMs + 200];
  clock.nowMs = begunMs;
  while (clock.nowMs < begunMs + 1_000) {
    await write();
    clock.nowMs += 1;
  }
  const measuredNow = observed() - counted;
  assert.ok(measuredNow >= 9 && measuredNow <= 11, `${measuredNow} in a second`);
  assert.ok(Math.abs(commits.status.sum - 0.005 * observed()) < 1e-9);
  assert.equal(syncs(), observed(), "the platform is not asked about the others");
});

test("where they are rare, each is measured, and reads are none", async () => {
  const { clock, sql, write, observed } = await member();
  const counted = observed();
  for (let i = 0; i < 5; i++) {
    clock.nowMs += 150;
    await write();
    clock.nowMs += 150;
    sql.exec("SELECT n FROM t").toArray();
  }
  assert.equal(observed() - counted, 5);
});

test("neither a clock set back nor a commit that failed ends the measurement", async () => {
  const { clock, failures, write, observed } = await member();
  clock.nowMs -= 500_000;
  await write();
  const counted = observed();
  clock.nowMs += 200;
  failures.push(new Error("disk I/O error"));
  await write();
  assert.equal(observed(), counted);
  clock.nowMs += 200;
  await write();
  assert.equal(observed(), counted + 1);
});
