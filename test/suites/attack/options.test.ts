import assert from "node:assert/strict";
import { test } from "node:test";
import { attacks } from "./attacks/index.ts";
import { optionsOf } from "./options.ts";

test("without options all attacks are run", () => {
  assert.deepEqual(optionsOf([], attacks), { what: "run", only: undefined, part: undefined });
});

test("single ones are chosen by number or name, several by commas or again", () => {
  assert.deepEqual(optionsOf(["--only", "4"], attacks).only, ["4"]);
  assert.deepEqual(optionsOf(["--only", "walks, 8"], attacks).only, ["4", "8"]);
  assert.deepEqual(optionsOf(["--only", "1", "--only", "json"], attacks).only, ["1", "2"]);
});

test("what there is none of is refused", () => {
  assert.throws(() => optionsOf(["--only", "99"], attacks), /99 is none of 1, 2/);
  assert.throws(() => optionsOf(["--only", ""], attacks), RangeError);
  assert.throws(() => optionsOf(["--onyl", "4"], attacks), TypeError);
});

test("a part is chosen by its name", () => {
  assert.equal(optionsOf(["--part", "slow readers"], attacks).part, "slow readers");
});

test("help goes before all else", () => {
  assert.equal(optionsOf(["--list"], attacks).what, "list");
  assert.equal(optionsOf(["--list", "--help"], attacks).what, "help");
});
