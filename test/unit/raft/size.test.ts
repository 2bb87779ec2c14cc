import assert from "node:assert/strict";
import { test } from "node:test";
import { entrySize } from "../../../src/proto/codec.ts";
import type { Entry } from "../../../src/proto/raftpb.ts";
import { limitSize, noLimit, payloadsSize } from "../../../src/raft/log/size.ts";
import { data, entriesOf } from "./support/testnode.ts";

test("TestLimitSize: as many as fit, but the first in any case", () => {
  const entries = entriesOf([4, 5, 6], 4);
  const [a, b, c] = entries.map(entrySize) as [number, number, number];
  for (const [limit, count] of [
    [noLimit, 3],
    [0, 1],
    [a + b, 2],
    [a + b + Math.floor(c / 2), 2],
    [a + b + c - 1, 2],
    [a + b + c, 3],
  ] as const) {
    assert.deepEqual(limitSize(entries, limit), entries.slice(0, count));
  }
  assert.deepEqual(limitSize([], 0), []);
});

test("TestPayloadSizeOfEmptyEntry: an empty entry has no payload", () => {
  assert.equal(payloadsSize(entriesOf([1])), 0);
  const [entry] = entriesOf([1]) as [Entry];
  assert.equal(payloadsSize([{ ...entry, data: data("abc") }, entry]), 3);
});
