import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { mutants } from "./all.ts";
import type { Mutant } from "./mutant.ts";
import { controls } from "./variants.ts";

const usage = `npm run sim:mutants -- [--only NAME,...] [--seeds N] [--jobs J]
  --only NAME   these mutants only
  --seeds N     the most seeds that a mutant may survive (default 30)
  --jobs J      processes at a time (default 2)`;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    seeds: { type: "string", default: "30" },
    jobs: { type: "string", default: "2" },
    help: { type: "boolean" },
  },
});

/** Seeds in which nothing may be found wrong with a variant that is right. */
const controlSeeds = 6;

interface Verdict {
  readonly killed: boolean;
  readonly seeds: number;
  readonly seconds: number;
  /** What killed it, or the last of what was printed where it did not run at all. */
  readonly by: string;
}

/** Runs the simulator with one mutant until something is violated. */
function hunt(mutant: Mutant, seeds: number): Promise<Verdict> {
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
      resolve({
        killed: violation !== undefined && /^FAILED seed/m.test(output),
        seeds: ran.length,
        seconds: (performance.now() - started) / 1_000,
        by: violation ?? (ran.length === 0 ? output.slice(-2_000) : ""),
      });
    });
  });
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const only = values.only?.split(",");
  const unknown = only?.find(
    (name) => ![...controls, ...mutants].some((mutant) => mutant.name === name),
  );
  if (unknown !== undefined) throw new RangeError(`no mutant ${unknown}\n${usage}`);
  const everybody = [...controls, ...mutants];
  const chosen = everybody.filter(({ name }) => only === undefined || only.includes(name));
  const queue = [...chosen];
  const wrong: string[] = [];
  const worker = async (): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const control = controls.includes(mutant);
      const most = control ? controlSeeds : Number(values.seeds);
      const { killed, seeds, seconds, by } = await hunt(mutant, most);
      const effort = `${seeds} seeds, ${seconds.toFixed(0)} s`;
      const verdict = killed ? (control ? "CONDEMNED" : "killed") : control ? "right" : "SURVIVED";
      console.log(`${verdict} ${mutant.name} (${effort}) ${by}`);
      if (killed === control || seeds === 0) wrong.push(mutant.name);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
  const count = chosen.filter((mutant) => !controls.includes(mutant)).length;
  console.log(
    `${count} mutants, ${chosen.length - count} controls, ${wrong.length} not as they must be`,
  );
  if (wrong.length > 0) console.log(`look at: ${wrong.join(", ")}`);
  return wrong.length > 0 ? 1 : 0;
}

process.exitCode = await main();
