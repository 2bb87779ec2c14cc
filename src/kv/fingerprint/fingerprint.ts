import type { KeyValue } from "../../proto/generated/etcd.ts";
import { hash128, Word128 } from "../../storage/hash128.ts";
import type { RecordSink } from "./table.ts";

/**
 * The fingerprint, version 1: the sum modulo 2^128 of the hashes of all canonical records of the
 * live state. A sum does not depend on order, and a record can be subtracted again.
 *
 * A record is a tag (which part of the state) and that part's canonical bytes. A key's record is
 * made by `keyRecord`; a long value enters it as a hash, which keeps records short.
 */
export const fingerprintVersion = 1;

/** Tags of the state's parts, so that equal bytes of two parts are two records. Never reused. */
export const recordTag = {
  key: 1,
  revision: 2,
  lease: 3,
  auth: 4,
  alarm: 5,
  member: 6,
  row: 7,
  secondRow: 8,
  historyEntry: 9,
} as const;

const inlineValueBytes = 1_024;
const headBytes = 64;

/** A buffer for one record: grows to the longest key, and is replaced after a huge one. */
let scratch = new Uint8Array(4_096);

function room(bytes: number): void {
  if (scratch.length < bytes) scratch = new Uint8Array(bytes * 2);
  else if (scratch.length > 65_536 && bytes < 32_768) scratch = new Uint8Array(4_096);
}

/** Writes a safe integer as 8 bytes, big-endian. */
function putNumber(value: number, at: number): number {
  const high = Math.floor(value / 0x1_0000_0000);
  return putWord(value >>> 0, putWord(high >>> 0, at));
}

function putWord(value: number, at: number): number {
  scratch[at] = value >>> 24;
  scratch[at + 1] = value >>> 16;
  scratch[at + 2] = value >>> 8;
  scratch[at + 3] = value;
  return at + 4;
}

function putLease(lease: bigint, at: number): number {
  if (lease === 0n) return putWord(0, putWord(0, at));
  const high = Number((lease >> 32n) & 0xffffffffn);
  return putWord(Number(lease & 0xffffffffn), putWord(high, at));
}

/**
 * The hash of one version of a key, into `out`: of the live state with `recordTag.key`, of a row in
 * a transfer with `recordTag.row` (there a tombstone has version 0).
 */
export function hashKey(tag: number, kv: KeyValue, out: Word128): void {
  const { key, value } = kv;
  room(headBytes + key.length + Math.min(value.length, inlineValueBytes));
  let at = headBytes + key.length;
  let inline = 0;
  if (value.length > inlineValueBytes) {
    hash128(value, value.length, out);
    const { a, b, c, d } = out;
    at = putWord(d, putWord(c, putWord(b, putWord(a, at))));
    inline = 1;
  } else {
    scratch.set(value, at);
    at += value.length;
  }
  const end = at;
  scratch[0] = tag;
  scratch[1] = inline;
  at = putWord(key.length, 2);
  at = putWord(value.length, at);
  at = putNumber(kv.createRevision, at);
  at = putNumber(kv.modRevision, at);
  at = putNumber(kv.version, at);
  at = putLease(kv.lease, at);
  scratch.fill(0, at, headBytes);
  scratch.set(key, headBytes);
  hash128(scratch, end, out);
}

/** The hash of a tag and bytes, into `out`. */
export function hashRecord(tag: number, record: Uint8Array, out: Word128): void {
  room(record.length + 1);
  scratch[0] = tag;
  scratch.set(record, 1);
  hash128(scratch, record.length + 1, out);
}

/** The hash of two numbers under a tag, into `out`. */
function hashNumbers(tag: number, first: number, second: number, out: Word128): void {
  scratch[0] = tag;
  hash128(scratch, putNumber(second, putNumber(first, 1)), out);
}

const hash = new Word128();

/** The sums of one state's records. */
export class Fingerprint {
  /** The sum of the live keys, which staged rows are checked against. */
  readonly keys = new Word128();
  /** The sum of the small tables. */
  readonly tables = new Word128();

  addKey(kv: KeyValue): void {
    hashKey(recordTag.key, kv, hash);
    this.keys.add(hash);
  }

  removeKey(kv: KeyValue): void {
    hashKey(recordTag.key, kv, hash);
    this.keys.subtract(hash);
  }

  /** The sink for records with this tag. */
  sink(tag: number): RecordSink {
    return {
      add: (record) => {
        hashRecord(tag, record, hash);
        this.tables.add(hash);
      },
      remove: (record) => {
        hashRecord(tag, record, hash);
        this.tables.subtract(hash);
      },
    };
  }

  /** The sum of everything, including the revision and the compact revision. */
  total(revision: number, compactRevision: number): Word128 {
    const sum = new Word128();
    hashNumbers(recordTag.revision, revision, compactRevision, sum);
    sum.add(this.keys);
    sum.add(this.tables);
    return sum;
  }

  reset(keys: Word128, tables: Word128): void {
    for (const [own, other] of [
      [this.keys, keys],
      [this.tables, tables],
    ] as const) {
      own.a = other.a;
      own.b = other.b;
      own.c = other.c;
      own.d = other.d;
    }
  }
}
