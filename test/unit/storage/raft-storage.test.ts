import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  CompactedError,
  InvariantError,
  SnapshotOutOfDateError,
  SnapshotTemporarilyUnavailableError,
  UnavailableError,
} from "../../../src/raft/errors.ts";
import { MemoryStorage } from "../../../src/raft/memorystorage.ts";
import { RaftStorage } from "../../../src/storage/raft-storage.ts";
import { Wal } from "../../../src/storage/wal/wal.ts";
import { utf8 } from "../../support/bytes.ts";
import { holds } from "../../support/property.ts";
import { TurnDatabase } from "../../support/sqlite.ts";
import { entries, snapshotAt } from "./logs.ts";

interface Pair {
  readonly wal: Wal;
  readonly storage: RaftStorage;
  readonly memory: MemoryStorage;
  append(from: number, to: number, term: number, bytes?: number): void;
}

/** The storage with a small cache, and etcd's in memory beside it. */
function pair(cacheBytes: number): Pair {
  const { sql } = new TurnDatabase();
  const wal = Wal.create(sql, utf8("member 1"));
  const storage = new RaftStorage(wal, ({ index, term }) => snapshotAt(index, term), cacheBytes);
  const memory = new MemoryStorage();
  const append = (from: number, to: number, term: number, bytes = 0): void => {
    const list = entries(from, to, term, bytes);
    wal.save({ term, vote: 1, commit: 0 }, list);
    storage.append(list);
    memory.append(list);
  };
  return { wal, storage, memory, append };
}

/** What a call answers, or the name of what it throws. */
function attempt(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.name;
  }
}

test("it answers as etcd's storage in memory does, whatever is cached", (t) => {
  const step = fc.record({
    back: fc.nat(8),
    count: fc.integer({ min: 1, max: 9 }),
    bytes: fc.nat(80),
    compact: fc.option(fc.integer({ min: -2, max: 12 }), { nil: undefined }),
    low: fc.integer({ min: -3, max: 20 }),
    length: fc.nat(20),
    maxSize: fc.oneof(fc.nat(400), fc.constant(Infinity)),
  });
  holds(
    t,
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(1_500), (steps, cacheBytes) => {
      const { storage, memory, append } = pair(cacheBytes);
      let term = 1;
      for (const { back, count, bytes, compact, low, length, maxSize } of steps) {
        const first = Math.max(memory.firstIndex(), memory.lastIndex() + 1 - back);
        if (first <= memory.lastIndex()) term += 1;
        append(first, first + count - 1, term, bytes);
        if (compact !== undefined) {
          const index = Math.min(memory.firstIndex() + compact, memory.lastIndex());
          assert.equal(
            attempt(() => storage.compact(index)),
            attempt(() => memory.compact(index)),
          );
        }
        assert.equal(storage.firstIndex(), memory.firstIndex());
        assert.equal(storage.lastIndex(), memory.lastIndex());
        for (let at = memory.firstIndex() - 2; at <= memory.lastIndex() + 2; at++) {
          const name = (error: unknown) => error;
          assert.deepEqual(
            name(attempt(() => storage.term(at))),
            name(attempt(() => memory.term(at))),
            `term of ${at}`,
          );
        }
        const lo = memory.firstIndex() + low;
        const hi = Math.min(lo + length, memory.lastIndex() + 1);
        if (lo < hi) {
          assert.deepEqual(
            attempt(() => storage.entries(lo, hi, maxSize)),
            attempt(() => memory.entries(lo, hi, maxSize)),
            `entries ${lo} to ${hi} of ${maxSize} bytes`,
          );
        }
      }
    }),
    { numRuns: 100 },
  );
});

test("a range that is partly cached is read partly from rows", () => {
  const { storage, append } = pair(300);
  append(1, 10, 1, 50);
  append(11, 20, 1, 50);
  assert.ok(storage.cachedBytes <= 300 && storage.cachedBytes > 200);
  assert.deepEqual(storage.entries(5, 21, Infinity), entries(5, 20, 1, 50));
  assert.deepEqual(storage.entries(14, 19, 200).length, 3);
});

test("what is gone is compacted, what is not there is unavailable, what cannot be throws", () => {
  const { storage, append } = pair(1_000);
  append(1, 9, 1);
  storage.compact(4);
  assert.throws(() => storage.entries(4, 6, 100), CompactedError);
  assert.throws(() => storage.term(3), CompactedError);
  assert.equal(storage.term(4), 1, "the compacted entry's term is kept");
  assert.throws(() => storage.term(10), UnavailableError);
  assert.throws(() => storage.entries(8, 11, 100), InvariantError);
  assert.throws(() => storage.compact(4), CompactedError);
  assert.throws(() => storage.compact(10), InvariantError);
  assert.throws(() => storage.append(entries(10, 10, 1)), /not in the WAL/);
});

test("the newest snapshot answers raft, or what the host supplies", () => {
  const { storage, append } = pair(1_000);
  assert.equal(storage.snapshot().metadata.index, 0);
  append(1, 9, 1);
  storage.snapshotSaved(snapshotAt(5, 1));
  assert.deepEqual(storage.snapshot(), snapshotAt(5, 1));
  assert.deepEqual(storage.initialState().confState, snapshotAt(5, 1).metadata.confState);
  assert.equal(storage.firstIndex(), 1, "a snapshot of one's own leaves the log as it is");
  assert.throws(() => storage.snapshotSaved(snapshotAt(5, 1)), SnapshotOutOfDateError);
  assert.throws(() => storage.applySnapshot(snapshotAt(4, 1)), SnapshotOutOfDateError);
  assert.throws(() => storage.snapshotSaved(snapshotAt(10, 1)), InvariantError);
  storage.supplySnapshots(() => {
    throw new SnapshotTemporarilyUnavailableError();
  });
  assert.throws(() => storage.snapshot(), SnapshotTemporarilyUnavailableError);
});
