import assert from "node:assert/strict";
import { test } from "node:test";
import { Member } from "../../../src/node/member/member.ts";
import { DiskMemory } from "../../../src/node/world/disk-memory.ts";
import type { MemberEnvironment } from "../../../src/node/world/environment.ts";
import { isDiskFull } from "../../../src/rpc/disk-full.ts";
import type { Sql, SqlBinding, SqlRow } from "../../../src/storage/sql.ts";
import { Cluster } from "./support/cluster.ts";

const full = /the disk of a member is full/;

/** Members whose disks take no more than so many bytes in a turn: as long as `room` says. */
class Disks {
  readonly room = new Map<number, number>();
  readonly memories = new Map<number, DiskMemory>();
  writes = 0;
  #cluster: Cluster | undefined;

  cluster(members: number): Cluster {
    this.#cluster = new Cluster({
      members,
      factory: (environment, options) => {
        const memory = this.memories.get(options.memberId) ?? new DiskMemory();
        this.memories.set(options.memberId, memory);
        memory.begin();
        return new Member(this.#environment(environment, options.memberId, memory), options);
      },
    });
    return this.#cluster;
  }

  #environment(environment: MemberEnvironment, id: number, disk: DiskMemory): MemberEnvironment {
    const { sql } = environment;
    const room = () => this.room.get(id) ?? Number.POSITIVE_INFINITY;
    const limited: Sql = {
      exec: <T extends SqlRow>(query: string, ...bindings: SqlBinding[]) => {
        const grows = /^\s*(INSERT|UPDATE|CREATE TABLE (?!IF NOT))/.test(query);
        if (grows && room() < sizeOf(bindings)) {
          this.writes += 1;
          throw new Error("database or disk is full: SQLITE_FULL");
        }
        return sql.exec<T>(query, ...bindings);
      },
      get databaseSize() {
        return sql.databaseSize;
      },
    };
    return {
      timers: environment.timers,
      alarm: environment.alarm,
      random: environment.random,
      peers: environment.peers,
      log: environment.log,
      now: () => environment.now(),
      sha256: (bytes) => environment.sha256(bytes),
      sync: () => environment.sync(),
      sql: limited,
      disk,
      abort: (reason) => {
        disk.end();
        // As the platform does it, where the world would call any other abort a mistake.
        const object = this.#cluster?.world.object(id);
        if (isDiskFull(reason) && object?.live) object.lose(object.live, reason.message, 0);
        else environment.abort(reason);
      },
    };
  }
}

function sizeOf(bindings: readonly SqlBinding[]): number {
  // What a trial binds is how many bytes it wants.
  const size = (value: SqlBinding) =>
    typeof value === "number"
      ? value
      : value !== null && typeof value !== "string"
        ? value.byteLength
        : 0;
  return Math.max(0, ...bindings.map(size));
}

test("a member whose disk is full says so, goes on reading, and comes back by itself", async () => {
  const disks = new Disks();
  const cluster = disks.cluster(1);
  await cluster.start();
  assert.equal((await cluster.until(cluster.put(1, "k", "before"))).kind, "ok");
  // A row says what the rows before it have committed: a member that starts knows no more.
  assert.equal((await cluster.until(cluster.put(1, "next", "1"))).kind, "ok");
  disks.room.set(1, 0);
  await assert.rejects(cluster.until(cluster.put(1, "k", "lost")));
  await cluster.run(500);
  // Whoever looks wakes it.
  await cluster.peek(1);
  await cluster.run(500);
  const restarts = cluster.world.object(1).restarts;
  const status = await cluster.peek(1);
  assert.equal(status.phase, "full");
  assert.match(status.damage, full);
  assert.equal(await cluster.get(1, "k", "serializable"), "before");
  for (const consistency of ["linearizable", "leader"] as const) {
    await assert.rejects(cluster.get(1, "k", consistency), full);
  }
  const write = await cluster.until(cluster.put(1, "k", "refused"));
  assert.match(write.kind === "error" ? write.message : write.kind, full);
  const written = disks.writes;
  await cluster.run(60_000);
  assert.equal(cluster.world.object(1).restarts, restarts, "it does not start again and again");
  const trials = disks.writes - written;
  assert.ok(trials >= 5 && trials <= 30, `${trials} trials in a minute`);

  disks.room.delete(1);
  await cluster.run(15_000);
  const after = await cluster.peek(1);
  assert.deepEqual([after.phase, after.damage, after.role], ["ready", "", "leader"]);
  assert.equal(await cluster.get(1, "k"), "before");
  assert.equal((await cluster.until(cluster.put(1, "k", "after"))).kind, "ok");
  cluster.close();
});

test("where one of three is full the others go on, and it catches up later", async () => {
  const disks = new Disks();
  const cluster = disks.cluster(3);
  const leader = await cluster.start();
  assert.equal((await cluster.until(cluster.put(leader, "k", "1"))).kind, "ok");
  assert.equal((await cluster.until(cluster.put(leader, "next", "1"))).kind, "ok");
  await cluster.run(500);
  disks.room.set(leader, 0);
  await cluster.until(cluster.put(leader, "k", "2").catch(() => undefined));
  const others = [1, 2, 3].filter((id) => id !== leader);
  const next = await cluster.leader(others);
  assert.equal((await cluster.until(cluster.put(next, "k", "3"))).kind, "ok");
  assert.equal((await cluster.peek(leader)).phase, "full");
  assert.equal(await cluster.get(next, "k"), "3");
  assert.match((await cluster.get(leader, "k", "serializable")) ?? "", /^[12]$/);
  disks.room.delete(leader);
  await cluster.run(20_000);
  assert.equal((await cluster.peek(leader)).phase, "ready");
  assert.equal(await cluster.get(leader, "k"), "3");
  assert.equal((await cluster.fingerprints()).size, 1);
  cluster.close();
});

test("an instance that ended without a word is doubted, and nothing else", () => {
  const memory = new DiskMemory();
  memory.begin();
  assert.equal(memory.doubted, false);
  memory.end();
  memory.begin();
  assert.equal(memory.doubted, false, "it said why");
  memory.begin();
  assert.equal(memory.doubted, true);
  assert.equal(memory.full, false, "a doubt is none yet");
  assert.equal(memory.waitMs(0), 0);
  const waits = [0, 0, 0, 0, 0, 0].map(() => {
    memory.failed(1_000);
    return memory.waitMs(1_000);
  });
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  assert.equal(memory.full, true);
  memory.trusted();
  assert.deepEqual([memory.doubted, memory.full], [false, false]);
});

test("a full disk is known by what SQLite and the file system say", () => {
  const errors = ["database or disk is full: SQLITE_FULL", "write: ENOSPC"];
  for (const text of errors) assert.equal(isDiskFull(new Error(text)), true);
  assert.equal(isDiskFull(new Error("SQLITE_CORRUPT")), false);
});
