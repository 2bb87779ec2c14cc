import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DecodeError } from "../../../../src/proto/errors.ts";
import {
  decodeRecord,
  frameAt,
  framedSizeBound,
  putFramed,
  type WalRecord,
} from "../../../../src/storage/wal/record.ts";
import { walpb } from "../../../support/generated/wal.js";
import { holds } from "../../../support/property.ts";
import { decode, encode } from "../../../support/protobufjs.ts";

const record = fc.record({
  type: fc.integer({ min: 0, max: 300 }),
  crc: fc.integer({ min: 0, max: 0xffffffff }),
  data: fc.uint8Array({ maxLength: 300 }),
});

function framed(value: WalRecord): Uint8Array {
  const out = new Uint8Array(framedSizeBound(value.data.length)).fill(0xee);
  const end = putFramed(out, 0, value);
  assert.equal(end % 8, 0);
  return out.subarray(0, end);
}

const plain = ({ type, crc, data }: WalRecord) => ({ type, crc, data: [...data] });

test("a record is written as protobufjs' code writes it, and read as it reads it", (t) => {
  holds(
    t,
    fc.property(record, (value) => {
      const bytes = framed(value);
      const frame = frameAt(bytes, 0);
      assert.ok(frame);
      const inner = bytes.subarray(frame.start, frame.end);
      const { data, ...head } = value;
      assert.deepEqual([...inner], [...encode(walpb.Record, data.length > 0 ? value : head)]);
      const { type, crc, data: generated } = decode(walpb.Record, inner);
      assert.deepEqual(plain(decodeRecord(inner)), plain({ type, crc, data: generated }));
      assert.deepEqual(plain(decodeRecord(inner)), plain(value));
    }),
  );
});

test("a frame is padded with zeros to 8 bytes, and its length field says by how many", (t) => {
  holds(
    t,
    fc.property(record, (value) => {
      const bytes = framed(value);
      const frame = frameAt(bytes, 0);
      assert.ok(frame?.exact);
      assert.equal(bytes.length % 8, 0);
      assert.equal(frame.next, bytes.length);
      assert.ok(bytes.length <= framedSizeBound(value.data.length));
      const padding = frame.next - frame.end;
      assert.ok(bytes.subarray(frame.end).every((byte) => byte === 0));
      assert.equal(bytes[7], padding === 0 ? 0 : 0x80 | padding);
      assert.equal(bytes[0], (frame.end - frame.start) & 0xff);
    }),
  );
});

test("bytes that are no record are a DecodeError", () => {
  for (const bytes of [
    [0x08],
    [0x08, 0x80],
    [0x1a, 2, 1],
    [0x22, 0],
    [0x10, 0xff, 0xff, 0xff, 0xff, 0x1f],
  ]) {
    assert.throws(() => decodeRecord(Uint8Array.from(bytes)), DecodeError);
  }
  assert.throws(() => decodeRecord(new Uint8Array(12).fill(0xff).fill(8, 0, 1)), DecodeError);
});
