import assert from "node:assert/strict";
import { test } from "node:test";
import {
  simpleToken,
  TokenTable,
  tokenIndex,
  tokenLettersFrom,
} from "../../../../src/kv/auth/token-table.ts";

test("a token is 16 letters and the index of its entry", () => {
  const letters = tokenLettersFrom(Uint8Array.from({ length: 64 }, (_, i) => i * 37));
  assert.match(letters, /^[A-Za-z]{16}$/);
  const token = simpleToken(letters, 37);
  assert.equal(token, `${letters}.37`);
  assert.equal(tokenIndex(token), 37);
  for (const text of [
    "",
    "abc",
    "abc.",
    "abc.0",
    "abc.-1",
    "abc.1e3",
    ".5",
    "a.b.5",
    "a.9".repeat(9),
  ]) {
    assert.equal(tokenIndex(text), undefined, text);
  }
  assert.throws(() => tokenLettersFrom(new Uint8Array(16)), /64 bytes, not 16/);
});

test("a token lives 300 seconds from its last use", () => {
  const tokens = new TokenTable();
  tokens.issue("t.1", "alice");
  tokens.sweep(1000);
  assert.equal(tokens.use("t.1", 300_999), "alice");
  assert.equal(tokens.use("t.1", 600_998), "alice");
  assert.equal(tokens.use("t.1", 900_998), undefined);
  assert.equal(tokens.use("t.1", 0), undefined);
});

test("a token that nobody uses is swept away, its time counted from the first sweep", () => {
  const tokens = new TokenTable(1000);
  tokens.issue("t.1", "alice");
  tokens.sweep(5000);
  tokens.sweep(5999);
  assert.equal(tokens.size, 1);
  tokens.sweep(6000);
  assert.equal(tokens.size, 0);
});

test("a user's tokens can be taken away, others' stay", () => {
  const tokens = new TokenTable();
  tokens.issue("a.1", "alice");
  tokens.issue("a.2", "alice");
  tokens.issue("b.3", "bob");
  tokens.forgetUser("alice");
  assert.equal(tokens.use("a.1", 0), undefined);
  assert.equal(tokens.use("b.3", 0), "bob");
});

test("there are at most 10,000 tokens; the least recently used goes first", () => {
  const tokens = new TokenTable();
  tokens.issue("first.1", "alice");
  tokens.issue("second.2", "alice");
  tokens.use("first.1", 0);
  for (let i = 3; i <= 10_001; i += 1) tokens.issue(`t.${i}`, "bob");
  assert.equal(tokens.size, 10_000);
  assert.equal(tokens.use("second.2", 0), undefined);
  assert.equal(tokens.use("first.1", 0), "alice");
});
