import { execFile } from "node:child_process";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { Runtime } from "../../support/runtime.ts";
import type { BenchLoad, LoadResult } from "./load.ts";

const usage = `npm run bench -- [--rounds N] [--seconds S] [--connections 1,16,64,256] [--check]

Starts workerd with the bundle and its comparison objects, and prints for each number of
connections what a no-op RPC, a put to one object that writes nothing, one that writes one row
(plain), our put, and our gets reach: requests a second and latencies, each the median of N rounds,
with the ratios round by round; then SQL rows written a put, all members together. With --check it
exits 1 where a ratio or a row count misses its bound.

What a put gains over a plain one at many connections is flushes: little on a disk that hardly
takes any time for one, as the first line tells. No put can do better than the unwritten one.`;

/** Bounds that --check holds us to. */
const bounds = {
  putOverPlain: new Map([
    [1, 0.4],
    [64, 1.5],
  ]),
  rowsPerPut: new Map([
    [1, 6.5],
    [64, 3.5],
  ]),
};

const run = promisify(execFile);
const keys = 10_000;
const valueBytes = 256;
/** Requests of each kind that are made before any is measured. */
const warmUp = 2 * keys;

type Target =
  | "no-op RPC"
  | "unwritten put"
  | "plain put"
  | "put"
  | "linearizable get"
  | "serializable get";
const targets: readonly Target[] = [
  "no-op RPC",
  "unwritten put",
  "plain put",
  "put",
  "linearizable get",
  "serializable get",
];

/** Puts before gets: what is read is there. */
const warmed: readonly Target[] = targets.filter((target) => target !== "no-op RPC");

function loadOf(url: string, target: Target, connections: number): BenchLoad {
  const common = { url, keys, connections, pathSuffix: "" };
  const put = { ...common, method: "PUT" as const, bodyBytes: valueBytes };
  const get = { ...common, method: "GET" as const, bodyBytes: 0 };
  switch (target) {
    case "no-op RPC":
      return { ...get, pathPrefix: "/bench/noop/" };
    case "unwritten put":
      return { ...put, pathPrefix: "/kv/k", headers: { "x-cluster": "unwritten" } };
    case "plain put":
      return { ...put, pathPrefix: "/kv/k", headers: { "x-cluster": "plain" } };
    case "put":
      return { ...put, pathPrefix: "/kv/k" };
    case "linearizable get":
      return { ...get, pathPrefix: "/kv/k" };
    case "serializable get":
      return { ...get, pathPrefix: "/kv/k", pathSuffix: "?consistency=serializable" };
  }
}

/** In a process of its own, so that making load and serving it share no event loop. */
async function load(what: BenchLoad): Promise<LoadResult> {
  const script = join(import.meta.dirname, "load.ts");
  const { stdout } = await run(process.execPath, [script, JSON.stringify(what)]);
  const result = JSON.parse(stdout) as LoadResult;
  if (result.failed > 0) {
    const { failed, requests, statuses } = result;
    const which = `${what.method} ${what.pathPrefix} ${JSON.stringify(statuses)}`;
    throw new Error(`${failed} of ${requests} requests failed: ${which}`);
  }
  return result;
}

async function waitForLeader(url: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const response = await fetch(`${url}/readyz`);
    await response.arrayBuffer();
    if (response.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("no leader within 30 s");
}

async function rowsWritten(url: string): Promise<number> {
  const response = await fetch(`${url}/cluster`);
  const { members } = (await response.json()) as {
    members: { counters: Record<string, number> }[];
  };
  return members.reduce((sum, { counters }) => {
    const rows = counters.rowsWritten;
    if (rows === undefined) throw new Error("a member does not count the rows it writes");
    return sum + rows;
  }, 0);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.floor(sorted.length / 2);
  const upper = sorted[at] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[at - 1] ?? Number.NaN) + upper) / 2;
}

const missed: string[] = [];

function check(what: string, value: number, holds: boolean, bound: number): void {
  if (!holds) missed.push(`${what}: ${value.toFixed(2)}, bound ${bound}`);
}

async function table(url: string, connections: number, rounds: number, seconds: number) {
  const results = new Map<Target, LoadResult[]>(targets.map((target) => [target, []]));
  // Once unmeasured: as many connections as these are opened for the first time.
  for (const target of targets) await load({ ...loadOf(url, target, connections), seconds: 1 });
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) {
      results.get(target)?.push(await load({ ...loadOf(url, target, connections), seconds }));
    }
  }
  const ratio = (target: Target, other: Target): number => {
    const others = results.get(other) ?? [];
    const ratios = (results.get(target) ?? []).map(
      (result, round) => result.perSecond / (others[round]?.perSecond ?? Number.NaN),
    );
    return median(ratios);
  };
  for (const target of targets) {
    const of = results.get(target) ?? [];
    const cells = [
      String(connections).padStart(11),
      target.padEnd(17),
      median(of.map(({ perSecond }) => perSecond))
        .toFixed(0)
        .padStart(10),
      median(of.map(({ p50Ms }) => p50Ms))
        .toFixed(2)
        .padStart(8),
      median(of.map(({ p99Ms }) => p99Ms))
        .toFixed(2)
        .padStart(8),
      ratio(target, "no-op RPC").toFixed(2).padStart(8),
      ratio(target, "plain put").toFixed(2).padStart(9),
    ];
    console.log(cells.join("  "));
  }
  const bound = bounds.putOverPlain.get(connections);
  const value = ratio("put", "plain put");
  if (bound !== undefined) {
    check(`put / plain put at ${connections} connections`, value, value >= bound, bound);
  }
}

/** Milliseconds that this disk takes to make one written page durable, the median of many. */
function flushMs(): number {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const file = openSync(join(folder, "page"), "w");
  const page = Buffer.alloc(4_096);
  const times: number[] = [];
  try {
    for (let i = 0; i < 200; i++) {
      const begun = performance.now();
      writeSync(file, page);
      fdatasyncSync(file);
      times.push(performance.now() - begun);
    }
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
  return median(times);
}

async function rows(url: string, connections: number): Promise<void> {
  const amount = keys;
  const before = await rowsWritten(url);
  const { requests } = await load({ ...loadOf(url, "put", connections), amount });
  const perPut = ((await rowsWritten(url)) - before) / requests;
  console.log(`rows written a put at ${connections} connections: ${perPut.toFixed(2)}`);
  const bound = bounds.rowsPerPut.get(connections);
  if (bound !== undefined) {
    check(`rows a put at ${connections} connections`, perPut, perPut <= bound, bound);
  }
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "4" },
    connections: { type: "string", default: "1,16,64,256" },
    check: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

/** Runs the bundle with the comparison objects, until what is measured is done. */
async function measured(
  vars: Readonly<Record<string, string>>,
  measure: (url: string) => Promise<void>,
): Promise<void> {
  const runtime = await Runtime.start({
    configPath: join(import.meta.dirname, "wrangler.toml"),
    bundlePath: join(import.meta.dirname, "../../../dist/bench/worker.js"),
    vars: { DEVELOPMENT: "true", ...vars },
  });
  try {
    await waitForLeader(runtime.url);
    await measure(runtime.url);
  } finally {
    await runtime.stop();
  }
}

await measured({}, async (url) => {
  console.log(`one flush of this disk: ${flushMs().toFixed(2)} ms`);
  // Members live for days: what is measured is compiled code. And every key is there to be read.
  for (const target of warmed) await load({ ...loadOf(url, target, 64), amount: warmUp });
  console.log("connections  request               req/s    p50 ms   p99 ms    /no-op     /plain");
  for (const connections of values.connections.split(",").map(Number)) {
    await table(url, connections, Number(values.rounds), Number(values.seconds));
  }
});
// Logs and checkpoints: with ten of these in each measurement, its two ends hardly count.
await measured({ SNAPSHOT_COUNT: "1000", SNAPSHOT_CATCH_UP_ENTRIES: "1000" }, async (url) => {
  for (const connections of bounds.rowsPerPut.keys()) await rows(url, connections);
});
for (const miss of missed) console.log(`missed: ${miss}`);
if (values.check && missed.length > 0) process.exitCode = 1;
