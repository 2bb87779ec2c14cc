/** Waits that their clients gave up: nothing of them may stay. */
import { b } from "../../../support/base64.ts";
import type { Attack, Report, Stage } from "../attack.ts";
import { closeIdle, each, Held, sleep } from "../harness/http.ts";
import { Meter } from "../harness/meter.ts";
import { WebSocketClient } from "../harness/socket.ts";
import { stranger, type Target } from "../harness/target.ts";

const locks = 1_148;
const others = 150;
const ttlSeconds = 5;
const patienceMs = 1_000;
/** By then the leases have ended and their keys are gone. */
const graceMs = 20_000;
const streamGauge = "etcd_debugging_mvcc_watch_stream_total";
const watcherGauge = "etcd_debugging_mvcc_watcher_total";

type Headers = Readonly<Record<string, string>>;
type Open = { leave(): void };

/** Begins one wait of its kind; `i` is another for each. */
type Begin = (target: Target, headers: Headers, i: number) => Promise<Open>;

/** A wait for what is held, on a lease of its own. */
function onOwnLease(path: string, name: string): Begin {
  return async (target, headers, i) => {
    const lease = String(10_000 + i);
    await target.post("/v3/lease/grant", { ID: lease, TTL: ttlSeconds }, { headers });
    return new Held(`${target.url}/v3/${path}`, { body: json({ name: b(name), lease }), headers });
  };
}

/** A stream by POST, which stays open as long as its client does. */
function posted(path: string, message: (i: number) => object): Begin {
  return async (target, headers, i) =>
    new Held(`${target.url}/v3/${path}`, { body: json(message(i)), headers });
}

/** The same by WebSocket. */
function socket(path: string, message: (i: number) => object): Begin {
  return async (target, headers, i) => {
    const open = await WebSocketClient.open(`${target.url}/v3/${path}`, headers);
    await open?.send([json(message(i))]);
    return open ?? { leave: () => undefined };
  };
}

const json = (message: object): string => JSON.stringify(message);
const observed = () => ({ name: b("election") });
const nobody = (i: number) => ({ name: b(`nobody-${i}`) });
const watched = () => ({ create_request: { key: b("k") } });

/** Each kind in a cluster of its own, so that it shows what is left of which. */
const kinds: Readonly<Record<string, Begin>> = {
  campaigns: onOwnLease("election/campaign", "election"),
  "locks-by-socket": socket("lock/lock", () => ({ name: b("lock") })),
  observers: posted("election/observe", observed),
  "observers-by-socket": socket("election/observe", observed),
  "observers-of-nobody": posted("election/observe", nobody),
  "observers-of-nobody-by-socket": socket("election/observe", nobody),
  watches: posted("watch", watched),
  "watches-by-socket": socket("watch", watched),
  renewals: socket("lease/keepalive", () => ({ ID: "1" })),
  events: async (target, headers) => {
    const all = { ...headers, accept: "text/event-stream" };
    return new Held(`${target.url}/kv/a`, { headers: all });
  },
};

const inCluster = (cluster: string): Headers => ({ ...stranger, "x-cluster": cluster });

/** A lock and an election that somebody has, for long. */
async function hold(target: Target, headers: Headers): Promise<void> {
  await target.ready(headers);
  const asked = { headers };
  await target.must("/v3/lease/grant", { ID: "1", TTL: 10_000 }, asked);
  await target.must("/v3/lock/lock", { name: b("lock"), lease: "1" }, asked);
  const campaign = { name: b("election"), value: b("v"), lease: "1" };
  await target.must("/v3/election/campaign", campaign, asked);
}

/** Begins so many, leaves them after a second, and looks for them when they must be gone. */
async function givenUp(
  target: Target,
  report: Report,
  meter: Meter,
  what: string,
  begun: Readonly<Record<string, { readonly begin: Begin; readonly count: number }>>,
): Promise<void> {
  const descriptors = target.descriptors;
  const open: Open[] = [];
  const all = Object.entries(begun).map(async ([cluster, { begin, count }]) => {
    const headers = inCluster(cluster);
    await each(count, 32, async (i) => void open.push(await begin(target, headers, i)));
  });
  await Promise.all(all);
  await sleep(patienceMs);
  for (const one of open) one.leave();
  await sleep(graceMs);
  for (const cluster of Object.keys(begun)) {
    const headers = inCluster(cluster);
    const streams = await target.gauge(streamGauge, headers);
    if (streams !== 0) report.note(`${cluster}: ${streams} streams are left`);
    report.sum(`${what}: watch streams left`, streams);
    report.sum(`${what}: watchers left`, await target.gauge(watcherGauge, headers));
  }
  closeIdle();
  await sleep(500);
  report.figure(`${what}: descriptors left`, target.descriptors - descriptors);
  report.figure(`${what}: memory above idle afterwards`, meter.residentBytes);
}

async function run(stage: Stage): Promise<void> {
  const { report } = stage;
  const target = await stage.start({ vars: { DEVELOPMENT: "true" } });
  await target.ready();
  const clusters = ["locks", ...Object.keys(kinds)];
  await Promise.all(clusters.map((cluster) => hold(target, inCluster(cluster))));
  const meter = await Meter.start(target, report, target.bystander());
  const begin = onOwnLease("lock/lock", "lock");
  await givenUp(target, report, meter, "locks", { locks: { begin, count: locks } });
  const each = Object.entries(kinds).map(([kind, begin]) => [kind, { begin, count: others }]);
  await givenUp(target, report, meter, "others", Object.fromEntries(each));
  await meter.end();
}

export const waits: Attack = {
  id: "6",
  name: "waits",
  what: "1,148 locks, and campaigns, observers, watches and renewals, given up after a second",
  limitMs: 120_000,
  run,
};
