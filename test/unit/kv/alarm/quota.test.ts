import assert from "node:assert/strict";
import { test } from "node:test";
import { costOf, maxQuotaBytes, quotaBytes } from "../../../../src/kv/alarm/quota.ts";
import type { RequestOp } from "../../../../src/proto/generated/etcd.ts";
import {
  DeleteRangeRequest,
  LeaseGrantRequest,
  PutRequest,
  RangeRequest,
  RequestOp as RequestOpMessage,
  TxnRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { Request } from "../../../../src/proto/generated/kv.ts";

const put = (bytes: number) =>
  PutRequest.create({ key: new Uint8Array(1), value: new Uint8Array(bytes - 1) });
const putOp = (bytes: number) => RequestOpMessage.create({ requestPut: put(bytes) });
const txn = (success: readonly RequestOp[], failure: readonly RequestOp[] = []) =>
  TxnRequest.create({ success, failure });
const cost = (body: Partial<Request>) => costOf(Request.create(body), () => 1_000);

test("a put costs 256 bytes beside its key and value, a lease 64, anything else nothing", () => {
  assert.equal(cost({ put: put(100) }), 356);
  assert.equal(cost({ put: { ...put(1), ignoreValue: true } }), 1_257);
  assert.equal(cost({ leaseGrant: LeaseGrantRequest.create() }), 64);
  assert.equal(cost({ deleteRange: DeleteRangeRequest.create() }), 0);
  assert.equal(cost({ compaction: { revision: 1, physical: false } }), 0);
});

test("a transaction costs its dearer branch, with what is nested in it", () => {
  const reads = RequestOpMessage.create({ requestRange: RangeRequest.create() });
  const deletes = RequestOpMessage.create({ requestDeleteRange: DeleteRangeRequest.create() });
  assert.equal(cost({ txn: txn([reads, deletes]) }), 0);
  assert.equal(cost({ txn: txn([putOp(4), putOp(6)], [putOp(100)]) }), 522);
  const nested = RequestOpMessage.create({ requestTxn: txn([putOp(10)], [putOp(20)]) });
  assert.equal(cost({ txn: txn([nested, putOp(4)]) }), 276 + 260);
});

test("a quota of 0 is 2 GiB, and none is above what a storage can hold", () => {
  assert.equal(quotaBytes(0), 2_147_483_648);
  assert.equal(maxQuotaBytes, 3_221_225_472);
  for (const above of [-1, maxQuotaBytes + 1, 1e12]) assert.equal(quotaBytes(above), maxQuotaBytes);
  assert.equal(quotaBytes(1000), 1000);
});
