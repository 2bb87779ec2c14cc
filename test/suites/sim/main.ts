import { randomInt } from "node:crypto";
import { createWriteStream } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { memberFactory as factory } from "./host.ts";
import { Pool, type Task } from "./pool.ts";
import { type ProfileName, profileNames } from "./profiles.ts";
import {
  addTo,
  belowFloors,
  belowSeedFloor,
  failureText,
  faultLine,
  noTotals,
  seedLine,
  type Totals,
  totalLine,
} from "./report.ts";
import { type RunResult, runSeed } from "./run.ts";
import { shortestFailure } from "./shrink.ts";

const usage = `npm run sim -- [--seeds N] [--seed S] [--profile P] [--minutes M]
  --seeds N     that many fresh seeds of each profile (default 3)
  --seed S      this seed only; or the first of --seeds
  --profile P   of ${profileNames.join(", ")};
                several with commas between them (default: all)
  --minutes M   fresh seeds until the time is over
  --seconds T   simulated seconds with clients and faults (default 60)
  --naps        clusters sleep in every profile
  --faults K    only the first K faults of the plan
  --jobs J      threads (default: one for each processor)
  --stop        ends at the first failure, without looking for its shortest schedule
  --trace FILE  every line of the trace
  --raft-trace FILE  every transition of raft, as NDJSON for etcd-io/raft's trace validation`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    seed: { type: "string" },
    profile: { type: "string" },
    minutes: { type: "string" },
    seconds: { type: "string", default: "60" },
    faults: { type: "string" },
    jobs: { type: "string" },
    trace: { type: "string" },
    "raft-trace": { type: "string" },
    naps: { type: "boolean", default: false },
    stop: { type: "boolean", default: false },
    help: { type: "boolean" },
  },
});

function number(text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined;
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

const tellEveryMs = 15_000;

/** Runs one seed after another, or several at once; keeps count, and tells. */
class Session {
  readonly names = chosenProfiles();
  readonly seconds = number(values.seconds, "seconds") ?? 60;
  readonly single = values.seed !== undefined && values.seeds === undefined;
  readonly #first = number(values.seed, "seed") ?? randomInt(1, 1_000_000_000);
  readonly #rounds = number(values.seeds, "seeds") ?? (this.single ? 1 : 3);
  readonly #startMs = performance.now();
  readonly #endMs: number | undefined;
  readonly all = noTotals();
  readonly byProfile = new Map<ProfileName, Totals>();
  readonly #low: string[] = [];
  #stopped = false;
  #next = 0;
  #toldAtMs = performance.now();

  constructor() {
    const minutes = number(values.minutes, "minutes");
    if (minutes !== undefined) this.#endMs = this.#startMs + minutes * 60_000;
  }

  /** The next seed to run; undefined when it is enough. */
  task(): Task | undefined {
    const round = Math.floor(this.#next / this.names.length);
    const profile = this.names[this.#next % this.names.length];
    const late = this.#endMs !== undefined && performance.now() >= this.#endMs;
    const enough = this.#endMs === undefined ? round >= this.#rounds : late && this.#next > 0;
    if (enough || this.#stopped || profile === undefined) return undefined;
    this.#next += 1;
    const faultLimit = number(values.faults, "faults");
    const { naps } = values;
    const task = { seed: this.#first + round, profile, seconds: this.seconds, naps };
    return faultLimit === undefined ? task : { ...task, faultLimit };
  }

  async took(task: Task, result: RunResult): Promise<void> {
    const totals = this.byProfile.get(task.profile) ?? noTotals();
    this.byProfile.set(task.profile, totals);
    addTo(totals, result);
    addTo(this.all, result);
    console.log(seedLine(result));
    if (!values.naps) this.#low.push(...belowSeedFloor(result, this.seconds));
    this.#tell();
    if (result.violations.length === 0) return;
    if (values.stop) {
      this.#stopped = true;
      for (const { check, message } of result.violations) console.log(`[${check}] ${message}`);
      return;
    }
    const whole = values.trace !== undefined;
    const shortest = whole ? result : await shortestFailure({ ...task, factory }, result);
    console.log(failureText(result, shortest, this.single ? 150 : 40));
  }

  /** Now and then, how far it has come. */
  #tell(): void {
    const nowMs = performance.now();
    if (nowMs - this.#toldAtMs < tellEveryMs) return;
    this.#toldAtMs = nowMs;
    console.log(`so far: ${totalLine(this.all, (nowMs - this.#startMs) / 1_000)}`);
    console.log(faultLine(this.all));
  }

  /** Prints the sums. Returns the exit status. */
  end(): number {
    const whole = this.single || values.naps ? [] : [...this.byProfile];
    const low = [
      ...this.#low,
      ...whole.flatMap(([name, totals]) => belowFloors(name, totals, this.seconds)),
    ];
    console.log(faultLine(this.all));
    for (const line of low) console.log(`below its floor: ${line}`);
    console.log(totalLine(this.all, (performance.now() - this.#startMs) / 1_000));
    return this.all.failures > 0 || low.length > 0 ? 1 : 0;
  }
}

type Sink = ((line: string) => void) | undefined;

function lineFile(path: string | undefined): [sink: Sink, close: () => void] {
  if (path === undefined) return [undefined, () => undefined];
  const file = createWriteStream(path);
  return [(line) => file.write(`${line}\n`), () => file.end()];
}

async function inline(session: Session): Promise<void> {
  const [sink, closeTrace] = lineFile(values.trace);
  const [raftSink, closeRaftTrace] = lineFile(values["raft-trace"]);
  const sinks = { ...(sink && { sink }), ...(raftSink && { raftSink }) };
  for (let task = session.task(); task !== undefined; task = session.task()) {
    await session.took(task, await runSeed({ ...task, factory, ...sinks }));
  }
  closeTrace();
  closeRaftTrace();
}

async function threaded(session: Session, threads: number): Promise<void> {
  const pool = new Pool(threads);
  const thread = async (): Promise<void> => {
    for (let task = session.task(); task !== undefined; task = session.task()) {
      await session.took(task, await pool.run(task));
    }
  };
  await Promise.all(Array.from({ length: threads }, thread));
  await pool.close();
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const session = new Session();
  const jobs = number(values.jobs, "jobs") ?? availableParallelism();
  const traced = values.trace !== undefined || values["raft-trace"] !== undefined;
  const alone = (session.single && session.names.length === 1) || traced;
  if (alone || jobs < 2) await inline(session);
  else await threaded(session, jobs);
  return session.end();
}

process.exitCode = await main();
