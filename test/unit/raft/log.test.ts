import assert from "node:assert/strict";
import { test } from "node:test";
import { entrySize } from "../../../src/proto/codec.ts";
import { type Entry, newSnapshot } from "../../../src/proto/raftpb.ts";
import { CompactedError, InvariantError, UnavailableError } from "../../../src/raft/errors.ts";
import { RaftLog } from "../../../src/raft/log/raftlog.ts";
import { entriesSize, noLimit } from "../../../src/raft/log/size.ts";
import { discardLogger } from "../../../src/raft/logger.ts";
import { MemoryStorage } from "../../../src/raft/memorystorage.ts";
import { entriesOf, termsOf } from "./support/testnode.ts";

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
/** Entries from `from` up to but without `to`, of terms that are their indexes. */
const byIndex = (from: number, to: number): Entry[] => entriesOf(range(from, to), from);

function storageAt(index: number, term: number): MemoryStorage {
  const storage = new MemoryStorage();
  if (index > 0) storage.applySnapshot(newSnapshot({ index, term }));
  return storage;
}

/** A log behind a snapshot at (index, term), with unstable entries of these terms. */
function logOf(terms: readonly number[], index = 0, term = 0): RaftLog {
  const log = new RaftLog(storageAt(index, term), discardLogger);
  log.append(entriesOf(terms, index + 1));
  return log;
}

test("TestFindConflict: the first entry that the log does not have", () => {
  const cases: readonly (readonly [first: number, terms: number[], conflict: number])[] = [
    [1, [], 0],
    [1, [1, 2, 3], 0],
    [2, [2, 3], 0],
    [3, [3], 0],
    [1, [1, 2, 3, 4, 4], 4],
    [2, [2, 3, 4, 5], 4],
    [3, [3, 4, 4], 4],
    [4, [4, 4], 4],
    [1, [4, 4], 1],
    [2, [1, 4, 4], 2],
    [3, [1, 2, 4, 4], 3],
  ];
  for (const [first, terms, conflict] of cases) {
    assert.equal(logOf([1, 2, 3]).findConflict(entriesOf(terms, first)), conflict);
  }
});

test("TestFindConflictByTerm: where the log may match another", () => {
  const whole = logOf([2, 2, 5, 5, 5]);
  const compacted = logOf([3, 3, 4, 4, 4], 10, 3);
  const cases: readonly (readonly [RaftLog, index: number, term: number, found: number])[] = [
    [whole, 100, 2, 100],
    [whole, 5, 6, 5],
    [whole, 5, 5, 5],
    [whole, 5, 4, 2],
    [whole, 5, 2, 2],
    [whole, 5, 1, 0],
    [whole, 1, 2, 1],
    [whole, 1, 1, 0],
    [whole, 0, 0, 0],
    [compacted, 30, 3, 30],
    [compacted, 14, 9, 14],
    [compacted, 14, 4, 14],
    [compacted, 14, 3, 12],
    [compacted, 14, 2, 9],
    [compacted, 11, 5, 11],
    [compacted, 10, 5, 10],
    [compacted, 10, 3, 10],
    [compacted, 10, 2, 9],
    [compacted, 9, 2, 9],
    [compacted, 4, 2, 4],
    [compacted, 0, 0, 0],
  ];
  for (const [log, index, term, found] of cases) {
    const id = log.findConflictByTerm(index, term);
    assert.deepEqual(id, { index: found, term: log.maybeTerm(found) ?? 0 });
  }
});

test("TestIsUpToDate: the later last term wins, then the longer log", () => {
  const log = logOf([1, 2, 3]);
  for (const offset of [-1, 0, 1]) {
    assert.equal(log.isUpToDate(3 + offset, 4), true);
    assert.equal(log.isUpToDate(3 + offset, 2), false);
    assert.equal(log.isUpToDate(3 + offset, 3), offset >= 0);
  }
});

test("TestAppend: appending replaces what conflicts, also where it is stored", () => {
  const cases: readonly (readonly [number, number[], number, number[], number])[] = [
    [1, [], 2, [1, 2], 3],
    [3, [2], 3, [1, 2, 2], 3],
    [1, [2], 1, [2], 1],
    [2, [3, 3], 3, [1, 3, 3], 2],
  ];
  for (const [first, terms, last, left, offset] of cases) {
    const storage = new MemoryStorage();
    storage.append(entriesOf([1, 2]));
    const log = new RaftLog(storage, discardLogger);
    assert.equal(log.append(entriesOf(terms, first)), last);
    assert.deepEqual(termsOf(log.entries(1, noLimit)), left);
    assert.equal(log.unstable.offset, offset);
  }
  const committed = logOf([1, 2]);
  committed.commitTo(2);
  assert.throws(() => committed.append(entriesOf([3], 2)), InvariantError);
});

test("TestLogMaybeAppend: entries behind one that matches are taken, and commit as told", () => {
  type Last = number | undefined;
  type Case = [[index: number, term: number], committed: number, terms: number[], Last, number];
  const cases: readonly Case[] = [
    // What it follows has another term, or is not there.
    [[3, 2], 3, [4], undefined, 1],
    [[4, 3], 3, [4], undefined, 1],
    // Nothing new but a commit index, which goes no further than what matches, and never back.
    [[3, 3], 3, [], 3, 3],
    [[3, 3], 4, [], 3, 3],
    [[3, 3], 2, [], 3, 2],
    [[3, 3], 0, [], 3, 1],
    [[0, 0], 3, [], 0, 1],
    [[3, 3], 3, [4], 4, 3],
    [[3, 3], 4, [4], 4, 4],
    [[3, 3], 5, [4], 4, 4],
    [[3, 3], 5, [4, 4], 5, 5],
    // In the middle.
    [[2, 2], 3, [4], 3, 3],
    [[1, 1], 3, [4], 2, 2],
    [[1, 1], 3, [4, 4], 3, 3],
  ];
  for (const [[index, term], committed, terms, last, commit] of cases) {
    const log = logOf([1, 2, 3]);
    log.committed = 1;
    const entries = entriesOf(terms, index + 1);
    assert.equal(log.maybeAppend({ index, term }, entries, committed), last);
    assert.equal(log.committed, commit);
    if (last !== undefined && terms.length > 0) {
      assert.deepEqual(termsOf(log.slice(index + 1, last + 1, noLimit)), terms);
    }
  }
  const log = logOf([1, 2, 3]);
  log.committed = 1;
  const replace = () => log.maybeAppend({ index: 0, term: 0 }, entriesOf([4]), 3);
  assert.throws(replace, /entry 1 conflict with committed entry \[committed\(1\)\]/);
});

test("TestCompactionSideEffects: what is compacted in the storage changes nothing else", () => {
  const storage = new MemoryStorage();
  storage.append(byIndex(1, 751));
  const log = new RaftLog(storage, discardLogger);
  log.append(byIndex(751, 1001));
  assert.equal(log.maybeCommit(1000, 1000), true);
  log.appliedTo(log.committed, 0);
  storage.compact(500);
  assert.equal(log.lastIndex(), 1000);
  for (let index = 500; index <= 1000; index++) {
    assert.equal(log.term(index), index);
    assert.equal(log.matchTerm(index, index), true);
  }
  const next = log.nextUnstableEnts();
  assert.deepEqual([next.length, next[0]?.index], [250, 751]);
  log.append(byIndex(1001, 1002));
  assert.equal(log.lastIndex(), 1001);
  assert.equal(log.entries(1001, noLimit).length, 1);
});

/** Snapshot at 3, entry 4 stored, 5 and 6 unstable, committed to 5, told to apply to `applying`. */
function applyingLog(applied: number, applying: number, unstable: boolean, max = noLimit): RaftLog {
  const storage = storageAt(3, 1);
  storage.append(entriesOf([1], 4));
  const log = new RaftLog(storage, discardLogger, max);
  log.append(entriesOf([1, 1, 1], 4));
  log.stableTo(4, 1);
  log.maybeCommit(5, 1);
  log.appliedTo(applied, 0);
  log.acceptApplying(applying, 0, unstable);
  log.applyingPaused = false;
  return log;
}

const indexes = (entries: readonly Entry[]) => entries.map(({ index }) => index);

test("TestHasNextCommittedEnts and TestNextCommittedEnts: what is handed out to apply", () => {
  const cases: readonly (readonly [number, number, boolean, number[]])[] = [
    [3, 3, true, [4, 5]],
    [3, 4, true, [5]],
    [3, 5, true, []],
    [4, 4, true, [5]],
    [4, 5, true, []],
    [5, 5, true, []],
    // Only what is stored.
    [3, 3, false, [4]],
    [3, 4, false, []],
    [3, 5, false, []],
    [4, 4, false, []],
    [4, 5, false, []],
    [5, 5, false, []],
  ];
  for (const [applied, applying, unstable, wanted] of cases) {
    const log = applyingLog(applied, applying, unstable);
    assert.equal(log.hasNextCommittedEnts(unstable), wanted.length > 0);
    assert.deepEqual(indexes(log.nextCommittedEnts(unstable)), wanted);
  }
});

test("nothing is handed out to apply while that is paused, or a snapshot comes first", () => {
  const paused = applyingLog(3, 3, true);
  paused.applyingPaused = true;
  const behindSnapshot = applyingLog(3, 3, true);
  behindSnapshot.restore(newSnapshot({ index: 4, term: 1 }));
  for (const log of [paused, behindSnapshot]) {
    assert.equal(log.hasNextCommittedEnts(true), false);
    assert.deepEqual(log.nextCommittedEnts(true), []);
  }
});

test("TestAcceptApplying: a full quota pauses, and so does a cut", () => {
  const max = 100;
  for (const size of [max - 1, max, max + 1]) {
    for (const [index, unstable, cut] of [
      [3, true, true],
      [4, true, true],
      [5, true, false],
      [3, false, true],
      [4, false, false],
      [5, false, false],
    ] as const) {
      const log = applyingLog(3, 3, unstable, max);
      log.acceptApplying(index, size, unstable);
      assert.equal(log.applyingPaused, cut || size >= max, `${index} ${size}`);
    }
  }
  assert.throws(() => applyingLog(3, 3, true).acceptApplying(6, 0, true), InvariantError);
});

test("TestAppliedTo: what is applied frees its share of the quota, and never more", () => {
  const [max, over] = [100, 5];
  for (const [index, size, left, paused] of [
    [4, over - 1, max + 1, true],
    [4, over, max, true],
    [4, over + 1, max - 1, false],
    [5, over - 1, max + 1, true],
    [5, over, max, true],
    [5, over + 1, max - 1, false],
    [4, max + over, 0, false],
    [4, max + over + 1, 0, false],
  ] as const) {
    const log = applyingLog(3, 3, false, max);
    log.acceptApplying(5, max + over, false);
    log.appliedTo(index, size);
    assert.deepEqual([log.applied, log.applying], [index, 5]);
    assert.deepEqual([log.applyingSize, log.applyingPaused], [left, paused]);
  }
  const log = applyingLog(4, 4, true);
  assert.throws(() => log.appliedTo(6, 0), /applied\(6\) is out of range .*committed\(5\)/);
  assert.throws(() => log.appliedTo(3, 0), /applied\(3\) is out of range \[prevApplied\(4\)/);
});

test("the log refuses to hand out under a quota that is overdrawn", () => {
  const log = applyingLog(3, 3, true, 100);
  log.applyingSize = 100;
  assert.throws(
    () => log.nextCommittedEnts(true),
    /applying entry size \(100-100\)=0 not positive/,
  );
});

test("TestNextUnstableEnts: what is not stored yet is handed out to be stored", () => {
  for (const stored of [0, 2]) {
    const storage = new MemoryStorage();
    const entries = entriesOf([1, 2]);
    storage.append(entries.slice(0, stored));
    const log = new RaftLog(storage, discardLogger);
    log.append(entries.slice(stored));
    const next = log.nextUnstableEnts();
    assert.deepEqual(next, entries.slice(stored));
    assert.equal(log.hasNextUnstableEnts(), stored === 0);
    assert.equal(log.hasNextOrInProgressUnstableEnts(), stored === 0);
    if (next.length > 0) log.stableTo(2, 2);
    assert.equal(log.unstable.offset, 3);
  }
});

test("TestCommitTo: the commit index never goes back, nor beyond the log", () => {
  for (const [to, after] of [
    [3, 3],
    [1, 2],
  ] as const) {
    const log = logOf([1, 2, 3]);
    log.committed = 2;
    log.commitTo(to);
    assert.equal(log.committed, after);
  }
  const lost = /tocommit\(4\) is out of range \[lastIndex\(3\)\]\. Was the raft log corrupted/;
  assert.throws(() => logOf([1, 2, 3]).commitTo(4), lost);
});

test("only an entry of the given term is committed by counting, and none of term 0", () => {
  const log = logOf([1, 2]);
  assert.equal(log.maybeCommit(1, 2), false);
  assert.equal(log.maybeCommit(3, 2), false);
  assert.equal(log.maybeCommit(Number.POSITIVE_INFINITY, 2), false);
  assert.equal(new RaftLog(storageAt(0, 0), discardLogger).maybeCommit(0, 0), false);
  assert.equal(log.maybeCommit(2, 2), true);
  assert.equal(log.maybeCommit(2, 2), false);
});

test("TestStableTo: unstable entries go when the very same are stored", () => {
  for (const [index, term, offset] of [
    [1, 1, 2],
    [2, 2, 3],
    [2, 1, 1],
    [3, 1, 1],
  ] as const) {
    const log = logOf([1, 2]);
    log.stableTo(index, term);
    assert.equal(log.unstable.offset, offset);
  }
});

test("TestStableToWithSnap: nothing at or below a snapshot is unstable", () => {
  for (const terms of [[], [2]]) {
    for (const index of [4, 5, 6]) {
      for (const term of [2, 3]) {
        const log = logOf(terms, 5, 2);
        log.stableTo(index, term);
        const gone = terms.length > 0 && index === 6 && term === 2;
        assert.equal(log.unstable.offset, gone ? 7 : 6);
      }
    }
  }
});

test("TestCompaction: compacting leaves the rest, and refuses what is gone or not there", () => {
  const storage = new MemoryStorage();
  storage.append(byIndex(1, 1001));
  const log = new RaftLog(storage, discardLogger);
  for (const [index, left] of [
    [300, 700],
    [500, 500],
    [800, 200],
    [900, 100],
  ] as const) {
    storage.compact(index);
    assert.equal(log.allEntries().length, left);
  }
  assert.throws(() => storage.compact(899), CompactedError);
  assert.throws(() => storage.compact(1001), InvariantError);
});

test("TestLogRestore: a log behind a snapshot begins there", () => {
  const log = logOf([], 1000, 1000);
  assert.deepEqual(log.allEntries(), []);
  assert.deepEqual([log.firstIndex(), log.lastIndex(), log.committed], [1001, 1000, 1000]);
  assert.deepEqual([log.unstable.offset, log.term(1000), log.lastTerm()], [1001, 1000, 1000]);
});

test("TestIsOutOfBounds: a slice lies within the log", () => {
  const log = logOf(range(101, 201), 100, 0);
  for (const lo of [99, 100]) assert.throws(() => log.slice(lo, 102, noLimit), CompactedError);
  for (const at of [101, 151, 200, 201]) assert.deepEqual(log.slice(at, at, noLimit), []);
  assert.throws(() => log.slice(201, 202, noLimit), InvariantError);
  assert.throws(() => log.slice(202, 202, noLimit), InvariantError);
});

test("TestTerm: terms are known from the snapshot to the end", () => {
  const log = logOf(range(1, 100), 100, 1);
  assert.throws(() => log.term(99), CompactedError);
  assert.deepEqual(
    [100, 150, 199].map((index) => log.term(index)),
    [1, 50, 99],
  );
  assert.throws(() => log.term(200), UnavailableError);
  assert.deepEqual(
    [99, 200].map((index) => log.maybeTerm(index)),
    [undefined, undefined],
  );
});

test("TestTermWithUnstableSnapshot: a new snapshot hides the storage", () => {
  const log = logOf([], 100, 1);
  log.restore(newSnapshot({ index: 105, term: 1 }));
  for (const gone of [100, 101, 104]) assert.throws(() => log.term(gone), CompactedError);
  assert.equal(log.term(105), 1);
  assert.throws(() => log.term(106), UnavailableError);
});

test("an error of the storage that raft does not know ends it", () => {
  class Broken extends MemoryStorage {
    override term(): number {
      throw new RangeError("broken");
    }

    override entries(): readonly Entry[] {
      throw new UnavailableError();
    }
  }
  const storage = new Broken();
  storage.append(entriesOf([1, 1]));
  const log = new RaftLog(storage, discardLogger);
  assert.throws(() => log.maybeTerm(1), /broken/);
  assert.throws(() => log.slice(1, 3, noLimit), /entries\[1:3\) is unavailable from storage/);
});

test("a log whose last term is not known cannot go on", () => {
  class Forgetful extends MemoryStorage {
    override term(): number {
      throw new UnavailableError();
    }
  }
  const broken = new RaftLog(new Forgetful(), discardLogger);
  assert.throws(() => broken.lastTerm(), /unexpected error when getting the last term at 0/);
});

/** Behind a snapshot at 200: 49 entries stored, 50 unstable. */
function halfStored(): RaftLog {
  const storage = storageAt(200, 200);
  storage.append(byIndex(201, 250));
  const log = new RaftLog(storage, discardLogger);
  log.append(byIndex(250, 300));
  return log;
}

test("TestSlice: as many entries as fit, across what is stored and what is not", () => {
  const log = halfStored();
  const size = entrySize(byIndex(250, 251)[0] as Entry);
  for (const lo of [99, 200]) assert.throws(() => log.slice(lo, 201, noLimit), CompactedError);
  assert.throws(() => log.slice(250, 249, noLimit), InvariantError);
  assert.throws(() => log.slice(300, 301, noLimit), InvariantError);
  const cases: readonly (readonly [lo: number, hi: number, limit: number, end: number])[] = [
    [201, 201, noLimit, 201],
    [201, 249, noLimit, 249],
    [201, 250, noLimit, 250],
    [201, 251, noLimit, 251],
    [201, 300, noLimit, 300],
    [249, 250, noLimit, 250],
    [249, 251, noLimit, 251],
    [249, 300, noLimit, 300],
    [250, 251, noLimit, 251],
    [299, 300, noLimit, 300],
    [201, 300, 0, 202],
    [249, 251, 0, 250],
    [250, 300, 0, 251],
    [251, 300, 0, 252],
    [201, 300, size - 1, 202],
    [249, 251, size - 1, 250],
    [250, 300, size - 1, 251],
    [201, 300, size, 202],
    [249, 251, size, 250],
    [250, 300, size, 251],
    [201, 300, size + 1, 202],
    [249, 251, size + 1, 250],
    [250, 300, size + 1, 251],
    [201, 300, size * 2, 203],
    [248, 251, size * 2, 250],
    [249, 251, size * 2, 251],
    [250, 300, size * 2, 252],
    [248, 251, size * 3 - 1, 250],
    [249, 252, size * 3, 252],
  ];
  for (const [lo, hi, limit, end] of cases) {
    assert.deepEqual(log.slice(lo, hi, limit), byIndex(lo, end), `${lo} ${hi} ${limit}`);
  }
});

test("TestScan: pages of a scan are the slice, each within the limit", () => {
  const log = halfStored();
  const size = entrySize(byIndex(250, 251)[0] as Entry);
  for (const limit of [0, 1, 10, 100, size, size + 1]) {
    for (const [lo, hi] of [
      [201, 300],
      [240, 260],
      [249, 250],
      [250, 250],
      [299, 300],
    ] as const) {
      const seen: Entry[] = [];
      log.scan(lo, hi, limit, (page) => {
        assert.ok(page.length === 1 || entriesSize(page) <= limit);
        seen.push(...page);
        return true;
      });
      assert.deepEqual(seen, byIndex(lo, hi));
    }
  }
  let pages = 0;
  log.scan(201, 250, 0, () => ++pages < 2);
  assert.equal(pages, 2, "a visit that answers false is the last");
  log.scan(201, 211, size * 2, (page) => page.length === 2 || assert.fail("a page has room left"));
});
