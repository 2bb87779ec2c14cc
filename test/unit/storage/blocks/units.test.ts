import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BlockReader } from "../../../../src/storage/blocks/block-reader.ts";
import {
  comparePositions,
  type Entry,
  firstRank,
  type Position,
} from "../../../../src/storage/blocks/entry.ts";
import { hashOfKey } from "../../../../src/storage/blocks/key-filter.ts";
import { RunCursor, unitAt } from "../../../../src/storage/blocks/run-cursor.ts";
import { UnitWriter } from "../../../../src/storage/blocks/unit-writer.ts";
import { decodeValue, encodeValue } from "../../../../src/storage/blocks/value-block.ts";
import { holds } from "../../../support/property.ts";
import { entries, key, noMarks, tableOn, tinyShape, unitsOf } from "./support.ts";

const plain = ({ key: at, rank, payload }: Entry) => ({
  key: new Uint8Array(at),
  rank,
  payload: new Uint8Array(payload),
});

function walk(cursor: RunCursor): Entry[] {
  const found: Entry[] = [];
  for (let { head } = cursor; head !== undefined; { head } = cursor) {
    found.push(plain(head));
    cursor.next();
  }
  return found;
}

const cacheBytes = fc.constantFrom(0, 5_000, 1_000_000);
const position = fc.record({ key, rank: fc.constantFrom(0, 1, 5, 127, 200, firstRank) });

test("a run is walked from any position, either way, as a sorted list is", (t) => {
  const property = fc.property(entries, cacheBytes, fc.array(position), (list, cache, places) => {
    const table = tableOn();
    const units = unitsOf(table, list);
    const reader = new BlockReader(table, cache);
    const up = new RunCursor(reader, units, false);
    const down = new RunCursor(reader, units, true);
    up.begin();
    down.begin();
    assert.deepEqual(walk(up), list);
    assert.deepEqual(walk(down), list.toReversed());
    for (const place of [...places, ...list.slice(0, 5)]) {
      const isBefore = (entry: Position) => comparePositions(entry, place) < 0;
      up.seek(place);
      down.seek(place);
      assert.deepEqual(
        walk(up),
        list.filter((entry) => !isBefore(entry)),
      );
      assert.deepEqual(walk(down), list.filter(isBefore).toReversed());
    }
  });
  holds(t, property, { numRuns: 60 });
});

test("a unit finds the first entry at a position or after it; its filter hides no key", (t) => {
  const property = fc.property(entries, position, (list, place) => {
    const table = tableOn();
    const units = unitsOf(table, list);
    const reader = new BlockReader(table, 100_000);
    for (const at of [place, ...list]) {
      const unit = units[unitAt(reader, units, at)];
      const expected = list.find((entry) => comparePositions(entry, at) >= 0);
      const found = unit && reader.find(unit.address, at);
      assert.deepEqual(found && plain(found), expected);
      const isThere = list.some((entry) => comparePositions(entry, at) === 0);
      if (!isThere) continue;
      const hash = hashOfKey(at.key);
      assert.ok(unit && reader.findKey(unit.address, at, hash));
    }
  });
  holds(t, property, { numRuns: 60 });
});

test("sums of a unit are those of its entries, and so are what is superseded and deleted", (t) => {
  const change = fc.constantFrom(-1, 0, 1);
  const until = fc.constantFrom(0, 0, 5, 9);
  const marks = fc.record({ change, superseded: until, deleted: until });
  const property = fc.property(entries, fc.array(marks, { minLength: 150 }), (list, all) => {
    const writer = new UnitWriter(tableOn(), tinyShape);
    const marked = list.map((entry, i) => ({ entry, ...noMarks, ...all[i] }));
    const units = marked.map(({ entry, ...mark }) => writer.add(entry, mark));
    const ended = [...units, writer.finish()].filter((unit) => unit !== undefined);
    let from = 0;
    for (const unit of ended) {
      const own = marked.slice(from, from + unit.sums.entries);
      from += own.length;
      const bytes = (of: typeof own) =>
        of.reduce((sum, { entry }) => sum + entry.key.length + entry.payload.length, 0);
      assert.equal(
        unit.sums.keyBytes,
        own.reduce((sum, { entry }) => sum + entry.key.length, 0),
      );
      assert.equal(unit.sums.minRank, Math.min(...own.map(({ entry }) => entry.rank)));
      assert.equal(unit.sums.maxRank, Math.max(...own.map(({ entry }) => entry.rank)));
      assert.equal(unit.sums.added, own.filter((mark) => mark.change > 0).length);
      assert.equal(unit.sums.removed, own.filter((mark) => mark.change < 0).length);
      const superseded = own.filter((mark) => mark.superseded > 0);
      assert.equal(unit.supersededBytes, bytes(superseded));
      assert.equal(unit.supersededUntil, Math.max(0, ...own.map((mark) => mark.superseded)));
      assert.equal(unit.deletedBytes, bytes(own.filter((mark) => mark.deleted > 0)));
      assert.equal(unit.deletedUntil, Math.max(0, ...own.map((mark) => mark.deleted)));
    }
    assert.equal(from, list.length);
  });
  holds(t, property, { numRuns: 60 });
});

test("a unit of long values ends early, and its index names them", () => {
  const table = tableOn();
  const writer = new UnitWriter(table, tinyShape);
  const value = { address: table.put(encodeValue(new Uint8Array(3_000))), bytes: 3_000 };
  const entry = (n: number) => ({ key: Uint8Array.of(n), rank: 1, payload: new Uint8Array(1) });
  const units = [1, 2, 3, 4].map((n) => writer.add(entry(n), { ...noMarks, value }));
  // Eight times 3 blocks of 300 bytes.
  const [unit] = units.filter((each) => each !== undefined);
  assert.equal(units.indexOf(unit), 2);
  assert.equal(unit?.valueBytes, 9_000);
  const { values } = new BlockReader(table, 0).index(unit?.address ?? "");
  assert.deepEqual(values, [value.address, value.address, value.address]);
});

test("keys as long as they may be leave every block below what a row may hold", () => {
  const table = tableOn();
  const shape = { partBytes: 4_096, blockBytes: 131_072, unitBlocks: 32, filterBitsPerKey: 10 };
  const list = Array.from({ length: 60 }, (_, i) => ({
    key: new Uint8Array(65_536).fill(i, 65_000),
    rank: 1,
    payload: new Uint8Array(32_768),
  }));
  const units = unitsOf(table, list, shape);
  const up = new RunCursor(new BlockReader(table, 0), units, false);
  up.begin();
  assert.equal(walk(up).length, 60);
  // Its trailer is longer than what is read of a block's end at first.
  const reader = new BlockReader(table, 0);
  for (const entry of [list[0], list[1], list[31], list[59]]) {
    const found = entry && units[unitAt(reader, units, entry)];
    assert.deepEqual(found && entry && reader.find(found.address, entry)?.key, entry?.key);
  }
  // What a manifest holds of them is short all the same.
  for (const unit of units) assert.equal(unit.firstKey.length, 128);
  assert.ok(units.length > 1);
});

test("a value that is a block of its own is read whole, and damage in it is told", () => {
  const table = tableOn();
  const value = Uint8Array.from({ length: 40_000 }, (_, i) => i);
  const block = encodeValue(value);
  const address = table.put(block);
  const reader = new BlockReader(table, 0);
  assert.deepEqual(new Uint8Array(reader.value(address, 40_000)), value);
  assert.throws(() => reader.value(address, 39_999), { where: `block ${address}` });
  block[20_000] = 1;
  assert.throws(() => decodeValue(address, block), { where: `block ${address}` });
});

test("an entry out of order is never written", () => {
  const writer = new UnitWriter(tableOn(), tinyShape);
  const entry = { key: Uint8Array.of(1), rank: 5, payload: new Uint8Array(1) };
  writer.add(entry, noMarks);
  assert.throws(() => writer.add({ ...entry, rank: 6 }, noMarks), /not after/);
  assert.throws(() => writer.add(entry, noMarks), /not after/);
});
