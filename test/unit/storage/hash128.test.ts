import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DecodeError } from "../../../src/proto/errors.ts";
import { hash128, Word128 } from "../../../src/storage/hash128.ts";
import { holds } from "../../support/property.ts";
import { bytes } from "../kv/support.ts";

function hashed(input: string, seed: number): string {
  const out = new Word128();
  hash128(bytes(input), input.length, out, seed);
  return [out.a, out.b, out.c, out.d].map((word) => word.toString(16).padStart(8, "0")).join("");
}

test("the hash is MurmurHash3_x86_128, by its published vectors", () => {
  assert.equal(hashed("Hello, world!", 123), "61c9129e5a1aacd7a41621629e37c886");
  assert.equal(hashed("Hello, world!", 321), "d5fbdcb3c26c4193045880c5a7170f0f");
  assert.equal(hashed("x".repeat(28), 123), "5e40bab278825a164cf929d31fec6047");
  assert.equal(hashed("", 0), "0".repeat(32));
});

const word = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });

function wordOf(value: bigint): Word128 {
  const raw = new Uint8Array(16);
  const view = new DataView(raw.buffer);
  view.setBigUint64(0, value >> 64n);
  view.setBigUint64(8, value & (2n ** 64n - 1n));
  return Word128.fromBytes(raw);
}

test("sums and differences are modulo 2^128", (t) => {
  const property = fc.property(word, word, (a, b) => {
    const sum = wordOf(a);
    sum.add(wordOf(b));
    assert.equal(BigInt(`0x${sum.toHex()}`), (a + b) % 2n ** 128n);
    sum.subtract(wordOf(b));
    assert.ok(sum.equals(wordOf(a)));
    assert.deepEqual(Word128.fromBytes(sum.toBytes()), sum);
  });
  holds(t, property);
});

test("a sum has sixteen bytes, or none", () => {
  assert.deepEqual(Word128.fromBytes(new Uint8Array()), new Word128());
  for (const length of [1, 15, 17]) {
    assert.throws(() => Word128.fromBytes(new Uint8Array(length)), DecodeError);
  }
});
