/** Whatever a request walks is charged, and it is refused before anything is changed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../../../../src/etcd/errors.ts";
import { defaultLimits } from "../../../../src/kv/work/limits.ts";
import { cost } from "../../../../src/kv/work/work.ts";
import { supportedVersion } from "../../../../src/node/world/version.ts";
import {
  AlarmAction,
  AlarmRequest,
  AuthRoleAddRequest,
  AuthRoleGrantPermissionRequest,
  AuthUserAddRequest,
  AuthUserGrantRoleRequest,
  CompareTarget,
  HashKVRequest,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  Permission,
  SortOrder,
  SortTarget,
  WatchCreateRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { Request } from "../../../../src/proto/generated/kv.ts";
import { bytes, Machine } from "../support.ts";
import {
  type Body,
  boundedMachine,
  comparison,
  deleteOp,
  deletion,
  fill,
  noPassword,
  one,
  put,
  putOp,
  range,
  rangeOp,
  refused,
  spent,
  times,
  tree,
  txn,
  withUsers,
} from "./requests.ts";

const grant = (ID: bigint) => ({ leaseGrant: LeaseGrantRequest.create({ ID, TTL: 60 }) });

test("this version's clusters come to hold their entries to it", () => {
  assert.ok(supportedVersion >= 2);
});

test("128 deletions of one range walk what the first one deleted, and are refused", () => {
  const machine = boundedMachine();
  fill(machine, { prefix: "k", count: 36_000 });
  refused(machine, txn({ success: times(128, () => deleteOp("k")) }));
  machine.does({ deleteRange: deletion("k") });
  assert.equal(machine.state.status.keyCount, 0);
});

test("nested, they are refused as well", () => {
  const machine = boundedMachine({ maxWork: 100_000_000 });
  fill(machine, { prefix: "k", count: 5_000 });
  refused(machine, txn({ success: tree(times(430, () => deleteOp("k"))) }));
});

const kinds: readonly [string, () => Body][] = [
  ["ranges", () => txn({ success: many(rangeOp(range("k", { minModRevision: 1_000_000 }))) })],
  ["counts", () => txn({ success: many(rangeOp(range("k", { countOnly: true })), 4_000) })],
  ["comparisons", () => txn({ compare: times(60, () => comparison("k", { version: 1 })) })],
  ["looking keys up", () => txn({ success: many(rangeOp(one("nothing")), 8_000) })],
  ["counting beside its own deletions", () => txn({ success: [deleteOp("k"), ...countsOf()] })],
];
const many = (op: ReturnType<typeof rangeOp>, count = 60) => [...tree(times(count, () => op))];
const countsOf = () =>
  tree(
    times(3_000, () => rangeOp(range("k", { countOnly: true }))),
    50,
  );

for (const [what, body] of kinds) {
  test(`a transaction is charged for ${what}`, () => {
    const machine = boundedMachine({ maxWork: 100_000_000 });
    fill(machine, { prefix: "k", count: 2_000 });
    refused(machine, body());
  });
}

test("a transaction is charged for walking over its own changes", () => {
  const machine = boundedMachine({ maxWork: 100_000_000 });
  // Nothing else is below the second prefix that could be charged for.
  const body = (prefix: string, count: number) => {
    const puts = times(500, (i) => putOp({ key: bytes(`${prefix}${i}`) }));
    const ranges = times(count, () => rangeOp(range(prefix, { keysOnly: true })));
    return txn({ success: [...tree([...puts, ...ranges])] });
  };
  machine.does(body("k", 1));
  refused(machine, body("m", 300));
});

test("a transaction that only reads is charged as well", () => {
  const machine = boundedMachine({ maxWork: 100_000_000 });
  fill(machine, { prefix: "k", count: 2_000 });
  const ranges = times(100, () => rangeOp(range("k", { minModRevision: 1_000_000 })));
  const read = () => machine.query(txn({ success: ranges }));
  assert.throws(read, { message: errors.tooMuchWork.text });
});

test("what is charged does not depend on whether keys are in memory or on disk", () => {
  const bodies: readonly Body[] = [
    txn({
      compare: [comparison("k", { target: CompareTarget.VALUE, value: bytes("x") })],
      failure: [
        rangeOp(range("k")),
        rangeOp(range("k", { sortTarget: SortTarget.VALUE, sortOrder: SortOrder.ASCEND })),
        rangeOp(range("k", { countOnly: true })),
        deleteOp("k"),
        rangeOp(range("k", { countOnly: true })),
        rangeOp(one("k0000001")),
        putOp({ key: bytes("j") }),
      ],
    }),
    txn({ success: [deleteOp("k"), deleteOp("k")] }),
    { deleteRange: deletion("k") },
  ];
  for (const body of bodies) {
    const [here, there] = [boundedMachine(), boundedMachine()];
    for (const machine of [here, there]) {
      for (let i = 0; i < 30; i++) {
        const value = bytes("v".repeat(i * 100));
        for (const _ of [0, 1]) machine.does(put(`k000000${i}`, { value }));
      }
    }
    const manifest = there.checkpoint();
    there.restart(manifest);
    assert.equal(spent(here, body), spent(there, body));
    assert.equal(here.state.status.fingerprint(), there.state.status.fingerprint());
  }
});

test("values that are read are charged by their bytes", () => {
  const machine = boundedMachine();
  fill(machine, { prefix: "s", count: 10, valueBytes: 10 });
  fill(machine, { prefix: "l", count: 10, valueBytes: 100_000 });
  const valuesWork = 10 * 100_000 * cost.valueByte;
  const dearer = (body: (key: string) => Body) =>
    spent(machine, body("l")) - spent(machine, body("s")) >= valuesWork;
  const inTxn = (key: string, more = {}) => txn({ success: [rangeOp(range(key, more))] });
  const byValue = { sortTarget: SortTarget.VALUE, sortOrder: SortOrder.ASCEND };
  const compareValues = (key: string) =>
    txn({ compare: [comparison(key, { target: CompareTarget.VALUE, result: 3 })] });
  assert.ok(dearer((key) => inTxn(key)));
  assert.ok(dearer((key) => inTxn(key, { ...byValue, limit: 1 })));
  assert.ok(dearer(compareValues));
  assert.ok(!dearer((key) => inTxn(key, { keysOnly: true })), "they are not read");
  assert.ok(!dearer((key) => inTxn(key, { countOnly: true })));
  assert.ok(dearer((key) => ({ deleteRange: deletion(key) })));
});

test("a range that would sort too many bytes in one turn is sorted by who asked", () => {
  const machine = boundedMachine({ maxWork: 100_000_000 });
  fill(machine, { prefix: "k", count: 40, valueBytes: 500_000 });
  const request = range("k", { sortTarget: SortTarget.VALUE, sortOrder: 1, limit: 1 });
  assert.throws(() => machine.range(request), { message: errors.tooManyLooks.text });
});

test("a hash of the past is charged for the values", () => {
  const machine = boundedMachine({ maxWork: 20_000_000 });
  fill(machine, { prefix: "k", count: 20, valueBytes: 500_000 });
  const hashKv = HashKVRequest.create({ revision: machine.state.revision - 1 });
  assert.throws(() => machine.query({ hashKv }), { message: errors.tooMuchWork.text });
});

test("operations of branches that do not run, and what they write, are charged", () => {
  const machine = boundedMachine({ maxWork: 30_000_000 });
  const failure = tree(times(12_000, (i) => putOp({ key: bytes(`p${i}`) })));
  refused(machine, txn({ failure: [...failure] }));
});

test("a deletion is bounded in the bytes of its keys, which stay in memory", () => {
  const machine = boundedMachine({ maxDeletedKeyBytes: 100_000 });
  fill(machine, { prefix: "k", count: 11, keyBytes: 10_000 });
  refused(machine, { deleteRange: deletion("k") }, errors.tooManyDeletes);
  refused(machine, txn({ success: [deleteOp("k")] }), errors.tooManyDeletes);
  machine.does(txn({ success: [deleteOp("k0000001")] }));
  machine.does({ deleteRange: deletion("k") });
});

test("a key has a length, wherever it is named", () => {
  const { maxKeyBytes } = defaultLimits;
  const machine = boundedMachine();
  const longest = "k".repeat(maxKeyBytes);
  machine.does(put(longest));
  const long = `${longest}k`;
  const key = bytes(long);
  refused(machine, put(long), errors.keyTooLong);
  refused(machine, txn({ failure: [...tree([putOp({ key })])] }), errors.keyTooLong);
  refused(machine, { deleteRange: deletion("a", { rangeEnd: bytes(`${long}k`) }) }, tooLong);
  refused(machine, txn({ compare: [comparison(`${long}k`)] }), tooLong);
  for (const query of [
    { range: one(long) },
    { range: range(`${long}k`) },
    { watchCreate: WatchCreateRequest.create({ key }) },
    txn({ success: [rangeOp(one(long))] }),
  ]) {
    assert.throws(() => machine.query(query), { message: tooLong.text });
  }
  // The next page of a list begins after the longest key.
  const after = { key: bytes(`${longest}\0`), rangeEnd: bytes("\0") };
  assert.equal(machine.range(after).count, 0);
});
const tooLong = errors.keyTooLong;

test("what older code took is applied again as it was", () => {
  const [older, newer] = [new Machine({ maxWork: 1_000_000 }), new Machine()];
  const long = "k".repeat(defaultLimits.maxKeyBytes + 1);
  for (const machine of [older, newer]) {
    machine.does(put(long));
    machine.does(txn({ success: times(100, () => rangeOp(range("k"))) }));
    for (let i = 0; i < 100; i++) machine.does(put(`k${i}`));
    machine.does({ deleteRange: deletion("k") });
  }
  assert.equal(older.state.status.fingerprint(), newer.state.status.fingerprint());
});

test("no member proposes what is too much, also while older ones would apply it", () => {
  const machine = new Machine({ maxWork: 50_000_000 });
  fill(machine, { prefix: "k", count: 2_000 });
  const request = Request.create(txn({ success: times(128, () => deleteOp("k")) }));
  assert.throws(() => machine.state.weigh(request), { message: errors.tooMuchWork.text });
  assert.equal(machine.state.weigh(Request.create({ deleteRange: deletion("k") })).heavy, true);
  assert.equal(machine.state.weigh(Request.create({ deleteRange: deletion("z") })).heavy, false);
  assert.equal(machine.state.status.keyCount, 2_000);
});

test("bytes of keys on one lease, and of the values that go with it, are bounded", () => {
  const machine = boundedMachine({ maxDeletedKeyBytes: 100_000, maxWork: 5_000_000 });
  for (const id of [1n, 2n]) machine.does(grant(id));
  const onLease = (i: number, more = {}) => put(`k${i}`.padEnd(20_000), { lease: 1n, ...more });
  for (let i = 0; i < 5; i++) machine.does(onLease(i));
  refused(machine, onLease(5), errors.tooManyLeaseKeys);
  machine.does(onLease(4, { value: bytes("again") }));
  const value = new Uint8Array(1_400_000);
  machine.does(put("a", { lease: 2n, value }));
  refused(machine, put("b", { lease: 2n, value }), errors.tooManyLeaseKeys);
  machine.does(put("b", { lease: 2n }));
  refused(machine, put("b", { ignoreLease: true, value }), errors.tooManyLeaseKeys);
  for (const ID of [1n, 2n]) machine.does({ leaseRevoke: LeaseRevokeRequest.create({ ID }) });
  assert.equal(machine.state.leases.indexBytes, 0);
  assert.equal(machine.state.status.keyCount, 0);
});

test("what one transaction hangs on a lease counts together", () => {
  const machine = boundedMachine({ maxLeaseKeys: 3 });
  machine.does(grant(1n));
  const puts = (count: number) =>
    txn({ success: times(count, (i) => putOp({ key: bytes(`k${i}`), lease: 1n })) });
  refused(machine, puts(4), errors.tooManyLeaseKeys);
  machine.does(puts(3));
  machine.does(puts(3));
});

test("leases, and the keys on all of them, are bounded", () => {
  const machine = boundedMachine({ maxLeases: 2, maxLeasedBytes: 400 });
  for (const id of [1n, 2n]) machine.does(grant(id));
  refused(machine, grant(3n), errors.tooManyLeases);
  for (const [i, lease] of [1n, 2n, 1n, 2n].entries()) machine.does(put(`k${i}`, { lease }));
  refused(machine, put("k4", { lease: 1n }), errors.tooManyLeasedKeys);
  machine.does({ deleteRange: deletion("k0") });
  machine.does(put("k4", { lease: 1n }));
  const { indexBytes } = machine.state.leases;
  machine.restart(machine.checkpoint());
  assert.equal(machine.state.leases.indexBytes, indexBytes);
  assert.ok(indexBytes > 0 && indexBytes <= 400);
});

test("the load of a lease is the same after a restart", () => {
  const machine = boundedMachine();
  machine.does(grant(1n));
  for (let i = 0; i < 40; i++) {
    const value = new Uint8Array(i * 200);
    for (const _ of [0, 1]) machine.does(put(`k${i}`, { lease: 1n, value }));
  }
  const load = machine.state.leases.loadOf(1n);
  machine.restart(machine.checkpoint());
  assert.deepEqual(machine.state.leases.loadOf(1n), load);
});

test("permissions are charged for every key of every lease that is put on", () => {
  const machine = boundedMachine({ maxWork: 12_000_000 });
  const leases = times(20, (i) => BigInt(i + 1));
  for (const lease of leases) {
    machine.does(grant(lease));
    for (let i = 0; i < 500; i++) machine.does(put(`k${lease}/${i}`, { lease }));
  }
  withUsers(machine);
  const caller = { user: "u", authRevision: machine.state.auth.revision };
  const success = (ids: readonly bigint[]) =>
    ids.map((lease, i) => putOp({ key: bytes(`k${i}`), lease }));
  refused(machine, { ...caller, ...txn({ success: success(leases) }) });
  const once = spent(machine, { ...caller, ...txn({ success: success(times(20, () => 1n)) }) });
  assert.ok(once < 500 * cost.permission * 3, "one lease is looked at once");
});

test("users, roles and permissions are bounded in bytes, and can always be taken away", () => {
  const machine = boundedMachine({ maxAuthBytes: 1_500 });
  const role = (name: string) => ({ authRoleAdd: AuthRoleAddRequest.create({ name }) });
  for (const name of ["a", "b"]) machine.does(role(name));
  refused(machine, role("c".repeat(2_000)), errors.tooMuchAuth);
  const perm = (key: string) => ({
    authRoleGrantPermission: AuthRoleGrantPermissionRequest.create({
      name: "a",
      perm: Permission.create({ key: bytes(key) }),
    }),
  });
  refused(machine, perm("k".repeat(2_000)), errors.tooMuchAuth);
  machine.does(perm("k"));
  const user = (name: string) => ({
    authUserAdd: AuthUserAddRequest.create({ name, options: noPassword }),
  });
  machine.does(user("u"));
  machine.does({ authUserGrantRole: AuthUserGrantRoleRequest.create({ user: "u", role: "a" }) });
  refused(machine, user("v".repeat(400)), errors.tooMuchAuth);
  const { bytes: before } = machine.state.auth;
  machine.restart(machine.checkpoint());
  assert.equal(machine.state.auth.bytes, before);
});

test("alarms that clients raise are bounded", () => {
  const machine = boundedMachine({ maxAlarms: 2 });
  const alarm = (memberID: bigint) => ({
    alarm: AlarmRequest.create({ action: AlarmAction.ACTIVATE, memberID, alarm: 1 }),
  });
  for (const id of [1n, 2n]) machine.does(alarm(id));
  refused(machine, alarm(3n), errors.tooManyRequests);
});

test("what etcd's clients do passes: long deletions, 128 puts, counts of many", () => {
  const machine = boundedMachine();
  fill(machine, { prefix: "k", count: 50_000, valueBytes: 100, keyBytes: 40 });
  machine.does(txn({ success: [rangeOp(range("k", { countOnly: true }))] }));
  machine.does(txn({ success: times(128, (i) => putOp({ key: bytes(`p${i}`) })) }));
  machine.does({ deleteRange: deletion("k") });
  assert.equal(machine.state.status.keyCount, 128);
});
