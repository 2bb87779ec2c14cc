import assert from "node:assert/strict";
import { test } from "node:test";
import { errors, KvError } from "../../../../src/etcd/errors.ts";
import { bytesOf } from "../../../../src/kv/keys/key-range.ts";
import { leaseIdFrom } from "../../../../src/kv/lease/lease-table.ts";
import { Lessor } from "../../../../src/kv/lease/lessor.ts";
import { CountingSink, recordsOf } from "../sink.ts";

class LessorFixture {
  readonly sink = new CountingSink();
  readonly lessor = new Lessor(this.sink);
  readonly deleted: (readonly string[])[] = [];

  grant(ID: bigint, TTL: number): number {
    return this.lessor.grant({ ID, TTL }).TTL;
  }

  revoke(ID: bigint): void {
    const keys = this.lessor.revoke({ ID });
    if (keys.length > 0) this.deleted.push(keys);
  }

  ttl(ID: bigint, nowMs: number) {
    const { TTL, grantedTTL } = this.lessor.timeToLive({ ID, keys: false }, nowMs);
    return { TTL, grantedTTL };
  }
}

const refused = (kind: object) => (error: unknown) =>
  error instanceof KvError && error.kind === kind;

test("a TTL is at least 2 seconds, whatever was asked, and at most 9 billion", () => {
  const world = new LessorFixture();
  assert.equal(world.grant(1n, 0), 2);
  assert.equal(world.grant(2n, -5), 2);
  assert.equal(world.grant(3n, 3), 3);
  assert.equal(world.grant(4n, 9_000_000_000), 9_000_000_000);
  assert.throws(() => world.grant(5n, 9_000_000_001), refused(errors.leaseTtlTooLarge));
  assert.throws(() => world.grant(1n, 60), refused(errors.leaseExists));
  assert.throws(() => world.grant(0n, 60), refused(errors.leaseNotFound));
  assert.deepEqual(world.lessor.ids(), [1n, 2n, 3n, 4n]);
});

test("leases whose keys are many are not all named in one scan", () => {
  const world = new LessorFixture();
  for (let id = 1n; id <= 4n; id++) {
    world.grant(id, 2);
    for (let i = 0; i < 6_000; i++) world.lessor.attach(id, `${id}/${i}`, 0);
  }
  world.lessor.promote(0, 0);
  const scans = [world.lessor.expired(10_000), world.lessor.expired(10_500)];
  assert.deepEqual(
    scans.map((ids) => ids.length),
    [2, 2],
  );
  assert.equal(new Set(scans.flat()).size, 4);
});

test("ids are any 64 bits but 0; those that are picked are positive", () => {
  const world = new LessorFixture();
  world.grant(-(1n << 63n), 10);
  world.grant((1n << 63n) - 1n, 10);
  assert.deepEqual(world.lessor.ids(), [-(1n << 63n), (1n << 63n) - 1n]);
  assert.equal(leaseIdFrom(new Uint8Array(8).fill(255)), (1n << 63n) - 1n);
  assert.equal(leaseIdFrom(new Uint8Array(8)), 1n);
});

test("revoking deletes the attached keys, in key order, and then the lease", () => {
  const world = new LessorFixture();
  world.grant(1n, 10);
  for (const key of ["c", "a", "b", "x"]) world.lessor.attach(1n, key, 0);
  world.lessor.detach(1n, "x", 0);
  world.lessor.detach(99n, "x", 0);
  assert.deepEqual([...world.lessor.keys(1n)].sort(), ["a", "b", "c"]);
  world.revoke(1n);
  assert.deepEqual(world.deleted, [["a", "b", "c"]]);
  assert.ok(!world.lessor.has(1n));
  assert.throws(() => world.revoke(1n), refused(errors.leaseNotFound));
  assert.deepEqual(world.sink.present(), []);
});

test("a lease without keys is revoked without a revision", () => {
  const world = new LessorFixture();
  world.grant(1n, 10);
  world.revoke(1n);
  assert.deepEqual(world.deleted, []);
});

test("the table's records are what the sink was told, and survive encoding", () => {
  const world = new LessorFixture();
  world.grant(7n, 1000);
  world.grant(-3n, 10);
  world.lessor.checkpoint({
    checkpoints: [
      { ID: 7n, remainingTTL: 400 },
      { ID: 99n, remainingTTL: 5 },
    ],
  });
  assert.deepEqual(recordsOf(world.lessor), world.sink.present());
  const copy = new Lessor(new CountingSink());
  copy.decode(world.lessor.encode());
  assert.deepEqual(recordsOf(copy), recordsOf(world.lessor));
  assert.deepEqual(copy.encode(), world.lessor.encode());
  copy.decode(new Uint8Array(0));
  assert.deepEqual(copy.ids(), []);
});

test("nothing expires on a member that is not primary, and it knows no time to live", () => {
  const world = new LessorFixture();
  world.grant(1n, 2);
  assert.deepEqual(world.lessor.expired(1e9), []);
  assert.deepEqual(world.lessor.renew(1n, 0), { kind: "not primary" });
  assert.throws(() => world.ttl(1n, 0), refused(errors.leaderChanged));
});

test("a lease expires when its time is over, not before, and is named until it is gone", () => {
  const world = new LessorFixture();
  world.lessor.promote(1000, 0);
  world.grant(1n, 5);
  assert.deepEqual(world.lessor.expired(2000), []);
  assert.deepEqual(world.lessor.expired(6999), []);
  assert.deepEqual(world.lessor.expired(7000), [1n]);
  assert.deepEqual(world.lessor.expired(9999), []);
  assert.deepEqual(world.lessor.expired(10_000), [1n]);
  world.revoke(1n);
  assert.deepEqual(world.lessor.expired(20_000), []);
});

test("at most 500 leases are named at once, the longest overdue first", () => {
  const world = new LessorFixture();
  world.lessor.promote(0, 0);
  for (let id = 1; id <= 700; id += 1) world.grant(BigInt(id), 800 - id);
  world.lessor.expired(0);
  const first = world.lessor.expired(1e6);
  assert.equal(first.length, 500);
  assert.equal(first[0], 700n);
  assert.equal(world.lessor.expired(1e6).length, 200);
});

test("time to live counts whole seconds, and is -1 for a lease that is not there", () => {
  const world = new LessorFixture();
  world.lessor.promote(0, 0);
  world.grant(1n, 60);
  assert.deepEqual(world.ttl(1n, 0), { TTL: 59, grantedTTL: 60 });
  assert.deepEqual(world.ttl(1n, 1), { TTL: 59, grantedTTL: 60 });
  assert.deepEqual(world.ttl(1n, 1001), { TTL: 58, grantedTTL: 60 });
  assert.deepEqual(world.ttl(1n, 99_000), { TTL: 0, grantedTTL: 60 });
  assert.deepEqual(world.ttl(2n, 0), { TTL: -1, grantedTTL: 0 });
  world.lessor.attach(1n, "b", 0);
  world.lessor.attach(1n, "a", 0);
  const { keys } = world.lessor.timeToLive({ ID: 1n, keys: true }, 0);
  assert.deepEqual(keys, [bytesOf("a"), bytesOf("b")]);
});

test("a renewal gives the full time again, until the lease has expired", () => {
  const world = new LessorFixture();
  world.lessor.promote(0, 0);
  world.grant(1n, 5);
  assert.deepEqual(world.lessor.renew(1n, 0), { kind: "renewed", ttl: 5 });
  assert.deepEqual(world.lessor.renew(1n, 4999), { kind: "renewed", ttl: 5 });
  assert.deepEqual(world.lessor.expired(9998), []);
  assert.deepEqual(world.lessor.renew(1n, 9999), { kind: "expired" });
  assert.deepEqual(world.lessor.renew(2n, 0), { kind: "not found" });
});

test("leases are listed as they expire, and by id where nobody knows when that is", () => {
  const world = new LessorFixture();
  world.lessor.promote(0, 0);
  world.grant(1n, 50);
  world.grant(2n, 10);
  world.grant(3n, 50);
  world.lessor.expired(0);
  assert.deepEqual(world.lessor.leases().leases, [{ ID: 2n }, { ID: 1n }, { ID: 3n }]);
  world.lessor.demote();
  assert.deepEqual(world.lessor.leases().leases, [{ ID: 1n }, { ID: 2n }, { ID: 3n }]);
});

test("a promotion extends every life, by what was recorded of it", () => {
  const world = new LessorFixture();
  world.grant(1n, 1000);
  world.grant(2n, 1000);
  world.lessor.checkpoint({ checkpoints: [{ ID: 2n, remainingTTL: 100 }] });
  world.lessor.promote(5000, 1000);
  assert.deepEqual(world.lessor.expired(5000 + 100_999), []);
  assert.deepEqual(world.lessor.expired(5000 + 101_000), [2n]);
  assert.deepEqual(world.lessor.expired(5000 + 1_001_000 - 1), [2n]);
  assert.ok(world.lessor.expired(5000 + 1_001_000).includes(1n));
});

test("after a promotion no more than 750 leases expire in a second", () => {
  const world = new LessorFixture();
  for (let id = 1; id <= 3000; id += 1) world.grant(BigInt(id), 10);
  world.lessor.promote(0, 0);
  const counts = [10, 11, 12].map((second) => {
    const both = [...Array(10)].flatMap(() => world.lessor.expired(second * 1000));
    return new Set(both).size;
  });
  assert.deepEqual(counts, [750, 750, 750]);
});

test("what is left is recorded every 5 minutes, for leases with more than that left", () => {
  const world = new LessorFixture();
  world.lessor.promote(0, 0);
  world.grant(1n, 1000);
  world.grant(2n, 300);
  assert.deepEqual(world.lessor.checkpointsDue(299_999), []);
  assert.deepEqual(world.lessor.checkpointsDue(599_999), [{ ID: 1n, remainingTTL: 1000 - 300 }]);
  assert.deepEqual(world.lessor.checkpointsDue(600_000), []);
  assert.deepEqual(world.lessor.checkpointsDue(899_999), [{ ID: 1n, remainingTTL: 400 }]);
  assert.deepEqual(world.lessor.checkpointsDue(1_199_999), [{ ID: 1n, remainingTTL: 100 }]);
  assert.deepEqual(world.lessor.checkpointsDue(1e8), []);
});

test("a renewal waits until what was recorded, or is being recorded, is cleared", () => {
  const world = new LessorFixture();
  world.lessor.promote(0, 0);
  world.grant(1n, 1000);
  world.lessor.expired(0);
  const due = world.lessor.checkpointsDue(300_000);
  assert.equal(due.length, 1);
  assert.deepEqual(world.lessor.renew(1n, 300_001), { kind: "checkpointed" });
  world.lessor.checkpoint({ checkpoints: due });
  assert.deepEqual(world.lessor.renew(1n, 300_002), { kind: "checkpointed" });
  world.lessor.checkpoint({ checkpoints: [{ ID: 1n, remainingTTL: 0 }] });
  assert.deepEqual(world.lessor.renew(1n, 300_003), { kind: "renewed", ttl: 1000 });
});
