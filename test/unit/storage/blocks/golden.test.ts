/**
 * The bytes of blocks, for every version that was ever shipped: two members that hold the same must
 * name it alike, whatever code and runtime they run.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { UnitRecord } from "../../../../src/proto/generated/block.ts";
import { addressOf } from "../../../../src/storage/blocks/address.ts";
import { DataBlockBuilder } from "../../../../src/storage/blocks/data-block.ts";
import { PartBuilder } from "../../../../src/storage/blocks/part.ts";
import { encodeUnit } from "../../../../src/storage/blocks/unit.ts";
import { encodeValue } from "../../../../src/storage/blocks/value-block.ts";
import { golden, goldenEntries, goldenShape, goldenUnits } from "../../../support/golden-blocks.ts";
import { sha256 } from "../../../support/sha256.ts";
import { tableOn, unitsOf } from "./support.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("a small part, byte by byte", () => {
  const builder = new PartBuilder();
  builder.add({ key: Uint8Array.of(97, 98), rank: 300, payload: Uint8Array.of(1, 2) });
  builder.add({ key: Uint8Array.of(97, 98), rank: 7, payload: Uint8Array.of() });
  builder.add({ key: Uint8Array.of(97, 99, 0), rank: 2 ** 53 - 1, payload: Uint8Array.of(255) });
  assert.equal(
    hex(builder.take()),
    ["0002ac020261620102020007000102ffffffffffffff0f016300ff00000000010000000c", "5ad445"].join(""),
  );
});

test("a small data block, byte by byte", () => {
  const builder = new DataBlockBuilder(20);
  builder.add({ key: Uint8Array.of(97), rank: 5, payload: Uint8Array.of(1, 2, 3) });
  builder.add({ key: Uint8Array.of(98), rank: 0, payload: Uint8Array.of(4) });
  assert.equal(
    hex(builder.take()),
    [
      "db010100000105036101020300000000010000005a8d20d2000100016204000000000100",
      "00003e7e8a620a07081412016118050a050812120162c8cf076b00000010",
    ].join(""),
  );
});

test("a value's block, and its address", () => {
  assert.equal(hex(encodeValue(Uint8Array.of(1, 2, 3))), "db030100c36de45c010203");
  const value = encodeValue(Uint8Array.from({ length: 100_000 }, (_, i) => i & 0xff));
  assert.equal(addressOf(value, sha256), "e3b092882ba7dfb1e87daed5034b72772c10a794");
});

test("units of 5,000 entries", () => {
  assert.deepEqual(goldenUnits(tableOn(), goldenShape), golden.units);
});

test("the record of a unit in a manifest, byte by byte", () => {
  const [first] = unitsOf(tableOn(), goldenEntries, goldenShape);
  assert.ok(first);
  assert.equal(
    hex(UnitRecord.encode(encodeUnit(first))),
    [
      "0a14f4ec222ecb0c68bc70be1b847531110cb797a0e6120a6b65792f3030303030301a0a",
      "6b65792f3030313438302004289dfc1f3a0d08911710aae701180720d09b3d",
    ].join(""),
  );
});

test("without a filter they are others", () => {
  assert.deepEqual(goldenUnits(tableOn(), { ...goldenShape, filterBitsPerKey: 0 }), [
    "66fdab5ae359e0e2943d69113bad8a665c0fa970",
    "f25cde1a4ada19b657fb10501aa1c8e502bba032",
  ]);
});
