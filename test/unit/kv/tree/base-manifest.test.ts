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
import { sha256 } from "../../../support/sha256.ts";
import { Life } from "./life.ts";
import { Member } from "./member.ts";

/** The same on every runtime: no chance in it. */
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

test("a life of 400 changes comes to this manifest, on every member and runtime", () => {
  assert.equal(
    addressOf(lived().manifestBytes, sha256),
    "29ac9d548241bb1015cacdab9a0494ab95832bfb",
  );
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
  assert.throws(() => decodeManifest(bytes(none).subarray(0, 5)), DecodeError);
});

test("a freeze is due after more entries, or more bytes, than the policy says", () => {
  const last = { ...emptyManifest(defaultPolicy), index: 100 };
  assert.equal(isFreezeDue(last, 10_100, 3_000_000), false);
  assert.equal(isFreezeDue(last, 10_101, 0), true);
  assert.equal(isFreezeDue(last, 101, 3_000_001), true);
});
