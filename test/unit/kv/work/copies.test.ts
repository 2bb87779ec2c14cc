/** What a small request copies from what is stored is bounded, as if it had come with it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../../../../src/etcd/errors.ts";
import { costOf } from "../../../../src/kv/alarm/quota.ts";
import { defaultLimits } from "../../../../src/kv/work/limits.ts";
import { DeleteRangeRequest, LeaseGrantRequest } from "../../../../src/proto/generated/etcd.ts";
import { Request } from "../../../../src/proto/generated/kv.ts";
import { bytes, Machine } from "../support.ts";
import {
  type Body,
  boundedMachine,
  fill,
  keyOf,
  one,
  put,
  putOp,
  rangeOp,
  refused,
  times,
  tree,
  txn,
} from "./requests.ts";

const large = 1_400_000;
const keys = 12;
const key = (i: number) => bytes(keyOf("k", i));

/** With keys of 1.4 MB, on disk or in memory. */
function withLarge(machine: Machine, stored: boolean): Machine {
  fill(machine, { prefix: "k", count: keys, valueBytes: large });
  const value = new Uint8Array(large);
  if (!stored) for (let i = 0; i < keys; i++) machine.does(put(keyOf("k", i), { value }));
  return machine;
}

const again = (count: number, more = {}) =>
  times(count, (i) => putOp({ key: key(i), ignoreValue: true, ...more }));

for (const stored of [true, false]) {
  test(`values that puts keep are bounded together, ${stored ? "on disk" : "in memory"}`, () => {
    const machine = withLarge(boundedMachine(), stored);
    machine.does({ leaseGrant: LeaseGrantRequest.create({ ID: 1n, TTL: 60 }) });
    refused(machine, txn({ success: again(2) }));
    refused(machine, txn({ success: again(keys) }));
    refused(machine, txn({ success: [...tree(again(keys), 2)] }));
    refused(machine, txn({ success: again(2, { lease: 1n }) }));
    refused(machine, txn({ success: again(2, { ignoreLease: true }) }));
    const { storedBytes } = machine.state.status;
    machine.does(txn({ success: again(1) }));
    machine.does(put(keyOf("k", 1), { ignoreValue: true, lease: 1n }));
    const size = large + keyOf("k", 0).length + 256;
    assert.equal(machine.state.status.storedBytes - storedBytes, 2 * size);
  });
}

test("the bound is of bytes, not of puts", () => {
  const machine = boundedMachine({ maxKeptBytes: 1_000 });
  for (let i = 0; i < keys; i++)
    machine.does(put(keyOf("k", i), { value: bytes("v".repeat(100)) }));
  machine.does(txn({ success: again(10) }));
  refused(machine, txn({ success: again(11) }));
  machine.does(put(keyOf("k", 0), { value: new Uint8Array(1_001) }));
  // Alone it is no more than a request may bring.
  machine.does(put(keyOf("k", 0), { ignoreValue: true }));
});

test("what older code took is applied again as it was", () => {
  const machine = withLarge(new Machine(), true);
  machine.does(txn({ success: again(keys) }));
  assert.ok(machine.state.status.overlayBytes > keys * large);
});

test("the quota counts the values that are stored again", () => {
  const machine = withLarge(boundedMachine(), true);
  const cost = (body: Body) =>
    costOf(Request.create(body), (asked) => machine.state.valueBytes(asked));
  const each = 256 + key(0).length + large;
  assert.equal(cost(put(keyOf("k", 0), { ignoreValue: true })), each);
  assert.equal(cost(put("nothing", { ignoreValue: true })), 256 + 7);
  assert.equal(cost(txn({ failure: [...tree(again(keys), 3)] })), keys * each);
});

test("what a request copies is weighed before it is proposed", () => {
  const machine = withLarge(boundedMachine(), true);
  const weight = (body: Body) => machine.state.weigh(Request.create(body));
  const name = keyOf("k", 0);
  const light = { heavy: false, keptBytes: 0, answerBytes: 0 };
  assert.deepEqual(weight(put(name)), light);
  assert.deepEqual(
    weight(txn({ success: [putOp({ key: key(0) }), putOp({ key: key(1) })] })),
    light,
  );
  assert.deepEqual(weight(put(name, { ignoreValue: true })), { ...light, keptBytes: large });
  const answerBytes = large + name.length + 40;
  assert.deepEqual(weight(put(name, { prevKv: true })), { ...light, answerBytes });
  const deleteRange = DeleteRangeRequest.create({ key: key(0), prevKv: true });
  assert.deepEqual(weight({ deleteRange }), { ...light, answerBytes });
  const mixed = [putOp({ key: key(1) }), rangeOp(one(name))];
  assert.deepEqual(weight(txn({ success: mixed })), { ...light, answerBytes });
  const kept = txn({ success: again(1, { prevKv: true }) });
  assert.deepEqual(weight(kept), { heavy: false, keptBytes: large, answerBytes });
});

test("many large values are heavy, however they are asked for", () => {
  const machine = withLarge(boundedMachine(), true);
  const heavy = (body: Body) => machine.state.weigh(Request.create(body)).heavy;
  for (const ops of [
    again(keys),
    times(keys, (i) => putOp({ key: key(i) })),
    times(keys, (i) => putOp({ key: key(i), prevKv: true })),
    times(keys, (i) => rangeOp(one(keyOf("k", i)))),
  ]) {
    assert.equal(heavy(txn({ success: [...ops, putOp({ key: bytes("p") })] })), true);
    assert.equal(heavy(txn({ success: [...tree(ops, 4)] })), true);
  }
  assert.equal(heavy(txn({ success: times(128, (i) => putOp({ key: bytes(`p${i}`) })) })), false);
});

test("an answer is bounded whatever it is made of, and what it is to, is done", () => {
  const machine = withLarge(boundedMachine(), true);
  const checkAnswer = (success: ReturnType<typeof again>) => {
    const { response, error } = machine.apply(txn({ success: [...success] }));
    assert.equal(error?.message, errors.responseTooLarge.text);
    assert.equal(response, undefined);
  };
  const { maxTxnResponseBytes } = defaultLimits;
  assert.ok(keys * large > maxTxnResponseBytes);
  checkAnswer(times(keys, (i) => rangeOp(one(keyOf("k", i)))).concat(putOp({ key: bytes("a") })));
  checkAnswer([
    ...tree(
      times(keys, (i) => putOp({ key: key(i), prevKv: true })),
      3,
    ),
  ]);
  assert.equal(machine.range(one("a")).count, 1);
  assert.equal(machine.range(one(keyOf("k", 0))).kvs[0]?.value.length, 0);
});
