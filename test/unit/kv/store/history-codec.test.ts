import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeHistory, encodeHistory } from "../../../../src/kv/store/history-codec.ts";
import { DecodeError } from "../../../../src/proto/errors.ts";
import { holds } from "../../../support/property.ts";
import { text } from "../support.ts";

const entry = fc.record(
  {
    key: fc.uint8Array({ minLength: 1, maxLength: 300 }).map(text),
    revision: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 2 ** 40 })),
    second: fc.boolean(),
  },
  { noNullPrototype: true },
);

test("a block of history reads back as it was written", (t) => {
  const property = fc.property(fc.array(entry, { maxLength: 50 }), (entries) => {
    const ordered = entries.sort((a, b) => a.revision - b.revision);
    assert.deepEqual(decodeHistory(encodeHistory(ordered)), ordered);
  });
  holds(t, property, { numRuns: 200 });
});

test("a truncated block is refused, and revisions that fall are a mistake", () => {
  const bytes = encodeHistory([{ key: "abc", revision: 900, second: true }]);
  assert.throws(() => decodeHistory(bytes.subarray(0, bytes.length - 1)), DecodeError);
  assert.throws(() => decodeHistory(bytes.subarray(0, 1)), DecodeError);
  const falling = [
    { key: "a", revision: 2, second: false },
    { key: "a", revision: 1, second: false },
  ];
  assert.throws(() => encodeHistory(falling), /revision 1 after 2/);
});
