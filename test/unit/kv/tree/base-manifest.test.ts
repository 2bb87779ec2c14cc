import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeManifest,
  emptyManifest,
  encodeManifest,
} from "../../../../src/kv/tree/base-manifest.ts";
import { isFreezeDue } from "../../../../src/kv/tree/next-manifest.ts";
import { defaultPolicy, UnknownPolicyError } from "../../../../src/kv/tree/policy.ts";
import { DecodeError } from "../../../../src/proto/errors.ts";
import { BaseManifest } from "../../../../src/proto/generated/base.ts";
import { addressOf } from "../../../../src/storage/blocks/address.ts";
import { golden, goldenManifest } from "../../../support/golden-blocks.ts";
import { sha256 } from "../../../support/sha256.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";
import { Life } from "./life.ts";
import { Member } from "./member.ts";

function lived(): Member {
  const life = new Life();
  for (let i = 0; i < 400; i++) {
    const key = `key/${(i * 37) % 90}`;
    const value = i % 7 === 0 ? undefined : new Uint8Array(i % 60).fill(i);
    const lease = i % 5 === 0 ? 1n : 0n;
    life.run({ kind: "txn", operations: [{ key, value, lease }] });
    if (i % 100 === 50) life.run({ kind: "compact", part: 8 });
    if (i % 20 === 19) life.run({ kind: "freeze", pressed: i === 299 });
  }
  const member = new Member([], 0);
  member.run(life.freezes);
  return member;
}

test("a manifest that is read and written again is the same bytes", () => {
  const { manifestBytes, base } = lived();
  const manifest = decodeManifest(manifestBytes);
  assert.deepEqual(encodeManifest(manifest), manifestBytes);
  assert.equal(manifest.freezes, 20);
  assert.equal(manifest.revision, base.read.revision);
  assert.ok(manifest.versions.levels.length >= 2);
  assert.ok(manifest.leases.levels.length >= 1);
});

test("400 changes come to this manifest, on any runtime and in slices of any size", () => {
  for (const sliceBytes of [1, 100, 1_000_000]) {
    assert.equal(goldenManifest(new TurnDatabase().sql, sha256, sliceBytes), golden.manifest);
  }
  const empty = encodeManifest(emptyManifest(defaultPolicy));
  assert.equal(addressOf(empty, sha256), "23e91ebe9a3060631813f666618829d243c9eef9");
});

test("a manifest of another format or policy is refused", () => {
  const { policy, ...rest } = emptyManifest(defaultPolicy);
  const bytes = (fields: object) =>
    BaseManifest.encode(BaseManifest.create({ ...rest, format: 1, policy, ...fields } as object));
  const none = { versions: undefined, history: undefined, leases: undefined };
  assert.equal(decodeManifest(bytes(none)).revision, 1);
  assert.throws(() => decodeManifest(bytes({ ...none, format: 2 })), DecodeError);
  assert.throws(() => decodeManifest(bytes({ ...none, policy: undefined })), DecodeError);
  for (const version of ["codecVersion", "mergeVersion", "hashVersion"]) {
    const newer = { ...none, policy: { ...policy, [version]: 2 } };
    assert.throws(() => decodeManifest(bytes(newer)), UnknownPolicyError);
  }
  const nothing = { ...none, policy: { ...policy, fanOut: 0 } };
  assert.throws(() => decodeManifest(bytes(nothing)), UnknownPolicyError);
  assert.throws(() => decodeManifest(bytes(none).subarray(0, 5)), DecodeError);
});

test("a freeze is due after more entries, or more bytes, than the policy says", () => {
  const last = { ...emptyManifest(defaultPolicy), index: 100 };
  assert.equal(isFreezeDue(last, 10_100, 3_000_000), false);
  assert.equal(isFreezeDue(last, 10_101, 0), true);
  assert.equal(isFreezeDue(last, 101, 3_000_001), true);
});
