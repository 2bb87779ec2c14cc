import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  byteString,
  bytesOf,
  isSingleKey,
  KEY_RANGE_INFINITY,
  keyRange,
} from "../../../../src/kv/keys/key-range.ts";
import { holds } from "../../../support/property.ts";

const anyBytes = fc.uint8Array({ maxLength: 40 });

test("byte strings compare as the bytes do, and give them back", (t) => {
  holds(
    t,
    fc.property(anyBytes, anyBytes, (a, b) => {
      assert.deepEqual(bytesOf(byteString(a)), a);
      const order = Buffer.compare(a, b);
      const [left, right] = [byteString(a), byteString(b)];
      assert.equal(left < right ? -1 : left > right ? 1 : 0, order);
      assert.ok(left < KEY_RANGE_INFINITY);
    }),
  );
});

test("long keys survive, and what is no byte string is refused", () => {
  const long = Uint8Array.from({ length: 20_000 }, (_, i) => i % 256);
  assert.deepEqual(bytesOf(byteString(long)), long);
  assert.throws(() => bytesOf(KEY_RANGE_INFINITY), /256 at 0/);
});

test("a range is a key, everything from a key on, or an interval", () => {
  const key = Uint8Array.of(1, 2);
  const none = new Uint8Array(0);
  assert.deepEqual(keyRange(key, none), { begin: "\x01\x02", end: "\x01\x02\0" });
  assert.deepEqual(keyRange(key, undefined), { begin: "\x01\x02", end: "\x01\x02\0" });
  assert.deepEqual(keyRange(key, Uint8Array.of(0)), { begin: "\x01\x02", end: "\u0100" });
  assert.deepEqual(keyRange(key, Uint8Array.of(3)), { begin: "\x01\x02", end: "\x03" });
  assert.ok(isSingleKey(keyRange(key, none)));
  assert.ok(!isSingleKey(keyRange(key, Uint8Array.of(3))));
});
