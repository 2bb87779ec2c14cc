/** The tables of strict numbers and of proto2, held against protobufjs' code of the same protos. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DecodeError } from "../../../src/proto/errors.ts";
import * as frame from "../../../src/proto/generated/frame.ts";
import * as raft from "../../../src/proto/generated/raft.ts";
import * as snap from "../../../src/proto/generated/snap.ts";
import * as wal from "../../../src/proto/generated/wal.ts";
import type { Message } from "../../../src/proto/message.ts";
import { framepb } from "../../support/generated/frame.js";
import { raftpb } from "../../support/generated/raft.js";
import { snappb } from "../../support/generated/snap.js";
import { walpb } from "../../support/generated/wal.js";
import { holds } from "../../support/property.ts";
import { decode, encode, type MessageClass } from "../../support/protobufjs.ts";
import { anyBytes, anyUint } from "./arbitrary.ts";

const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(fields, { noNullPrototype: true });
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const word = fc.nat(2 ** 32 - 1);
const ids = fc.array(anyUint, { maxLength: 4 });

const confState = record<raft.ConfState>({
  voters: ids,
  learners: ids,
  votersOutgoing: ids,
  learnersNext: ids,
  autoLeave: maybe(fc.boolean()),
});
const metadata = record<raft.SnapshotMetadata>({
  confState: maybe(confState),
  index: maybe(anyUint),
  term: maybe(anyUint),
});
const mark = record<frame.Fingerprint>({ index: anyUint, sum: anyBytes });

interface Kind<T extends object> {
  readonly table: Message<T>;
  readonly theirs: MessageClass<object, object>;
  readonly values: fc.Arbitrary<T>;
}

const kind = <T extends object>(
  table: Message<T>,
  theirs: MessageClass<object, object>,
  values: fc.Arbitrary<T>,
): Kind<object> => ({ table, theirs, values }) as unknown as Kind<object>;

/** Without messages within them that are no list: the later of two is merged or taken alone. */
const flat: Readonly<Record<string, Kind<object>>> = {
  ChunkRequest: kind(
    frame.ChunkRequest,
    framepb.ChunkRequest,
    record<frame.ChunkRequest>({
      index: anyUint,
      term: anyUint,
      manifestCrc: word,
      cursor: anyBytes,
      aboveRevision: anyUint,
    }),
  ),
  JoinRequest: kind(frame.JoinRequest, framepb.JoinRequest, record({ member: anyUint })),
  JoinResponse: kind(
    frame.JoinResponse,
    framepb.JoinResponse,
    record<frame.JoinResponse>({ instance: anyBytes, empty: fc.boolean(), version: word }),
  ),
  Fingerprints: kind(
    frame.Fingerprints,
    framepb.Fingerprints,
    record<frame.Fingerprints>({ fingerprints: fc.array(mark, { maxLength: 4 }) }),
  ),
  ConfState: kind(raft.ConfState, raftpb.ConfState, confState),
  "snappb.Snapshot": kind(
    snap.Snapshot,
    snappb.Snapshot,
    record<snap.Snapshot>({ crc: maybe(word), data: maybe(anyBytes) }),
  ),
};

const kinds: Readonly<Record<string, Kind<object>>> = {
  ...flat,
  "raftpb.Snapshot": kind(
    raft.Snapshot,
    raftpb.Snapshot,
    record<raft.Snapshot>({ data: maybe(anyBytes), metadata: maybe(metadata) }),
  ),
  "walpb.Snapshot": kind(
    wal.Snapshot,
    walpb.Snapshot,
    record<wal.Snapshot>({
      index: maybe(anyUint),
      term: maybe(anyUint),
      confState: maybe(confState),
    }),
  ),
};

/** Without what is not there, which each side has its own way of saying. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.length === 0 ? undefined : [...value].join();
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(plain);
  if (typeof value !== "object" || value === null) return value || undefined;
  const fields = Object.entries(value).map(([name, field]) => [name, plain(field)] as const);
  return Object.fromEntries(fields.filter(([, field]) => field !== undefined));
}

/** What comes of reading: the message, or that it is refused. */
function outcome(read: () => object): unknown {
  try {
    return plain(read());
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error));
    return "refused";
  }
}

for (const [name, { table, theirs, values }] of Object.entries(kinds)) {
  test(`${name}: the table writes protobufjs' bytes, and reads them back`, (t) => {
    holds(
      t,
      fc.property(values, (value) => {
        const encoding = table.encode(value);
        assert.deepEqual([...encoding], [...encode(theirs, value)]);
        assert.deepEqual(plain(table.decodeStrict(encoding)), plain(value));
        assert.deepEqual(plain(decode(theirs, encoding)), plain(value));
      }),
    );
  });

  test(`${name}: the table refuses what protobufjs refuses of bytes cut short`, (t) => {
    holds(
      t,
      fc.property(values, fc.nat(), (value, place) => {
        const encoding = table.encode(value);
        const cut = encoding.subarray(0, place % (encoding.length + 1));
        const ours = outcome(() => table.decodeStrict(cut));
        assert.deepEqual(
          ours,
          outcome(() => decode(theirs, cut)),
        );
      }),
    );
  });
}

for (const [name, { table, theirs, values }] of Object.entries(flat)) {
  test(`${name}: the table reads changed bytes as protobufjs reads them, or refuses both`, (t) => {
    holds(
      t,
      fc.property(values, fc.nat(), fc.nat(255), (value, place, byte) => {
        const encoding = table.encode(value);
        if (encoding.length === 0) return;
        encoding[place % encoding.length] = byte;
        const ours = outcome(() => table.decodeStrict(encoding));
        assert.deepEqual(
          ours,
          outcome(() => decode(theirs, encoding)),
        );
      }),
      { numRuns: 1_000 },
    );
  });
}

const refused = (read: () => unknown, why: RegExp) =>
  assert.throws(read, (error) => error instanceof DecodeError && why.test(error.message));

test("strict integers beyond 2^53-1 are refused in both directions", () => {
  const beyond = Buffer.from("8080808080808010", "hex");
  const over64 = Buffer.from("85808080808080808002", "hex");
  for (const bad of [beyond, over64]) {
    refused(() => wal.Snapshot.decode(Buffer.concat([Uint8Array.of(0x10), bad])), /beyond 2\^53-1/);
    const packed = Buffer.concat([Uint8Array.of(0x0a, bad.length), bad]);
    refused(() => raft.ConfState.decode(packed), /beyond 2\^53-1/);
  }
  for (const bad of [2 ** 53, -1, 0.5, Number.NaN]) {
    assert.throws(() => wal.Snapshot.encode(wal.Snapshot.create({ index: bad })), RangeError);
    const state = raft.ConfState.create({ voters: [bad] });
    assert.throws(() => raft.ConfState.encode(state), RangeError);
  }
});

test("what is no message is refused with the declared error", () => {
  const { Snapshot } = wal;
  refused(() => Snapshot.decode(Uint8Array.of(0x10)), /truncated/);
  refused(() => Snapshot.decode(Uint8Array.of(0x10, 0x80)), /truncated/);
  refused(() => raft.Snapshot.decode(Uint8Array.of(0x0a, 5, 1)), /truncated/);
  refused(() => raft.ConfState.decode(Uint8Array.of(0x0a, 5, 1)), /truncated/);
  refused(() => raft.ConfState.decode(Uint8Array.of(0x0a, 1, 0x80, 1)), /truncated/);
  refused(() => Snapshot.decodeStrict(Uint8Array.of(0, 0)), /field number 0/);
  const long = new Uint8Array(12).fill(0x80);
  refused(() => Snapshot.decode(Uint8Array.of(0x10, ...long)), /longer than 10/);
});

test("an optional field that is zero is written, and one that is absent is not", () => {
  const zeros = wal.Snapshot.create({ index: 0, confState: raft.ConfState.create() });
  assert.equal(Buffer.from(wal.Snapshot.encode(zeros)).toString("hex"), "08001a00");
  assert.deepEqual(wal.Snapshot.decode(wal.Snapshot.encode(zeros)), zeros);
});
