import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  DataBlockBuilder,
  endsOf,
  placeOf,
  readPart,
  readTrailer,
  type Trailer,
} from "../../../../src/storage/blocks/data-block.ts";
import type { Entry } from "../../../../src/storage/blocks/entry.ts";
import type { Part } from "../../../../src/storage/blocks/part.ts";
import { holds } from "../../../support/property.ts";
import { entries } from "./support.ts";

const address = "5".repeat(40);

function blockOf(list: readonly Entry[], partBytes: number): Uint8Array {
  const builder = new DataBlockBuilder(partBytes);
  assert.equal(builder.empty, true);
  for (const entry of list) builder.add(entry);
  const { size } = builder;
  const block = builder.take();
  // The fence of the part that is open is not counted yet.
  const most = size + (list.at(-1)?.key.length ?? 0) + 40;
  assert.ok(block.length <= most, `${block.length} bytes, ${size} were told`);
  return block;
}

function readAll(block: Uint8Array): Entry[] {
  const trailer = trailerOf(block);
  return trailer.parts.flatMap((_, at) => partOf(block, trailer, at).entries());
}

function trailerOf(block: Uint8Array): Trailer {
  const trailer = readTrailer(address, endsOf(block));
  assert.ok(trailer);
  return trailer;
}

function partOf(block: Uint8Array, trailer: Trailer, at: number): Part {
  const { start, end } = placeOf(trailer, at);
  return readPart(address, at, block.subarray(start, end));
}

const someEntries = entries.filter((list) => list.length > 0);
const partBytes = fc.constantFrom(1, 50, 200, 100_000);

test("a block holds its entries, in parts that end with the entry that fills them", (t) => {
  const property = fc.property(someEntries, partBytes, (list, bytes) => {
    const block = blockOf(list, bytes);
    const plain = readAll(block).map((entry) => ({
      ...entry,
      payload: new Uint8Array(entry.payload),
    }));
    assert.deepEqual(plain, list);
    const { parts } = trailerOf(block);
    for (const { start, end } of parts.slice(0, -1)) assert.ok(end - start >= bytes);
    const last = list.at(-1);
    assert.deepEqual(parts.at(-1)?.lastKey, last?.key);
    assert.equal(parts.at(-1)?.lastRank, last?.rank);
  });
  holds(t, property, { numRuns: 100 });
});

test("whatever bit of a block is changed, whoever reads all of it is told where", (t) => {
  const property = fc.property(someEntries, fc.nat(), fc.nat({ max: 7 }), (list, place, bit) => {
    const block = blockOf(list, 50);
    const at = place % block.length;
    block[at] = (block[at] ?? 0) ^ (1 << bit);
    assert.throws(
      () => readAll(block),
      (error: Error & { where?: string }) =>
        error.name === "StorageDamagedError" && /^block 5{40}( part \d+)?$/.test(error.where ?? ""),
    );
  });
  holds(t, property, { numRuns: 300 });
});

test("a read of one part does not see the damage of another, and names its own", () => {
  const list = ["a", "b", "c"].map((name) => ({
    key: Buffer.from(name),
    rank: 1,
    payload: new Uint8Array(60),
  }));
  const block = blockOf(list, 50);
  const trailer = trailerOf(block);
  assert.equal(trailer.parts.length, 3);
  const middle = trailer.parts[1];
  assert.ok(middle);
  block[middle.start + 10] = 255;
  assert.equal(partOf(block, trailer, 0).entries().length, 1);
  assert.equal(partOf(block, trailer, 2).entries().length, 1);
  const where = `block ${address} part 1`;
  assert.throws(() => partOf(block, trailer, 1), { where });
});

test("a trailer is read from the end of a block, where that holds all of it", () => {
  const list = Array.from({ length: 40 }, (_, i) => ({
    key: Buffer.from(`key ${i + 10}`),
    rank: 1,
    payload: new Uint8Array(30),
  }));
  const block = blockOf(list, 50);
  const whole = trailerOf(block);
  const { length, head } = endsOf(block);
  let missing = 0;
  for (let bytes = 8; bytes <= length; bytes++) {
    const trailer = readTrailer(address, { length, head, tail: block.subarray(length - bytes) });
    if (trailer === undefined) missing++;
    else assert.deepEqual(trailer, whole);
  }
  assert.ok(missing > 100 && missing < length - 100, `not from ${missing} of ${length} ends`);
});

test("a block that is cut is damaged, and so is one of another kind or version", () => {
  const block = blockOf([{ key: Buffer.from("a"), rank: 1, payload: Buffer.from("b") }], 50);
  const is = { name: "StorageDamagedError" };
  for (let length = 0; length < block.length; length++) {
    assert.throws(() => readTrailer(address, endsOf(block.subarray(0, length))), is);
  }
  for (const [at, value] of [
    [0, 0],
    [1, 2],
    [2, 2],
    [3, 1],
  ] as const) {
    const other = block.slice();
    other[at] = value;
    assert.throws(() => readTrailer(address, endsOf(other)), is);
  }
});
