import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { staleFiles } from "../../../scripts/proto/generate.ts";
import { raftpb } from "../../../src/proto/generated/raft.js";
import { walpb } from "../../../src/proto/generated/wal.js";
import { DecodeError, decode, encode } from "../../../src/proto/wire.ts";
import { uint } from "./arbitrary.ts";

test("the generated code is what the .proto files give", () => {
  assert.deepEqual(staleFiles(), [], "stale; run: npm run proto");
});

test("integers travel exactly", () => {
  fc.assert(
    fc.property(uint, fc.maxSafeInteger(), fc.array(uint), (index, type, voters) => {
      assert.equal(decode(raftpb.Entry, encode(raftpb.Entry, { index })).index, index);
      assert.equal(decode(walpb.Record, encode(walpb.Record, { type })).type, type);
      const state = decode(raftpb.ConfState, encode(raftpb.ConfState, { voters }));
      assert.deepEqual(state.voters, voters);
    }),
  );
});

test("an absent field reads as zero", () => {
  const entry = decode(raftpb.Entry, new Uint8Array());
  assert.deepEqual([entry.index, entry.type, entry.data.length], [0, 0, 0]);
});

const refused = (read: () => unknown, why: RegExp) =>
  assert.throws(read, (error) => error instanceof DecodeError && why.test(error.message));

test("integers beyond 2^53-1 are refused in both directions", () => {
  const beyond = Buffer.from("8080808080808010", "hex");
  const field = (tag: number) => Buffer.concat([Uint8Array.of(tag), beyond]);
  refused(() => decode(raftpb.Entry, field(0x10)), /beyond 2\^53-1/);
  refused(() => decode(walpb.Record, field(0x08)), /beyond 2\^53-1/);
  const packed = Buffer.concat([Uint8Array.of(0x0a, 8), beyond]);
  refused(() => decode(raftpb.ConfState, packed), /beyond 2\^53-1/);
  for (const bad of [2 ** 53, -1, 0.5, Number.NaN]) {
    assert.throws(() => encode(raftpb.Entry, { index: bad }), RangeError);
    assert.throws(() => encode(raftpb.ConfState, { voters: [bad] }), RangeError);
  }
  assert.throws(() => encode(walpb.Record, { type: 2 ** 53 }), RangeError);
});

test("garbage is refused with the declared error", () => {
  refused(() => decode(raftpb.Entry, Uint8Array.of(0x10)), /truncated/);
  refused(() => decode(raftpb.Entry, Uint8Array.of(0x10, 0x80)), /truncated/);
  refused(() => decode(raftpb.Entry, Uint8Array.of(0x22, 5, 1)), /out of range/);
  refused(() => decode(raftpb.ConfState, Uint8Array.of(0x0a, 5, 1)), /truncated/);
  const long = new Uint8Array(12).fill(0x80);
  refused(() => decode(raftpb.Entry, Uint8Array.of(0x10, ...long)), /longer than 10/);
  refused(() => decode(walpb.Record, Uint8Array.of(0x08, ...long)), /longer than 10/);
});
