import assert from "node:assert/strict";
import { test } from "node:test";
import { newSnapshot, type Snapshot } from "../../../src/proto/raftpb.ts";
import { InvariantError } from "../../../src/raft/errors.ts";
import { Unstable } from "../../../src/raft/log/unstable.ts";
import { discardLogger } from "../../../src/raft/logger.ts";
import { entriesOf, termsOf } from "./support/testnode.ts";

const snapshotAt = (index: number, term: number): Snapshot => newSnapshot({ index, term });

interface Start {
  readonly offset?: number;
  readonly terms?: readonly number[];
  /** How many of the entries were handed out. */
  readonly handedOut?: number;
  readonly snapshot?: Snapshot;
}

/** Entries of these terms from the offset on, and perhaps a snapshot. */
function unstableOf({ offset = 5, terms = [], handedOut = 0, snapshot }: Start): Unstable {
  const unstable = new Unstable(offset, discardLogger);
  unstable.snapshot = snapshot;
  if (terms.length > 0) unstable.truncateAndAppend(entriesOf(terms, offset));
  unstable.offsetInProgress = offset + handedOut;
  return unstable;
}

test("TestUnstableMaybeFirstIndex: only a snapshot tells the first index", () => {
  const snapshot = snapshotAt(4, 1);
  assert.equal(unstableOf({ terms: [1] }).maybeFirstIndex(), undefined);
  assert.equal(unstableOf({ offset: 0 }).maybeFirstIndex(), undefined);
  assert.equal(unstableOf({ terms: [1], snapshot }).maybeFirstIndex(), 5);
  assert.equal(unstableOf({ snapshot }).maybeFirstIndex(), 5);
});

test("TestMaybeLastIndex: entries tell the last index, or else a snapshot", () => {
  const snapshot = snapshotAt(4, 1);
  assert.equal(unstableOf({ terms: [1] }).maybeLastIndex(), 5);
  assert.equal(unstableOf({ terms: [1, 1], snapshot }).maybeLastIndex(), 6);
  assert.equal(unstableOf({ snapshot }).maybeLastIndex(), 4);
  assert.equal(unstableOf({ offset: 0 }).maybeLastIndex(), undefined);
});

test("TestUnstableMaybeTerm: terms are known of entries and of the snapshot", () => {
  const snapshot = snapshotAt(4, 1);
  const term = (start: Start, index: number) => unstableOf(start).maybeTerm(index);
  assert.deepEqual(
    [4, 5, 6].map((i) => term({ terms: [2] }, i)),
    [undefined, 2, undefined],
  );
  const both = [3, 4, 5, 6].map((i) => term({ terms: [2], snapshot }, i));
  assert.deepEqual(both, [undefined, 1, 2, undefined]);
  assert.deepEqual(
    [4, 5].map((i) => term({ snapshot }, i)),
    [1, undefined],
  );
  assert.equal(term({ offset: 0 }, 5), undefined);
});

test("TestUnstableRestore: a snapshot takes the place of everything", () => {
  const unstable = unstableOf({ terms: [1], handedOut: 1, snapshot: snapshotAt(4, 1) });
  unstable.snapshotInProgress = true;
  const snapshot = snapshotAt(6, 2);
  unstable.restore(snapshot);
  assert.deepEqual([unstable.offset, unstable.offsetInProgress], [7, 7]);
  assert.deepEqual(unstable.entries, []);
  assert.equal(unstable.nextSnapshot(), snapshot);
});

test("TestUnstableNextEntries: what was handed out is not handed out again", () => {
  const next = (handedOut: number) => unstableOf({ terms: [1, 2], handedOut });
  assert.deepEqual(
    [0, 1, 2].map((n) => termsOf(next(n).nextEntries())),
    [[1, 2], [2], []],
  );
  assert.deepEqual(
    [0, 1, 2].map((n) => next(n).hasNextEntries()),
    [true, true, false],
  );
});

test("TestUnstableNextSnapshot: neither is a snapshot", () => {
  const snapshot = snapshotAt(4, 1);
  assert.equal(unstableOf({}).nextSnapshot(), undefined);
  const unstable = unstableOf({ snapshot });
  assert.equal(unstable.nextSnapshot(), snapshot);
  unstable.acceptInProgress();
  assert.equal(unstable.nextSnapshot(), undefined);
});

test("TestUnstableAcceptInProgress: everything there is counts as handed out", () => {
  for (const snapshot of [undefined, snapshotAt(4, 1)]) {
    for (const [terms, handedOut, after] of [
      [[], 0, 5],
      [[1], 0, 6],
      [[1, 1], 0, 7],
      [[1, 1], 1, 7],
      [[1, 1], 2, 7],
    ] as const) {
      for (const already of [false, true]) {
        const start = { terms, handedOut, ...(snapshot === undefined ? {} : { snapshot }) };
        const unstable = unstableOf(start);
        unstable.snapshotInProgress = snapshot !== undefined && already;
        unstable.acceptInProgress();
        assert.equal(unstable.offsetInProgress, after);
        assert.equal(unstable.snapshotInProgress, snapshot !== undefined);
      }
    }
  }
});

test("TestUnstableStableTo: entries go when the very same are stable", () => {
  const cases: readonly (readonly [Start, index: number, term: number, after: number[]])[] = [
    [{ offset: 0 }, 5, 1, [0, 0, 0]],
    [{ terms: [1], handedOut: 1 }, 5, 1, [6, 6, 0]],
    [{ terms: [1, 1], handedOut: 1 }, 5, 1, [6, 6, 1]],
    [{ terms: [1, 1], handedOut: 2 }, 5, 1, [6, 7, 1]],
    [{ offset: 6, terms: [2], handedOut: 1 }, 6, 1, [6, 7, 1]],
    [{ terms: [1], handedOut: 1 }, 4, 1, [5, 6, 1]],
    [{ terms: [1], handedOut: 1 }, 4, 2, [5, 6, 1]],
    [{ terms: [1], handedOut: 1, snapshot: snapshotAt(4, 1) }, 5, 1, [6, 6, 0]],
    [{ terms: [1, 1], handedOut: 1, snapshot: snapshotAt(4, 1) }, 5, 1, [6, 6, 1]],
    [{ terms: [1, 1], handedOut: 2, snapshot: snapshotAt(4, 1) }, 5, 1, [6, 7, 1]],
    [{ offset: 6, terms: [2], handedOut: 1, snapshot: snapshotAt(5, 1) }, 6, 1, [6, 7, 1]],
    [{ terms: [1], handedOut: 1, snapshot: snapshotAt(4, 1) }, 4, 1, [5, 6, 1]],
    [{ terms: [2], handedOut: 1, snapshot: snapshotAt(4, 2) }, 4, 1, [5, 6, 1]],
  ];
  for (const [start, index, term, after] of cases) {
    const unstable = unstableOf(start);
    unstable.stableTo(index, term);
    const { offset, offsetInProgress, entries } = unstable;
    assert.deepEqual([offset, offsetInProgress, entries.length], after);
  }
});

test("a snapshot goes when the very same is stable", () => {
  const unstable = unstableOf({ snapshot: snapshotAt(4, 1) });
  unstable.acceptInProgress();
  unstable.stableSnapTo(3);
  assert.notEqual(unstable.snapshot, undefined);
  unstable.stableSnapTo(4);
  assert.deepEqual([unstable.snapshot, unstable.snapshotInProgress], [undefined, false]);
});

test("TestUnstableTruncateAndAppend: new entries replace old ones from their index on", () => {
  type Case = readonly [Start, first: number, terms: number[], after: [number, number, number[]]];
  const cases: readonly Case[] = [
    [{ terms: [1] }, 6, [1, 1], [5, 5, [1, 1, 1]]],
    [{ terms: [1], handedOut: 1 }, 6, [1, 1], [5, 6, [1, 1, 1]]],
    [{ terms: [1] }, 5, [2, 2], [5, 5, [2, 2]]],
    [{ terms: [1] }, 4, [2, 2, 2], [4, 4, [2, 2, 2]]],
    [{ terms: [1], handedOut: 1 }, 5, [2, 2], [5, 5, [2, 2]]],
    [{ terms: [1, 1, 1] }, 6, [2], [5, 5, [1, 2]]],
    [{ terms: [1, 1, 1] }, 7, [2, 2], [5, 5, [1, 1, 2, 2]]],
    [{ terms: [1, 1, 1], handedOut: 1 }, 6, [2], [5, 6, [1, 2]]],
    [{ terms: [1, 1, 1], handedOut: 2 }, 6, [2], [5, 6, [1, 2]]],
  ];
  for (const [start, first, terms, [offset, inProgress, left]] of cases) {
    const unstable = unstableOf(start);
    unstable.truncateAndAppend(entriesOf(terms, first));
    assert.equal(unstable.offset, offset);
    assert.equal(unstable.offsetInProgress, inProgress);
    assert.deepEqual(termsOf(unstable.entries), left);
  }
});

test("what was handed out or taken in is never changed", () => {
  const unstable = unstableOf({ terms: [1, 1] });
  const handedOut = unstable.nextEntries();
  const taken = entriesOf([2], 5);
  unstable.truncateAndAppend(taken);
  unstable.truncateAndAppend(entriesOf([2, 2], 6));
  assert.deepEqual(termsOf(handedOut), [1, 1]);
  assert.deepEqual(termsOf(taken), [2]);
});

test("a slice lies within the entries", () => {
  const unstable = unstableOf({ terms: [1, 2, 3] });
  assert.deepEqual(termsOf(unstable.slice(5, 8)), [1, 2, 3]);
  assert.deepEqual(termsOf(unstable.slice(6, 7)), [2]);
  for (const [lo, hi] of [
    [4, 6],
    [5, 9],
    [7, 6],
  ] as const) {
    assert.throws(() => unstable.slice(lo, hi), InvariantError);
  }
});
