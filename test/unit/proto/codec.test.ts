import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as codec from "../../../src/proto/codec.ts";
import { newMessage } from "../../../src/proto/raftpb.ts";
import { raftpb } from "../../support/generated/raft.js";
import { decode, encode, type MessageClass } from "../../support/protobufjs.ts";
import * as arbitrary from "./arbitrary.ts";

/** A generated message as a plain object; `$unknowns` would show that something was not read. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, plain(field)]));
}

interface Kind<T extends object> {
  readonly values: fc.Arbitrary<T>;
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
  size(value: T): number;
  readonly generated: MessageClass<object, object>;
}

function holds<T extends object>(name: string, kind: Kind<T>): void {
  test(`${name}: what was encoded decodes to the same, and takes the counted bytes`, () => {
    fc.assert(
      fc.property(kind.values, (value) => {
        const bytes = kind.encode(value);
        assert.deepEqual(plain(kind.decode(bytes)), plain(value));
        assert.equal(bytes.length, kind.size(value));
      }),
    );
  });

  test(`${name}: protobufjs' code reads and writes the same`, () => {
    fc.assert(
      fc.property(kind.values, (value) => {
        const theirs = decode(kind.generated, kind.encode(value));
        const ours = plain(value) as Record<string, unknown>;
        for (const [field, seen] of Object.entries(plain(theirs) as object)) {
          assert.deepEqual(
            kind.decode(encode(kind.generated, theirs)),
            kind.decode(kind.encode(value)),
          );
          if (typeof seen !== "object") assert.equal(seen, ours[field], field);
        }
        assert.deepEqual(plain(kind.decode(encode(kind.generated, value))), ours);
      }),
    );
  });

  test(`${name}: bytes cut short or changed are read or refused, never worse`, () => {
    fc.assert(
      fc.property(kind.values, fc.nat(), fc.nat(255), (value, place, byte) => {
        const bytes = kind.encode(value);
        if (bytes.length === 0) return;
        const at = place % bytes.length;
        const changed = Uint8Array.from(bytes);
        changed[at] = byte;
        for (const bad of [bytes.subarray(0, at), changed]) {
          try {
            kind.decode(bad);
          } catch (error) {
            assert.ok(error instanceof codec.DecodeError, String(error));
          }
        }
      }),
    );
  });
}

holds("Message", {
  values: arbitrary.message,
  encode: codec.encodeMessage,
  decode: codec.decodeMessage,
  size: codec.messageSize,
  generated: raftpb.Message,
});
holds("Entry", {
  values: arbitrary.entry,
  encode: codec.encodeEntry,
  decode: codec.decodeEntry,
  size: codec.entrySize,
  generated: raftpb.Entry,
});
holds("Snapshot", {
  values: arbitrary.snapshot,
  encode: codec.encodeSnapshot,
  decode: codec.decodeSnapshot,
  size: codec.snapshotSize,
  generated: raftpb.Snapshot,
});
holds("HardState", {
  values: arbitrary.hardState,
  encode: codec.encodeHardState,
  decode: codec.decodeHardState,
  size: codec.hardStateSize,
  generated: raftpb.HardState,
});
holds("ConfState", {
  values: arbitrary.confState,
  encode: codec.encodeConfState,
  decode: codec.decodeConfState,
  size: codec.confStateSize,
  generated: raftpb.ConfState,
});
holds("ConfChange", {
  values: arbitrary.confChange,
  encode: codec.encodeConfChange,
  decode: codec.decodeConfChange,
  size: codec.confChangeSize,
  generated: raftpb.ConfChange,
});
holds("ConfChangeV2", {
  values: arbitrary.confChangeV2,
  encode: codec.encodeConfChangeV2,
  decode: codec.decodeConfChangeV2,
  size: codec.confChangeV2Size,
  generated: raftpb.ConfChangeV2,
});

function refuses(hex: string, why: RegExp): void {
  assert.throws(
    () => codec.decodeMessage(Buffer.from(hex, "hex")),
    (error) => error instanceof codec.DecodeError && why.test(error.message),
    hex,
  );
}

test("an integer beyond 2^53-1 is an error, never a rounded value", () => {
  assert.equal(codec.decodeMessage(Buffer.from("30ffffffffffffff0f", "hex")).index, 2 ** 53 - 1);
  refuses("308080808080808010", /integer beyond 2\^53-1: 9007199254740992/);
  refuses("30ffffffffffffffffff01", /integer beyond/);
  refuses("30ffffffffffffffffffff01", /varint longer than 10 bytes/);
});

test("bytes that are no message say what is wrong", () => {
  refuses("08", /truncated at byte 1/);
  refuses("6205aa", /truncated: 5 bytes needed, 1 there/);
  refuses("3a0308", /truncated: 3 bytes needed, 1 there/);
  refuses("0863", /unknown message type 99/);
  refuses("3a020809", /unknown entry type 9/);
  refuses("0a0100", /wire type 2 is wrong for field 1/);
  refuses("0000", /field number 0/);
  refuses("7b", /wire type 3 of field 15/);
  refuses("79aabb", /truncated/);
  refuses("78ffffffffffffffffffffff01", /varint longer/);
  const deep = Array.from({ length: 9 }).reduce<number[]>((m) => [0x72, m.length, ...m], []);
  refuses(Buffer.from(deep).toString("hex"), /nested deeper than 8/);
});

test("unknown fields are skipped", () => {
  const unknown = "7805 790102030405060708 7a03010203 7d01020304 1803".replaceAll(" ", "");
  assert.deepEqual(
    codec.decodeMessage(Buffer.from(unknown, "hex")),
    newMessage({ type: 0, from: 3 }),
  );
});

test("lists of ids are read packed and unpacked", () => {
  const state = codec.decodeConfState(Buffer.from("0a0201021005220107", "hex"));
  assert.deepEqual([state.voters, state.learners, state.learnersNext], [[1, 2], [5], [7]]);
});

test("what is no safe integer cannot be encoded", () => {
  for (const index of [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => codec.encodeMessage(newMessage({ type: 3, index })), RangeError);
  }
});

test("an entry's size counts what etcd's does", () => {
  const size = (type: 0 | 1, term: number, index: number, length: number) =>
    codec.entrySize({ type, term, index, data: new Uint8Array(length) });
  assert.equal(size(0, 1, 1, 0), 4);
  assert.equal(size(0, 1, 128, 5), 12);
  assert.equal(size(1, 1, 1, 128), 4 + 2 + 3 + 128);
});
