import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isValueOnDisk, valueBytesOf } from "../../../../src/kv/store/large-value.ts";
import { tombstone } from "../../../../src/kv/store/view.ts";
import {
  changeOfHistory,
  historyEntry,
  historyPosition,
} from "../../../../src/kv/tree/history-entry.ts";
import { attachmentOf, leaseEntry } from "../../../../src/kv/tree/lease-entry.ts";
import {
  changeOfEntry,
  isDeletion,
  keyValueOf,
  valuePlaceOf,
  versionEntry,
  withChange,
} from "../../../../src/kv/tree/version-entry.ts";
import { BlockReader } from "../../../../src/storage/blocks/block-reader.ts";
import { comparePositions } from "../../../../src/storage/blocks/entry.ts";
import { encodeValue } from "../../../../src/storage/blocks/value-block.ts";
import { holds } from "../../../support/property.ts";
import { tableOn } from "../../storage/blocks/support.ts";
import { bytes } from "../support.ts";

const revision = fc.oneof(fc.integer({ min: 2, max: 300 }), fc.constant(2 ** 52 - 1));
const lease = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const damaged = { name: "StorageDamagedError" };

test("a version is the same after it was an entry, whatever it holds", (t) => {
  const table = tableOn();
  const reader = new BlockReader(table, 0);
  const property = fc.property(
    fc.record({ modRevision: revision, age: fc.nat({ max: 300 }), version: revision, lease }),
    fc.uint8Array({ maxLength: 200 }),
    fc.boolean(),
    fc.boolean(),
    ({ modRevision, age, ...rest }, value, second, apart) => {
      const createRevision = Math.max(1, modRevision - age);
      const kv = { key: bytes("k"), createRevision, modRevision, ...rest, value };
      const address = table.put(encodeValue(value));
      const place = apart ? { address, bytes: value.length } : undefined;
      const entry = versionEntry(kv, second, place);
      assert.equal(entry.rank, modRevision * 2 + (second ? 1 : 0));
      assert.equal(changeOfEntry(entry.payload), kv.version === 1 ? 1 : 0);
      assert.equal(isDeletion(entry.payload), false);
      assert.deepEqual(valuePlaceOf(entry.payload), place);
      for (const change of [-1, 0, 1]) {
        const payload = withChange(entry.payload, change);
        assert.equal(changeOfEntry(payload), change);
        const found = keyValueOf({ ...entry, payload }, reader);
        assert.equal(isValueOnDisk(found), apart);
        assert.equal(valueBytesOf(found), value.length);
        assert.deepEqual({ ...found, value: new Uint8Array(found.value) }, kv);
      }
    },
  );
  holds(t, property, { numRuns: 200 });
});

test("a tombstone is the same after it was an entry", () => {
  const entry = versionEntry(tombstone(bytes("k"), 7), true, undefined);
  assert.equal(entry.payload.length, 1);
  assert.equal(changeOfEntry(entry.payload), -1);
  assert.equal(isDeletion(entry.payload), true);
  const reader = new BlockReader(tableOn(), 0);
  assert.deepEqual(keyValueOf(entry, reader), tombstone(bytes("k"), 7));
});

test("a version that is cut is damaged, but for its value, which has no end of its own", () => {
  const kv = { key: bytes("k"), createRevision: 3, modRevision: 300, version: 200, lease: 5n };
  const place = { address: "ab".repeat(20), bytes: 70_000 };
  const entry = versionEntry({ ...kv, value: bytes("") }, false, place);
  const reader = new BlockReader(tableOn(), 0);
  for (let length = 1; length < entry.payload.length; length++) {
    const payload = entry.payload.subarray(0, length);
    assert.throws(() => keyValueOf({ ...entry, payload }, reader), damaged, `${length} bytes`);
  }
});

test("one key changes the number of keys by one at most", () => {
  const { payload } = versionEntry(tombstone(bytes("k"), 7), true, undefined);
  assert.throws(() => withChange(payload, 2));
  assert.throws(() => withChange(payload, -2));
});

test("changes are in the order they were made, and from any revision on", (t) => {
  const change = fc.record({ revision, place: fc.nat({ max: 60_000 }), second: fc.boolean() });
  const property = fc.property(change, change, (a, b) => {
    const [one, two] = [a, b].map(({ place, ...rest }) =>
      historyEntry({ key: "ä", ...rest }, place),
    );
    assert.ok(one && two);
    const order = a.revision - b.revision || a.place - b.place;
    if (order !== 0) assert.equal(Math.sign(comparePositions(one, two)), Math.sign(order));
    assert.deepEqual(changeOfHistory(one), { key: "ä", revision: a.revision, second: a.second });
    const isFrom = comparePositions(historyPosition(b.revision), one) <= 0;
    assert.equal(isFrom, a.revision >= b.revision);
  });
  holds(t, property, { numRuns: 300 });
});

test("a change that stands under another revision is damaged", () => {
  const entry = historyEntry({ key: "k", revision: 5, second: false }, 0);
  assert.throws(() => changeOfHistory({ ...entry, rank: 12 }), damaged);
  assert.throws(() => changeOfHistory({ ...entry, key: entry.key.subarray(1) }), damaged);
});

test("a lease is the same after it was an entry, and so is none", (t) => {
  const property = fc.property(lease, fc.nat({ max: 2_000_000 }), (id, valueBytes) => {
    const attached = { lease: id, valueBytes };
    const entry = leaseEntry(bytes("k"), 4, attached);
    assert.deepEqual(attachmentOf(entry), attached);
    assert.throws(() => attachmentOf({ ...entry, payload: entry.payload.subarray(0, 8) }), damaged);
  });
  holds(t, property, { numRuns: 100 });
  assert.equal(attachmentOf(leaseEntry(bytes("k"), 4, undefined)), undefined);
});
