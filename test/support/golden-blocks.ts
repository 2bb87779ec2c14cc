/** Blocks and a base of fixed inputs, made of arithmetic alone: any runtime must make the same. */
import { bytesOf } from "../../src/kv/keys/key-range.ts";
import { tombstone } from "../../src/kv/store/view.ts";
import { emptyManifest, encodeManifest } from "../../src/kv/tree/base-manifest.ts";
import { BlockBase } from "../../src/kv/tree/block-base.ts";
import type { FrozenVersion } from "../../src/kv/tree/freeze-job.ts";
import { defaultPolicy } from "../../src/kv/tree/policy.ts";
import { type Address, addressOf, type Sha256 } from "../../src/storage/blocks/address.ts";
import type { BlockTable } from "../../src/storage/blocks/block-table.ts";
import { type Shape, UnitWriter } from "../../src/storage/blocks/unit-writer.ts";
import type { Sql } from "../../src/storage/sql.ts";

export const goldenShape: Shape = {
  partBytes: 4_096,
  blockBytes: 131_072,
  unitBlocks: 4,
  filterBitsPerKey: 10,
};

/** Of version 1 of codec, merges and hash. They never change: a change is another version. */
export const golden = {
  units: ["f4ec222ecb0c68bc70be1b847531110cb797a0e6", "a966165e756d7fa6df604a6ed87c4b81715cbea1"],
  manifest: "eec9d584b426d58e2e54848e0a0897ba6734a958",
} as const;

/** 5,000 entries of 2,500 keys. */
export const goldenEntries = Array.from({ length: 5_000 }, (_, i) => ({
  key: bytesOf(`key/${String(i >>> 1).padStart(6, "0")}`),
  rank: i % 2 === 0 ? 1_000_000 + i : i * 7,
  payload: Uint8Array.from({ length: 20 + (i % 300) }, (_, at) => (i * 31 + at * 17) & 0xff),
}));

/** The units of those entries. */
export function goldenUnits(table: BlockTable, shape: Shape): Address[] {
  const writer = new UnitWriter(table, shape);
  const marks = { change: 0, value: undefined, superseded: 0, deleted: 0 };
  const units = goldenEntries.map((entry) => writer.add(entry, marks));
  return [...units, writer.finish()].flatMap((unit) => (unit === undefined ? [] : [unit.address]));
}

const policy = {
  ...defaultPolicy,
  partBytes: 64,
  blockBytes: 256,
  unitBlocks: 3,
  inlineValueBytes: 50,
  youngRuns: 2,
  levelBytes: 1_500,
  fanOut: 2,
  garbageBytes: 4_000,
};

/**
 * The address of the manifest after 400 changes and 20 freezes, with compactions, leases, values
 * that are blocks of their own, and one freeze that asks for all that is compacted to go.
 *
 * @param sliceBytes whatever it is, the outcome is the same.
 */
export function goldenManifest(sql: Sql, sha256: Sha256, sliceBytes: number): Address {
  const base = new BlockBase(sql, sha256, emptyManifest(policy), 0);
  const live = new Map<string, FrozenVersion>();
  let made: FrozenVersion[] = [];
  for (let i = 0; i < 400; i++) {
    const key = `key/${(i * 37) % 90}`;
    const version = changed(key, i, live.get(key));
    if (version.kv.version > 0) live.set(key, version);
    else live.delete(key);
    made.push(version);
    if (i % 20 !== 19) continue;
    while (!base.step(sliceBytes));
    const versions = made.toSorted((a, b) => {
      if (a.key !== b.key) return a.key < b.key ? -1 : 1;
      return b.kv.modRevision - a.kv.modRevision;
    });
    const history = made.map((each) => ({ ...each, revision: each.kv.modRevision }));
    const compactRevision = i < 50 ? -1 : i - (i % 50) - 20;
    const point = { index: i + 1, revision: i + 2, compactRevision, storedBytes: 50_000, policy };
    base.freeze({ versions, history }, { ...point, pressed: i === 299 });
    while (!base.step(sliceBytes));
    base.finish();
    made = [];
  }
  return addressOf(encodeManifest(base.manifest), sha256);
}

/** The change of revision i + 2: a put, or every seventh a deletion of what lives. */
function changed(key: string, i: number, prev: FrozenVersion | undefined): FrozenVersion {
  const revision = i + 2;
  const leasedBefore = prev !== undefined && prev.kv.lease !== 0n;
  if (i % 7 === 0 && prev !== undefined) {
    return { key, kv: tombstone(bytesOf(key), revision), second: false, leasedBefore };
  }
  const kv = {
    key: bytesOf(key),
    createRevision: prev?.kv.createRevision ?? revision,
    modRevision: revision,
    version: (prev?.kv.version ?? 0) + 1,
    value: new Uint8Array(i % 60).fill(i),
    lease: i % 5 === 0 ? 2n ** 62n + 1n : 0n,
  };
  return { key, kv, second: false, leasedBefore };
}
