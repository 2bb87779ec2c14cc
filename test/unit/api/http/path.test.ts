import assert from "node:assert/strict";
import { test } from "node:test";
import { checkPath } from "../../../../src/api/http/path.ts";

test("a path that parsers read as another one is refused", () => {
  const paths = ["/kv/a/../b", "/kv/a/%2e%2e/b", "/kv/a/%2E./b", "/kv/a/.%2e", "/kv/./b", "/kv/."];
  for (const path of [...paths, "/kv/..", "/kv/a\\b", "/..", "/kv/a\\..\\b"]) {
    assert.throws(() => checkPath(`http://any.test${path}`), /percent-encode/, path);
  }
});

test("dots that are no segment, and what stands behind a question mark, are left alone", () => {
  const paths = ["", "/", "/kv/a..b", "/kv/...", "/kv/.a", "/kv/a%2F..%2Fb", "/kv/a?x=/../b"];
  for (const path of [...paths, "/kv/a?x=\\", "/kv//b", "/kv/%252e%252e/b"]) {
    checkPath(`http://any.test${path}`);
  }
});
