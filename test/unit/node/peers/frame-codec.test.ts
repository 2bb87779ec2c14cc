import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeCall,
  decodeCallResponse,
  decodeFrame,
  type Envelope,
  encodeCall,
  encodeCallResponse,
  encodeFrame,
} from "../../../../src/node/peers/frame-codec.ts";
import { toHex } from "../../../../src/proto/bytes.ts";
import { decodeMessage, encodeMessage } from "../../../../src/proto/codec.ts";
import { DecodeError } from "../../../../src/proto/errors.ts";
import { MessageType, newMessage } from "../../../../src/proto/raftpb.ts";
import { id64ToBytes } from "../../../../src/rpc/id64.ts";
import { framepb } from "../../../support/generated/frame.js";
import { decode, encode } from "../../../support/protobufjs.ts";

const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(fields, { noNullPrototype: true });
const number = fc.oneof(fc.nat(300), fc.maxSafeNat());
const anyBytes = fc.uint8Array({ maxLength: 300 });
/** Few high and low halves, so that ids share a half or their low bits. */
const half = fc.constantFrom("00000000", "00000001", "00000041", "ffffffff", "80000001");
const id = fc.oneof(
  fc.constant(""),
  fc.tuple(half, half).map((halves) => halves.join("")),
);
const envelopes = record({
  cluster: id,
  from: number,
  fromInstance: id,
  to: number,
  toInstance: id,
});
const frames = record({
  envelope: envelopes,
  sequence: number,
  acknowledged: number,
  messages: fc.array(anyBytes, { maxLength: 4 }),
});
const messages = record({ term: number, index: number, context: anyBytes }).map((fields) =>
  newMessage({ type: MessageType.MsgHeartbeat, ...fields }),
);
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const stands = record({
  term: number,
  lead: number,
  index: number,
  indexTerm: number,
  last: number,
  lastTerm: number,
  asleep: fc.boolean(),
  leaseMs: number,
});
const calls = record({
  message: maybe(messages),
  chunk: maybe(
    record({
      index: number,
      term: number,
      manifestCrc: fc.nat(2 ** 32 - 1),
      cursor: fc.uint8Array({ minLength: 1, maxLength: 99 }),
      aboveRevision: number,
    }),
  ),
  join: maybe(number),
  reason: fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
  sleep: maybe(stands),
});
const marks = record({
  index: number,
  fingerprint: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(toHex),
});
const responses = record({
  message: maybe(messages),
  chunk: maybe(fc.uint8Array({ minLength: 1, maxLength: 10_000 })),
  join: maybe(record({ instance: id, empty: fc.boolean(), version: fc.nat(9) })),
  refused: fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
  fingerprints: maybe(fc.array(marks, { maxLength: 4 })),
  sleep: maybe(stands),
});

/** What protobufjs' code takes for an envelope. */
function generated(envelope: Envelope): framepb.Envelope.$Properties {
  return {
    ...envelope,
    format: 1,
    cluster: id64ToBytes(envelope.cluster),
    fromInstance: id64ToBytes(envelope.fromInstance),
    toInstance: id64ToBytes(envelope.toInstance),
  };
}

const copy = (value: Uint8Array) => Uint8Array.from(value);

test("frames are what protobufjs' code reads and writes", () => {
  fc.assert(
    fc.property(frames, (frame) => {
      const ours = encodeFrame(frame);
      const theirs = { ...frame, envelope: generated(frame.envelope) };
      assert.deepEqual(copy(ours), copy(encode(framepb.Frame, theirs)));
      for (const encoding of [ours, encode(framepb.Frame, theirs)]) {
        assert.deepEqual(decodeFrame(encoding), frame);
      }
    }),
  );
});

test("calls and their responses are what protobufjs' code reads and writes", () => {
  fc.assert(
    fc.property(envelopes, calls, responses, (envelope, call, response) => {
      const sent = decode(framepb.Call, encodeCall(envelope, call));
      assert.deepEqual(decodeCall(encode(framepb.Call, sent)), { envelope, ...call });
      assert.deepEqual(sent.message.length > 0, call.message !== undefined);
      if (call.message !== undefined) {
        assert.deepEqual(decodeMessage(sent.message), decodeMessage(encodeMessage(call.message)));
      }
      const answered = decode(framepb.CallResponse, encodeCallResponse(envelope, response));
      assert.equal(answered.refused, response.refused);
      const again = decodeCallResponse(encode(framepb.CallResponse, answered));
      assert.deepEqual(again, { envelope, ...response });
    }),
  );
});

test("fields that later code adds are skipped", () => {
  const added = [0x80, 0x7d, 0x01];
  fc.assert(
    fc.property(frames, calls, (frame, call) => {
      assert.deepEqual(decodeFrame(Uint8Array.from([...encodeFrame(frame), ...added])), frame);
      const encoding = Uint8Array.from([...encodeCall(frame.envelope, call), ...added]);
      assert.deepEqual(decodeCall(encoding), { envelope: frame.envelope, ...call });
    }),
  );
});

test("bytes cut short or changed are read or refused, never worse", () => {
  fc.assert(
    fc.property(frames, responses, fc.nat(), fc.nat(255), (frame, response, place, byte) => {
      const encodings: [Uint8Array, (bytes: Uint8Array) => unknown][] = [
        [encodeFrame(frame), decodeFrame],
        [encodeCallResponse(frame.envelope, response), decodeCallResponse],
      ];
      for (const [encoding, read] of encodings) {
        const at = place % encoding.length;
        const changed = Uint8Array.from(encoding);
        changed[at] = byte;
        for (const damaged of [changed, encoding.subarray(0, at)]) {
          try {
            read(damaged);
          } catch (error) {
            assert.ok(error instanceof DecodeError, String(error));
          }
        }
      }
    }),
  );
});

test("a call's body has a buffer of its own", () => {
  const envelope = { cluster: "", from: 1, fromInstance: "", to: 2, toInstance: "" };
  for (const body of [encodeCall(envelope, { join: 2 }), encodeCallResponse(envelope, {})]) {
    assert.equal(body.buffer.byteLength, body.length);
  }
});
