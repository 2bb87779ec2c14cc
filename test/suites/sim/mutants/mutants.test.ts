import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { transformSync } from "esbuild";
import { mutants } from "./all.ts";
import { hunt } from "./hunt.ts";
import { mutate } from "./mutant.ts";
import { controls } from "./variants.ts";

const root = join(import.meta.dirname, "../../../..");

test("every mutant still fits the source that it changes", () => {
  for (const mutant of [...mutants, ...controls]) {
    for (const file of new Set(mutant.edits.map((edit) => edit.file))) {
      const source = readFileSync(join(root, file), "utf8");
      const mutated = mutate(file, source, mutant);
      assert.ok(mutated !== source, `${mutant.name} changes ${file}`);
      // Types may be wrong, but it must load: private names and syntax are looked at here.
      assert.doesNotThrow(() => transformSync(mutated, { loader: "ts" }), mutant.name);
    }
  }
});

test("there are at least 32 mutants, each with a name of its own", () => {
  const names = new Set(mutants.map(({ name }) => name));
  assert.equal(names.size, mutants.length);
  assert.ok(mutants.length >= 32, `${mutants.length}`);
});

/** Of each layer one, such as die in the first seed within seconds. */
const quick = [
  "commit-without-quorum",
  "skip-the-hard-state",
  "missing-rows-accepted",
  "acknowledge-before-the-gate",
  "superseded-acknowledgement",
  "retry-applied-again",
  "walk-not-charged",
  "row-sum-unchecked",
  "fingerprints-not-compared",
];

test("the simulator kills a mutant of each layer, and npm run sim:mutants all", async () => {
  for (const name of quick) {
    const mutant = mutants.find((candidate) => candidate.name === name);
    assert.ok(mutant, name);
    const verdict = await hunt(mutant, 4);
    assert.ok(verdict.killed, `${name}: ${verdict.seeds} seeds ${verdict.by}`);
  }
});
