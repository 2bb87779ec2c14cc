import assert from "node:assert/strict";
import { test } from "node:test";
import { entrySize } from "../../../src/proto/codec.ts";
import { type Entry, newConfState, newSnapshot } from "../../../src/proto/raftpb.ts";
import {
  CompactedError,
  InvariantError,
  SnapshotOutOfDateError,
  UnavailableError,
} from "../../../src/raft/errors.ts";
import { noLimit } from "../../../src/raft/log/size.ts";
import { MemoryStorage } from "../../../src/raft/memorystorage.ts";
import { data, entriesOf, termsOf } from "./support/testnode.ts";

/** Storage with a snapshot at index 3 and term 3, and entries of these terms behind it. */
function storageOf(...terms: number[]): MemoryStorage {
  const storage = new MemoryStorage();
  storage.applySnapshot(newSnapshot({ index: 3, term: 3 }));
  storage.append(entriesOf(terms, 4));
  return storage;
}

const all = (storage: MemoryStorage): readonly Entry[] =>
  storage.firstIndex() > storage.lastIndex()
    ? []
    : storage.entries(storage.firstIndex(), storage.lastIndex() + 1, noLimit);

test("a new storage is empty", () => {
  const storage = new MemoryStorage();
  assert.deepEqual([storage.firstIndex(), storage.lastIndex(), storage.term(0)], [1, 0, 0]);
  const { hardState, confState } = storage.initialState();
  assert.deepEqual(hardState, { term: 0, vote: 0, commit: 0 });
  assert.deepEqual(confState, newConfState());
  assert.equal(storage.snapshot().metadata.index, 0);
  assert.throws(() => storage.entries(1, 1, noLimit), UnavailableError);
});

test("TestStorageTerm: terms are known from the snapshot's to the last entry's", () => {
  const storage = storageOf(4, 5);
  assert.throws(() => storage.term(2), CompactedError);
  assert.deepEqual(
    [3, 4, 5].map((index) => storage.term(index)),
    [3, 4, 5],
  );
  assert.throws(() => storage.term(6), UnavailableError);
});

test("TestStorageEntries: as many entries as fit, and the first in any case", () => {
  const storage = storageOf(4, 5, 6);
  const [a, b, c] = all(storage).map(entrySize) as [number, number, number];
  const terms = (lo: number, hi: number, max: number) => termsOf(storage.entries(lo, hi, max));
  assert.throws(() => terms(2, 6, noLimit), CompactedError);
  assert.throws(() => terms(3, 4, noLimit), CompactedError);
  assert.throws(() => terms(4, 8, noLimit), InvariantError);
  assert.deepEqual(terms(4, 5, noLimit), [4]);
  assert.deepEqual(terms(4, 7, noLimit), [4, 5, 6]);
  assert.deepEqual(terms(4, 7, 0), [4]);
  assert.deepEqual(terms(4, 7, a + b - 1), [4]);
  assert.deepEqual(terms(4, 7, a + b), [4, 5]);
  assert.deepEqual(terms(4, 7, a + b + c - 1), [4, 5]);
  assert.deepEqual(terms(4, 7, a + b + c), [4, 5, 6]);
});

test("TestStorageLastIndex: the last index is the last entry's", () => {
  const storage = storageOf(4, 5);
  assert.equal(storage.lastIndex(), 5);
  storage.append(entriesOf([5], 6));
  assert.equal(storage.lastIndex(), 6);
});

test("TestStorageFirstIndex: the first index is behind what was compacted", () => {
  const storage = storageOf(4, 5);
  assert.equal(storage.firstIndex(), 4);
  storage.compact(4);
  assert.equal(storage.firstIndex(), 5);
});

test("TestStorageCompact: compacting keeps the term of the last entry that goes", () => {
  for (const gone of [2, 3]) assert.throws(() => storageOf(4, 5).compact(gone), CompactedError);
  for (const [index, left] of [
    [4, [5]],
    [5, []],
  ] as const) {
    const storage = storageOf(4, 5);
    storage.compact(index);
    assert.deepEqual(termsOf(all(storage)), left);
    assert.equal(storage.term(index), index);
  }
  assert.throws(() => storageOf(4, 5).compact(6), InvariantError);
});

test("TestStorageCreateSnapshot: a snapshot has its entry's term and the last membership", () => {
  const storage = storageOf(4, 5);
  const confState = newConfState({ voters: [1, 2, 3] });
  const snapshot = storage.createSnapshot(4, confState, data("state"));
  assert.deepEqual(snapshot, newSnapshot({ index: 4, term: 4, confState }, data("state")));
  assert.equal(storage.snapshot(), snapshot);
  const next = storage.createSnapshot(5, undefined, data("more"));
  assert.deepEqual(next.metadata, { index: 5, term: 5, confState });
  assert.deepEqual(storage.initialState().confState, confState);
  assert.throws(() => storage.createSnapshot(5, confState, data("")), SnapshotOutOfDateError);
  assert.throws(() => storage.createSnapshot(6, confState, data("")), InvariantError);
  assert.equal(storage.firstIndex(), 4, "making one compacts nothing");
});

test("TestStorageAppend: appending replaces from the first entry on", () => {
  const cases: readonly (readonly [first: number, terms: number[], left: number[]])[] = [
    [1, [1, 2], [4, 5]],
    [3, [3, 4, 5], [4, 5]],
    [3, [3, 6, 6], [6, 6]],
    [3, [3, 4, 5, 5], [4, 5, 5]],
    [2, [3, 3, 5], [5]],
    [4, [5], [5]],
    [6, [5], [4, 5, 5]],
    [6, [], [4, 5]],
  ];
  for (const [first, terms, left] of cases) {
    const storage = storageOf(4, 5);
    storage.append(entriesOf(terms, first));
    assert.deepEqual(termsOf(all(storage)), left, `${first}: ${terms}`);
  }
  assert.throws(() => storageOf(4, 5).append(entriesOf([5], 7)), InvariantError);
});

test("what was read stays what it was while the storage goes on", () => {
  const storage = storageOf(4, 5);
  const read = storage.entries(4, 6, noLimit);
  storage.append(entriesOf([6, 6], 4));
  storage.compact(5);
  assert.deepEqual(termsOf(read), [4, 5]);
});

test("TestStorageApplySnapshot: a snapshot replaces all, unless it is old", () => {
  const confState = newConfState({ voters: [1, 2, 3] });
  const storage = new MemoryStorage();
  storage.applySnapshot(newSnapshot({ confState }));
  assert.deepEqual(storage.initialState().confState, confState);
  storage.append(entriesOf([1, 1]));
  storage.applySnapshot(newSnapshot({ index: 4, term: 4, confState }));
  assert.deepEqual([storage.firstIndex(), storage.lastIndex(), storage.term(4)], [5, 4, 4]);
  for (const index of [3, 4]) {
    const old = newSnapshot({ index, term: 5, confState });
    assert.throws(() => storage.applySnapshot(old), SnapshotOutOfDateError);
  }
  assert.equal(storage.snapshot().metadata.term, 4);
});

test("the hard state is what was set last", () => {
  const storage = storageOf();
  const state = { term: 3, vote: 2, commit: 3 };
  storage.setHardState(state);
  assert.equal(storage.initialState().hardState, state);
});
