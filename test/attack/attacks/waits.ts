/** Waits that their clients gave up: nothing of them may stay. */
import { b } from "../../support/base64.ts";
import type { Attack, Report, Stage } from "../attack.ts";
import { each, Held, sleep } from "../harness/http.ts";
import { Meter } from "../harness/meter.ts";
import { WebSocketClient } from "../harness/socket.ts";
import { stranger, type Target } from "../harness/target.ts";

const locks = 1_148;
const others = 250;
const ttlSeconds = 5;
const patienceMs = 1_000;
/** By then the leases have ended and their keys are gone. */
const graceMs = 20_000;
const streamGauge = "etcd_debugging_mvcc_watch_stream_total";
const watcherGauge = "etcd_debugging_mvcc_watcher_total";

/** A request that waits for what is held, on a lease of its own or without one. */
async function waiting(target: Target, path: string, name: string, lease: string): Promise<Held> {
  if (lease !== "") await target.post("/v3/lease/grant", { ID: lease, TTL: ttlSeconds });
  const given = lease === "" ? {} : { lease };
  const body = JSON.stringify({ name: b(name), value: b("v"), ...given });
  return new Held(`${target.url}/v3/${path}`, { body, headers: stranger });
}

/** All are begun, left after a second, and looked for when they must be gone. */
async function givenUp(
  target: Target,
  report: Report,
  meter: Meter,
  what: string,
  begin: () => Promise<readonly { leave(): void }[]>,
): Promise<void> {
  const descriptors = target.descriptors;
  const begun = await begin();
  await sleep(patienceMs);
  report.note(`${what}: ${await target.gauge(streamGauge)} streams while they wait`);
  for (const one of begun) one.leave();
  await sleep(graceMs);
  report.figure(`${what}: watch streams left`, await target.gauge(streamGauge));
  report.figure(`${what}: watchers left`, await target.gauge(watcherGauge));
  report.figure(`${what}: descriptors left`, target.descriptors - descriptors);
  report.figure(`${what}: memory left`, meter.residentBytes);
}

async function begunLocks(target: Target): Promise<readonly Held[]> {
  const held: Held[] = [];
  await each(locks, 64, async (i) => {
    held.push(await waiting(target, "lock/lock", "lock", String(10_000 + i)));
  });
  return held;
}

/** A stream that stays open, by either way that there is. */
async function stream(target: Target, path: string, message: object, socket: boolean) {
  const body = JSON.stringify(message);
  if (!socket) return new Held(`${target.url}/v3/${path}`, { body, headers: stranger });
  const open = await WebSocketClient.open(`${target.url}/v3/${path}`, stranger);
  await open?.send([body]);
  return open ?? new Held(`${target.url}/version`);
}

async function begunOthers(target: Target): Promise<readonly { leave(): void }[]> {
  const begun: { leave(): void }[] = [];
  const accept = { accept: "text/event-stream", ...stranger };
  await each(others, 32, async (i) => {
    const socket = i % 2 === 0;
    begun.push(
      await waiting(target, "election/campaign", "election", String(50_000 + i)),
      await stream(target, "election/observe", { name: b("election") }, socket),
      await stream(target, "election/observe", { name: b(`nobody-${i}`) }, socket),
      await stream(target, "watch", { create_request: { key: b("k") } }, socket),
      await stream(target, "lease/keepalive", { ID: "1" }, true),
      await stream(target, "lock/lock", { name: b("lock") }, true),
      new Held(`${target.url}/kv/a`, { headers: accept }),
    );
  });
  return begun;
}

async function run(stage: Stage): Promise<void> {
  const { report } = stage;
  const target = await stage.start({ vars: { DEVELOPMENT: "true" } });
  await target.ready();
  await target.must("/v3/lease/grant", { ID: "1", TTL: 10_000 });
  await target.must("/v3/lock/lock", { name: b("lock"), lease: "1" });
  await target.must("/v3/election/campaign", { name: b("election"), value: b("v"), lease: "1" });
  const meter = await Meter.start(target, report, target.bystander());
  await givenUp(target, report, meter, "locks", () => begunLocks(target));
  await givenUp(target, report, meter, "others", () => begunOthers(target));
  await meter.end();
}

export const waits: Attack = {
  id: "6",
  name: "waits",
  what: "1,148 locks, and campaigns, observers, watches and renewals, given up after a second",
  limitMs: 120_000,
  run,
};
