import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JsonSplitter } from "../../../../../src/api/gateway/json/splitter.ts";
import { maxDepth } from "../../../../../src/api/gateway/json/text.ts";

const split = (...pieces: readonly string[]): string[] => {
  const splitter = new JsonSplitter();
  return pieces.flatMap((piece) => splitter.push(piece));
};

test("values that follow each other are told apart, wherever the pieces are cut", () => {
  assert.deepEqual(split('{"a":1}{"b":[2]} "x" 5\n'), ['{"a":1}', '{"b":[2]}', '"x"', "5"]);
  assert.deepEqual(split("{", '"a', '":"}', '\\"', '{"}', " null "), ['{"a":"}\\"{"}', "null"]);
  assert.deepEqual(split('1{"a":2}true"x"', "[]"), ["1", '{"a":2}', "true", '"x"', "[]"]);
});

test("garbage is told as soon as it ends", () => {
  assert.deepEqual(split("nonsense\n"), ["nonsense"]);
  assert.deepEqual(split("}\n"), ["}"]);
  assert.deepEqual(split('{"a":]\n'), ['{"a":]']);
});

test("white space between values is not kept", () => {
  const splitter = new JsonSplitter();
  assert.deepEqual(splitter.push(" \n\t ".repeat(1_000)), []);
  assert.equal(splitter.pending, 0);
  assert.deepEqual(splitter.push('  {"a"'), []);
  assert.equal(splitter.pending, 4);
});

test("nesting is bounded", () => {
  assert.throws(() => split("[".repeat(maxDepth + 1)), /recursion depth/);
  assert.equal(split("[".repeat(maxDepth), "]".repeat(maxDepth)).length, 1);
});

test("any objects and lists, cut anywhere, come out as they were", () => {
  const value = fc.oneof(
    fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 }),
    fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 4 }),
    fc.string(),
  );
  fc.assert(
    fc.property(
      fc.array(
        value.map((made) => JSON.stringify(made)),
        { maxLength: 4 },
      ),
      fc.array(fc.nat(200), { maxLength: 8 }),
      (values, cuts) => {
        const text = values.join(" ");
        const places = [0, ...cuts.map((at) => at % (text.length + 1)), text.length];
        places.sort((a, b) => a - b);
        const pieces = places.slice(1).map((end, i) => text.slice(places[i], end));
        assert.deepEqual(split(...pieces), values);
      },
    ),
  );
});
