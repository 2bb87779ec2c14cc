import autocannon from "autocannon";

/**
 * The load generator's process: given a Load as JSON, it prints one LoadResult as JSON. It goes
 * round a fixed number of keys in one order that leaves none out.
 */
export interface BenchLoad {
  readonly url: string;
  readonly method: "GET" | "PUT" | "POST";
  /** In front of the key's number. */
  readonly pathPrefix: string;
  readonly pathSuffix: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly keys: number;
  readonly bodyBytes: number;
  readonly connections: number;
  /** One of the two: for so long, or so many requests. */
  readonly seconds?: number;
  readonly amount?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 2xx, errors and timeouts: a benchmark with any of them is none. */
  readonly failed: number;
  /** How often each status other than 2xx was answered. */
  readonly statuses: Readonly<Record<number, number>>;
}

async function run(load: BenchLoad): Promise<LoadResult> {
  const body = Buffer.alloc(load.bodyBytes, "v");
  let next = 0;
  const begun = performance.now();
  const times: number[] = [];
  const statuses: Record<number, number> = {};
  const running = autocannon({
    url: load.url,
    connections: load.connections,
    ...(load.amount === undefined ? { duration: load.seconds ?? 5 } : { amount: load.amount }),
    timeout: 30,
    requests: [
      {
        method: load.method,
        ...(load.headers === undefined ? {} : { headers: load.headers }),
        ...(load.bodyBytes > 0 ? { body } : {}),
        setupRequest: (request) => {
          next = (next + 7919) % load.keys;
          return { ...request, path: `${load.pathPrefix}${next}${load.pathSuffix}` };
        },
      },
    ],
  });
  // Its own histogram knows whole milliseconds only.
  running.on("response", (_client, status, _bytes, ms) => {
    times.push(ms);
    if (status >= 300) statuses[status] = (statuses[status] ?? 0) + 1;
  });
  const result = await running;
  const seconds = (performance.now() - begun) / 1000;
  return {
    requests: result.requests.total,
    perSecond: result.requests.total / (load.amount === undefined ? result.duration : seconds),
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    statuses,
    failed: result.errors + result.timeouts + result.non2xx,
  };
}

function quantile(values: number[], q: number): number {
  values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.floor(q * values.length))] ?? Number.NaN;
}

if (import.meta.main) {
  const result = await run(JSON.parse(process.argv[2] ?? "{}") as BenchLoad);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
