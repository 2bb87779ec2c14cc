import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defaultLimits } from "../../../../src/kv/work/limits.ts";
import { encodeEntry, encodeHardState } from "../../../../src/proto/codec.ts";
import { crc32c } from "../../../../src/storage/crc32c.ts";
import { DamagedRowError } from "../../../../src/storage/wal/errors.ts";
import {
  decodeRow,
  encodeRow,
  metadataBytesBound,
  rowRange,
} from "../../../../src/storage/wal/row.ts";
import { encodeSleepRecord } from "../../../../src/storage/wal/sleep-record.ts";
import { walpb } from "../../../support/generated/wal.js";
import { holds } from "../../../support/property.ts";
import { encode } from "../../../support/protobufjs.ts";
import { anyUint, confState, entry, hardState } from "../../proto/arbitrary.ts";

const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(fields, { noNullPrototype: true });
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });

const contents = record({
  metadata: maybe(fc.uint8Array({ minLength: 1, maxLength: 40 })),
  snapshot: maybe(record({ index: anyUint, term: anyUint, confState })),
  // Some rows are larger than what shares a buffer.
  entries: fc.array(
    fc.oneof(
      entry,
      entry.map((small) => ({ ...small, data: large })),
    ),
    {
      maxLength: 4,
    },
  ),
  hardState,
});
const sleep = record({
  term: anyUint,
  index: anyUint,
  clockMs: fc.nat(Number.MAX_SAFE_INTEGER),
  leases: fc.array(
    record({ id: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), leftMs: fc.nat(2 ** 50) }),
    { maxLength: 4 },
  ),
  absent: fc.array(fc.nat(2 ** 50), { maxLength: 3 }),
});
const large = new Uint8Array(9_000).fill(3);

/** The records as protobufjs writes them, each in its frame. */
function framed(records: readonly (readonly [number, Uint8Array])[], crcBefore: number) {
  let crc = crcBefore;
  const parts = records.map(([type, data]) => {
    crc = crc32c(data, crc);
    const bytes = Buffer.from(encode(walpb.Record, { type, crc, ...(data.length && { data }) }));
    const padding = -bytes.length & 7;
    const field = Buffer.alloc(8);
    field.writeUInt32LE(bytes.length);
    if (padding > 0) field[7] = 0x80 | padding;
    return Buffer.concat([field, bytes, Buffer.alloc(padding)]);
  });
  return { bytes: Buffer.concat(parts), crc };
}

test("a row is protobufjs' records, framed, whatever its size, in a buffer of its own", (t) => {
  holds(
    t,
    fc.property(contents, fc.nat(2 ** 32 - 1), (row, crcBefore) => {
      const { metadata, snapshot, entries } = row;
      const position = snapshot && { index: snapshot.index, term: snapshot.term };
      const stored = snapshot?.index === 0 ? position : snapshot;
      const records: (readonly [number, Uint8Array])[] = [[4, new Uint8Array()]];
      if (metadata) records.push([1, metadata]);
      if (stored) records.push([5, encode(walpb.Snapshot, stored as walpb.Snapshot.$Properties)]);
      for (const each of entries) records.push([2, encodeEntry(each)]);
      records.push([3, encodeHardState(row.hardState)]);
      const expected = framed(records, crcBefore);
      const { data, crcAfter } = encodeRow(row, crcBefore);
      assert.ok(expected.bytes.equals(data));
      assert.equal(crcAfter, expected.crc);
      assert.equal(data.buffer.byteLength, data.length);
    }),
    { numRuns: 300 },
  );
});

test("a row that is written reads back", (t) => {
  holds(
    t,
    fc.property(contents, fc.nat(2 ** 32 - 1), ({ entries, ...row }, crcBefore) => {
      const whole = { ...row, entries: entries.map((each, i) => ({ ...each, index: 7 + i })) };
      const { data, crcAfter } = encodeRow(whole, crcBefore);
      const read = decodeRow(data, rowRange(whole), "row");
      assert.deepEqual(
        read.entries.map((each) => [each.index, [...each.data]]),
        whole.entries.map((each) => [each.index, [...each.data]]),
      );
      assert.deepEqual(read.hardState, { ...whole.hardState });
      assert.deepEqual([read.crcBefore, read.crcAfter], [crcBefore, crcAfter]);
    }),
  );
});

test("a sleep record is protobufjs' message, and reads back with its row", (t) => {
  holds(
    t,
    fc.property(sleep, hardState, (record, state) => {
      const row = { entries: [], sleep: record, hardState: state };
      const { data } = encodeRow(row, 0);
      assert.deepEqual(decodeRow(data, rowRange(row), "row").sleep, record);
      const leases = Buffer.concat(
        record.leases.map(({ id, leftMs }) => {
          const bytes = Buffer.alloc(16);
          bytes.writeBigInt64BE(id);
          bytes.writeBigInt64BE(BigInt(leftMs), 8);
          return bytes;
        }),
      );
      const { term, index, clockMs, absent } = record;
      const message = { format: 1, term, index, clockMs, leases, absent };
      const expected = framed(
        [
          [4, new Uint8Array()],
          [16, encode(walpb.Sleep, message)],
          [3, encodeHardState(state)],
        ],
        0,
      );
      assert.ok(expected.bytes.equals(data));
    }),
  );
});

test("a sleep record of a later format is none, and one with more to it is damage", () => {
  const row = (message: walpb.Sleep.$Properties) => {
    const state = { term: 1, vote: 1, commit: 1 };
    const bytes = encode(walpb.Sleep, message);
    const records = [
      [4, new Uint8Array()],
      [16, bytes],
      [3, encodeHardState(state)],
    ] as const;
    return new Uint8Array(framed(records, 0).bytes);
  };
  const none = { first: 0, last: 0 };
  const fields = { format: 1, term: 1, index: 1, clockMs: 1, leases: new Uint8Array(0) };
  assert.equal(decodeRow(row(fields), none, "row").sleep?.term, 1);
  assert.equal(decodeRow(row({ ...fields, format: 2 }), none, "row").sleep, undefined);
  const odd = { ...fields, leases: new Uint8Array(17) };
  assert.throws(() => decodeRow(row(odd), none, "row"), DamagedRowError);
});

test("entries and a sleep record are never in one row", () => {
  const entry = { term: 1, index: 1, type: 0, data: new Uint8Array(0) } as const;
  const state = { term: 1, vote: 1, commit: 1 };
  const asleep = { term: 1, index: 1, clockMs: 1, leases: [], absent: [] };
  const both = { entries: [entry], sleep: asleep, hardState: state };
  assert.throws(() => encodeRow(both, 0), /a sleep record and entries/);
  const records = [
    [4, new Uint8Array()],
    [2, encodeEntry(entry)],
    [16, encodeSleepRecord(asleep)],
    [3, encodeHardState(state)],
  ] as const;
  const { bytes } = framed(records, 0);
  const range = { first: 1, last: 1 };
  assert.throws(() => decodeRow(new Uint8Array(bytes), range, "row"), /sleep record beside/);
});

test("the sleep record of the most leases fits a row", () => {
  const { maxLeases } = defaultLimits;
  const leases = Array.from({ length: maxLeases }, (_, i) => ({ id: -BigInt(i), leftMs: i }));
  const row = {
    metadata: new Uint8Array(metadataBytesBound),
    entries: [],
    sleep: { term: 1, index: 1, clockMs: 1, leases, absent: [] },
    hardState: { term: 1, vote: 1, commit: 1 },
  };
  assert.ok(encodeRow(row, 0).data.length < 1_000_000);
});
