import assert from "node:assert/strict";
import { test } from "node:test";
import { KEY_RANGE_INFINITY } from "../../../../src/kv/keys/key-range.ts";
import { emptyManifest, unitsOf } from "../../../../src/kv/tree/base-manifest.ts";
import { BlockBase } from "../../../../src/kv/tree/block-base.ts";
import { planMerges } from "../../../../src/kv/tree/plan.ts";
import { bytesOfAddress } from "../../../../src/storage/blocks/address.ts";
import { BlockReader } from "../../../../src/storage/blocks/block-reader.ts";
import { BlockTable } from "../../../../src/storage/blocks/block-table.ts";
import { sha256 } from "../../../support/sha256.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";
import { type Freeze, Life, tinyPolicy } from "./life.ts";
import { Member } from "./member.ts";

const policy = { ...tinyPolicy, blockBytes: 2_000, levelBytes: 20_000, unitBlocks: 8 };
const keyOf = (n: number) => `key/${String(n % 500).padStart(4, "0")}`;

/** Puts of 500 keys in no order, frozen after every 100. */
function frozen(puts: number): readonly Freeze[] {
  const life = new Life(policy);
  for (let i = 0; i < puts; i++) {
    const operation = { key: keyOf(i * 37), value: new Uint8Array(40).fill(i), lease: 0n };
    life.run({ kind: "txn", operations: [operation] });
    if (i % 100 === 99) life.run({ kind: "freeze", pressed: false });
  }
  return life.freezes;
}

function memberOf(freezes: readonly Freeze[], cacheBytes: number): Member {
  const member = new Member([], cacheBytes, policy);
  member.run(freezes);
  return member;
}

const all = ["", KEY_RANGE_INFINITY] as const;

test("a key takes one or two blocks to read, one that is absent mostly the last level's", () => {
  const { base } = memberOf(frozen(1_500), 400_000);
  const { read } = base;
  const { revision } = read;
  // Indexes are in memory after the first.
  for (let i = 0; i < 500; i++) read.get(keyOf(i), revision);
  let before = base.loads;
  for (let i = 0; i < 500; i++) assert.ok(read.get(keyOf(i), revision));
  assert.ok(base.loads - before <= 1_000, `${base.loads - before} loads for 500 keys`);
  before = base.loads;
  for (let i = 0; i < 500; i++) assert.equal(read.get(`${keyOf(i)}/`, revision), undefined);
  assert.ok(base.loads - before <= 750, `${base.loads - before} loads for 500 absent keys`);
});

test("all keys are counted without a block, a part of them by the ends of the range", () => {
  const { base } = memberOf(frozen(1_500), 0);
  const { read } = base;
  const { revision } = read;
  let before = base.loads;
  assert.equal(read.countLive(...all, revision), 500);
  assert.equal(read.passed(...all, -1, revision, 10_000).count, 1_500);
  assert.equal(base.loads, before);
  before = base.loads;
  assert.equal(read.countLive(keyOf(100), keyOf(400), revision), 300);
  // Of each run an index and a block at both ends, each unit's index opened anew without a cache.
  const { young, levels } = base.manifest.versions;
  const runs = young.length + levels.length;
  assert.ok(base.loads - before <= runs * 8, `${base.loads - before} loads of ${runs} runs`);
});

test("damage in a part is told by who reads it, and by no other; no merge takes it over", () => {
  const freezes = frozen(300);
  const member = memberOf(freezes.slice(0, 2), 0);
  const { sql } = member.database;
  const table = new BlockTable(sql, sha256);
  const [run] = member.base.manifest.versions.young;
  const index = new BlockReader(table, 0).index(run?.[0]?.address ?? "");
  const block = index.blocks[1];
  assert.ok(block);
  const damaged = table.get(block.address).slice();
  damaged[10] = (damaged[10] ?? 0) ^ 1;
  const update = "UPDATE block SET data = ? WHERE address = ?";
  sql.exec(update, damaged, bytesOfAddress(block.address));
  const { read } = member.base;
  const answers = Array.from({ length: 500 }, (_, i) => {
    try {
      return read.get(keyOf(i), read.revision) === undefined ? "absent" : "there";
    } catch (error) {
      return (error as { where?: string }).where;
    }
  });
  const told = answers.filter((answer) => answer === `block ${block.address} part 0`);
  const there = answers.filter((answer) => answer === "there");
  assert.ok(told.length > 0 && told.length < 50, `${told.length} keys`);
  assert.ok(there.length > 100, `${there.length} keys`);
  assert.equal(
    answers.every((answer) => ["absent", "there", told[0]].includes(answer)),
    true,
  );
  assert.throws(() => [...read.scanLive(...all, read.revision, false)], {
    where: `block ${block.address} part 0`,
  });
  assert.ok(planMerges(member.base.manifest, new BlockReader(table, 0)).length > 0);
  member.base.restore(member.base.manifest);
  const merged = new BlockBase(sql, sha256, member.base.manifest, 0);
  merged.restore(emptyManifest(policy));
  merged.restore(member.base.manifest);
  assert.throws(() => merged.step(1_000_000), { where: `block ${block.address} part 0` });
});

test("a merge that was broken off goes on with its last unit, and comes to the same", () => {
  const freezes = frozen(1_000);
  const whole = memberOf(freezes, 0);
  const slices = (base: BlockBase): number => {
    let count = 1;
    let { left } = base;
    for (; !base.step(500); count++) {
      assert.ok(base.left <= left, `${base.left} bytes are left after ${left}`);
      left = base.left;
    }
    assert.equal(base.left, 0);
    return count;
  };
  const database = new TurnDatabase();
  const last = freezes.at(-1);
  assert.ok(last);
  let base = new BlockBase(database.sql, sha256, emptyManifest(policy), 0);
  for (const each of freezes) {
    while (!base.step(1_000_000));
    base.freeze(each, each.point);
    while (!base.step(1_000_000));
    base.finish();
  }
  assert.deepEqual(base.manifest, whole.base.manifest);
  const { manifest } = base;
  const needed = slices(base);
  assert.ok(needed > 20, `${needed} slices`);
  // All that was finished is known, also by an instance that did not do it.
  base = new BlockBase(database.sql, sha256, manifest, 0);
  const left = slices(base);
  assert.ok(left * 3 < needed, `${left} of ${needed} slices are done again`);
  // But not by one that had another manifest in between: it may have been swept.
  base.restore(emptyManifest(policy));
  base.restore(manifest);
  assert.equal(slices(base), needed);
});

test("a sweep after every slice takes nothing that is in use or in the making", () => {
  const { sql } = new TurnDatabase();
  const base = new BlockBase(sql, sha256, emptyManifest(policy), 0);
  const table = new BlockTable(sql, sha256);
  const step = () => {
    const done = base.step(400);
    const sweep = base.sweep(() => []);
    while (!sweep.done) sweep.step(1_000_000);
    return done;
  };
  const life = new Life(policy);
  for (let i = 0; i < 400; i++) {
    // Every third value is a block of its own.
    const value = new Uint8Array(i % 3 === 0 ? 60 : 40).fill(i);
    life.run({ kind: "txn", operations: [{ key: keyOf(i * 37), value, lease: 0n }] });
    if (i % 50 === 49) life.run({ kind: "freeze", pressed: false });
  }
  for (const each of life.freezes) {
    while (!step());
    base.freeze(each, each.point);
    while (!step());
    base.finish();
    const reader = new BlockReader(table, 0);
    for (const { address } of unitsOf(base.manifest)) {
      const { blocks, values } = reader.index(address);
      for (const named of [...values, ...blocks.map((block) => block.address)]) {
        table.getVerified(named);
      }
    }
  }
  assert.equal([...base.read.rows()].length, 400);
});

test("progress that is not as it was written is forgotten", () => {
  const freezes = frozen(1_000);
  const member = memberOf(freezes, 0);
  const { manifest } = member.base;
  const { sql } = member.database;
  sql.exec("UPDATE block_progress SET units = x'00'");
  const base = new BlockBase(sql, sha256, manifest, 0);
  assert.equal(base.step(0), false);
  while (!base.step(1_000));
  assert.equal(base.ready, true);
});

test("a freeze waits for the merges of the one before", () => {
  const freezes = frozen(1_000);
  const base = new BlockBase(new TurnDatabase().sql, sha256, emptyManifest(policy), 0);
  for (const each of freezes) {
    while (!base.step(1_000_000));
    base.freeze(each, each.point);
    assert.throws(() => base.finish(), /no freeze is written/);
    assert.throws(() => base.freeze(each, each.point), /under way/);
    while (!base.step(1_000_000));
    base.finish();
  }
  const [again] = freezes;
  assert.ok(again);
  assert.equal(base.ready, false);
  assert.throws(() => base.freeze(again, again.point), /under way/);
  while (!base.step(1_000_000));
  // And none goes back in time.
  base.freeze(again, again.point);
  while (!base.step(1_000_000));
  assert.throws(() => base.finish(), /a freeze at index and revision/);
});

test("a policy holds from the freeze on that brings it; one that is unknown is refused", () => {
  const freezes = frozen(400);
  const { sql } = new TurnDatabase();
  const base = new BlockBase(sql, sha256, emptyManifest(policy), 0);
  const shorter = { ...policy, blockBytes: 500 };
  const policies = [policy, shorter, shorter, policy];
  const longest = freezes.map((each, i) => {
    while (!base.step(1_000_000));
    const point = { ...each.point, policy: policies[i] ?? policy };
    assert.throws(() => base.freeze(each, { ...point, policy: { ...policy, mergeVersion: 2 } }), {
      name: "UnknownPolicyError",
    });
    base.freeze(each, point);
    while (!base.step(1_000_000));
    const { versions } = base.finish();
    const run = versions.young[0] ?? [];
    const bytes = run.reduce((sum, unit) => sum + unit.bytes, 0);
    return bytes / run.reduce((sum, unit) => sum + unit.blocks, 0);
  });
  const [first = 0, second = 0, third = 0, fourth = 0] = longest;
  assert.ok(first > 1_000 && second < 700 && third < 700 && fourth > 1_000, longest.join(" "));
});

test("rows are walked from after any of them", () => {
  const { base } = memberOf(frozen(300), 0);
  const rows = [...base.read.rows()];
  assert.equal(rows.length, 300);
  for (const at of [0, 1, 150, 298, 299]) {
    const row = rows[at];
    assert.ok(row);
    const { kv, second } = row;
    const rank = kv.modRevision * 2 + (second ? 1 : 0);
    assert.deepEqual([...base.read.rows({ key: kv.key, rank })], rows.slice(at + 1));
  }
  assert.ok(unitsOf(base.manifest).length > 0);
});
