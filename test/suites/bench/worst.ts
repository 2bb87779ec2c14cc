/**
 * The worst request of each kind that is still allowed, and what one member's CPU spends on it:
 * `npm run worst`. Alone on a state machine over SQLite, with what it reads on disk. Exits 1 where
 * one takes longer than a second.
 */
import { defaultLimits } from "../../../src/kv/work/limits.ts";
import {
  AuthRoleDeleteRequest,
  AuthUserAddRequest,
  AuthUserGrantRoleRequest,
  CompactionRequest,
  CompareTarget,
  HashKVRequest,
  LeaseGrantRequest,
  LeaseLeasesRequest,
  LeaseRevokeRequest,
  type PutRequest,
  SortOrder,
  SortTarget,
} from "../../../src/proto/generated/etcd.ts";
import type { Query, Request } from "../../../src/proto/generated/kv.ts";
import { bytes, type Machine } from "../../unit/kv/support.ts";
import {
  boundedMachine,
  comparison,
  deleteOp,
  deletion,
  fill,
  granted,
  keyOf,
  noPassword,
  one,
  putOp,
  range,
  rangeOp,
  times,
  tree,
  txn,
  withUsers,
} from "../../unit/kv/work/requests.ts";
import { watchRows } from "./worst-watches.ts";

const mostMs = 1_000;
let slow = 0;

interface Shown {
  readonly ms: number;
  readonly ended: string;
}

function timed(run: () => string): Shown {
  const before = process.cpuUsage();
  const ended = run();
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1_000, ended };
}

function show(kind: string, count: string, run: () => string): Shown {
  const shown = timed(run);
  report(kind, count, shown.ms, shown.ended);
  return shown;
}

function report(kind: string, count: string, ms: number, ended: string): void {
  if (ms > mostMs) slow += 1;
  console.log(`${ms.toFixed(0).padStart(6)} ms  ${kind}: ${count} (${ended})`);
}

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** How it ended, and how much of the budget it took. */
function applied(machine: Machine, data: Uint8Array): string {
  const before = machine.state.work;
  const { error } = machine.applyData(data);
  const part = ((machine.state.work - before) / machine.limits.maxWork) * 100;
  return `${error ? error.message : "done"}, ${part.toFixed(0)} %`;
}

function entry(machine: Machine, kind: string, count: string, body: Partial<Request>): void {
  const data = machine.encode(body);
  show(kind, count, () => applied(machine, data));
}

function read(machine: Machine, body: Partial<Query>): string {
  try {
    machine.query(body);
    return "done";
  } catch (error) {
    return message(error);
  }
}

/** The most for which `body` passes: looked for by halving, with what has no effect. */
function most(machine: Machine, high: number, body: (n: number) => Partial<Request>): number {
  let [low, beyond] = [0, high + 1];
  while (beyond - low > Math.max(1, low / 50)) {
    const middle = (low + beyond) >>> 1;
    if (machine.apply(body(middle)).error) beyond = middle;
    else low = middle;
  }
  return low;
}

/** The largest that passes, and the same one more: what is refused must not take long either. */
function both(
  machine: Machine,
  kind: string,
  high: number,
  body: (n: number) => Partial<Request>,
): void {
  const n = most(machine, high, body);
  entry(machine, kind, `${n}`, body(n));
  if (n < high) entry(machine, `${kind}, too many`, `${high}`, body(high));
}

const { maxWork, maxDeletes, maxLeases } = defaultLimits;
const never = { minModRevision: 1_000_000_000 };

function transactions(): void {
  const machine = boundedMachine();
  fill(machine, { prefix: "e", count: 400_000 });
  fill(machine, { prefix: "v", count: 2_000, valueBytes: 100_000 });
  fill(machine, { prefix: "s", count: 20, valueBytes: 1_000_000 });
  fill(machine, { prefix: "l", count: 300, keyBytes: 65_000 });
  const part = (n: number) => ({ ...range("e", never), rangeEnd: bytes(keyOf("e", n)) });
  both(machine, "keys one range of a txn walks past", 400_000, (n) =>
    txn({ success: [rangeOp(part(n))] }),
  );
  both(machine, "ranges of 1,000 keys in nested txns", 2_000, (n) =>
    txn({ success: [...tree(times(n, () => rangeOp(part(1_000))))] }),
  );
  both(machine, "ranges of 300 keys of 65 kB", 128, (n) =>
    txn({ success: times(n, () => rangeOp(range("l", never))) }),
  );
  both(machine, "counts of 10,000 keys", 2_000, (n) => {
    const count = { ...part(10_000), countOnly: true };
    return txn({ success: [...tree(times(n, () => rangeOp(count)))] });
  });
  both(machine, "keys looked up in nested txns", 100_000, (n) =>
    txn({ success: [...tree(times(n, (i) => rangeOp(one(keyOf("e", (i * 7919) % 400_000)))))] }),
  );
  both(machine, "keys put in nested txns", 50_000, (n) =>
    txn({ success: [...tree(times(n, (i) => putOp({ key: bytes(`${keyOf("e", i * 7)}x`) })))] }),
  );
  settle(machine);
  both(machine, "operations that do not run", 200_000, (n) =>
    txn({ failure: [...tree(times(n, (i) => putOp({ key: bytes(`p${i}`) })))] }),
  );
  const value = (n: number) => ({ target: CompareTarget.VALUE, rangeEnd: bytes(keyOf("v", n)) });
  both(machine, "values of 100 kB compared", 2_000, (n) =>
    txn({ compare: [comparison("v", { ...value(n), value: bytes("v"), result: 1 })] }),
  );
  both(machine, "numbers of 1,000 keys compared", 128, (n) =>
    txn({
      compare: times(n, () => comparison("e", { rangeEnd: bytes(keyOf("e", 1_000)), result: 1 })),
    }),
  );
  const sorted = { sortTarget: SortTarget.VALUE, sortOrder: SortOrder.DESCEND, limit: 4 };
  both(machine, "ranges of 20 equal values of 1 MB, sorted", 20, (n) =>
    txn({ success: times(n, () => rangeOp(range("s", sorted))) }),
  );
  both(machine, "ranges of 5,000 keys, sorted", 128, (n) =>
    txn({ success: times(n, () => rangeOp({ ...part(5_000), ...sorted, minModRevision: 0 })) }),
  );
  show("one page of a range, sorted by value", "2,000 of 100 kB", () =>
    read(machine, { range: range("v", sorted) }),
  );
  show("one page of a range", "20,000 keys", () => read(machine, { range: range("e", never) }));
  show("count of a range", "400,000 keys", () =>
    read(machine, { range: range("e", { countOnly: true }) }),
  );
  const hashKv = HashKVRequest.create({ revision: machine.state.revision });
  show("hash of a revision", "all", () => read(machine, { hashKv }));
}

/** Nothing of what was done before makes what comes dearer. */
function settle(machine: Machine): void {
  machine.does({ compaction: CompactionRequest.create({ revision: machine.state.revision }) });
  machine.does(txn({ success: [putOp({ key: bytes("zz") })] }));
  machine.does({ compaction: CompactionRequest.create({ revision: machine.state.revision }) });
  machine.checkpoint(2_000);
  machine.state.checkpoints.oldestRetainedCompaction = Number.POSITIVE_INFINITY;
  while (!machine.state.checkpoints.compactSlice({ maxRows: 10_000, maxBytes: 1_000_000 }));
}

/** Deleted, overwritten and not compacted: on disk, and in memory as far as that takes it. */
function walksOverTheDead(): void {
  const machine = boundedMachine();
  fill(machine, { prefix: "k", count: 20_000 });
  machine.does({ deleteRange: deletion("k") });
  for (const prefix of ["la", "lb", "lc"]) {
    fill(machine, { prefix, count: 100, keyBytes: 65_000 });
    machine.does({ deleteRange: deletion(prefix) });
    machine.checkpoint(2_000);
  }
  deadKeys(machine, "on disk");
  both(machine, "ranges of 300 deleted keys of 65 kB", 128, (n) =>
    txn({ success: times(n, () => rangeOp(range("l"))) }),
  );
  both(machine, "counts of 300 deleted keys of 65 kB", 128, (n) =>
    txn({ success: times(n, () => rangeOp(range("l", { countOnly: true }))) }),
  );
  const value = new Uint8Array(800);
  overwritten(machine, 60_000, { key: bytes("m"), value });
  machine.checkpoint(2_000);
  versions(machine, "60,000 versions with values of 800 B");
  const memory = boundedMachine();
  for (let from = 0; from < 20_000; from += 100) {
    const puts = times(100, (i) => putOp({ key: bytes(keyOf("k", from + i)) }));
    memory.does(txn({ success: puts }));
  }
  memory.does({ deleteRange: deletion("k") });
  deadKeys(memory, "in memory");
  const other = boundedMachine();
  overwritten(other, 20_000, { key: bytes("m") });
  versions(other, "20,000 versions in memory");
}

function overwritten(machine: Machine, count: number, put: Partial<PutRequest>): void {
  for (let i = 0; i < count; i++) {
    machine.does(txn({ success: [putOp(put)] }));
    if (put.value && machine.state.status.overlayBytes > 4_000_000) machine.checkpoint(2_000);
  }
}

function deadKeys(machine: Machine, where: string): void {
  both(machine, `ranges of 20,000 deleted keys ${where}`, 128, (n) =>
    txn({ success: times(n, () => rangeOp(range("k"))) }),
  );
  both(machine, `counts of 20,000 deleted keys ${where}`, 480, (n) => {
    const counts = times(n, () => rangeOp(range("k", { countOnly: true })));
    return txn({ success: [...tree(counts), putOp({ key: bytes("p") })] });
  });
  both(machine, `deletions of 20,000 deleted keys ${where}`, 128, (n) =>
    txn({ success: times(n, () => deleteOp("k")) }),
  );
  both(machine, `comparisons of 20,000 deleted keys ${where}`, 128, (n) =>
    txn({ compare: times(n, () => comparison("k")) }),
  );
}

function versions(machine: Machine, what: string): void {
  const { revision } = machine.state;
  both(machine, `counts of ${what}`, 128, (n) =>
    txn({ success: times(n, () => rangeOp(range("m", { countOnly: true }))) }),
  );
  both(machine, `old ranges of ${what}`, 20_000, (n) => {
    const old = range("m", { revision: revision - 19_000, keysOnly: true });
    return txn({ success: [...tree(times(n, () => rangeOp(old)))] });
  });
  both(machine, `old gets of ${what}`, 25_000, (n) => {
    const old = one("m", { revision: revision - 19_000, keysOnly: true });
    return txn({ success: [...tree(times(n, () => rangeOp(old)))] });
  });
}

/** What a small request copies from what is stored. */
function copies(): void {
  const machine = boundedMachine();
  fill(machine, { prefix: "k", count: 120, valueBytes: 1_400_000 });
  fill(machine, { prefix: "s", count: 2_000, valueBytes: 1_000 });
  const key = (prefix: string, i: number) => bytes(keyOf(prefix, i));
  both(machine, "values of 1.4 MB kept by puts", 120, (n) =>
    txn({ success: times(n, (i) => putOp({ key: key("k", i), ignoreValue: true })) }),
  );
  both(machine, "values of 1 kB kept by puts", 2_000, (n) =>
    txn({ success: [...tree(times(n, (i) => putOp({ key: key("s", i), ignoreValue: true })))] }),
  );
  entry(
    machine,
    "values of 1.4 MB told by puts",
    "120",
    txn({ success: times(120, (i) => putOp({ key: key("k", i), prevKv: true })) }),
  );
}

function deletions(): void {
  const machine = boundedMachine();
  fill(machine, { prefix: "k", count: maxDeletes, keyBytes: 100, valueBytes: 400 });
  entry(machine, "deletion of keys with values of 400 B", `${maxDeletes}`, {
    deleteRange: deletion("k"),
  });
  settle(machine);
  const count = Math.floor(maxWork / 39_000);
  fill(machine, { prefix: "v", count, valueBytes: 4_000 });
  entry(machine, "deletion of keys with values of 4 kB", `${count}`, {
    deleteRange: deletion("v"),
  });
  settle(machine);
  const large = Math.floor(maxWork / 3_030_000);
  fill(machine, { prefix: "w", count: large, valueBytes: 1_000_000 });
  entry(machine, "deletion of keys with values of 1 MB", `${large}`, {
    deleteRange: deletion("w"),
  });
  settle(machine);
  fill(machine, { prefix: "d", count: 36_000 });
  entry(
    machine,
    "128 deletions of one range",
    "36,000 keys",
    txn({ success: times(128, () => deleteOp("d")) }),
  );
  entry(
    machine,
    "430 of them, nested",
    "36,000 keys",
    txn({ success: [...tree(times(430, () => deleteOp("d")))] }),
  );
  fill(machine, { prefix: "f", count: 20_000 });
  const undone = times(1_000, (i) => putOp({ key: bytes(keyOf("g", i)) }));
  // The same puts again and again: from the second time on each leaves something dead.
  for (const _ of [0, 1]) machine.does(txn({ success: [...tree(undone)] }));
  both(machine, "counts beside 1,000 own changes", 3_000, (n) => {
    const end = { rangeEnd: bytes(keyOf("f", 1_000)) };
    const counts = times(n, () => rangeOp(range("f", { ...end, countOnly: true })));
    return txn({ success: [...tree([...undone, ...counts])] });
  });
}

function leases(): void {
  const machine = boundedMachine();
  for (let i = 1; i <= maxLeases; i++) {
    machine.does({ leaseGrant: LeaseGrantRequest.create({ ID: BigInt(i), TTL: 600 }) });
  }
  for (const [lease, filling] of [
    [1n, { count: 33_000, valueBytes: 400 }],
    [2n, { count: 12_000, valueBytes: 4_000 }],
    [3n, { count: 122, keyBytes: 65_000 }],
  ] as const) {
    fill(machine, { prefix: `k${lease}`, lease, ...filling });
  }
  fillIndex(machine);
  withUsers(machine);
  const caller = { user: "u", authRevision: machine.state.auth.revision };
  show("the list of all leases, their keys checked", `${maxLeases} leases`, () =>
    read(machine, { ...caller, leaseLeases: LeaseLeasesRequest.create() }),
  );
  both(machine, "leases of 3,500 keys put on, with auth", 20, (n) => {
    const on = (i: number) => ({ key: bytes(`k${i}`), lease: BigInt(10 + i) });
    return { ...caller, ...txn({ success: times(n, (i) => putOp(on(i))) }) };
  });
  for (const [ID, what] of [
    [1n, "33,000 keys with values of 400 B"],
    [2n, "12,000 keys with values of 4 kB"],
    [3n, "122 keys of 65 kB"],
  ] as const) {
    entry(machine, "revocation of a lease", what, {
      ...caller,
      leaseRevoke: LeaseRevokeRequest.create({ ID }),
    });
  }
}

/** Puts keys on leases until the index takes no more. */
function fillIndex(machine: Machine): void {
  for (let lease = 10n; ; lease += 1n) {
    const on = (i: number) => putOp({ key: bytes(`k${lease}/${i}`), lease });
    const { error } = machine.apply(txn({ success: [...tree(times(3_500, on))] }));
    if (error) return;
    machine.checkpoint(2_000);
  }
}

function auth(): void {
  const machine = boundedMachine();
  withUsers(machine);
  const root = () => ({ user: "root", authRevision: machine.state.auth.revision });
  let users = 0;
  for (; ; users++) {
    const name = `u${users}`;
    const add = { authUserAdd: AuthUserAddRequest.create({ name, options: noPassword }) };
    if (machine.apply({ ...root(), ...add }).error) break;
    const grant = AuthUserGrantRoleRequest.create({ user: name, role: "r" });
    if (machine.apply({ ...root(), authUserGrantRole: grant }).error) break;
  }
  entry(machine, "deletion of a role that all users have", `${users} users`, {
    ...root(),
    authRoleDelete: AuthRoleDeleteRequest.create({ role: "r" }),
  });
  const other = boundedMachine();
  withUsers(other);
  const rootToo = () => ({ user: "root", authRevision: other.state.auth.revision });
  let count = 0;
  // In the order in which they stand: so that filling takes no hours.
  for (; count < 50_000; count++) {
    const grant = granted(`k${String(count).padStart(6, "0")}`, "l");
    if (other.apply({ ...rootToo(), authRoleGrantPermission: grant }).error) break;
    if (count % 500 === 0 && other.state.auth.bytes > defaultLimits.maxAuthBytes / 4) break;
  }
  entry(other, "one permission more on a role", `${count} permissions`, {
    ...rootToo(),
    authRoleGrantPermission: granted("k", "k1"),
  });
  const caller = { user: "u", authRevision: other.state.auth.revision };
  entry(other, "the first request of a user with it", `${count} permissions`, {
    ...caller,
    ...txn({ success: [putOp({ key: bytes("k") })] }),
  });
}

for (const part of [transactions, walksOverTheDead, copies, deletions, leases, auth]) part();
watchRows(report);
if (slow > 0) console.log(`${slow} took longer than ${mostMs} ms`);
process.exitCode = slow > 0 ? 1 : 0;
