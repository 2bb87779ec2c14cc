import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatPasswordRecord,
  parsePasswordRecord,
} from "../../../../src/kv/auth/password-record.ts";

const record = {
  iterations: 100_000,
  salt: new Uint8Array(16).fill(7),
  hash: new Uint8Array(32).fill(9),
};
const good = formatPasswordRecord(record);

test("a record of a password is one line, and is read as it was written", () => {
  const salt = Buffer.from(record.salt).toString("base64");
  const hash = Buffer.from(record.hash).toString("base64");
  assert.equal(good, `$pbkdf2-sha256$i=100000$${salt}$${hash}`);
  assert.deepEqual(parsePasswordRecord(good), record);
});

test("what is no record is none", () => {
  const bad = [
    ...["", "$", "plain", "$2a$10$abcdef", good.slice(1), `${good}$`, `${good}A`],
    ...[good.replace("100000", "0"), good.replace("100000", "99999999")],
    good.replace("sha256", "sha512"),
  ];
  for (const text of bad) assert.equal(parsePasswordRecord(text), undefined, text);
});
