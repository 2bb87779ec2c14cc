import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { encodeEntry, encodeHardState } from "../../../../src/proto/codec.ts";
import { newConfState } from "../../../../src/proto/raftpb.ts";
import { crc32c } from "../../../../src/storage/crc32c.ts";
import {
  CrcMismatchError,
  DamagedRowError,
  IndexGapError,
  MetadataConflictError,
  SnapshotMismatchError,
  SnapshotNotFoundError,
  WalError,
} from "../../../../src/storage/wal/errors.ts";
import { RecordType, type WalRecord } from "../../../../src/storage/wal/record.ts";
import {
  encodeWalSnapshot,
  origin,
  type SnapshotPosition,
} from "../../../../src/storage/wal/wal-snapshot.ts";
import { utf8 } from "../../../support/bytes.ts";
import { etcdDirectory, etcdFiles } from "../etcd-files.ts";
import { entries } from "../logs.ts";
import {
  encodeWalFile,
  readWalFiles,
  validSnapshotsOfFiles,
  walFileRecords,
} from "./etcd-wal-file.ts";

const decoder = new TextDecoder();

/** What ReadAll answers, in the form of etcd's own answers. */
function answer(files: readonly Uint8Array[], start: SnapshotPosition): object {
  const contents = readWalFiles(files, start);
  return {
    entries: contents.entries.map(
      ({ term, index, data }) => `${term}/${index} ${decoder.decode(data)}`,
    ),
    error: "",
    hardState: contents.hardState,
    metadata: decoder.decode(contents.metadata),
  };
}

test("a WAL file of etcd reads as etcd reads it, from each of its snapshots", (t) => {
  const files = etcdFiles("wal")?.map(({ bytes }) => bytes);
  if (!files) return t.skip("etcd's files are absent");
  const path = join(etcdDirectory, "wal-readall.json");
  const answers: Record<string, object> = JSON.parse(readFileSync(path, "utf8"));
  assert.ok(Object.keys(answers).length >= 3);
  for (const [name, expected] of Object.entries(answers)) {
    const [, term, index] = /(\d+)\/(\d+)$/.exec(name) ?? [];
    assert.deepEqual(answer(files, { term: Number(term), index: Number(index) }), expected, name);
  }
  const snapshots = validSnapshotsOfFiles(files).map(({ term, index }) => [term, index]);
  assert.deepEqual(snapshots, [
    [0, 0],
    [2, 4],
    [3, 8],
  ]);
});

test("its records, written again, are its bytes up to the zero tail", (t) => {
  const files = etcdFiles("wal");
  if (!files) return t.skip("etcd's files are absent");
  for (const { bytes } of files) {
    const again = encodeWalFile(walFileRecords([bytes]));
    assert.deepEqual(again, bytes.subarray(0, again.length));
    assert.ok(bytes.subarray(again.length).every((byte) => byte === 0));
  }
});

/** How a damaged copy was met. */
function outcome(bytes: Uint8Array, intact: string): "same" | "torn" | "error" | "wrong" {
  try {
    if (readWalFiles([bytes], origin).torn) return "torn";
    return JSON.stringify(answer([bytes], origin)) === intact ? "same" : "wrong";
  } catch (error) {
    if (!(error instanceof WalError)) throw error;
    return "error";
  }
}

test("no flipped byte of it is taken for what was written", (t) => {
  const bytes = etcdFiles("wal")?.[0]?.bytes;
  if (!bytes) return t.skip("etcd's files are absent");
  const intact = JSON.stringify(answer([bytes], origin));
  for (let at = 0; at < bytes.length; at++) {
    for (const mask of [1, 2, 4, 8, 16, 32, 64, 128, 255, 3, 5, 6, 7]) {
      const copy = bytes.slice();
      copy[at] = (copy[at] ?? 0) ^ mask;
      assert.notEqual(outcome(copy, intact), "wrong", `byte ${at} flipped by ${mask}`);
    }
  }
});

test("cut anywhere, it is a torn tail that names where it begins, or ends between records", (t) => {
  const bytes = etcdFiles("wal")?.[0]?.bytes;
  if (!bytes) return t.skip("etcd's files are absent");
  const ends = new Set<number>([0]);
  const records: WalRecord[] = [];
  for (const record of walFileRecords([bytes])) {
    records.push(record);
    ends.add(encodeWalFile(records).length);
  }
  const used = Math.max(...ends);
  for (let length = 32; length < used; length++) {
    const cut = bytes.subarray(0, length);
    const files = walFileRecords([cut]);
    let next = files.next();
    let read = 0;
    for (; !next.done; next = files.next()) read += 1;
    const valid = Math.max(...[...ends].filter((end) => end <= length));
    assert.equal(next.value?.offset, ends.has(length) ? undefined : valid);
    assert.equal(encodeWalFile(records.slice(0, read)).length, valid);
  }
});

/** Frames records of these types and data, with the CRCs that belong to them. */
function walOf(...parts: readonly [RecordType, Uint8Array][]): Uint8Array {
  let crc = 0;
  return encodeWalFile(
    parts.map(([type, data]) => {
      crc = crc32c(data, crc);
      return { type, crc, data };
    }),
  );
}

const confState = newConfState({ voters: [1, 2] });
const head: [RecordType, Uint8Array][] = [
  [RecordType.crc, new Uint8Array(0)],
  [RecordType.metadata, utf8("member")],
  [RecordType.snapshot, encodeWalSnapshot(origin)],
];
const entryRecords = (from: number, to: number, term: number): [RecordType, Uint8Array][] =>
  entries(from, to, term).map((entry) => [RecordType.entry, encodeEntry(entry)]);
const snapshotRecord = (index: number, term: number): [RecordType, Uint8Array] => [
  RecordType.snapshot,
  encodeWalSnapshot({ index, term, confState }),
];
const stateRecord = (term: number, vote: number, commit: number): [RecordType, Uint8Array] => [
  RecordType.state,
  encodeHardState({ term, vote, commit }),
];

test("a later record of an index replaces the entry and all that follow it", () => {
  const file = walOf(...head, ...entryRecords(1, 9, 1), ...entryRecords(4, 5, 2));
  const { entries: read } = readWalFiles([file], origin);
  assert.deepEqual(read, [...entries(1, 3, 1), ...entries(4, 5, 2)]);
});

test("each thing that can be wrong is an error of its own, with etcd's text", () => {
  const log = [...head, ...entryRecords(1, 5, 1), snapshotRecord(3, 1), stateRecord(1, 1, 5)];
  const file = walOf(...log);
  const from = (index: number, term: number) => () => readWalFiles([file], { index, term });
  assert.throws(from(4, 1), SnapshotNotFoundError);
  assert.throws(from(4, 1), /snapshot not found/);
  assert.throws(from(3, 2), SnapshotMismatchError);
  assert.throws(from(3, 2), /snapshot mismatch/);

  const conflict = walOf(...log, [RecordType.metadata, utf8("other")]);
  assert.throws(() => readWalFiles([conflict], origin), MetadataConflictError);
  assert.throws(() => readWalFiles([conflict], origin), /conflicting metadata found/);

  const gap = walOf(...head, ...entryRecords(1, 2, 1), ...entryRecords(4, 4, 1));
  assert.throws(() => readWalFiles([gap], origin), IndexGapError);
  assert.throws(() => readWalFiles([gap], origin), /slice bounds out of range/);

  const unknown = walOf(...log, [6 as RecordType, utf8("?")]);
  assert.throws(() => readWalFiles([unknown], origin), DamagedRowError);
  assert.throws(() => readWalFiles([unknown], origin), /unexpected block type 6/);

  const flipped = file.slice();
  flipped[file.length - 12] = (flipped[file.length - 12] ?? 0) ^ 1;
  assert.throws(() => readWalFiles([flipped], origin), CrcMismatchError);
  assert.throws(() => readWalFiles([flipped], origin), /crc mismatch/);
});

test("metadata repeated is no conflict, and entries up to the start are passed over", () => {
  const again: [RecordType, Uint8Array] = [RecordType.metadata, utf8("member")];
  const file = walOf(...head, ...entryRecords(1, 3, 1), snapshotRecord(3, 1), again);
  const { entries: read } = readWalFiles([file], { index: 3, term: 1 });
  assert.deepEqual(read, []);
});

test("files of one WAL go on from each other's CRC, and only the last may be torn", () => {
  const parts = [...head, ...entryRecords(1, 6, 1), stateRecord(1, 1, 6)];
  const whole = walOf(...parts);
  const records = [...walFileRecords([whole])];
  const crc = records[5]?.crc ?? 0;
  const data = new Uint8Array(0);
  const first = encodeWalFile(records.slice(0, 6));
  const second = encodeWalFile([{ type: RecordType.crc, crc, data }, ...records.slice(6)]);
  assert.deepEqual(readWalFiles([first, second], origin).entries, entries(1, 6, 1));
  const cut = (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 3);
  assert.deepEqual(readWalFiles([first, cut(second)], origin).entries, entries(1, 6, 1));
  assert.ok(readWalFiles([first, cut(second)], origin).torn);
  assert.throws(() => readWalFiles([cut(first), second], origin), DamagedRowError);
  const foreign = encodeWalFile([{ type: RecordType.crc, crc: (crc ^ 1) >>> 0, data }]);
  assert.throws(() => readWalFiles([first, foreign], origin), CrcMismatchError);
});

test("a last record with a sector of zeros is torn; with any other damage it is damage", () => {
  const large = utf8("x".repeat(2_000));
  const file = walOf(...head, [RecordType.metadata, utf8("member")], [RecordType.entry, large]);
  const torn = file.slice();
  torn.fill(0, 1_024, 1_536);
  const records = walFileRecords([torn]);
  let next = records.next();
  while (!next.done) next = records.next();
  assert.equal(next.value?.offset, file.length - 2_000 - 24);
  const damaged = file.slice();
  damaged.fill(0, 1_025, 1_536);
  assert.throws(() => [...walFileRecords([damaged])], CrcMismatchError);
});

test("bytes after the zero that ends a file are reported", () => {
  const file = walOf(...head);
  const padded = new Uint8Array(file.length + 64);
  padded.set(file);
  assert.equal(readWalFiles([padded], origin).torn, undefined);
  padded[file.length + 20] = 1;
  assert.equal(readWalFiles([padded], origin).torn?.offset, file.length);
});
