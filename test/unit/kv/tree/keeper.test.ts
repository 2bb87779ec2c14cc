import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { tombstone } from "../../../../src/kv/store/view.ts";
import type { TreeName } from "../../../../src/kv/tree/base-manifest.ts";
import { historyEntry } from "../../../../src/kv/tree/history-entry.ts";
import { Keeper } from "../../../../src/kv/tree/keeper.ts";
import { leaseEntry } from "../../../../src/kv/tree/lease-entry.ts";
import { changeOfEntry, versionEntry } from "../../../../src/kv/tree/version-entry.ts";
import type { Entry, Position } from "../../../../src/storage/blocks/entry.ts";
import { holds } from "../../../support/property.ts";
import { bytes } from "../support.ts";

const no = () => false;
const yes = () => true;

function keep(
  tree: TreeName,
  entries: readonly Entry[],
  compaction: number,
  liesBelow: () => boolean,
  after?: Position,
) {
  const keeper = new Keeper(tree, compaction, liesBelow, after);
  const kept = entries.map((entry) => keeper.next(entry));
  return [...kept, keeper.end()].filter((each) => each !== undefined);
}

/** One key's life: its versions at some revisions, newest first, some of which are deletions. */
const life = fc
  .array(fc.record({ gap: fc.nat({ max: 3 }), deletes: fc.boolean() }), { maxLength: 12 })
  .map((list) => {
    const entries: Entry[] = [];
    let [revision, version, created] = [1, 0, 0];
    let second = false;
    for (const { gap, deletes } of list) {
      if (deletes && version === 0) continue;
      // A put and then a deletion may share a revision.
      const shares: boolean = gap === 0 && deletes && !second && entries.length > 0;
      if (!shares) revision += Math.max(1, gap);
      second = shares;
      version = deletes ? 0 : version + 1;
      if (version === 1) created = revision;
      const kv = deletes
        ? tombstone(bytes("k"), revision)
        : {
            key: bytes("k"),
            createRevision: created,
            modRevision: revision,
            version,
            value: bytes("v"),
            lease: 0n,
          };
      entries.unshift(versionEntry(kv, second, undefined));
    }
    return { entries, last: revision };
  });

const revisionOf = ({ rank }: Position) => Math.floor(rank / 2);

/** What may go, said again: see docs/blocks.md. */
function staying(entries: readonly Entry[], compaction: number, below: boolean): Entry[] {
  const newestBelow = entries.find((entry) => revisionOf(entry) <= compaction);
  return entries.filter((entry) => {
    if (revisionOf(entry) >= compaction) return true;
    if (entry !== newestBelow) return false;
    const { payload } = entry;
    const isDeletion = payload.length === 1;
    return !isDeletion || below;
  });
}

test("of a key stays what may be read, and the changes of the count stay the same", (t) => {
  const property = fc.property(life, fc.nat({ max: 20 }), fc.boolean(), (lived, at, below) => {
    const { entries } = lived;
    const kept = keep("versions", entries, at, below ? yes : no);
    assert.deepEqual(
      kept.map(({ entry }) => entry.rank),
      staying(entries, at, below).map(({ rank }) => rank),
    );
    // At every revision that may be read the changes up to it say whether the key lives.
    for (let revision = at; revision <= lived.last; revision++) {
      const upTo = kept.filter(({ entry }) => revisionOf(entry) <= revision);
      const sum = upTo.reduce((total, { entry }) => total + changeOfEntry(entry.payload), 0);
      const newest = entries.find((entry) => revisionOf(entry) <= revision);
      const lives = newest !== undefined && newest.payload.length > 1;
      assert.equal(sum, lives ? 1 : 0, `at ${revision}`);
    }
    for (const { entry, marks } of kept) assert.equal(marks.change, changeOfEntry(entry.payload));
  });
  holds(t, property, { numRuns: 500 });
});

test("what is marked as superseded or deleted goes at that compaction, and not before", (t) => {
  const property = fc.property(life, fc.nat({ max: 20 }), ({ entries, last }, at) => {
    for (const { entry, marks } of keep("versions", entries, at, no)) {
      const isThere = (compaction: number) =>
        staying(entries, compaction, false).some(({ rank }) => rank === entry.rank);
      const until = Math.max(marks.superseded, marks.deleted);
      if (marks.superseded > 0) assert.equal(isThere(marks.superseded), false);
      if (marks.deleted > 0) assert.equal(isThere(marks.deleted), false);
      const first = [marks.superseded, marks.deleted].filter((each) => each > 0);
      const earliest = first.length === 0 ? last + 1 : Math.min(...first);
      assert.equal(isThere(earliest - 1), true);
      assert.ok(until <= last + 1);
    }
  });
  holds(t, property, { numRuns: 500 });
});

test("a merge that goes on after any entry that it kept keeps the same", (t) => {
  const property = fc.property(life, life, fc.nat({ max: 20 }), (one, two, at) => {
    const other = two.entries.map((entry) => ({ ...entry, key: bytes("l") }));
    const entries = [...one.entries, ...other];
    const whole = keep("versions", entries, at, no);
    for (const [i, { entry }] of whole.entries()) {
      const rest = entries.slice(
        entries.findIndex((each) => each === entry || same(each, entry)) + 1,
      );
      assert.deepEqual(keep("versions", rest, at, no, entry), whole.slice(i + 1));
    }
  });
  holds(t, property, { numRuns: 300 });
});

const same = (a: Position, b: Position) => a.rank === b.rank && a.key[0] === b.key[0];

test("history goes below the compaction, whatever lies below", () => {
  const entries = [3, 4, 5].map((revision) =>
    historyEntry({ key: "k", revision, second: false }, 0),
  );
  const kept = keep("history", entries, 4, no).map(({ entry }) => revisionOf(entry));
  assert.deepEqual(kept, [4, 5]);
});

test("of a key that hangs on leases the last word stays, and none if it hangs on none", () => {
  const attached = { lease: 7n, valueBytes: 3 };
  const entries = [
    leaseEntry(bytes("a"), 8, undefined),
    leaseEntry(bytes("a"), 6, attached),
    leaseEntry(bytes("b"), 9, attached),
    leaseEntry(bytes("b"), 2, undefined),
  ];
  const ranks = (below: () => boolean) =>
    keep("leases", entries, 0, below).map(({ entry }) => entry.rank);
  assert.deepEqual(ranks(no), [9]);
  assert.deepEqual(ranks(yes), [8, 9]);
});

test("a deletion that would take a key away that nobody put stops the merge", () => {
  const entries = [versionEntry(tombstone(bytes("k"), 3), false, undefined)];
  assert.throws(() => keep("versions", entries, 9, no), /would change the count by -1/);
});
