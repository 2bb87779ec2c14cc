import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorKind, errors } from "../../../src/etcd/errors.ts";
import {
  AlarmAction,
  AlarmRequest,
  AlarmType,
  DeleteRangeRequest,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  PutRequest,
  RequestOp,
  TxnRequest,
} from "../../../src/proto/generated/etcd.ts";
import type { Request } from "../../../src/proto/generated/kv.ts";
import { bytes, Machine, text } from "./support.ts";

const put = (key: string, value = "", more: Partial<PutRequest> = {}) => ({
  put: PutRequest.create({ key: bytes(key), value: bytes(value), ...more }),
});
const del = (key: string, rangeEnd = "", prevKv = false) => ({
  deleteRange: DeleteRangeRequest.create({ key: bytes(key), rangeEnd: bytes(rangeEnd), prevKv }),
});
const grant = (ID: bigint) => ({ leaseGrant: LeaseGrantRequest.create({ ID, TTL: 60 }) });

function refused(machine: Machine, body: Partial<Request>, kind: ErrorKind): void {
  const before = [machine.state.revision, machine.state.status.fingerprint()];
  const { error, response, events } = machine.apply(body);
  assert.equal(error?.message, kind.text);
  assert.equal(error?.code, kind.code);
  assert.deepEqual([response, events], [undefined, []]);
  assert.deepEqual([machine.state.revision, machine.state.status.fingerprint()], before);
}

test("create, mod and version: a deletion ends a generation, the next put begins one", () => {
  const machine = new Machine();
  const get = () => {
    const [kv] = machine.range({ key: bytes("a") }).kvs;
    return [kv?.createRevision, kv?.modRevision, kv?.version];
  };
  machine.does(put("a", "1"));
  assert.deepEqual(get(), [2, 2, 1]);
  machine.does(put("a", "1"));
  assert.deepEqual(get(), [2, 3, 2]);
  machine.does(del("a"));
  machine.does(put("a"));
  assert.deepEqual(get(), [5, 5, 1]);
});

test("prev_kv is what was there before, absent on creation", () => {
  const machine = new Machine();
  assert.equal(machine.does(put("a", "1", { prevKv: true })).put?.prevKv, undefined);
  const { put: answer } = machine.does(put("a", "2", { prevKv: true }));
  assert.equal(answer?.header?.revision, 3);
  assert.deepEqual(
    [answer?.prevKv?.modRevision, text(answer?.prevKv?.value ?? bytes(""))],
    [2, "1"],
  );
});

test("a put is checked in etcd's order", () => {
  const machine = new Machine();
  const wrong = { ignoreValue: true, ignoreLease: true, lease: 9n };
  refused(machine, put("", "x", wrong), errors.emptyKey);
  refused(machine, put("a", "x", wrong), errors.valueProvided);
  refused(machine, put("a", "", wrong), errors.leaseProvided);
  refused(machine, put("a", "", { ignoreValue: true, lease: 9n }), errors.leaseNotFound);
  refused(machine, put("a", "", { ignoreValue: true }), errors.keyNotFound);
  refused(machine, put("a", "x", { ignoreLease: true }), errors.keyNotFound);
});

test("ignore_value keeps the value and takes the lease, ignore_lease the other way round", () => {
  const machine = new Machine();
  machine.does(grant(7n));
  machine.does(put("a", "1", { lease: 7n }));
  machine.does(put("a", "2", { ignoreLease: true }));
  const get = () => machine.range({ key: bytes("a") }).kvs[0];
  assert.deepEqual([text(get()?.value ?? bytes("")), get()?.lease, get()?.version], ["2", 7n, 2]);
  machine.does(put("a", "", { ignoreValue: true }));
  assert.deepEqual([text(get()?.value ?? bytes("")), get()?.lease, get()?.version], ["2", 0n, 3]);
  assert.deepEqual([...machine.state.leases.keys(7n)].sort(), []);
});

test("deleting nothing makes no revision; a range goes in one, in key order", () => {
  const machine = new Machine();
  for (const key of ["b", "a", "c"]) machine.does(put(key, key));
  assert.equal(machine.does(del("x")).deleteRange?.header?.revision, 4);
  const { response, events } = machine.apply(del("a", "c", true));
  const answer = response?.deleteRange;
  assert.deepEqual([answer?.deleted, answer?.header?.revision], [2, 5]);
  assert.deepEqual(
    answer?.prevKvs.map(({ key }) => text(key)),
    ["a", "b"],
  );
  assert.deepEqual(
    events.map(({ type, kv, prevKv }) => [type, text(kv?.key ?? bytes("")), prevKv?.version]),
    [
      [1, "a", 1],
      [1, "b", 1],
    ],
  );
  const tombstone = events[0]?.kv;
  assert.deepEqual(
    [tombstone?.modRevision, tombstone?.createRevision, tombstone?.version],
    [5, 0, 0],
  );
});

test("an empty key is not deleted, an empty range deletes nothing", () => {
  const machine = new Machine();
  machine.does(put("a"));
  refused(machine, del(""), errors.emptyKey);
  assert.equal(machine.does(del("b", "a")).deleteRange?.deleted, 0);
});

test("one delete takes no more keys than memory has room for", () => {
  const machine = new Machine({ maxDeletes: 3 });
  for (const key of ["a", "b", "c", "d"]) machine.does(put(key));
  refused(machine, del("a", "\0"), errors.tooManyDeletes);
  assert.equal(machine.does(del("a", "d")).deleteRange?.deleted, 3);
});

test("one lease takes no more keys than may go with it, however they are put", () => {
  const machine = new Machine({ maxLeaseKeys: 2 });
  machine.does(grant(1n));
  machine.does(put("a", "", { lease: 1n }));
  machine.does(put("b", "", { lease: 1n }));
  refused(machine, put("c", "", { lease: 1n }), errors.tooManyLeaseKeys);
  const requestPut = put("c", "", { lease: 1n }).put;
  assert.ok(requestPut);
  const txn = TxnRequest.create({ success: [RequestOp.create({ requestPut })] });
  refused(machine, { txn }, errors.tooManyLeaseKeys);
  // What hangs on it already may be put again, and makes room when it is gone.
  machine.does(put("b", "2", { lease: 1n }));
  machine.does(put("b", "3", { ignoreLease: true }));
  machine.does(del("a"));
  machine.does({ txn });
  assert.deepEqual([...machine.state.leases.keys(1n)].sort(), ["b", "c"]);
});

test("keys hang on one lease at most; deleting and putting anew lets go", () => {
  const machine = new Machine();
  machine.does(grant(1n));
  machine.does(grant(-2n));
  machine.does(put("a", "", { lease: 1n }));
  machine.does(put("b", "", { lease: 1n }));
  machine.does(put("a", "", { lease: -2n }));
  machine.does(del("b"));
  assert.deepEqual([...machine.state.leases.keys(1n)].sort(), []);
  assert.deepEqual([...machine.state.leases.keys(-2n)].sort(), ["a"]);
  assert.equal(machine.range({ key: bytes("a") }).kvs[0]?.lease, -2n);
});

test("revoking a lease deletes its keys in one revision, and none makes none", () => {
  const machine = new Machine();
  machine.does(grant(1n));
  machine.does(grant(2n));
  for (const key of ["c", "a", "b"]) machine.does(put(key, "", { lease: 1n }));
  const { events, revision } = machine.apply({
    leaseRevoke: LeaseRevokeRequest.create({ ID: 1n }),
  });
  assert.deepEqual(
    events.map(({ kv }) => text(kv?.key ?? bytes(""))),
    ["a", "b", "c"],
  );
  assert.equal(revision, 5);
  machine.does({ leaseRevoke: LeaseRevokeRequest.create({ ID: 2n }) });
  assert.equal(machine.state.revision, 5);
  refused(machine, { leaseRevoke: LeaseRevokeRequest.create({ ID: 2n }) }, errors.leaseNotFound);
});

const alarm = (action: number, type: number) => ({
  alarm: AlarmRequest.create({ action, memberID: 1n, alarm: type }),
});
const txn = (...success: Partial<RequestOp>[]) => ({
  txn: TxnRequest.create({ success: success.map((op) => RequestOp.create(op)) }),
});

test("NOSPACE refuses what grows: put, grant, and transactions that could put", () => {
  const machine = new Machine();
  machine.does(put("a"));
  machine.does(grant(1n));
  machine.does(alarm(AlarmAction.ACTIVATE, AlarmType.NOSPACE));
  refused(machine, put(""), errors.noSpace);
  refused(machine, grant(2n), errors.noSpace);
  const nested = TxnRequest.create({ failure: [RequestOp.create({ requestPut: put("x").put })] });
  refused(machine, txn({ requestTxn: nested }), errors.noSpace);
  machine.does(txn({ requestDeleteRange: del("x").deleteRange }));
  machine.does(del("a"));
  machine.does({ leaseRevoke: LeaseRevokeRequest.create({ ID: 1n }) });
  machine.does(alarm(AlarmAction.DEACTIVATE, AlarmType.NOSPACE));
  machine.does(put("a"));
});

test("CORRUPT refuses every change of keys and leases, reads go on", () => {
  const machine = new Machine();
  machine.does(put("a"));
  machine.does(alarm(AlarmAction.ACTIVATE, AlarmType.CORRUPT));
  for (const body of [put("a"), del("a"), txn(), grant(1n)]) refused(machine, body, errors.corrupt);
  refused(machine, { leaseRevoke: LeaseRevokeRequest.create() }, errors.corrupt);
  assert.equal(machine.range({ key: bytes("a") }).count, 1);
});
