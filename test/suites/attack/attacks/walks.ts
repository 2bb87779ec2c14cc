/** Small requests that let a member walk far. */
import { b } from "../../../support/base64.ts";
import type { Attack, Report, Stage } from "../attack.ts";
import { type Answered, each } from "../harness/http.ts";
import { Meter } from "../harness/meter.ts";
import { WebSocketClient } from "../harness/socket.ts";
import { type Target, wholeRange } from "../harness/target.ts";
import { written } from "../judge.ts";

const keys = 36_000;
const leases = 4_000;
const members = 3;
const ops = 128;
/** Of these so many fit into a list each, and the lists into one transaction. */
const nested = { lists: 4, each: 108 };
const leaseId = "7001";
/** A request that takes longer has passed its bound by far. */
const requestMs = 12_000;
const settleMs = 6_000;
const putMs = 25_000;
const vars = { DEVELOPMENT: "true" };

const repeat = <T>(count: number, value: T): readonly T[] => new Array<T>(count).fill(value);
const deletion = { requestDeleteRange: wholeRange };
const put = (i: number) => ({ requestPut: { key: b(`own/${i}`), value: "" } });
const ownRange = { key: b("own/"), range_end: b("own0") };
const old = { max_create_revision: "1" };
const within = (success: readonly unknown[]) => ({ requestTxn: { success } });
const ranges = (options: object) => ({
  success: repeat(ops, { requestRange: { ...wholeRange, ...options } }),
});

/** Operations in 40 lists of 128. */
function lists(op: (i: number) => object): readonly object[] {
  return repeat(40, 0).map((_, list) => within(repeat(ops, 0).map((_, i) => op(list * ops + i))));
}

/** Reads are one member's work, whatever they are in; writes are every member's. */
interface Walk {
  readonly kind: "read" | "write";
  readonly path: string;
  readonly body: object;
  /** Sent so many times at once. */
  readonly times?: number;
}

/** In this order: what really deletes comes last. */
const walks: Readonly<Record<string, Walk>> = {
  "a txn of 128 counts": txn(ranges({ count_only: true })),
  "a txn of 128 counts by revision": txn(ranges({ count_only: true, min_mod_revision: "9999999" })),
  "a txn of 128 ranges of one key each, by value": txn(
    ranges({ limit: 1, sort_target: "VALUE", sort_order: "DESCEND" }),
  ),
  "a txn of 128 ranges that find nothing": txn(ranges({ max_create_revision: "1" })),
  "128 comparisons over all keys": txn({
    compare: repeat(ops, { ...wholeRange, target: "VALUE", result: "EQUAL", value: b("v") }),
  }),
  "128 comparisons, each nested in the last one's branch": txn(nestedCompares(60)),
  "8 sorted ranges over all keys at once": {
    ...query("/v3/kv/range", { ...wholeRange, sort_target: "VALUE", sort_order: "DESCEND" }),
    times: 8,
  },
  "8 ranges at once that find nothing": {
    ...query("/v3/kv/range", { ...wholeRange, min_mod_revision: "9999999" }),
    times: 8,
  },
  "8 lists of the leases at once": { ...query("/v3/lease/leases", {}), times: 8 },
  "8 lists of the keys of one lease": {
    ...query("/v3/lease/timetolive", { ID: leaseId, keys: true }),
    times: 8,
  },
  "8 hashes of the keys": { ...query("/v3/maintenance/hashkv", {}), times: 8 },
  "100 ranges at once that find nothing": {
    ...query("/v3/kv/range", { ...wholeRange, min_mod_revision: "9999999" }),
    times: 100,
  },
  "100 comparisons over all keys at once": {
    ...query("/v3/kv/txn", {
      compare: [{ ...wholeRange, target: "VALUE", result: "NOT_EQUAL", value: b("w") }],
    }),
    times: 100,
  },
  "a txn of 128 deletions of all keys": txn({ success: repeat(ops, deletion) }),
  "a txn of 432 nested deletions of all keys": txn({
    success: repeat(nested.lists, within(repeat(nested.each, deletion))),
  }),
  "a txn of 5,120 puts, and as many counts of them": txn({
    success: [...lists(put), ...lists(() => ({ requestRange: { ...ownRange, count_only: true } }))],
  }),
  "a txn of 5,120 puts, and as many ranges past them": txn({
    success: [...lists(put), ...lists(() => ({ requestRange: { ...ownRange, limit: 1, ...old } }))],
  }),
  "the deletion of all keys, with their values": {
    kind: "write",
    path: "/v3/kv/deleterange",
    body: { ...wholeRange, prev_kv: true },
  },
  "the end of a lease with all keys": {
    kind: "write",
    path: "/v3/lease/revoke",
    body: { ID: leaseId },
  },
};

function txn(body: object): Walk {
  return { kind: "write", path: "/v3/kv/txn", body };
}

function query(path: string, body: object): Walk {
  return { kind: "read", path, body };
}

function nestedCompares(depth: number): object {
  const compare = repeat(ops, { ...wholeRange, target: "VERSION", result: "GREATER", version: 0 });
  return depth === 0 ? {} : { compare, success: [within([nestedCompares(depth - 1)])] };
}

/** All keys, each on one lease, and many leases besides. */
async function fill(target: Target): Promise<void> {
  await target.ready();
  await target.must("/v3/lease/grant", { ID: leaseId, TTL: 100_000 });
  await each(Math.ceil(keys / ops), 8, async (list) => {
    const success = repeat(ops, 0).map((_, i) => {
      const key = b(`k${String(list * ops + i).padStart(6, "0")}`);
      return { requestPut: { key, value: b("v"), lease: leaseId } };
    });
    await target.must("/v3/kv/txn", { success });
  });
  await each(leases, 64, async (i) => {
    await target.must("/v3/lease/grant", { ID: String(100_000 + i), TTL: 100_000 });
  });
}

/** Carries out one of them. Returns whether the target can go on as it is. */
async function walk(target: Target, meter: Meter, report: Report, name: string): Promise<boolean> {
  const { kind, path, body, times = 1 } = walks[name] ?? txn({});
  let answers: readonly Answered[] = [];
  const seconds = await meter.cpuOf(async () => {
    const asked = repeat(times, 0).map(() => target.post(path, body, { timeoutMs: requestMs }));
    answers = await Promise.all(asked);
  }, settleMs);
  const each = seconds / (kind === "write" ? members : times);
  const told = answers.map(({ status, text }) => (status === 200 ? "200" : `${status} ${text}`));
  const { peakBytes, longestPutMs } = await meter.stretch();
  const wait = `a put waited ${written(longestPutMs, "ms")}`;
  const costs = [written(each, "s"), written(peakBytes, "bytes"), wait];
  report.note(`${name}: ${costs.join(", ")}; ${told[0]?.slice(0, 90)}`);
  report.highest(`the worst ${kind}: cpu of a member`, each);
  const deletes = kind === "write" && answers.some(({ status }) => status === 200);
  return !deletes && answers.every(({ status }) => status !== 0);
}

async function catchUp(target: Target, meter: Meter, report: Report): Promise<void> {
  const sockets: WebSocketClient[] = [];
  const seconds = await meter.cpuOf(async () => {
    await each(10, 10, async () => {
      const socket = await WebSocketClient.open(`${target.url}/v3/watch`, target.headers);
      if (socket === undefined) return;
      sockets.push(socket);
      const createRequest = { ...wholeRange, start_revision: 1 };
      await socket.send([JSON.stringify({ create_request: createRequest })]);
      await socket.heard(3, requestMs);
    });
  });
  for (const socket of sockets) socket.leave();
  const { peakBytes, longestPutMs } = await meter.stretch();
  const wait = `a put waited ${written(longestPutMs, "ms")}`;
  const costs = [written(seconds, "s"), written(peakBytes, "bytes"), wait];
  report.note(`10 watches from the first revision: ${costs.join(", ")}`);
  report.figure("10 watches from the first revision: cpu", seconds);
}

/** Kills everything after the worst of entries. Returns seconds until the next put. */
async function killed(target: Target, report: Report, name: string): Promise<void> {
  const { path, body } = walks[name] ?? txn({});
  await target.post(path, body, { timeoutMs: requestMs });
  await target.restart();
  const ms = await target.untilPut(putMs);
  const seconds = (ms ?? putMs) / 1_000;
  report.note(
    `${name}, then SIGKILL: ${ms === undefined ? "no put within " : ""}${written(seconds, "s")}`,
  );
  report.highest("killed and started after the worst writes: until the next put", seconds);
}

/** A user with many roles of many ranges that touch each other: what it may is asked often. */
async function roles(stage: Stage): Promise<void> {
  const { report } = stage;
  const target = await stage.start({ vars });
  await target.ready();
  const [rolesOfUser, grants] = [20, 60];
  const name = "user";
  for (const user of ["root", name]) {
    await target.must("/v3/auth/user/add", { name: user, password: user });
    await target.must("/v3/auth/role/add", { name: user });
    await target.must("/v3/auth/user/grant", { user, role: user });
  }
  const rangeAt = (i: number) => ({ key: b(`k${i + 10_000}`), range_end: b(`k${i + 10_001}`) });
  await each(rolesOfUser, 8, async (role) => {
    await target.must("/v3/auth/role/add", { name: `role-${role}` });
    await target.must("/v3/auth/user/grant", { user: name, role: `role-${role}` });
    for (let i = 0; i < grants; i++) {
      const perm = { permType: "READWRITE", ...rangeAt(i * rolesOfUser + role) };
      await target.must("/v3/auth/role/grant", { name: `role-${role}`, perm });
    }
  });
  await target.must("/v3/auth/enable");
  const tokenOf = async (name: string) => {
    const { token } = await target.must<{ token: string }>("/v3/auth/authenticate", {
      ...{ name, password: name },
    });
    return { authorization: token };
  };
  const [root, user] = [await tokenOf("root"), await tokenOf(name)];
  const meter = await Meter.start(target, report, target.bystander(root), root);
  const last = rolesOfUser * grants - 1;
  const whole = { key: rangeAt(0).key, range_end: rangeAt(last).range_end };
  const success = repeat(ops, { requestRange: { ...whole, count_only: true } });
  for (let i = 0; i < 3; i++) {
    // What was remembered of permissions is void after each.
    const perm = { permType: "READ", key: b(`other-${i}`) };
    await target.must("/v3/auth/role/grant", { name: "role-1", perm }, { headers: root });
    let status = 0;
    const seconds = await meter.cpuOf(async () => {
      const asked = { headers: user, timeoutMs: requestMs };
      ({ status } = await target.post("/v3/kv/txn", { success }, asked));
    });
    report.note(`a txn by a user of ${rolesOfUser} roles: ${written(seconds, "s")}; ${status}`);
    report.highest("a txn of 128 ranges by a user of 20 roles: cpu of a member", seconds / members);
  }
  await meter.end();
}

async function run(stage: Stage): Promise<void> {
  const { report } = stage;
  const filled = await stage.start({ vars });
  await fill(filled);
  await filled.kill();
  const fresh = async (): Promise<Target> => {
    const target = await stage.start({ vars, like: filled });
    await target.ready();
    await target.settle(settleMs);
    return target;
  };
  let target = await fresh();
  let meter = await Meter.start(target, report, target.bystander());
  await catchUp(target, meter, report);
  for (const name of Object.keys(walks)) {
    if (await walk(target, meter, report, name)) continue;
    await meter.end();
    await target.kill();
    target = await fresh();
    meter = await Meter.start(target, report, target.bystander());
  }
  await meter.end();
  await killed(target, report, "a txn of 128 deletions of all keys");
  await target.kill();
  const again = await fresh();
  await killed(again, report, "a txn of 432 nested deletions of all keys");
  await again.kill();
  await roles(stage);
}

export const walksAttack: Attack = {
  id: "4",
  name: "walks",
  what: "36,000 keys, and small requests that walk over them again and again",
  limitMs: 240_000,
  run,
};
