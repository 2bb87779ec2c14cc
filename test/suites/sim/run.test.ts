import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { memberFactory as factory } from "./host.ts";
import { type ProfileName, profileNames } from "./profiles.ts";
import { regressions } from "./regressions.ts";
import { belowSeedFloor, failureText } from "./report.ts";
import { type RunOptions, type RunResult, runSeed } from "./run.ts";
import { shortestFailure } from "./shrink.ts";

const seconds = 60;

async function holds(options: Omit<RunOptions, "factory" | "seconds">): Promise<RunResult> {
  const result = await runSeed({ ...options, factory, seconds });
  assert.deepEqual(result.violations, [], failureText(result, result, 60));
  assert.deepEqual(belowSeedFloor(result, seconds), []);
  return result;
}

for (const profile of profileNames) {
  test(`nothing is violated in profile ${profile}`, async () => {
    await holds({ seed: 1, profile });
  });
}

for (const { profile, seed, found } of regressions) {
  test(`seed ${seed} of ${profile} holds: ${found}`, async () => {
    await holds({ seed, profile });
  });
}

test("nothing is violated in fresh seeds", async () => {
  const profiles: readonly ProfileName[] = ["everything", "reads", "everything"];
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

test("raft's transitions come as NDJSON that etcd-io/raft's trace validation reads", async () => {
  const lines: string[] = [];
  const raftSink = (line: string): number => lines.push(line);
  await runSeed({ seed: 4, profile: "crashes", factory, seconds: 5, raftSink });
  const events = lines.map((line) => JSON.parse(line) as { tag: string; event: { name: string } });
  assert.ok(events.every(({ tag }) => tag === "trace"));
  const names = new Set(events.map(({ event }) => event.name));
  for (const name of ["InitState", "BecomeLeader", "Commit", "SendAppendEntriesRequest"]) {
    assert.ok(names.has(name), `${name}, of ${[...names].join(" ")}`);
  }
});

test("a failure is reported with the shortest fault schedule that still fails", async () => {
  const options: RunOptions = { seed: 5, profile: "crashes", factory, seconds: 20 };
  // A rule that nobody keeps: no member may ever die in a turn.
  const broken = (run: RunOptions): Promise<RunResult> => {
    const lines: string[] = [];
    return runSeed({ ...run, sink: (line) => lines.push(line) }).then((result) => {
      const dies = lines.some((line) => line.endsWith("dies: crash in a turn"));
      const violation = { check: "immortality", message: "died", atMs: 0 };
      return dies ? { ...result, violations: [violation] } : result;
    });
  };
  const whole = await broken(options);
  assert.equal(whole.violations.length, 1);
  const shortest = await shortestFailure(options, whole, broken);
  assert.equal(shortest.violations.length, 1);
  assert.ok(shortest.begun >= 1 && shortest.begun < whole.begun, `${shortest.begun}`);
  const before = await broken({ ...options, faultLimit: shortest.begun - 1 });
  assert.deepEqual(before.violations, []);
  const text = failureText(whole, shortest, 40);
  assert.match(text, /npm run sim -- --seed 5 --profile crashes/);
  assert.match(text, new RegExp(`has ${shortest.begun} faults \\(of ${whole.begun}\\)`));
});
