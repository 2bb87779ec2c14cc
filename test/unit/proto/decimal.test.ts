import assert from "node:assert/strict";
import { test } from "node:test";
import { int64Of, naturalOf } from "../../../src/proto/decimal.ts";

const none = ["", " ", " 5", "5 ", "+5", "-5", "05", "00", "5.0", "1e3", "0x10", "0b1", "0o7"];
const noneEither = ["1_000", "1,000", "Infinity", "NaN", "٣", "5\n", "5n", "null", "١٠"];

test("a number is its decimal digits and nothing else", () => {
  for (const text of [...none, ...noneEither]) assert.equal(naturalOf(text), undefined, text);
  for (const value of [0, 5, 10, 2 ** 53 - 1]) assert.equal(naturalOf(String(value)), value);
  for (const text of ["9007199254740992", "9".repeat(16), "9".repeat(300)]) {
    assert.equal(naturalOf(text), undefined, text);
  }
  assert.equal(naturalOf("10", 10), 10);
  assert.equal(naturalOf("11", 10), undefined);
});

test("64 bits are exact, and none more are taken", () => {
  for (const text of [...none.filter((one) => one !== "-5"), ...noneEither, "-0", "--5"]) {
    assert.equal(int64Of(text), undefined, text);
  }
  for (const value of [0n, -5n, 2n ** 63n - 1n, -(2n ** 63n)]) {
    assert.equal(int64Of(String(value)), value);
  }
  for (const value of [2n ** 63n, -(2n ** 63n) - 1n, 10n ** 30n]) {
    assert.equal(int64Of(String(value)), undefined);
  }
});
