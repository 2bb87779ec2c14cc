/** What Workers ask and are answered, by hand, held against protobufjs' code of rpc.proto. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GrpcCode } from "../../../src/etcd/grpc-code.ts";
import { DecodeError } from "../../../src/proto/errors.ts";
import { Reader } from "../../../src/proto/reader.ts";
import {
  decodeAnswer,
  decodeProposeRequest,
  decodeQueryRequest,
  encodeAnswer,
  encodeProposeRequest,
  encodeQueryRequest,
} from "../../../src/rpc/codec.ts";
import { id64ToBytes } from "../../../src/rpc/id64.ts";
import type {
  Answer,
  Consistency,
  ProposeRequest,
  QueryRequest,
} from "../../../src/rpc/messages.ts";
import { rpcpb } from "../../support/generated/rpc.js";
import { holds } from "../../support/property.ts";
import { decode, encode, type MessageClass } from "../../support/protobufjs.ts";
import { anyUint } from "../proto/arbitrary.ts";

const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(fields, { noNullPrototype: true });
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.nat(20_000).map((length) => new Uint8Array(length).fill(7)),
);
const anyText = fc.oneof(
  fc.string({ maxLength: 100 }),
  fc.string({ unit: "binary", maxLength: 200 }).map((any) => any.toWellFormed()),
);
const word = fc.nat(2 ** 32 - 1);
const codes = fc.constantFrom(...Object.values(GrpcCode));

/** Without the fields that are not there, as what is read has it. */
const present = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field)) as T;

const proposes: fc.Arbitrary<ProposeRequest> = fc
  .tuple(
    record({ request: anyBytes, token: anyText, timeoutMs: word }),
    record({ stranger: fc.boolean(), attempt: anyUint, room: word }),
  )
  .map(([always, may]) => ({ ...always, ...present(may) }));

const login = record({ attempt: anyUint, user: anyText, source: anyText });
const queries: fc.Arbitrary<QueryRequest> = fc
  .tuple(
    record({
      query: anyBytes,
      token: anyText,
      timeoutMs: word,
      consistency: fc.constantFrom<Consistency>("linearizable", "serializable", "leader"),
    }),
    record({
      stranger: fc.boolean(),
      login: fc.option(login, { nil: undefined }),
      room: word,
    }),
  )
  .map(([always, may]) => ({ ...always, ...present(may) }) as QueryRequest);

const header = record({
  clusterId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  memberId: anyUint,
  revision: anyUint,
  raftTerm: anyUint,
  appliedIndex: anyUint,
  leader: anyUint,
});
const constant = <T extends string>(value: T) => fc.constant<T>(value);
const kindNumber = fc.integer({ min: 1, max: 2 ** 32 - 1 });
const answers: fc.Arbitrary<Answer> = fc.oneof(
  record({ kind: constant("ok"), header, response: anyBytes }),
  record({ kind: constant("redirect"), header }),
  record({ kind: constant("unknown"), header, code: codes, message: anyText }),
  record({ kind: constant("unknown"), header, code: codes, message: anyText, number: kindNumber }),
  record({ kind: constant("error"), header, code: codes, message: anyText }),
  record({ kind: constant("error"), header, code: codes, message: anyText, number: kindNumber }),
  record({
    kind: constant("error"),
    header,
    code: codes,
    message: anyText,
    settled: fc.constant(true),
  }),
);

const consistencies = ["linearizable", "serializable", "leader"];
const kinds = ["ok", "error", "redirect", "unknown"];

/** What protobufjs' code takes for the same. */
const generated = {
  propose: (value: ProposeRequest) => ({ format: 1, ...value }),
  query: (value: QueryRequest) => {
    return { format: 1, ...value, consistency: consistencies.indexOf(value.consistency) };
  },
  answer: (value: Answer) => {
    const clusterId = id64ToBytes(value.header.clusterId.toString(16).padStart(16, "0"));
    return { ...value, header: { ...value.header, clusterId }, kind: kinds.indexOf(value.kind) };
  },
};

interface Kind<T> {
  readonly values: fc.Arbitrary<T>;
  readonly theirs: MessageClass<object, object>;
  generated(value: T): object;
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
  /** Of a message within it: of two, protobufjs merges both, and the later is read by hand. */
  readonly nested: number | undefined;
}

/** How often the field of this tag stands in the bytes; undefined where they are no message. */
function count(encoding: Uint8Array, wanted: number): number | undefined {
  try {
    return new Reader().readAll(encoding, (reader) => {
      let found = 0;
      while (reader.at < reader.end) {
        const tag = reader.uint();
        if (tag === wanted) found++;
        reader.skip(tag);
      }
      return found;
    });
  } catch {
    return undefined;
  }
}

function held<T>(name: string, kind: Kind<T>): void {
  test(`${name}: the bytes are protobufjs' bytes, and read back`, (t) => {
    holds(
      t,
      fc.property(kind.values, (value) => {
        const encoding = kind.encode(value);
        assert.equal(encoding.buffer.byteLength, encoding.length, "a buffer of its own");
        assert.deepEqual([...encoding], [...encode(kind.theirs, kind.generated(value))]);
        assert.deepEqual(kind.decode(encoding), value);
      }),
      { numRuns: 300 },
    );
  });

  test(`${name}: damaged bytes are read as protobufjs reads them, or refused`, (t) => {
    holds(
      t,
      fc.property(kind.values, fc.nat(), fc.nat(255), (value, place, byte) => {
        const encoding = kind.encode(value);
        const at = place % encoding.length;
        const changed = Uint8Array.from(encoding);
        changed[at] = byte;
        for (const bad of [encoding.subarray(0, at), changed]) {
          if (kind.nested !== undefined && (count(bad, kind.nested) ?? 0) > 1) continue;
          let ours: T;
          try {
            ours = kind.decode(bad);
          } catch (error) {
            assert.ok(error instanceof DecodeError, String(error));
            continue;
          }
          // Read: then protobufjs reads the same.
          const again = decode(kind.theirs, bad);
          assert.deepEqual(kind.decode(encode(kind.theirs, again)), ours);
        }
      }),
      { numRuns: 1_000 },
    );
  });
}

held("ProposeRequest", {
  values: proposes,
  theirs: rpcpb.ProposeRequest,
  generated: generated.propose,
  encode: encodeProposeRequest,
  decode: decodeProposeRequest,
  nested: undefined,
});
held("QueryRequest", {
  values: queries,
  theirs: rpcpb.QueryRequest,
  generated: generated.query,
  encode: encodeQueryRequest,
  decode: decodeQueryRequest,
  nested: 0x3a,
});
held("Answer", {
  values: answers,
  theirs: rpcpb.Answer,
  generated: generated.answer,
  encode: encodeAnswer,
  decode: decodeAnswer,
  nested: 0x0a,
});

/** A propose request whose bytes stand after a good beginning. */
const propose = (hex: string) =>
  Uint8Array.from([0x08, 1, ...Buffer.from(hex.replaceAll(" ", ""), "hex")]);

test("what protobufjs reads of fields that nobody writes is read by hand", () => {
  for (const hex of [
    "2085808080808080808001", // a field of 32 bits keeps its low ones
    "2885808001", // any number but 0 is true
    "1205", // wire types that are not the field's
    "10 05 1805 2201aa 2a01aa 3201aa",
    "3d01020304 39 0102030405060708 4203aabbcc 4805", // fields that are not known
    "8080808008 05", // of a number that takes five bytes
  ]) {
    const bytes = propose(hex);
    let theirs: rpcpb.ProposeRequest | undefined;
    try {
      theirs = decode(rpcpb.ProposeRequest, bytes) as rpcpb.ProposeRequest;
    } catch {
      assert.throws(() => decodeProposeRequest(bytes), DecodeError, hex);
      continue;
    }
    const { timeoutMs, stranger } = theirs;
    const ours = decodeProposeRequest(bytes);
    assert.deepEqual([ours.timeoutMs, ours.stranger ?? false], [timeoutMs, stranger], hex);
  }
});

test("what is no message, or text, or safe number, is refused", () => {
  for (const hex of [
    "20",
    "2080",
    "1205aa",
    "0005",
    "1a01ff",
    "1a03eda080",
    "30ffffffffffffff7f",
  ]) {
    assert.throws(() => decodeProposeRequest(propose(hex)), DecodeError, hex);
    assert.throws(() => decode(rpcpb.ProposeRequest, propose(hex)), DecodeError, hex);
  }
  const base = { request: new Uint8Array(), token: "", timeoutMs: 1 };
  for (const attempt of [-1, 0.5, 2 ** 53]) {
    assert.throws(() => encodeProposeRequest({ ...base, attempt }), RangeError);
    assert.throws(() => encode(rpcpb.ProposeRequest, { ...base, attempt }), RangeError);
  }
});

test("numbers of 32 bits and halves of characters are written as protobufjs writes them", () => {
  for (const timeoutMs of [1.5, -1, 2 ** 32 + 7]) {
    for (const token of ["\ud800", "a\udc00b", "\ud83d\ude00", "é€"]) {
      const value = { request: new Uint8Array(), token, timeoutMs };
      const theirs = encode(rpcpb.ProposeRequest, { format: 1, ...value });
      assert.deepEqual([...encodeProposeRequest(value)], [...theirs]);
    }
  }
});
