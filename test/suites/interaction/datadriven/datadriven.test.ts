import assert from "node:assert/strict";
import { test } from "node:test";
import { bool, parseCommand, parseUint, ScriptError } from "./line.ts";
import { parseScript, rewriteScript } from "./script.ts";

function stanzas(text: string) {
  return parseScript(text).flatMap((part) => (part.kind === "stanza" ? [part.stanza] : []));
}

test("arguments are keys, keys with a value, and keys with a list", () => {
  assert.deepEqual(
    parseCommand(" add-nodes 3 voters=(1, 2,3) index=(10) content=a_b learners=() "),
    {
      name: "add-nodes",
      args: [
        { key: "3", values: [] },
        { key: "voters", values: ["1", "2", "3"] },
        { key: "index", values: ["10"] },
        { key: "content", values: ["a_b"] },
        { key: "learners", values: [] },
      ],
    },
  );
  assert.equal(parseCommand("  "), undefined);
  for (const line of ["propose 1 (x", "cmd a=(1", "cmd =1", "cmd a=(1)b"]) {
    assert.throws(() => parseCommand(line), ScriptError, line);
  }
});

test("numbers and booleans are read as Go reads them", () => {
  assert.equal(parseUint("12"), 12);
  for (const text of ["", "-1", "1.5", "x", "99999999999999999999"]) {
    assert.throws(() => parseUint(text), ScriptError);
  }
  assert.equal(bool("true"), true);
  assert.equal(bool("F"), false);
  assert.throws(() => bool("yes"), ScriptError);
});

test("a script is commands with input and expected output, comments in between", () => {
  const script = stanzas(`# a comment
one 1 \\
  a=b
input

more input
----
out

# between

two
----
----
first

last
----
----

three
----
`);
  assert.deepEqual(
    script.map(({ name, line, input, expected }) => ({ name, line, input, expected })),
    [
      { name: "one", line: 2, input: "input\n\nmore input", expected: "out\n" },
      { name: "two", line: 12, input: "", expected: "first\n\nlast\n" },
      { name: "three", line: 21, input: "", expected: "" },
    ],
  );
  assert.deepEqual(script[0]?.args, [
    { key: "1", values: [] },
    { key: "a", values: ["b"] },
  ]);
});

test("a file that is no script says where it stops being one", () => {
  assert.throws(() => parseScript("one\n\n"), /line 1: no ---- after one/);
  assert.throws(() => parseScript("# x\none (\n----\n"), /line 2: cannot parse directive/);
  assert.throws(() => parseScript("one\n----\n----\nout\n"), /line 3: ---- ---- is never closed/);
  assert.throws(() => parseScript("a\n----\n----\n----\n----\nx\n"), /line 6: no blank line/);
});

test("recording changes outputs and nothing else", () => {
  const text = "# c\n\none \\\n  a=b\ninput\n----\nold\n\n# d\ntwo\n----\n";
  const parts = parseScript(text);
  assert.equal(
    rewriteScript(parts, ["new\n", "with\n\nblank\n"]),
    "# c\n\none \\\n  a=b\ninput\n----\nnew\n\n# d\ntwo\n----\n----\nwith\n\nblank\n----\n----\n",
  );
  const rewritten = rewriteScript(parts, ["new\n", "with\n\nblank\n"]);
  assert.deepEqual(
    stanzas(rewritten).map(({ expected }) => expected),
    ["new\n", "with\n\nblank\n"],
  );
});
