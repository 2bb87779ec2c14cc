import assert from "node:assert/strict";
import { test } from "node:test";
import {
  hashOfKey,
  KeyFilterBuilder,
  mayContain,
} from "../../../../src/storage/blocks/key-filter.ts";

const keyOf = (n: number) => new TextEncoder().encode(`key/${n}`);

test("a filter of 10 bits a key knows its own keys, and takes one other in 100 for them", () => {
  for (const keys of [1, 7, 1_000, 20_000]) {
    const builder = new KeyFilterBuilder();
    for (let i = 0; i < keys; i++) builder.add(keyOf(i));
    const bits = builder.take(10);
    assert.equal(bits.length, Math.ceil(Math.max(64, keys * 10) / 8));
    for (let i = 0; i < keys; i++) assert.ok(mayContain(bits, hashOfKey(keyOf(i))), `key ${i}`);
    let wrong = 0;
    for (let i = 0; i < 20_000; i++) if (mayContain(bits, hashOfKey(keyOf(-1 - i)))) wrong++;
    assert.ok(wrong < 300, `${wrong} of 20,000 with ${keys} keys`);
  }
});

test("a filter that was taken leaves nothing for the next", () => {
  const builder = new KeyFilterBuilder();
  builder.add(keyOf(1));
  builder.take(10);
  assert.deepEqual(builder.take(10), new Uint8Array(8));
});
