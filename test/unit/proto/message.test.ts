import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../../../src/proto/errors.ts";
import {
  AuthUserAddRequest,
  LeaseGrantRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from "../../../src/proto/generated/etcd.ts";
import { MemberTable, Request } from "../../../src/proto/generated/kv.ts";
import { utf8 } from "../../support/bytes.ts";

test("a request reads back as it was written, every field present", () => {
  const txn = TxnRequest.create({
    compare: [],
    success: [
      {
        requestPut: undefined,
        requestRange: undefined,
        requestDeleteRange: undefined,
        requestTxn: TxnRequest.create(),
      },
    ],
  });
  const request = Request.create({ format: 1, requestId: utf8("0123456789abcdef"), txn });
  assert.deepEqual(Request.decode(Request.encode(request)), request);
});

test("ids keep all 64 bits, signed and unsigned", () => {
  for (const ID of [1n, -1n, 2324035539054921080n, -(2n ** 63n), 2n ** 63n - 1n]) {
    const grant = LeaseGrantRequest.create({ ID, TTL: 60 });
    assert.equal(LeaseGrantRequest.decode(LeaseGrantRequest.encode(grant)).ID, ID);
  }
});

test("a number beyond the safe integers saturates, a negative one stays", () => {
  const tag = [4 << 3];
  const largest = [...Array(8).fill(0xff), 0x7f];
  const decoded = RangeRequest.decode(new Uint8Array([...tag, ...largest]));
  assert.equal(decoded.revision, Number.MAX_SAFE_INTEGER);
  const range = RangeRequest.create({ revision: -1 });
  assert.equal(RangeRequest.decode(RangeRequest.encode(range)).revision, -1);
});

test("concatenated messages merge: the last scalar wins", () => {
  const first = Request.encode(Request.create({ format: 1, user: "a" }));
  const second = Request.encode(Request.create({ user: "b", authRevision: 7 }));
  const merged = Request.decode(new Uint8Array([...first, ...second]));
  assert.deepEqual(merged, Request.create({ format: 1, user: "b", authRevision: 7 }));
});

test("truncated bytes, and nesting without end, are refused", () => {
  const encoded = LeaseGrantRequest.encode(LeaseGrantRequest.create({ ID: 77n, TTL: 60 }));
  assert.throws(() => LeaseGrantRequest.decode(encoded.subarray(0, 1)), DecodeError);
  let txn = TxnRequest.create();
  for (let i = 0; i < 400; i++) {
    const op = { requestRange: undefined, requestPut: undefined, requestDeleteRange: undefined };
    txn = TxnRequest.create({ success: [{ ...op, requestTxn: txn }] });
  }
  assert.throws(() => TxnRequest.decode(TxnRequest.encode(txn)), DecodeError);
});

test("text that is no UTF-8 is refused where it comes from outside", () => {
  /** A user's name of these bytes, in the place of one that is text. */
  const named = (...name: number[]) => {
    const request = Request.create({ authUserAdd: AuthUserAddRequest.create({ name: "***" }) });
    const encoded = Request.encode(request);
    encoded.set(name, encoded.indexOf(0x2a));
    return encoded;
  };
  for (const name of [
    [0x61, 0x62, 0xe9],
    [0xed, 0xa0, 0x80],
    [0xff, 0xfe, 0x61],
  ]) {
    assert.throws(() => Request.decodeStrict(named(...name)), DecodeError);
    assert.ok(Request.decode(named(...name)).authUserAdd, "but the log is read as ever");
  }
  const euro = Request.decodeStrict(named(0xe2, 0x82, 0xac));
  assert.equal(euro.authUserAdd?.name, "\u20ac");
  assert.equal(Request.decodeStrict(named(0xef, 0xbb, 0xbf)).authUserAdd?.name, "\ufeff");
});

test("a message has no more elements than it is read with, at whatever depth", () => {
  const op = RequestOp.create({ requestTxn: TxnRequest.create({ success: [RequestOp.create()] }) });
  const txn = TxnRequest.encode(TxnRequest.create({ success: [op, op] }));
  assert.equal(TxnRequest.decodeBounded(txn, 4).success.length, 2);
  assert.throws(() => TxnRequest.decodeBounded(txn, 3), DecodeError);
  const packed = Uint8Array.of(0x32, 3, 1, 2, 3);
  assert.deepEqual(MemberTable.decodeBounded(packed, 3).voters, [1, 2, 3]);
  assert.throws(() => MemberTable.decodeBounded(packed, 2), DecodeError);
});
