import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeEntry, encodeHardState } from "../../../../src/proto/codec.ts";
import { crc32c } from "../../../../src/storage/crc32c.ts";
import { decodeRow, encodeRow, rowRange } from "../../../../src/storage/wal/row.ts";
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
