import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../../../../src/etcd/errors.ts";
import { checkProposal } from "../../../../src/kv/apply/proposal.ts";
import { RequestWindow } from "../../../../src/kv/state/window.ts";
import { DecodeError } from "../../../../src/proto/errors.ts";
import {
  AuthRoleAddRequest,
  CompactionRequest,
  DeleteRangeRequest,
  LeaseCheckpointRequest,
  LeaseGrantRequest,
  PutRequest,
  RequestOp,
  TxnRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { Outcome, Request, RequestTable } from "../../../../src/proto/generated/kv.ts";
import { bytes, Machine, requestId } from "../support.ts";

const put = (key: string, more: Partial<PutRequest> = {}) => ({
  put: PutRequest.create({ key: bytes(key), value: bytes("1"), ...more }),
});

test("a retry is answered as it was, and not applied again", () => {
  const machine = new Machine();
  machine.does(put("a"));
  const bodies: Partial<Request>[] = [
    put("a", { prevKv: true }),
    { leaseGrant: LeaseGrantRequest.create({ ID: 5n, TTL: 1 }) },
    { deleteRange: DeleteRangeRequest.create({ key: bytes("a"), prevKv: true }) },
    { deleteRange: DeleteRangeRequest.create({ key: bytes("a") }) },
    { txn: TxnRequest.create({ success: [RequestOp.create({ requestPut: put("t").put })] }) },
    put("", {}),
    { leaseGrant: LeaseGrantRequest.create({ ID: 5n, TTL: 1 }) },
  ];
  const encoded = bodies.map((body) => machine.encode(body));
  const first = encoded.map((data) => machine.applyData(data));
  machine.does(put("a", { value: bytes("later") }));
  const fingerprint = machine.state.status.fingerprint();
  const again = encoded.map((data) => machine.applyData(data));
  assert.deepEqual(
    again.map(({ response, error }) => [response, error?.kind]),
    first.map(({ response, error }) => [response, error?.kind]),
  );
  assert.ok(again.every(({ events }) => events.length === 0));
  assert.equal(machine.state.status.fingerprint(), fingerprint);
});

test("request ids survive a restart in the manifest", () => {
  const machine = new Machine();
  const data = machine.encode(put("a"));
  machine.applyData(data);
  machine.restart(machine.checkpoint());
  assert.equal(machine.applyData(data).revision, 2);
});

test("an entry whose index was seen before the window has an unknown outcome, never two", () => {
  const machine = new Machine({ requestWindow: 10 });
  const data = machine.encode(put("a"));
  machine.applyData(data);
  for (let i = 0; i < 9; i++) machine.state.applyEmpty(machine.state.appliedIndex + 1, 1);
  assert.equal(machine.state.appliedIndex, 10);
  // Index 11 still remembers 2 to 10: what was seen at 0 may have been applied at 1.
  assert.equal(machine.applyData(data).error?.kind, errors.unknownOutcome);
  const late = Request.encode(
    Request.create({ format: 1, requestId: requestId(99), seenIndex: 2, ...put("a") }),
  );
  assert.equal(machine.applyData(late).error, undefined);
  assert.equal(machine.state.revision, 3);
});

test("the window holds the ids of exactly its last indexes", () => {
  const window = new RequestWindow(10_000);
  for (let index = 1; index <= 20_000; index++) {
    window.remember(requestId(index), index, Outcome.create({ revision: index }));
    window.find(requestId(index + 1), index, index + 1);
    // Checkpoints on the way leave nothing in the last one's encoding that is forgotten by then.
    if (index % 3_000 === 0) window.encode(index);
  }
  assert.equal(RequestTable.decode(window.encode(20_000)).requests.length, 9_999);
  assert.equal(window.find(requestId(10_002), 10_001, 20_001)?.index, 10_002);
  assert.throws(() => window.find(requestId(10_001), 10_000, 20_001), {
    message: errors.unknownOutcome.text,
  });
  const copy = new RequestWindow(10_000);
  copy.decode(window.encode(20_000), 20_000);
  assert.deepEqual(copy.encode(20_000), window.encode(20_000));
});

test("an outcome has at most 64 bytes; a transaction of many branches compares anew", () => {
  const largest = Number.MAX_SAFE_INTEGER;
  const numbers = { revision: largest, TTL: largest, error: 104, changed: true };
  const outcome = Outcome.create({ ...numbers, branches: new Uint8Array(32) });
  assert.ok(Outcome.encode(outcome).length <= 64);
  const window = new RequestWindow(10);
  window.remember(requestId(1), 1, outcome);
  const tooLong = { ...outcome, branches: new Uint8Array(40) };
  assert.throws(() => window.remember(requestId(2), 2, tooLong), /70 bytes/);

  const machine = new Machine({ maxTxnOps: 1_000 });
  const op = RequestOp.create({ requestTxn: TxnRequest.create() });
  const data = machine.encode({ txn: TxnRequest.create({ success: Array(300).fill(op) }) });
  const first = machine.applyData(data);
  assert.deepEqual(machine.applyData(data).response, first.response);
});

test("an answer that was compacted is said to be, not made up", () => {
  const machine = new Machine();
  machine.does(put("a"));
  const data = machine.encode(put("a", { prevKv: true }));
  machine.applyData(data);
  const plain = machine.encode(put("b"));
  machine.applyData(plain);
  machine.does(put("c"));
  machine.does({ compaction: CompactionRequest.create({ revision: 5 }) });
  assert.equal(machine.applyData(data).error?.kind, errors.answerCompacted);
  assert.equal(machine.applyData(plain).response?.put?.header?.revision, 4);
});

test("garbage is refused by every member alike; an unknown kind or format stops them", () => {
  const machine = new Machine();
  const index = () => machine.state.appliedIndex + 1;
  const garbage = new Uint8Array([0xff, 0xff, 0xff]);
  const applied = machine.state.apply({ index: index(), term: 1, data: garbage });
  assert.equal(applied.error?.kind, errors.badRequest);
  const shortId = machine.encode({ ...put("a"), requestId: new Uint8Array(3) });
  assert.equal(machine.applyData(shortId).error?.kind, errors.badRequest);
  assert.throws(() => machine.applyData(machine.encode({})), /not known here/);
  const future = machine.encode({ ...put("a"), format: 2 });
  assert.throws(() => machine.state.apply({ index: index(), term: 1, data: future }), /format 2/);
});

test("a member proposes only what it can read, with an id, and nothing internal", () => {
  const machine = new Machine();
  const half = { authRoleAdd: AuthRoleAddRequest.create({ name: "\ud800" }) };
  const noText = { message: errors.badRequest.text };
  assert.throws(() => checkProposal(machine.encode(half)), noText);
  assert.ok(checkProposal(machine.encode(put("a"))).put);
  const checkpoint = { leaseCheckpoint: LeaseCheckpointRequest.create() };
  for (const body of [{}, checkpoint, { ...put("a"), requestId: new Uint8Array(0) }]) {
    assert.throws(() => checkProposal(machine.encode(body)), { message: errors.badRequest.text });
  }
  assert.throws(() => checkProposal(new Uint8Array([0xff])), { message: errors.badRequest.text });
});

test("entries come in order, each once", () => {
  const machine = new Machine();
  const data = machine.encode(put("a"));
  assert.throws(
    () => machine.state.apply({ index: 2, term: 1, data }),
    /entry 2 of term 1 after 0/,
  );
  machine.applyData(data);
  assert.throws(() => machine.state.applyEmpty(1, 1), /entry 1/);
  assert.throws(() => machine.state.applyEmpty(2, 0), /term 0 after 1 of 1/);
});

test("requests that no entries made are not remembered, and change nothing", () => {
  const window = new RequestWindow(10);
  window.remember(requestId(1), 1, Outcome.create());
  const one = { requestId: requestId(2), index: 2, outcome: Outcome.create() };
  const wrong: Readonly<Record<string, readonly object[]>> = {
    "one twice": [one, { ...one, index: 3 }],
    "two of one entry": [one, { ...one, requestId: requestId(3) }],
    "in disorder": [
      { ...one, index: 3 },
      { ...one, requestId: requestId(3) },
    ],
    "of entry 0": [{ ...one, index: 0 }],
    "of an entry to come": [{ ...one, index: 9 }],
    "an id that is short": [{ ...one, requestId: bytes("short") }],
    "an outcome that is long": [
      { ...one, outcome: Outcome.create({ branches: new Uint8Array(99) }) },
    ],
  };
  for (const [what, requests] of Object.entries(wrong)) {
    const table = RequestTable.encode({ requests: requests as RequestTable["requests"] });
    assert.throws(() => window.decode(table, 8), DecodeError, what);
  }
  assert.equal(window.find(requestId(1), 1, 2)?.index, 1);
  window.decode(RequestTable.encode({ requests: [one] }), 8);
  assert.equal(window.find(requestId(2), 2, 3)?.index, 2);
});
