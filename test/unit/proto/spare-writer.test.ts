import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeMessage } from "../../../src/proto/codec.ts";
import { PutRequest, RequestOp, TxnRequest } from "../../../src/proto/generated/etcd.ts";
import { MessageType, newEntry, newMessage } from "../../../src/proto/raftpb.ts";

const put = (lease: number | bigint) =>
  TxnRequest.create({
    success: [
      RequestOp.create({
        requestPut: { ...PutRequest.create({ key: Uint8Array.of(1) }), lease: lease as bigint },
      }),
    ],
  });
const append = (index: number) =>
  newMessage({ type: MessageType.MsgApp, to: 2, entries: [newEntry({ index })] });

test("a message that cannot be written leaves nothing behind for the next", () => {
  const txn = TxnRequest.encode(put(7n));
  assert.throws(() => TxnRequest.encode(put(Number.NaN)), RangeError);
  assert.deepEqual(TxnRequest.encode(put(7n)), txn);

  const message = encodeMessage(append(7));
  assert.throws(() => encodeMessage(append(-1)), RangeError);
  assert.deepEqual(encodeMessage(append(7)), message);
});

test("what was written stays as it is while others are written", () => {
  const first = TxnRequest.encode(put(1n));
  const before = first.slice();
  TxnRequest.encode(TxnRequest.create({ success: put(2n).success, failure: put(3n).success }));
  assert.deepEqual(first, before);

  const frame = encodeMessage(append(1));
  const copy = frame.slice();
  encodeMessage(append(2 ** 40));
  assert.deepEqual(frame, copy);
});

test("a large message is written as a small one is, and so is what comes after it", () => {
  const value = new Uint8Array(200_000).fill(7);
  const large = PutRequest.encode(PutRequest.create({ key: Uint8Array.of(1), value }));
  assert.deepEqual(PutRequest.decode(large).value, value);
  assert.deepEqual(TxnRequest.decode(TxnRequest.encode(put(9n))), put(9n));
});
