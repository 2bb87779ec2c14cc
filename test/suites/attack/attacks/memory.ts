/** Whatever a client may leave in a member, or let it wait for: all of it at its most. */
import { b } from "../../../support/base64.ts";
import type { Attack, Report, Stage } from "../attack.ts";
import { each, Held, sleep } from "../harness/http.ts";
import { Meter } from "../harness/meter.ts";
import { WebSocketClient } from "../harness/socket.ts";
import { type Target, wholeRange } from "../harness/target.ts";

const vars = { DEVELOPMENT: "true" };
const sizes = [1_400_000, 1_000_000, 500_000, 65_536, 65_000, 32_768, 16_384, 8_192, 4_096, 1_024];
/** What is tried to be left behind, at most. */
const wantedBytes = 210_000_000;
const partMs = 8_000;
/** A refusal may be of the moment. */
const refusalsInARow = 10;
const refusalPauseMs = 100;
const begunMs = 4_000;
const megabyte = 1_000_000;
const goneMs = 65_000;
const streamGauge = "etcd_debugging_mvcc_watch_stream_total";

/** What a part leaves open until all is over. */
type Open = { leave(): void };

const padded = (name: string, bytes: number): string => name.padEnd(bytes, ".");

/** The largest of some sizes that is taken, asked from the largest; 0 where none is. */
async function largest(taken: (bytes: number) => Promise<boolean>): Promise<number> {
  for (const size of sizes) if (await taken(size)) return size;
  return 0;
}

/** Does it until it is refused again and again, enough is there, or its time is over. */
async function asMuchAsIsTaken(
  report: Report,
  what: string,
  size: (bytes: number, index: number) => Promise<boolean>,
  mostCount: number,
): Promise<void> {
  const bytes = await largest((bytes) => size(bytes, 0));
  const count = Math.min(mostCount, Math.floor(wantedBytes / Math.max(1, bytes)));
  const until = performance.now() + partMs;
  let took = 0;
  let refusals = 0;
  if (bytes > 0) {
    await each(count, 4, async (i) => {
      const good = await size(bytes, i + 1);
      refusals = good ? 0 : refusals + 1;
      if (good) took += 1;
      else await sleep(refusalPauseMs);
      return refusals < refusalsInARow && performance.now() < until;
    });
  }
  report.note(`${what}: ${took} of ${bytes} bytes were taken`);
}

async function keysOfOneLease(target: Target, report: Report): Promise<readonly Open[]> {
  const ID = "4711";
  await target.must("/v3/lease/grant", { ID, TTL: 10_000 });
  const put = async (bytes: number, i: number) => {
    const body = { key: b(padded(`lease/${i}/`, bytes)), value: b("v"), lease: ID };
    return (await target.post("/v3/kv/put", body)).status === 200;
  };
  await asMuchAsIsTaken(report, "keys on one lease", put, 4_000);
  return [];
}

async function watchesOfOneSocket(target: Target, report: Report): Promise<readonly Open[]> {
  const sockets: WebSocketClient[] = [];
  let socket: WebSocketClient | undefined;
  const watch = async (bytes: number, i: number) => {
    if (socket === undefined || socket.ended) {
      socket = await WebSocketClient.open(`${target.url}/v3/watch`, target.headers);
      if (socket === undefined) return false;
      sockets.push(socket);
    }
    const key = b(padded(`watched/${i}/`, bytes));
    const before = socket.texts.length;
    await socket.send([JSON.stringify({ create_request: { key, range_end: b("x") } })]);
    if (!(await socket.heard(before + 1, 5_000)) || socket.ended) return false;
    const answer = socket.texts[before] ?? "";
    return answer.includes('"created":true') && !answer.includes('"canceled":true');
  };
  await asMuchAsIsTaken(report, "watches", watch, 400);
  return sockets;
}

async function manyLeases(target: Target, report: Report): Promise<readonly Open[]> {
  const until = performance.now() + partMs;
  let granted = 0;
  await each(20_000, 64, async () => {
    const { status } = await target.post("/v3/lease/grant", { TTL: 10_000 });
    if (status === 200) granted += 1;
    return status === 200 && performance.now() < until;
  });
  report.note(`leases: ${granted} were granted`);
  return [];
}

async function usersAndRoles(target: Target, report: Report): Promise<readonly Open[]> {
  const post = async (path: string, body: object) =>
    (await target.post(`/v3/auth/${path}`, body)).status === 200;
  await asMuchAsIsTaken(
    report,
    "users",
    (bytes, i) =>
      post("user/add", { name: padded(`user-${i}-`, bytes), options: { no_password: true } }),
    100,
  );
  await asMuchAsIsTaken(
    report,
    "roles",
    (bytes, i) => post("role/add", { name: padded(`role-${i}-`, bytes) }),
    100,
  );
  await post("role/add", { name: "granted" });
  await asMuchAsIsTaken(
    report,
    "permissions of one role",
    (bytes, i) => {
      const perm = { permType: "READ", key: b(padded(`perm-${i}-`, bytes)) };
      return post("role/grant", { name: "granted", perm });
    },
    100,
  );
  return [];
}

async function waitingLocks(target: Target, report: Report): Promise<readonly Open[]> {
  const held: Held[] = [];
  const bytes = await largest(async (bytes) => {
    const body = { name: b(padded("lock", bytes)) };
    return (await target.post("/v3/lock/lock", body, { timeoutMs: 3_000 })).status === 200;
  });
  for (let i = 0; i < 150; i++) {
    const path = i % 2 === 0 ? "lock/lock" : "election/campaign";
    const body = JSON.stringify({ name: b(padded("lock", bytes)), value: b("v") });
    held.push(new Held(`${target.url}/v3/${path}`, { body, headers: target.headers }));
  }
  report.note(`locks that wait: names of ${bytes} bytes`);
  await sleep(3_000);
  return held;
}

/** Values of a megabyte, so many. */
async function values(target: Target, count: number): Promise<void> {
  const value = b("v".repeat(megabyte));
  await each(count, 4, async (i) => {
    await target.post("/v3/kv/put", { key: b(`k${String(i).padStart(3, "0")}`), value });
  });
}

async function unreadTxns(target: Target, report: Report): Promise<readonly Open[]> {
  await values(target, 7);
  const success = [{ requestRange: wholeRange }];
  const open = new Unread(target, "answers of txns", 60, {
    path: "/v3/kv/txn",
    body: JSON.stringify({ success }),
  });
  await sleep(begunMs);
  report.note(open.summary);
  return [open];
}

async function slowReaders(target: Target, report: Report): Promise<readonly Open[]> {
  await values(target, 40);
  const sorted = { ...wholeRange, sort_target: "VALUE", sort_order: "DESCEND" };
  const create_request = { ...wholeRange, start_revision: 1 };
  const range = (body: object) => ({ path: "/v3/kv/range", body: JSON.stringify(body) });
  const watch = JSON.stringify({ create_request });
  const events = { accept: "text/event-stream" };
  const open = [
    new Unread(target, "ranges", 60, range(wholeRange)),
    new Unread(target, "lists", 60, { path: "/kv?prefix=k" }),
    new Unread(target, "sorted ranges", 20, range(sorted)),
    new Unread(target, "backups", 10, { path: "/cluster/backup" }),
    new Unread(target, "blobs", 10, { path: "/v3/maintenance/snapshot", body: "{}" }),
    new Unread(target, "events", 60, { path: "/kv/k001", headers: events }),
    new Unread(target, "watches", 60, { path: "/v3/watch", body: watch }),
  ];
  const sockets: WebSocketClient[] = [];
  await each(40, 10, async () => {
    const socket = await WebSocketClient.open(`${target.url}/v3/watch`, target.headers);
    socket?.pause();
    if (socket === undefined) return;
    sockets.push(socket);
    await socket.send([watch]);
  });
  // Each is an event for all that watch.
  await values(target, 10);
  await sleep(begunMs);
  for (const one of open) report.note(one.summary);
  return [...open, ...sockets];
}

interface Question {
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** So many answers that nobody reads. */
class Unread {
  readonly #what: string;
  readonly #held: readonly Held[];
  #begun = 0;

  constructor(target: Target, what: string, count: number, { path, body, headers }: Question) {
    const given = body === undefined ? {} : { body };
    const all = { ...target.headers, ...headers };
    this.#what = what;
    this.#held = Array.from(
      { length: count },
      () => new Held(`${target.url}${path}`, { ...given, headers: all }),
    );
    for (const { status } of this.#held) {
      void status.then((status) => {
        if (status === 200) this.#begun += 1;
      });
    }
  }

  get summary(): string {
    return `${this.#what} that nobody reads: ${this.#begun} of ${this.#held.length} have begun`;
  }

  leave(): void {
    for (const held of this.#held) held.leave();
  }
}

type Part = (target: Target, report: Report) => Promise<readonly Open[]>;

const parts: Readonly<Record<string, Part>> = {
  "keys on one lease": keysOfOneLease,
  watches: watchesOfOneSocket,
  leases: manyLeases,
  "users and roles": usersAndRoles,
  "locks that wait": waitingLocks,
  "answers of txns": unreadTxns,
  "slow readers": slowReaders,
};

const everything: Part = async (target, report) => {
  const open = await Promise.all(Object.values(parts).map((work) => work(target, report)));
  return open.flat();
};
/** Those that end with a new process on what they left. */
const startedAgain = ["keys on one lease", "everything at once"];

async function one(stage: Stage, name: string, work: Part): Promise<void> {
  const { report } = stage;
  const target = await stage.start({ vars, inspected: true });
  await target.ready();
  const isolate = await target.isolate();
  const meter = await Meter.start(target, report, target.bystander());
  const held = isolate.watch();
  const cpuBefore = target.cpuSeconds;
  const waitedBefore = target.waitedForCoreSeconds;
  const begun = performance.now();
  const open = await work(target, report);
  const seconds = (performance.now() - begun) / 1_000;
  const cpu = target.cpuSeconds - cpuBefore;
  const noCore = target.waitedForCoreSeconds - waitedBefore;
  await sleep(500);
  report.figure(`${name}: held by the isolate`, await held());
  isolate.close();
  const { peakBytes, longestPutMs } = await meter.stretch();
  report.figure(`${name}: memory above idle`, peakBytes);
  const waited = `a bystander's put waited ${longestPutMs.toFixed(0)} ms`;
  const machine = `of ${seconds.toFixed(1)} s, waited ${noCore.toFixed(1)} s for a core`;
  report.note(`${name}: ${cpu.toFixed(1)} s of CPU ${machine}; ${waited}`);
  for (const each of open) each.leave();
  await forgotten(target);
  await meter.end();
  if (startedAgain.includes(name)) await again(target, report, name);
  await target.kill();
}

/**
 * Who has gone is noticed when something is said, which silent streams do every 15 s; a wait for a
 * lock, whose answer has not begun, ends with its lease at the latest.
 */
async function forgotten(target: Target): Promise<void> {
  await target.until(goneMs, async () => (await target.gauge(streamGauge)) === 0);
}

/** What is kept must be held by the next process, too. */
async function again(target: Target, report: Report, name: string): Promise<void> {
  await target.restart();
  const idle = target.residentBytes;
  const ms = await target.untilPut(30_000);
  await target.settle(3_000);
  report.figure(`${name}, started again: memory above a new process`, target.peakBytes - idle);
  report.figure(`${name}, started again: until the next put`, (ms ?? 30_000) / 1_000);
}

async function run(stage: Stage): Promise<void> {
  const all = { ...parts, "everything at once": everything };
  for (const [name, work] of Object.entries(all)) {
    if (stage.wants(name)) await one(stage, name, work);
  }
}

export const memory: Attack = {
  id: "5",
  name: "memory",
  what: "all that a member can be made to hold, each alone and everything at once",
  limitMs: 300_000,
  run,
};
