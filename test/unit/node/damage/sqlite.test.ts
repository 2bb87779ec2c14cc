/** SQLite itself says that the file is damaged. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Member } from "../../../../src/node/member/member.ts";
import type { Sql } from "../../../../src/storage/sql.ts";
import type { MemberFactory } from "../../../support/member-factory.ts";
import { Cluster } from "../support/cluster.ts";
import { withPrototype } from "../support/journal.ts";
import { harm } from "./support.ts";

/** Members for whose database, from when on `broken` says so, some statements fail. */
function breakable(text: string) {
  const broken = new Map<number, RegExp>();
  const factory: MemberFactory = (environment, options) => {
    const failing: Sql = {
      exec(query, ...bindings) {
        if (broken.get(options.memberId)?.test(query)) throw new Error(text);
        return environment.sql.exec(query, ...bindings);
      },
      get databaseSize() {
        if (broken.get(options.memberId)?.test("databaseSize")) throw new Error(text);
        return environment.sql.databaseSize;
      },
    };
    return new Member({ ...withPrototype(environment), sql: failing }, options);
  };
  return { broken, cluster: new Cluster({ factory }) };
}

const corrupt = [
  "database disk image is malformed: SQLITE_CORRUPT",
  "file is not a database: SQLITE_NOTADB",
  "no such table: kv_1: SQLITE_ERROR",
];

for (const text of corrupt) {
  test(`a member whose every statement fails says so: ${text}`, async () => {
    const { broken, cluster } = breakable(text);
    const leader = await cluster.start();
    const victim = leader === 3 ? 2 : 3;
    harm(cluster, victim, () => broken.set(victim, /./));
    const { phase, damage } = await cluster.peek(victim);
    assert.equal(phase, "stopped");
    assert.match(damage, new RegExp(text.slice(0, 12)));
    assert.equal((await cluster.until(cluster.put(leader, "a", "1"))).kind, "ok");
    const { restarts } = cluster.world.object(victim);
    await cluster.run(3_000);
    assert.equal(cluster.world.object(victim).restarts, restarts, "it is tried again and again");
    await assert.rejects(cluster.get(victim, "a", "serializable"), /SQLITE|identity/);
    cluster.close();
  });
}

for (const [what, statement] of [
  ["reads", /^\s*SELECT .* FROM kv_/],
  ["writes to its log", /INSERT INTO wal_/],
] as const) {
  test(`a leader whose ${what} fail as corrupt ends, and another leads`, async () => {
    const { broken, cluster } = breakable("database disk image is malformed: SQLITE_CORRUPT");
    const leader = await cluster.start();
    assert.equal((await cluster.until(cluster.put(leader, "a", "1"))).kind, "ok");
    await cluster.run(500);
    broken.set(leader, statement);
    const { restarts } = cluster.world.object(leader);
    const answer = await cluster.until(cluster.put(leader, "never seen", "2"));
    assert.notEqual(answer.kind, "ok");
    const { phase, damage } = await cluster.peek(leader);
    assert.equal(phase, "stopped");
    assert.match(damage, /malformed/);
    await cluster.run(1_500);
    const others = [1, 2, 3].filter((id) => id !== leader);
    const next = await cluster.leader(others);
    assert.equal((await cluster.until(cluster.put(next, "a", "2"))).kind, "ok");
    assert.equal(cluster.world.object(leader).restarts, restarts, "it is tried again and again");
    cluster.close();
  });
}

test("an error that passes is no damage: the instance ends, and the next one goes on", async () => {
  const { broken, cluster } = breakable("disk I/O error: SQLITE_IOERR");
  const leader = await cluster.start();
  const victim = leader === 3 ? 2 : 3;
  const { restarts } = cluster.world.object(victim);
  broken.set(victim, /INSERT INTO wal_/);
  cluster.put(leader, "a", "1").catch(() => undefined);
  await cluster.world.run(200_000);
  broken.clear();
  // The world holds every abort against the code: this one is the disk's.
  const aborts = cluster.world.violations.splice(0);
  assert.ok(aborts.length > 0 && aborts.every(({ message }) => /SQLITE_IOERR/.test(message)));
  await cluster.run(3_000);
  assert.ok(cluster.world.object(victim).restarts > restarts);
  assert.equal((await cluster.peek(victim)).phase, "ready");
  assert.equal(await cluster.get(victim, "a"), "1");
  cluster.close();
});
