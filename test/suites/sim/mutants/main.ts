import { parseArgs } from "node:util";
import { mutants } from "./all.ts";
import { hunt } from "./hunt.ts";
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
