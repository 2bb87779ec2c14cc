import assert from "node:assert/strict";
import { pbkdf2Sync } from "node:crypto";
import { test } from "node:test";
import {
  hashPassword,
  PASSWORD_ITERATIONS,
  verifyPassword,
} from "../../../../../src/api/gateway/v3/password.ts";
import {
  formatPasswordRecord,
  parsePasswordRecord,
} from "../../../../../src/kv/auth/password-record.ts";

test("a record is PBKDF2-HMAC-SHA-256 with salt and count, and checks its password", async () => {
  const text = await hashPassword("röot pw");
  const record = parsePasswordRecord(text);
  assert.ok(record);
  assert.equal(record.iterations, PASSWORD_ITERATIONS);
  assert.equal(PASSWORD_ITERATIONS, 100_000);
  const expected = pbkdf2Sync("röot pw", record.salt, record.iterations, 32, "sha256");
  assert.deepEqual(Buffer.from(record.hash), expected);
  assert.equal(formatPasswordRecord(record), text);
  assert.ok(await verifyPassword(text, "röot pw"));
  assert.ok(!(await verifyPassword(text, "root pw")));
  assert.notEqual(await hashPassword("röot pw"), text);
});

test("a record with another count is checked with that count", async () => {
  const salt = new Uint8Array(16).fill(7);
  const hash = new Uint8Array(pbkdf2Sync("", salt, 3, 32, "sha256"));
  const text = formatPasswordRecord({ iterations: 3, salt, hash });
  assert.ok(await verifyPassword(text, ""));
  assert.ok(!(await verifyPassword(text.replace("i=3", "i=4"), "")));
});

test("what is no record matches no password", async () => {
  const good = await hashPassword("");
  for (const text of ["", "plain", `${good}$`, good.replace("sha256", "sha512")]) {
    assert.equal(await verifyPassword(text, ""), false, text);
  }
});

test("a record of more iterations than the platform derives matches no password", async () => {
  const text = (await hashPassword("")).replace("i=100000", "i=100001");
  assert.notEqual(parsePasswordRecord(text), undefined);
  assert.equal(await verifyPassword(text, ""), false);
});
