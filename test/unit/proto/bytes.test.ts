import assert from "node:assert/strict";
import { test } from "node:test";
import {
  compareBytes,
  concat,
  lengthPrefixed,
  sameBytes,
  toHex,
} from "../../../src/proto/bytes.ts";

const of = (...bytes: number[]) => Uint8Array.of(...bytes);

test("parts are joined in their order, and a single one is not copied", () => {
  assert.deepEqual(concat([]), of());
  assert.deepEqual(concat([of(1), of(), of(2, 3)]), of(1, 2, 3));
  const only = of(4);
  assert.equal(concat([only]), only);
});

test("frames carry the length of each part in front of it, big-endian", () => {
  assert.deepEqual(lengthPrefixed([]), of());
  assert.deepEqual(lengthPrefixed([of(7), of()]), of(0, 0, 0, 1, 7, 0, 0, 0, 0));
  assert.deepEqual(lengthPrefixed([new Uint8Array(258)]).subarray(0, 4), of(0, 0, 1, 2));
});

test("bytes are told in hex, two digits each", () => {
  assert.equal(toHex(of()), "");
  assert.equal(toHex(of(0, 9, 0xab, 0xff)), "0009abff");
});

test("bytes are compared as unsigned numbers, and what is a beginning comes first", () => {
  const ascending = [of(), of(0), of(0, 0), of(0, 1), of(1), of(0x7f), of(0x80), of(0xff)];
  ascending.forEach((a, i) => {
    ascending.forEach((b, j) => {
      assert.equal(Math.sign(compareBytes(a, b)), Math.sign(i - j), `${a} and ${b}`);
      assert.equal(sameBytes(a, b), i === j, `${a} and ${b}`);
    });
  });
});
