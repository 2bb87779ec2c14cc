import assert from "node:assert/strict";
import { test } from "node:test";
import { GrpcCode } from "../../../src/etcd/grpc-code.ts";
import {
  decodeCall,
  decodeCallResponse,
  decodeFrame,
  encodeCall,
  encodeCallResponse,
  encodeFrame,
} from "../../../src/node/peers/frame-codec.ts";
import { DecodeError } from "../../../src/proto/errors.ts";
import { Stand } from "../../../src/proto/generated/frame.ts";
import { MessageType, newMessage } from "../../../src/proto/raftpb.ts";
import {
  decodeAnswer,
  decodeProposeRequest,
  decodeQueryRequest,
  encodeAnswer,
  encodeProposeRequest,
  encodeQueryRequest,
} from "../../../src/rpc/codec.ts";
import { bytesToId64, id64ToBigInt, id64ToBytes, newId64 } from "../../../src/rpc/id64.ts";
import type { Answer } from "../../../src/rpc/messages.ts";
import { framepb } from "../../support/generated/frame.js";
import { encode } from "../../support/protobufjs.ts";

const envelope = {
  cluster: "00ff00ff00ff00ff",
  from: 1,
  fromInstance: "0123456789abcdef",
  to: 2,
  toInstance: "",
};
const bytesOf = (...values: number[]) => Uint8Array.from(values);

test("an id of 64 bits keeps every bit, and a new one is never zero", () => {
  assert.equal(bytesToId64(id64ToBytes("ffffffffffffffff")), "ffffffffffffffff");
  assert.equal(id64ToBigInt("ffffffffffffffff"), 2n ** 64n - 1n);
  assert.equal(id64ToBytes("").length, 0);
  assert.throws(() => bytesToId64(bytesOf(1, 2)), DecodeError);
  const drawn = [new Uint8Array(8), bytesOf(0, 0, 0, 0, 0, 0, 0, 7)];
  const random = { below: () => 0, bytes: () => drawn.shift() ?? assert.fail("drawn too often") };
  assert.equal(newId64(random), "0000000000000007");
});

test("a frame comes back as it was sent", () => {
  const frame = {
    envelope,
    sequence: 7,
    acknowledged: 2 ** 40,
    messages: [bytesOf(1), bytesOf(2, 3)],
  };
  assert.deepEqual(decodeFrame(encodeFrame(frame)), frame);
});

test("a frame of a format that is not known, or none at all, is refused", () => {
  const newer = encode(framepb.Frame, { envelope: { format: 2 }, sequence: 1 });
  assert.throws(() => decodeFrame(newer), DecodeError);
  assert.throws(() => decodeFrame(bytesOf()), DecodeError);
  assert.throws(() => decodeFrame(bytesOf(255, 255, 255)), DecodeError);
});

test("a call and its response carry what their method needs and nothing else", () => {
  const message = newMessage({ type: MessageType.MsgHeartbeat, to: 2, context: bytesOf(9) });
  const chunk = {
    index: 12,
    term: 3,
    manifestCrc: 0xffffffff,
    cursor: bytesOf(5),
    aboveRevision: 0,
  };
  const sleep = Stand.create({ term: 3, lead: 1, index: 11, indexTerm: 2, last: 12, lastTerm: 3 });
  const call = { envelope, message, chunk, join: 2, reason: "differs", sleep };
  assert.deepEqual(decodeCall(encodeCall(envelope, call)), call);
  const none = { message: undefined, chunk: undefined, join: undefined, sleep: undefined };
  assert.deepEqual(decodeCall(encodeCall(envelope, {})), { envelope, ...none, reason: "" });

  const response = {
    envelope,
    message,
    chunk: bytesOf(1, 2),
    join: { instance: "00000000000000aa", empty: true, version: 1 },
    refused: "no",
    fingerprints: [{ index: 100, fingerprint: "e89d4865af509628739353f00fa40b03" }],
    sleep,
  };
  assert.deepEqual(decodeCallResponse(encodeCallResponse(envelope, response)), response);
});

test("requests of a Worker come back as they were sent; a newer format is refused", () => {
  const propose = { request: bytesOf(1), token: "t", timeoutMs: 5000 };
  assert.deepEqual(decodeProposeRequest(encodeProposeRequest(propose)), propose);
  for (const consistency of ["linearizable", "serializable", "leader"] as const) {
    const query = { query: bytesOf(2), token: "", timeoutMs: 1, consistency };
    assert.deepEqual(decodeQueryRequest(encodeQueryRequest(query)), query);
  }
  const login = { attempt: 2 ** 48, user: "röot", source: "2001:db8:0:0" };
  const stranger = { query: bytesOf(2), token: "", timeoutMs: 1, stranger: true, login };
  const asked = { ...stranger, consistency: "leader", room: 65_536 } as const;
  assert.deepEqual(decodeQueryRequest(encodeQueryRequest(asked)), asked);
  const right = { ...propose, stranger: true, attempt: 2 ** 48 };
  assert.deepEqual(decodeProposeRequest(encodeProposeRequest(right)), right);
  assert.throws(() => decodeProposeRequest(bytesOf()), DecodeError);
});

test("answers come back as they were given", () => {
  const header = {
    clusterId: 2n ** 64n - 1n,
    memberId: 3,
    revision: 2 ** 50,
    raftTerm: 4,
    appliedIndex: 99,
    leader: 1,
  };
  const answers: Answer[] = [
    { kind: "ok", header, response: bytesOf(1, 2, 3) },
    { kind: "error", header, code: GrpcCode.OutOfRange, message: "etcdserver: mvcc: ..." },
    { kind: "error", header, code: GrpcCode.NotFound, message: "gone", settled: true },
    { kind: "error", header, code: GrpcCode.NotFound, message: "gone", number: 12 },
    { kind: "redirect", header },
    { kind: "unknown", header, code: GrpcCode.Unavailable, message: "outcome unknown" },
    { kind: "unknown", header, code: GrpcCode.Unavailable, message: "unknown", number: 100 },
  ];
  for (const answer of answers) assert.deepEqual(decodeAnswer(encodeAnswer(answer)), answer);
});
