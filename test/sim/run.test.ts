import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { memberFactory as factory } from "./host.ts";
import { type ProfileName, profileNames } from "./profiles.ts";
import { failureText } from "./report.ts";
import { type RunOptions, runSeed } from "./run.ts";

const seconds = 30;

async function holds(options: Omit<RunOptions, "factory" | "seconds">): Promise<void> {
  const result = await runSeed({ ...options, factory, seconds });
  const again = `--seconds ${seconds}`;
  assert.deepEqual(result.violations, [], `${failureText(result, result, 60)} ${again}`);
}

for (const profile of profileNames) {
  test(`nothing is violated in profile ${profile}`, () => holds({ seed: 1, profile }));
}

test("nothing is violated in fresh seeds", async () => {
  const profiles: readonly ProfileName[] = ["everything", "crashes", "everything"];
  for (const profile of profiles) await holds({ seed: randomInt(1, 1_000_000_000), profile });
});

test("the same seed gives the same trace, byte for byte", async () => {
  for (const profile of ["everything", "membership"] as const) {
    const traces: string[][] = [];
    for (let run = 0; run < 2; run++) {
      const lines: string[] = [];
      const sink = (line: string): number => lines.push(line);
      const options = { seed: 2, profile, factory, seconds: 15, sink };
      const { traceHash } = await runSeed(options);
      traces.push([...lines, traceHash]);
    }
    const [first = [], second = []] = traces;
    const differs = first.findIndex((line, i) => line !== second[i]);
    assert.equal(differs, -1, `line ${differs}: ${first[differs]} | ${second[differs]}`);
    assert.equal(first.length, second.length);
    assert.ok(first.length > 500, `${first.length} lines`);
  }
});

test("with fewer faults a run is the same up to the first that is left out", async () => {
  const traces: string[][] = [];
  for (const faultLimit of [100, 2]) {
    const lines: string[] = [];
    const sink = (line: string): number => lines.push(line);
    await runSeed({ seed: 3, profile: "partitions", factory, seconds: 15, faultLimit, sink });
    traces.push(lines);
  }
  const [whole = [], short = []] = traces;
  const third = whole
    .map((line, i) => (/FAULT \S+ for/.test(line) ? i : -1))
    .filter((i) => i >= 0)[2];
  assert.ok(third !== undefined && third > 100);
  assert.deepEqual(short.slice(0, third), whole.slice(0, third));
});
