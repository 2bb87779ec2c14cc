import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, bytesOfAddress } from "../../../../src/storage/blocks/address.ts";
import { BlockTable, maxBlockBytes } from "../../../../src/storage/blocks/block-table.ts";
import { sha256 } from "../../../support/sha256.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";

function remove(table: BlockTable, address: string): void {
  table.doom([address]);
  assert.equal(table.removeDoomed(1), 0);
}

const blockOf = (n: number) => new Uint8Array(3_000).fill(n);

test("a block is stored once, for one billed row, and is found by its address", () => {
  const database = new TurnDatabase();
  const table = new BlockTable(database.sql, sha256);
  const before = database.rowsWritten;
  const address = table.put(blockOf(1));
  assert.equal(address, addressOf(blockOf(1), sha256));
  assert.equal(database.rowsWritten - before, 1);
  assert.equal(table.put(blockOf(1)), address);
  assert.equal(database.rowsWritten - before, 1);
  assert.deepEqual(new Uint8Array(table.get(address)), blockOf(1));
  assert.equal(table.has(address), true);
  remove(table, address);
  assert.equal(database.rowsWritten - before, 2);
  assert.equal(table.has(address), false);
  assert.throws(() => table.get(address), { where: `block ${address}` });
});

test("blocks are listed in the order of their addresses, page by page", () => {
  const table = new BlockTable(new TurnDatabase().sql, sha256);
  const all = Array.from({ length: 10 }, (_, n) => table.put(blockOf(n))).sort();
  const first = table.list("", 4);
  const second = table.list(first.at(-1) ?? "", 4);
  const third = table.list(second.at(-1) ?? "", 4);
  assert.deepEqual([...first, ...second, ...third], all);
  assert.deepEqual(table.list(all.at(-1) ?? "", 4), []);
});

test("ends and pieces of a block are read without the rest of it", () => {
  const table = new BlockTable(new TurnDatabase().sql, sha256);
  const block = Uint8Array.from({ length: 3_000 }, (_, i) => i * 7);
  const address = table.put(block);
  for (const tail of [8, 100, 3_000, 5_000]) {
    const ends = table.ends(address, tail);
    assert.equal(ends.length, 3_000);
    assert.deepEqual(ends.head, block.subarray(0, 4));
    assert.deepEqual(ends.tail, block.slice(-tail));
  }
  assert.deepEqual(table.piece(address, 0, 10), block.subarray(0, 10));
  assert.deepEqual(table.piece(address, 1_000, 500), block.subarray(1_000, 1_500));
  const absent = "0".repeat(40);
  assert.throws(() => table.ends(absent, 8), { where: `block ${absent}` });
  assert.throws(() => table.piece(absent, 0, 8), { where: `block ${absent}` });
});

test("an address is held against the bytes where that is asked for", () => {
  const database = new TurnDatabase();
  const table = new BlockTable(database.sql, sha256);
  const address = table.put(blockOf(1));
  assert.deepEqual(new Uint8Array(table.getVerified(address)), blockOf(1));
  const update = "UPDATE block SET data = ? WHERE address = ?";
  database.sql.exec(update, blockOf(2), bytesOfAddress(address));
  assert.deepEqual(new Uint8Array(table.get(address)), blockOf(2));
  assert.throws(() => table.getVerified(address), {
    name: "StorageDamagedError",
    where: `block ${address}`,
  });
  database.sql.exec(update, "text", bytesOfAddress(address));
  assert.throws(() => table.get(address), { name: "StorageDamagedError" });
});

test("contents whose addresses were made to begin alike are blocks of their own", () => {
  // A hash of which only the last byte tells them apart: what a key of its beginning would mix up.
  const almost = (bytes: Uint8Array) => new Uint8Array(32).fill(9).fill(bytes[0] ?? 0, 19);
  const database = new TurnDatabase();
  const table = new BlockTable(database.sql, almost);
  const all = [1, 2, 3].map((n) => table.put(blockOf(n)));
  const before = database.rowsWritten;
  for (const n of [1, 2, 3]) {
    assert.equal(table.put(blockOf(n)), all[n - 1]);
    assert.deepEqual(new Uint8Array(table.get(all[n - 1] ?? "")), blockOf(n));
  }
  assert.equal(database.rowsWritten, before);
  assert.deepEqual([...table.list("", 2), ...table.list(all[1] ?? "", 2)], all);
  // The first one goes: the others stay what they were, and are not there twice.
  remove(table, all[0] ?? "");
  assert.deepEqual(new Uint8Array(table.get(table.put(blockOf(2)))), blockOf(2));
  assert.deepEqual(table.list("", 9), all.slice(1));
  remove(table, all[1] ?? "");
  assert.deepEqual(table.list("", 9), all.slice(2));
});

test("what is doomed goes in slices, but for what is put or asked for before that", () => {
  const table = new BlockTable(new TurnDatabase().sql, sha256);
  const all = [0, 1, 2, 3, 4, 5].map((n) => table.put(blockOf(n)));
  table.doom(all);
  table.put(blockOf(1));
  assert.equal(table.has(all[3] ?? ""), true);
  table.spare(all.slice(5));
  assert.equal(table.removeDoomed(2), 1);
  assert.equal(table.removeDoomed(2), 0);
  assert.deepEqual(table.list("", 9), [all[1], all[3], all[5]].toSorted());
});

test("no block is longer than a row may be", () => {
  const table = new BlockTable(new TurnDatabase().sql, sha256);
  table.put(new Uint8Array(maxBlockBytes));
  assert.throws(() => table.put(new Uint8Array(maxBlockBytes + 1)), RangeError);
});
