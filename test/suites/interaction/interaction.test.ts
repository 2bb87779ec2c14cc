import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { parseScript } from "./datadriven/script.ts";
import { scriptCommands } from "./env/commands.ts";
import { mismatchText, recordScript, runScript, scriptsAt } from "./run.ts";

const root = join(import.meta.dirname, "../../..");
const shared = join(root, "../shared");
const recorded = join(shared, "raft-testdata");
const own = join(import.meta.dirname, "scripts");

function assertPasses(file: string): void {
  assert.equal(runScript(file).map(mismatchText).join("\n"), "");
}

for (const file of scriptsAt(own)) {
  test(`${basename(file, ".txt")} prints what was recorded`, () => assertPasses(file));
}

test("the project's own scripts use every command", () => {
  const parts = scriptsAt(own).flatMap((file) => parseScript(readFileSync(file, "utf8")));
  const used = new Set(parts.map((part) => (part.kind === "stanza" ? part.stanza.name : "")));
  const others = ["committed", "vote", "simple", "enter-joint", "leave-joint"];
  const unused = [...scriptCommands.keys(), ...others].filter((name) => !used.has(name));
  assert.deepEqual(unused, []);
});

if (existsSync(recorded)) {
  const files = scriptsAt(recorded);
  for (const file of files) {
    test(`etcd's ${file.slice(recorded.length + 1)} prints what etcd prints`, () => {
      assertPasses(file);
    });
  }
  test("etcd's recorded scripts were run", (t) => {
    t.diagnostic(`${files.length} of etcd's recorded scripts ran`);
    assert.ok(files.length > 0, `${recorded} holds no scripts`);
  });
} else {
  test("etcd's recorded scripts are absent", (t) => {
    t.diagnostic(`none of etcd's recorded scripts ran: ${recorded} is absent`);
    const mustBeThere = process.env.CI === "true" && existsSync(shared);
    assert.ok(!mustBeThere, `${recorded} is absent although ${shared} is there`);
  });
}

function withScript(text: string, body: (file: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "interaction-"));
  try {
    const file = join(folder, "script.txt");
    writeFileSync(file, text);
    body(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a difference is reported with file, line, expected and actual output", () => {
  withScript("\nvote cfg=(1) votes=(y)\n----\nVoteLost\n", (file) => {
    const [failure, ...more] = runScript(file);
    assert.ok(failure);
    assert.deepEqual(more, []);
    assert.equal(
      mismatchText(failure),
      `${file}:2: vote\n  expected:\n    VoteLost\n  actual:\n    VoteWon\n`,
    );
  });
});

test("a file that cannot be read on fails with the reason", () => {
  const cases: [string, RegExp][] = [
    ["vote cfg=(1) votes=(z)\n----\nVoteLost\n", /unknown vote: z/],
    ["stabilize 1\n----\nok\n", /there is no node 1/],
    ["simple\nv1\n", /no ---- after simple/],
    ["# nothing\n", /none/],
  ];
  for (const [text, reason] of cases) {
    withScript(text, (file) => {
      const [failure] = runScript(file);
      assert.ok(failure);
      assert.match(mismatchText(failure), reason);
    });
  }
});

test("recording writes what a script prints, so that it passes", () => {
  withScript("simple\nv1\n----\n\nsimple\nr1\n----\nnonsense\n", (file) => {
    recordScript(file);
    assert.deepEqual(runScript(file), []);
    assert.match(readFileSync(file, "utf8"), /voters=\(1\)\n1: StateProbe match=0 next=1\n/);
  });
});

test("violated identities of a quorum would show in its output", () => {
  withScript("committed cfg=(1,2) idx=(3)\n----\n\nvote cfg=(1) votes=()\n----\n", (file) => {
    const actual = runScript(file).map((failure) => failure.actual);
    assert.deepEqual(actual, [
      "error: mismatched input (explicit or _) for voters map[1:{} 2:{}]: [3]\n",
      "error: mismatched input (explicit or _) for voters map[1:{}]: []\n",
    ]);
  });
});
