import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Mutant } from "./mutant.ts";

const root = join(import.meta.dirname, "../../../..");

export interface HuntVerdict {
  readonly killed: boolean;
  readonly seeds: number;
  readonly seconds: number;
  /** What killed it, or the last of what was printed where it did not run at all. */
  readonly by: string;
}

/** Runs the simulator with one mutant until something is violated; or the test that it names. */
export function hunt(mutant: Mutant, seeds: number): Promise<HuntVerdict> {
  return mutant.test === undefined ? simulate(mutant, seeds) : runTest(mutant, mutant.test);
}

function runTest({ name }: Mutant, file: string): Promise<HuntVerdict> {
  const started = performance.now();
  const args = ["--import", join(import.meta.dirname, "register.ts"), join(root, file)];
  // Inside of a test runner, the test would answer in its language.
  const env = { ...process.env, SIM_MUTANT: name, NODE_TEST_CONTEXT: undefined };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  return new Promise((resolve) => {
    child.on("close", (code) => {
      const failed = /^(?:✖|not ok \d+ -) (.*)/m.exec(output)?.[1];
      const runs = !/(Type|Reference|Syntax)Error/.test(output);
      resolve({
        killed: runs && code !== 0 && failed !== undefined,
        seeds: 1,
        seconds: (performance.now() - started) / 1_000,
        by: failed ?? output.slice(-2_000),
      });
    });
  });
}

function simulate(mutant: Mutant, seeds: number): Promise<HuntVerdict> {
  const perProfile = Math.ceil(seeds / mutant.profiles.length);
  const started = performance.now();
  const args = [
    ...["--import", join(import.meta.dirname, "register.ts")],
    ...[join(import.meta.dirname, "../main.ts"), "--seed", "1", "--seeds", `${perProfile}`],
    ...["--profile", mutant.profiles.join(","), "--stop", "--jobs", "1"],
  ];
  const env = { ...process.env, SIM_MUTANT: mutant.name };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve) => {
    child.on("close", () => {
      const ran = output.match(/^(ok|FAILED) seed/gm) ?? [];
      const violation = /^\[[^\n]*/m.exec(output)?.[0];
      // A variant that cannot even run is none.
      const runs = !/(Type|Reference|Syntax)Error/.test(violation ?? "");
      resolve({
        killed: runs && violation !== undefined && /^FAILED seed/m.test(output),
        seeds: ran.length,
        seconds: (performance.now() - started) / 1_000,
        by: violation ?? (ran.length === 0 ? output.slice(-2_000) : ""),
      });
    });
  });
}
