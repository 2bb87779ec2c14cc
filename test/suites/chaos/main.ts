import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import type { Layout } from "./cluster/cluster.ts";
import { faultText, RoundTotals, roundBelowFloors, roundFailureText, roundLine } from "./report.ts";
import { runRound } from "./round.ts";
import { type MistakeName, mistakes } from "./worker/broken.ts";

const usage = `npm run chaos -- [--minutes M] [--seed S] [--members N] [--clients N]
  Clusters on workerd, one after another, whose processes are killed and paused and whose members
  are evicted and cut off, under clients whose histories are checked.
  --minutes M   new clusters until the time is over (default 15); 0: one only
  --seed S      of the first cluster's faults and clients; the next has the next (default: any).
                The faults follow from the seed; what they meet is real, and never twice the same
  --members N   voters (default 3)
  --clients N   clients that read and write (default 10)
  --seconds T   with faults, for each cluster (default 60)
  --every T     mean time between two faults, seconds (default 2.5)
  --lasts T     mean time that a fault lasts, seconds (default 2)
  --layout L    together: all members in one process; apart: each in its own (default: in turn)
  --mistake K   all members make a mistake: ${Object.keys(mistakes).join(", ")}`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "15" },
    seed: { type: "string" },
    members: { type: "string", default: "3" },
    clients: { type: "string", default: "10" },
    seconds: { type: "string", default: "60" },
    every: { type: "string", default: "2.5" },
    lasts: { type: "string", default: "2" },
    layout: { type: "string" },
    mistake: { type: "string" },
    help: { type: "boolean" },
  },
});

function number(text: string, what: string, least: number): number {
  const value = Number(text);
  if (value >= least) return value;
  throw new RangeError(`--${what} ${text} is no number from ${least}\n${usage}`);
}

function chosen<T extends string>(text: string, of: readonly T[], what: string): T {
  const found = of.find((candidate) => candidate === text);
  if (found === undefined) throw new RangeError(`--${what} ${text} is none of ${of}\n${usage}`);
  return found;
}

const layouts: readonly Layout[] = ["apart", "together"];

/** Runs one cluster after another. Returns the exit status. */
async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const endMs = performance.now() + number(values.minutes, "minutes", 0) * 60_000;
  const first = values.seed === undefined ? randomInt(1, 1e9) : number(values.seed, "seed", 0);
  const { layout: wanted, mistake } = values;
  const options = {
    members: number(values.members, "members", 1),
    clients: number(values.clients, "clients", 1),
    seconds: number(values.seconds, "seconds", 5),
    pace: {
      everyMs: number(values.every, "every", 0.1) * 1_000,
      lastsMs: number(values.lasts, "lasts", 0) * 1_000,
    },
    leaseSeconds: 6,
    progress: (line: string) => console.log(line),
    ...(mistake && { mistake: chosen(mistake, Object.keys(mistakes) as MistakeName[], "mistake") }),
  };
  console.log(`seed ${first}: it decides the faults; what they meet is real, and never the same`);
  const totals = new RoundTotals();
  let low = 0;
  for (let round = 0; round === 0 || performance.now() < endMs; round++) {
    const seed = first + round;
    const layout = wanted
      ? chosen(wanted, layouts, "layout")
      : (layouts[seed % layouts.length] ?? "apart");
    const result = await runRound({ ...options, seed, layout });
    totals.add(result);
    console.log(roundLine(result));
    if (result.violations.length > 0) {
      console.log(roundFailureText(result));
      continue;
    }
    for (const line of roundBelowFloors(result)) {
      low += 1;
      console.log(`below its floor: ${line}`);
    }
  }
  console.log(`faults: ${faultText(totals.faults)}`);
  console.log(totals.line());
  return totals.failures > 0 || low > 0 ? 1 : 0;
}

process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
process.exit(await main());
