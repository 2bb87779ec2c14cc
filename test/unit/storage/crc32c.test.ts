import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { crc32c } from "../../../src/storage/crc32c.ts";
import { holds } from "../../support/property.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bit by bit, as the definition has it. */
function reference(bytes: Uint8Array, seed = 0): number {
  let sum = ~seed;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1;
  }
  return ~sum >>> 0;
}

test("published sums come out (RFC 3720, appendix B.4, and the check value)", () => {
  assert.equal(crc32c(new Uint8Array(0)), 0);
  assert.equal(crc32c(ascii("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c);
});

test("it equals the definition for any bytes, seed and alignment", (t) => {
  holds(
    t,
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(16),
      fc.integer({ min: 0, max: 0xffffffff }),
      (bytes, skip, seed) => {
        const part = bytes.subarray(Math.min(skip, bytes.length));
        assert.equal(crc32c(part, seed), reference(part, seed));
      },
    ),
    { numRuns: 500 },
  );
});

test("it rolls: the sum of the parts is the sum of the whole", (t) => {
  holds(
    t,
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
      const rolled = crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)));
      assert.equal(rolled, crc32c(bytes));
    }),
  );
});
