import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  bytesOfRun,
  decodeManifest,
  encodeManifest,
  type Tree,
  treeNames,
  unitsOf,
} from "../../../../src/kv/tree/base-manifest.ts";
import { type Merge, planMerges } from "../../../../src/kv/tree/plan.ts";
import { compareBytes } from "../../../../src/proto/bytes.ts";
import { BlockReader } from "../../../../src/storage/blocks/block-reader.ts";
import { BlockTable } from "../../../../src/storage/blocks/block-table.ts";
import type { Unit } from "../../../../src/storage/blocks/unit.ts";
import { holds } from "../../../support/property.ts";
import { sha256 } from "../../../support/sha256.ts";
import { Life, steps, tinyPolicy } from "./life.ts";
import { Member } from "./member.ts";

const inputsOf = ({ upper, lower }: Merge) => [...upper.flat(), ...lower];

/** The level that a merge takes units from. */
const fromOf = (upper: Merge["upper"], to: number) => (upper.length > 0 ? to - 1 : to);

function checkPlan(member: Member): readonly Merge[] {
  const { manifest } = member.base;
  const reader = new BlockReader(new BlockTable(member.database.sql, sha256), 100_000);
  const merges = planMerges(manifest, reader);
  // By the bytes of the manifest alone.
  assert.deepEqual(planMerges(decodeManifest(encodeManifest(manifest)), reader), merges);
  for (const tree of treeNames) {
    const own = merges.filter((merge) => merge.tree === tree);
    const inputs = own.flatMap(inputsOf).map(({ address }) => address);
    assert.equal(new Set(inputs).size, inputs.length, "a unit in two merges");
    const { young, levels } = manifest[tree];
    if (young.length >= tinyPolicy.youngRuns) {
      assert.deepEqual(own[0]?.upper, young, "young runs are merged when there are enough");
    }
    for (const merge of own) checkMerge(merge, levels, reader);
    const most = tinyPolicy.levelBytes / 2;
    for (const level of levels.keys()) {
      const reads = own
        .filter(({ upper, to, moves }) => upper !== young && !moves && fromOf(upper, to) === level)
        .map((merge) => bytesOfRun(inputsOf(merge)));
      const beforeLast = reads.slice(0, -1).reduce((sum, bytes) => sum + bytes, 0);
      assert.ok(beforeLast < most, `${beforeLast} bytes, and one merge more`);
    }
  }
  return merges;
}

const firstOf = ({ address }: Unit, reader: BlockReader) => reader.index(address).firstKey;
const lastOf = ({ address }: Unit, reader: BlockReader) => reader.index(address).last.lastKey;

/** Nothing newer of a key comes to lie below what is older, and levels stay in order. */
function checkMerge(merge: Merge, levels: Tree["levels"], reader: BlockReader): void {
  const { upper, lower, to } = merge;
  const inputs = new Set(inputsOf(merge).map(({ address }) => address));
  const moved = upper.flat();
  const above = levels[to - 1] ?? [];
  for (const unit of moved) {
    for (const other of above) {
      if (inputs.has(other.address)) continue;
      const shares = compareBytes(lastOf(unit, reader), firstOf(other, reader)) === 0;
      assert.ok(!shares || above.indexOf(other) < above.indexOf(unit), "older is left above");
    }
    for (const other of levels[to] ?? []) {
      const meets =
        compareBytes(lastOf(unit, reader), firstOf(other, reader)) >= 0 &&
        compareBytes(lastOf(other, reader), firstOf(unit, reader)) >= 0;
      assert.ok(!meets || lower.includes(other), "what it meets is merged with it");
    }
  }
}

test("no unit is in two merges, and what belongs together stays together", (t) => {
  let planned = 0;
  const property = fc.property(steps, (list) => {
    const life = new Life();
    const member = new Member([], 0);
    for (const step of [...list, { kind: "freeze", pressed: true } as const]) {
      life.run(step);
      if (step.kind !== "freeze") continue;
      member.run(life.freezes);
      planned += checkPlan(member).length;
    }
  });
  holds(t, property, { numRuns: 40 });
  assert.ok(planned > 100, `${planned} merges`);
});

test("keys that begin alike for long are merged in pieces no larger than others are", () => {
  const sizes = { partBytes: 500, blockBytes: 2_000, unitBlocks: 2 };
  const policy = { ...tinyPolicy, ...sizes, levelBytes: 10_000, fanOut: 4 };
  const same = "k".repeat(300);
  const [alike = 0, other = 0] = [true, false].map((beginsAlike) => {
    const life = new Life(policy);
    const member = new Member([], 0, policy);
    const reader = new BlockReader(new BlockTable(member.database.sql, sha256), 100_000);
    let most = 0;
    for (let i = 0; i < 1_200; i++) {
      const own = `/${(i * 7_919) % 600}/`;
      const key = beginsAlike ? same + own : own + same;
      const operation = { key, value: new Uint8Array(40).fill(i), lease: 0n };
      life.run({ kind: "txn", operations: [operation] });
      if (i % 20 !== 19) continue;
      life.run({ kind: "freeze", pressed: false });
      member.run(life.freezes);
      const { manifest } = member.base;
      const deep = planMerges(manifest, reader).filter(({ to }) => to > 0);
      const read = deep.reduce((sum, merge) => sum + inputsOf(merge).length, 0);
      most = Math.max(most, read);
    }
    assert.ok(member.base.manifest.versions.levels.length >= 3, "several levels");
    return most;
  });
  assert.ok(10 * alike < 13 * other, `${alike} units, ${other} of the others`);
});

test("levels hold what they may, and little more", () => {
  const life = new Life();
  const member = new Member([], 0);
  for (let i = 0; i < 1_500; i++) {
    const key = `key/${(i * 7_919) % 400}`;
    const operation = { key, value: new Uint8Array(30).fill(i), lease: 0n };
    life.run({ kind: "txn", operations: [operation] });
    if (i % 100 === 99) life.run({ kind: "compact", part: 16 });
    if (i % 10 !== 9) continue;
    life.run({ kind: "freeze", pressed: false });
    member.run(life.freezes);
    const { young, levels } = member.base.manifest.versions;
    assert.ok(young.length <= tinyPolicy.youngRuns, `${young.length} young runs`);
    for (const [level, run] of levels.slice(0, -1).entries()) {
      const most = tinyPolicy.levelBytes * tinyPolicy.fanOut ** level;
      const bytes = bytesOfRun(run);
      assert.ok(bytes <= 3 * most, `${bytes} bytes in level ${level + 1} of ${most}`);
    }
  }
  assert.ok(member.base.manifest.versions.levels.length >= 4, "several levels");
});

test("small units are merged with neighbours: a history does not come to many", () => {
  const policy = { ...tinyPolicy, unitBlocks: 8, levelBytes: 100_000 };
  const life = new Life(policy);
  const member = new Member([], 0, policy);
  for (let i = 0; i < 400; i++) {
    const operation = { key: `key/${i % 7}`, value: new Uint8Array(5), lease: 0n };
    life.run({ kind: "txn", operations: [operation] });
    if (i % 5 === 4) life.run({ kind: "freeze", pressed: false });
  }
  member.run(life.freezes);
  const units = member.base.manifest.history.levels.flat();
  const blocks = units.reduce((sum, unit) => sum + unit.blocks, 0);
  assert.ok(blocks > 3 * units.length, `${blocks} blocks in ${units.length} units`);
});

test("keys that only grow are moved down and not merged", () => {
  const policy = { ...tinyPolicy, unitBlocks: 2 };
  const life = new Life(policy);
  const member = new Member([], 0, policy);
  for (let i = 0; i < 600; i++) {
    const key = `key/${String(i).padStart(6, "0")}`;
    const operation = { key, value: new Uint8Array(100), lease: 0n };
    life.run({ kind: "txn", operations: [operation] });
    if (i % 20 === 19) life.run({ kind: "freeze", pressed: false });
  }
  member.run(life.freezes);
  const reader = new BlockReader(new BlockTable(member.database.sql, sha256), 0);
  const own = planMerges(member.base.manifest, reader).filter(({ tree }) => tree === "versions");
  assert.ok(own.length > 0 && own.every(({ moves }) => moves));
  // Every unit was written once: 4 bytes of 5 are its values.
  const written = unitsOf(member.base.manifest).reduce((sum, { blocks }) => sum + blocks + 1, 0);
  assert.ok(member.rowsWritten < 3 * written, `${member.rowsWritten} rows for ${written}`);
});
