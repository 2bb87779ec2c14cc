import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorKind, errors } from "../../../../src/etcd/errors.ts";
import {
  CompactionRequest,
  Compare,
  CompareResult,
  CompareTarget,
  DeleteRangeRequest,
  LeaseGrantRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  type ResponseOp,
  TxnRequest,
  type TxnResponse,
} from "../../../../src/proto/generated/etcd.ts";
import { bytes, Machine, text } from "../support.ts";

const put = (key: string, value = "", more: Partial<PutRequest> = {}) =>
  RequestOp.create({
    requestPut: PutRequest.create({ key: bytes(key), value: bytes(value), ...more }),
  });
const range = (key: string, more: Partial<RangeRequest> = {}) =>
  RequestOp.create({ requestRange: RangeRequest.create({ key: bytes(key), ...more }) });
const del = (key: string, rangeEnd = "", prevKv = false) =>
  RequestOp.create({
    requestDeleteRange: DeleteRangeRequest.create({
      key: bytes(key),
      rangeEnd: bytes(rangeEnd),
      prevKv,
    }),
  });
const nested = (request: Partial<TxnRequest>) =>
  RequestOp.create({ requestTxn: TxnRequest.create(request) });
const compare = (key: string, more: Partial<Compare> = {}) =>
  Compare.create({ key: bytes(key), ...more });

function run(machine: Machine, request: Partial<TxnRequest>): TxnResponse {
  const { txn } = machine.does({ txn: TxnRequest.create(request) });
  assert.ok(txn);
  return txn;
}

function refused(machine: Machine, request: Partial<TxnRequest>, kind: ErrorKind): void {
  const before = machine.state.status.fingerprint();
  const { error, events } = machine.apply({ txn: TxnRequest.create(request) });
  assert.equal(error?.message, kind.text);
  assert.deepEqual(events, []);
  assert.equal(machine.state.status.fingerprint(), before);
}

const revisions = (responses: readonly ResponseOp[]) =>
  responses.map(
    (op) =>
      (op.responsePut ?? op.responseRange ?? op.responseDeleteRange ?? op.responseTxn)?.header
        ?.revision,
  );

test("an empty transaction succeeds and makes no revision", () => {
  const machine = new Machine();
  const { succeeded, header, responses } = run(machine, {});
  assert.deepEqual([succeeded, header?.revision, responses], [true, 1, []]);
  run(machine, { success: [nested({ success: [range("a")] }), del("a")] });
  assert.equal(machine.state.revision, 1);
});

test("all changes share one revision, and reads see the writes before them", () => {
  const machine = new Machine();
  machine.does({ put: PutRequest.create({ key: bytes("old"), value: bytes("1") }) });
  const { responses, header } = run(machine, {
    success: [
      range("a"),
      del("zz"),
      put("a", "1"),
      range("a"),
      put("b", "2"),
      range("a", { rangeEnd: bytes("c"), countOnly: true }),
      del("old", "", true),
      range("old"),
    ],
  });
  assert.deepEqual(revisions(responses), [2, 2, 3, 3, 3, 3, 3, 3]);
  assert.equal(header?.revision, 3);
  assert.equal(responses[0]?.responseRange?.count, 0);
  assert.equal(text(responses[3]?.responseRange?.kvs[0]?.value ?? bytes("")), "1");
  assert.equal(responses[5]?.responseRange?.count, 2);
  assert.equal(responses[6]?.responseDeleteRange?.prevKvs.length, 1);
  assert.equal(responses[7]?.responseRange?.count, 0);
});

test("a nested header stays empty, and only the outermost shows the revision", () => {
  const machine = new Machine();
  run(machine, { success: [put("z")] });
  const { responses } = run(machine, {
    success: [nested({ success: [put("a", "1"), range("a")] }), del("z", "", true)],
  });
  const inner = responses[0]?.responseTxn;
  assert.equal(inner?.header?.revision, 0);
  assert.equal(inner?.succeeded, true);
  assert.deepEqual(revisions(inner?.responses ?? []), [3, 3]);
  assert.equal(responses[1]?.responseDeleteRange?.deleted, 1);
});

test("every compare must hold; none at all hold", () => {
  const machine = new Machine();
  machine.does({ put: PutRequest.create({ key: bytes("a"), value: bytes("5") }) });
  const succeeds = (...compares: Compare[]) => run(machine, { compare: compares }).succeeded;
  const exists = compare("a", { target: CompareTarget.CREATE, createRevision: 2 });
  const missing = compare("a", { target: CompareTarget.CREATE, createRevision: 0 });
  assert.ok(succeeds(exists));
  assert.ok(!succeeds(exists, missing));
});

test("each target and result compares as it says", () => {
  const machine = new Machine();
  machine.does({ leaseGrant: LeaseGrantRequest.create({ ID: 2n ** 62n, TTL: 9 }) });
  const stored = { key: bytes("a"), value: bytes("b"), lease: 2n ** 62n };
  for (let i = 0; i < 2; i++) machine.does({ put: PutRequest.create(stored) });
  const { VERSION, CREATE, MOD, VALUE, LEASE } = CompareTarget;
  const { EQUAL, GREATER, LESS, NOT_EQUAL } = CompareResult;
  const holds = (more: Partial<Compare>) =>
    run(machine, { compare: [compare("a", more)] }).succeeded;
  const cases: [Partial<Compare>, number[]][] = [
    [{ target: VERSION, version: 2 }, [EQUAL]],
    [{ target: VERSION, version: 1 }, [GREATER, NOT_EQUAL]],
    [{ target: CREATE, createRevision: 3 }, [LESS, NOT_EQUAL]],
    [{ target: MOD, modRevision: 3 }, [EQUAL]],
    [{ target: VALUE, value: bytes("aa") }, [GREATER, NOT_EQUAL]],
    [{ target: VALUE, value: bytes("b\0") }, [LESS, NOT_EQUAL]],
    [{ target: LEASE, lease: 2n ** 62n }, [EQUAL]],
    [{ target: LEASE, lease: 2n ** 62n + 1n }, [LESS, NOT_EQUAL]],
    // A member of the union that does not fit the target is ignored: the target counts as 0.
    [{ target: MOD, version: 3 }, [GREATER, NOT_EQUAL]],
  ];
  for (const [more, expected] of cases) {
    const found = [EQUAL, GREATER, LESS, NOT_EQUAL].filter((result) => holds({ ...more, result }));
    assert.deepEqual(found, expected, `target ${more.target}`);
  }
});

test("a missing key has every number 0, and no value that compares, not even as unequal", () => {
  const machine = new Machine();
  const holds = (more: Partial<Compare>) =>
    run(machine, { compare: [compare("none", more)] }).succeeded;
  for (const target of [0, 1, 2, 4]) assert.ok(holds({ target }));
  const { EQUAL, NOT_EQUAL } = CompareResult;
  for (const result of [EQUAL, NOT_EQUAL]) {
    assert.ok(!holds({ target: CompareTarget.VALUE, value: bytes("x"), result }));
  }
});

test("a compare over a range must hold for every key in it", () => {
  const machine = new Machine();
  for (const key of ["a", "b", "b"]) machine.does({ put: PutRequest.create({ key: bytes(key) }) });
  const holds = (rangeEnd: string, version: number) =>
    run(machine, {
      compare: [
        compare("a", { rangeEnd: bytes(rangeEnd), target: CompareTarget.VERSION, version }),
      ],
    }).succeeded;
  assert.ok(holds("b", 1));
  assert.ok(!holds("c", 1));
  const empty = compare("x", { rangeEnd: bytes("z"), version: 0 });
  assert.ok(run(machine, { compare: [empty] }).succeeded);
});

test("what one transaction looks at is bounded, and what goes beyond it changes nothing", () => {
  const machine = new Machine({ maxCompared: 3, maxCounted: 5 });
  for (const key of ["a", "b", "c"]) machine.does({ put: put(key).requestPut });
  const all = compare("a", { rangeEnd: bytes("z"), result: CompareResult.GREATER });
  assert.ok(run(machine, { compare: [all] }).succeeded);
  refused(machine, { compare: [all, all] }, errors.tooManyLooks);
  refused(machine, { compare: [all], success: [nested({ compare: [all] })] }, errors.tooManyLooks);
  const count = range("a", { rangeEnd: bytes("z"), countOnly: true });
  const write = put("d");
  assert.ok(run(machine, { success: [count, write] }).succeeded);
  refused(machine, { success: [put("e"), count, count] }, errors.tooManyLooks);
});

test("nested compares are decided before anything is written", () => {
  const machine = new Machine();
  const { responses } = run(machine, {
    success: [
      put("a", "1"),
      nested({
        compare: [compare("a", { target: CompareTarget.CREATE, createRevision: 0 })],
        success: [put("absent")],
        failure: [put("present")],
      }),
    ],
  });
  assert.equal(responses[1]?.responseTxn?.succeeded, true);
  assert.equal(machine.range({ key: bytes("absent") }).count, 1);
});

test("the longest list counts, and a nested transaction has what its parent leaves", () => {
  const machine = new Machine({ maxTxnOps: 4 });
  const puts = (count: number, prefix = "k") =>
    Array.from({ length: count }, (_, i) => put(`${prefix}${i}`));
  run(machine, { success: puts(4), failure: puts(4), compare: [] });
  refused(machine, { success: puts(5) }, errors.tooManyOps);
  refused(machine, { compare: [0, 1, 2, 3, 4].map(() => compare("a")) }, errors.tooManyOps);
  run(machine, { success: [put("x"), nested({ success: puts(2) })] });
  refused(machine, { success: [put("x"), nested({ success: puts(3) })] }, errors.tooManyOps);
  refused(machine, { failure: [put("x"), nested({ failure: puts(3) })] }, errors.tooManyOps);
});

test("what no state could take is refused: empty keys, operations of no kind, bad options", () => {
  const machine = new Machine();
  refused(machine, { compare: [compare("")] }, errors.emptyKey);
  refused(machine, { failure: [put("")] }, errors.emptyKey);
  refused(machine, { success: [nested({ failure: [range("")] })] }, errors.emptyKey);
  refused(machine, { success: [del("")] }, errors.emptyKey);
  refused(machine, { success: [RequestOp.create()] }, errors.keyNotFound);
  refused(machine, { success: [range("a", { sortTarget: 9 })] }, errors.invalidSortOption);
  refused(machine, { success: [put("a", "x", { ignoreValue: true })] }, errors.valueProvided);
  refused(
    machine,
    { success: [put("a", "", { ignoreLease: true, lease: 1n })] },
    errors.leaseProvided,
  );
});

test("no key is put twice in a branch, nested ones included, whichever branch runs", () => {
  const machine = new Machine();
  refused(machine, { success: [put("a"), put("a")] }, errors.duplicateKey);
  refused(machine, { failure: [put("a"), put("a")] }, errors.duplicateKey);
  refused(machine, { success: [put("a"), nested({ success: [put("a")] })] }, errors.duplicateKey);
  const twice = [nested({ success: [put("a")] }), nested({ failure: [put("a")] })];
  refused(machine, { success: twice }, errors.duplicateKey);
  run(machine, { success: [nested({ success: [put("a")], failure: [put("a")] })] });
  run(machine, { success: [put("a")], failure: [put("a")] });
});

test("no key is put and deleted in a branch, but for a later nested delete", () => {
  const machine = new Machine();
  refused(machine, { success: [put("b"), del("a", "c")] }, errors.duplicateKey);
  refused(machine, { success: [del("a", "c"), put("b")] }, errors.duplicateKey);
  const putInside = nested({ success: [put("b")] });
  const deleteInside = nested({ success: [del("b")] });
  refused(machine, { success: [putInside, del("a", "\0")] }, errors.duplicateKey);
  refused(machine, { success: [deleteInside, putInside] }, errors.duplicateKey);
  refused(machine, { success: [put("b"), deleteInside] }, errors.duplicateKey);
  run(machine, { success: [putInside, deleteInside] });
  run(machine, { success: [del("a", "c"), del("b"), range("a"), put("c"), del("x", "b")] });
});

test("a key put and deleted in one revision has both events, and is gone", () => {
  const machine = new Machine();
  const txn = TxnRequest.create({
    success: [nested({ success: [put("b", "1")] }), nested({ success: [del("b", "", true)] })],
  });
  const { events, response } = machine.apply({ txn });
  assert.deepEqual(
    events.map(({ type, kv, prevKv }) => [type, kv?.modRevision, prevKv?.modRevision]),
    [
      [0, 2, undefined],
      [1, 2, 2],
    ],
  );
  const deleted = response?.txn?.responses[1]?.responseTxn?.responses[0]?.responseDeleteRange;
  assert.equal(deleted?.prevKvs.length, 1);
  machine.checkpoint();
  assert.equal(machine.range({ key: bytes("b"), revision: 2 }).count, 0);
  const limits = { maxRevisions: 9, maxBytes: 999 };
  const history = machine.state.history.eventsFrom(2, () => true, limits);
  assert.deepEqual(
    history.events.map(({ type }) => type),
    [0, 1],
  );
});

test("revisions to be read are checked on the chosen path, before anything is done", () => {
  const machine = new Machine();
  for (let i = 0; i < 4; i++) machine.does({ put: PutRequest.create({ key: bytes("a") }) });
  const reads = (revision: number) => ({ success: [put("x"), range("a", { revision })] });
  run(machine, reads(5));
  refused(machine, reads(7), errors.futureRevision);
  run(machine, { success: [], failure: [range("a", { revision: 99 })] });
  run(machine, reads(-1));
  refused(machine, reads(-2), errors.compacted);
  machine.does({ compaction: CompactionRequest.create({ revision: 4 }) });
  refused(machine, reads(3), errors.compacted);
  refused(machine, reads(-1), errors.compacted);
  const { responses } = run(machine, reads(4));
  assert.equal(responses[1]?.responseRange?.kvs[0]?.modRevision, 4);
});

test("leases and kept keys are checked on the chosen path, before anything is done", () => {
  const machine = new Machine();
  refused(machine, { success: [put("x"), put("a", "", { lease: 5n })] }, errors.leaseNotFound);
  refused(
    machine,
    { success: [put("x"), put("a", "", { ignoreValue: true })] },
    errors.keyNotFound,
  );
  const within = nested({ success: [put("a", "1", { ignoreLease: true })] });
  refused(machine, { success: [put("x"), within] }, errors.keyNotFound);
  run(machine, { failure: [put("a", "", { lease: 5n })] });
  assert.equal(machine.state.revision, 1);
});

test("an answer too long to be told is done all the same, once", () => {
  const machine = new Machine({ maxTxnResponseBytes: 1_000 });
  const big = new Uint8Array(2_000);
  machine.does({ put: PutRequest.create({ key: bytes("big"), value: big }) });
  const data = machine.encode({
    txn: TxnRequest.create({ success: [put("x"), range("big")] }),
  });
  const first = machine.applyData(data);
  assert.equal(first.error?.kind, errors.responseTooLarge);
  assert.equal(first.events.length, 1);
  const again = machine.applyData(data);
  assert.equal(again.error?.kind, errors.responseTooLarge);
  assert.equal(machine.state.revision, 3);
});

test("a read-only transaction is a query; one that holds another is not", () => {
  const machine = new Machine();
  machine.does({ put: PutRequest.create({ key: bytes("a") }) });
  const txn = TxnRequest.create({
    compare: [compare("a", { target: CompareTarget.VERSION, version: 1 })],
    success: [range("a")],
    failure: [range("b")],
  });
  const answer = machine.query({ txn }).txn;
  assert.deepEqual([answer?.succeeded, answer?.header?.revision], [true, 2]);
  assert.equal(answer?.responses[0]?.responseRange?.count, 1);
  const holding = TxnRequest.create({ success: [nested({})] });
  assert.throws(() => machine.query({ txn: holding }), { message: errors.badRequest.text });
});
