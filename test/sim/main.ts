import { randomInt } from "node:crypto";
import { createWriteStream } from "node:fs";
import { parseArgs } from "node:util";
import { memberFactory } from "./host.ts";
import { type ProfileName, profileNames } from "./profiles.ts";
import {
  addTo,
  belowFloors,
  failureText,
  faultLine,
  noTotals,
  seedLine,
  type Totals,
  totalLine,
} from "./report.ts";
import { type RunOptions, runSeed } from "./run.ts";
import { shortestFailure } from "./shrink.ts";

const usage = `npm run sim -- [--seeds N] [--seed S] [--profile P] [--minutes M]
  --seeds N     that many fresh seeds of each profile (default 3)
  --seed S      this seed only; or the first of --seeds
  --profile P   of ${profileNames.join(", ")};
                several with commas between them (default: all)
  --minutes M   fresh seeds until the time is over
  --seconds T   simulated seconds with clients and faults (default 60)
  --faults K    only the first K faults of the plan
  --stop        ends at the first failure, without looking for its shortest schedule
  --trace FILE  every line of the trace`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    seed: { type: "string" },
    profile: { type: "string" },
    minutes: { type: "string" },
    seconds: { type: "string", default: "60" },
    faults: { type: "string" },
    trace: { type: "string" },
    stop: { type: "boolean", default: false },
    help: { type: "boolean" },
  },
});

function number(text: string, what: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new RangeError(`--${what} ${text} is no number\n${usage}`);
  return value;
}

function chosenProfiles(): readonly ProfileName[] {
  if (values.profile === undefined) return profileNames;
  return values.profile.split(",").map((wanted) => {
    const name = profileNames.find((candidate) => candidate === wanted);
    if (name === undefined) throw new RangeError(`no profile ${wanted}\n${usage}`);
    return name;
  });
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const names = chosenProfiles();
  const seconds = number(values.seconds, "seconds");
  const first =
    values.seed === undefined ? randomInt(1, 1_000_000_000) : number(values.seed, "seed");
  const minutes = values.minutes === undefined ? undefined : number(values.minutes, "minutes");
  const single = values.seed !== undefined && values.seeds === undefined;
  const rounds = values.seeds !== undefined ? number(values.seeds, "seeds") : single ? 1 : 3;
  const endMs = performance.now() + (minutes ?? 0) * 60_000;
  const more = (round: number): boolean =>
    minutes === undefined ? round < rounds : performance.now() < endMs;

  const all = noTotals();
  const byProfile = new Map<ProfileName, Totals>(names.map((name) => [name, noTotals()]));
  const sink = values.trace === undefined ? undefined : createWriteStream(values.trace);
  for (let round = 0; more(round); round++) {
    for (const profile of names) {
      if (round > 0 && !more(round)) break;
      const options: RunOptions = {
        seed: first + round,
        profile,
        factory: memberFactory,
        seconds,
        ...(values.faults === undefined ? {} : { faultLimit: number(values.faults, "faults") }),
        ...(sink === undefined ? {} : { sink: (line: string) => sink.write(`${line}\n`) }),
      };
      const startMs = performance.now();
      const result = await runSeed(options);
      const realSeconds = (performance.now() - startMs) / 1_000;
      addTo(all, result, realSeconds);
      const totals = byProfile.get(profile);
      if (totals !== undefined) addTo(totals, result, realSeconds);
      console.log(seedLine(result));
      if (result.violations.length === 0) continue;
      if (values.stop) {
        for (const { check, message } of result.violations) console.log(`[${check}] ${message}`);
        return 1;
      }
      const shortest = sink === undefined ? await shortestFailure(options, result) : result;
      console.log(failureText(result, shortest, single ? 150 : 40));
    }
  }
  const low = single
    ? []
    : [...byProfile].flatMap(([name, totals]) =>
        totals.seeds === 0 ? [] : belowFloors(name, totals, seconds),
      );
  console.log(faultLine(all));
  for (const line of low) console.log(`below its floor: ${line}`);
  sink?.end();
  console.log(totalLine(all));
  return all.failures > 0 || low.length > 0 ? 1 : 0;
}

process.exitCode = await main();
