import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Runtime } from "../../support/runtime.ts";
import type { BenchLoad, LoadResult } from "./load.ts";

/**
 * What Cloudflare would bill: `npm run bench:cost -- [idle seconds]`.
 *
 * Members count what is billed: rows by the platform's own count, settings of the alarm (a row
 * each, which that count leaves out), alarms that fired, calls to each other, WebSocket messages
 * and dials. Counts of this machine are counts of production; times are not looked at. A cluster of
 * three runs the deployed bundle. Its checkpoints are small and many, so that it hardly counts how
 * much of one lies within a measurement.
 */
const prices = {
  /** Dollars, beyond what is included (Cloudflare's pricing page of Durable Objects). */
  millionRequests: 0.15,
  millionRows: 1,
  millionGigabyteSeconds: 12.5,
  /** WebSocket messages that arrive, for one request. */
  messagesPerRequest: 20,
  gigabytesAwake: 0.128,
};
const secondsPerMonth = 30 * 24 * 3_600;
const members = 3;
const puts = 10_000;
const gets = 2_000;

const counted = [
  "rowsWritten",
  "alarmsSet",
  "alarmsFired",
  "calls",
  "received",
  "dials",
  "readRounds",
  "fences",
] as const;
type Counts = Record<(typeof counted)[number], number>;

const run = promisify(execFile);

async function counts(url: string): Promise<Counts> {
  const response = await fetch(`${url}/cluster`);
  const overview = (await response.json()) as {
    members: readonly { counters: Readonly<Record<string, number>> }[];
  };
  if (overview.members.length !== members) throw new Error("a member does not answer");
  const sum = (name: string) =>
    overview.members.reduce((total, { counters }) => {
      const value = counters[name];
      if (value === undefined) throw new Error(`a member does not count ${name}`);
      return total + value;
    }, 0);
  return Object.fromEntries(counted.map((name) => [name, sum(name)])) as Counts;
}

function minus(after: Counts, before: Counts, by: number): Counts {
  const each = counted.map((name) => [name, (after[name] - before[name]) / by]);
  return Object.fromEntries(each) as Counts;
}

async function load(what: BenchLoad): Promise<LoadResult> {
  const script = join(import.meta.dirname, "load.ts");
  const { stdout } = await run(process.execPath, [script, JSON.stringify(what)]);
  const result = JSON.parse(stdout) as LoadResult;
  if (result.failed > 0) throw new Error(`${result.failed} requests failed`);
  return result;
}

/** Billed rows and requests; `calls` are those that the Worker makes. */
function billed(each: Counts, calls: number): { readonly rows: number; readonly requests: number } {
  const rows = each.rowsWritten + each.alarmsSet;
  const messages = each.received / prices.messagesPerRequest;
  return { rows, requests: calls + each.calls + each.dials + each.alarmsFired + messages };
}

/** Of millions of rows and requests. */
function bill({ rows, requests }: ReturnType<typeof billed>): string {
  const [dollarsOfRows, dollarsOfRequests] = [
    (rows / 1e6) * prices.millionRows,
    (requests / 1e6) * prices.millionRequests,
  ];
  return (
    `${(rows / 1e6).toFixed(2)} M rows $${dollarsOfRows.toFixed(2)}, ` +
    `${(requests / 1e6).toFixed(2)} M requests of objects $${dollarsOfRequests.toFixed(2)}`
  );
}

function print(what: string, each: Counts, digits: number): void {
  const cells = counted.map((name) => `${name} ${each[name].toFixed(digits)}`);
  console.log(`${what}: ${cells.join(", ")}`);
}

async function voters(url: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const response = await fetch(`${url}/cluster`);
    const overview = (await response.json()) as { members: readonly { voters: number[] }[] };
    if (overview.members.filter((m) => m.voters.length === members).length === members) return;
    await sleep(100);
  }
  throw new Error("no three voters within a minute");
}

/** Drops all revisions but the newest, once a second, until `end`. */
function compactAllAlong(url: string): { end(): Promise<void> } {
  let goesOn = true;
  const post = async (path: string, body: object) => {
    const response = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
    const answer = (await response.json()) as { header: { revision: string } };
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer;
  };
  const running = (async () => {
    for (let last = ""; goesOn; await sleep(1_000)) {
      const { revision } = (await post("/v3/kv/range", { key: "aw==" })).header;
      if (revision !== last) await post("/v3/kv/compaction", { revision });
      last = revision;
    }
  })();
  return {
    async end() {
      goesOn = false;
      await running;
    },
  };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a number of requests costs beyond what goes on without them. */
async function perRequest(
  url: string,
  idlePerSecond: Counts,
  what: string,
  request: Pick<BenchLoad, "method" | "connections" | "bodyBytes"> & { readonly amount: number },
): Promise<void> {
  const common = { url, keys: 10_000, pathPrefix: "/kv/k", pathSuffix: "" };
  const before = await counts(url);
  const startedMs = performance.now();
  const { requests } = await load({ ...common, ...request });
  const seconds = (performance.now() - startedMs) / 1_000;
  const all = minus(await counts(url), before, 1);
  const own = counted.map((name) => {
    const without = idlePerSecond[name] * seconds;
    return [name, Math.max(0, all[name] - without) / requests];
  });
  const each = Object.fromEntries(own) as Counts;
  print(what, each, 3);
  console.log(`  a million of them: ${bill(billed(minus(each, nothing, 1e-6), 1e6))}`);
}

async function main(idleSeconds: number): Promise<void> {
  const small = { SNAPSHOT_COUNT: "1000", SNAPSHOT_CATCH_UP_ENTRIES: "1000" };
  const runtime = await Runtime.start({ vars: { DEVELOPMENT: "true", ...small } });
  const { url } = runtime;
  try {
    await fetch(`${url}/kv/k0`, { method: "PUT", body: "v" });
    await voters(url);
    // Until the members have agreed on a version.
    await sleep(10_000);
    const before = await counts(url);
    await sleep(idleSeconds * 1_000);
    const idle = minus(await counts(url), before, idleSeconds);
    print("idle, per hour", minus(idle, nothing, 1 / 3_600), 0);
    const monthly = billed(minus(idle, nothing, 1 / secondsPerMonth), 0);
    const awake = members * prices.gigabytesAwake * secondsPerMonth;
    const duration = (awake / 1e6) * prices.millionGigabyteSeconds;
    console.log(`  a month: ${bill(monthly)}, ${awake.toFixed(0)} GB-s $${duration.toFixed(2)}`);
    const put = { method: "PUT", bodyBytes: 256 } as const;
    const get = { method: "GET", bodyBytes: 0, amount: gets } as const;
    const warmUp = { url, keys: 10_000, pathPrefix: "/kv/k", pathSuffix: "" };
    await load({ ...warmUp, ...put, connections: 64, amount: 5_000 });
    await perRequest(url, idle, "put, 64 connections", { ...put, connections: 64, amount: puts });
    await perRequest(url, idle, "put, 1 connection", { ...put, connections: 1, amount: puts / 2 });
    const compacting = compactAllAlong(url);
    // What was written before it is compacted first, and what it leaves behind goes last.
    await load({ ...warmUp, ...put, connections: 64, amount: 5_000 });
    await sleep(10_000);
    const compacted = { ...put, connections: 64, amount: puts };
    await perRequest(url, idle, "put, 64 connections, compacted each second", compacted);
    await compacting.end();
    await sleep(10_000);
    for (const connections of [1, 64]) {
      await perRequest(url, idle, `linearizable get, ${connections} connections`, {
        ...get,
        connections,
      });
    }
  } finally {
    await runtime.stop();
  }
}

const nothing = Object.fromEntries(counted.map((name) => [name, 0])) as Counts;

await main(Number(process.argv[2] ?? 120));
