/**
 * walpb.Record and its frame, byte for byte as etcd writes them (server/storage/wal/encoder.go).
 *
 * A frame is an 8-byte little-endian length field and the record, padded with zeros to a multiple
 * of 8 bytes. The low 56 bits of the field are the record's length; with padding, the high byte is
 * 0x80 plus its length in the low three bits.
 *
 * Written by hand straight into the row, since every entry goes through here. A test compares it
 * with protobufjs' code.
 */
import { DecodeError } from "../../proto/errors.ts";
import { type Bytes, putBytes, putVarint, varintSize } from "../../proto/put.ts";
import { noBytes } from "../../proto/raftpb.ts";
import { Reader } from "../../proto/reader.ts";

/** etcd's numbers, and one that etcd has not. */
export const RecordType = {
  metadata: 1,
  entry: 2,
  state: 3,
  crc: 4,
  snapshot: 5,
  sleep: 16,
} as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

export interface WalRecord {
  /** One of RecordType, unless the record is damaged or of a later version. */
  readonly type: number;
  /** The CRC-32C rolled over the data of all records up to this one. */
  readonly crc: number;
  readonly data: Uint8Array;
}

/** Bytes of the length field. */
export const lengthFieldSize = 8;

function recordSize({ type, crc, data }: WalRecord): number {
  const head = 2 + varintSize(type) + varintSize(crc);
  return data.length === 0 ? head : head + 1 + varintSize(data.length) + data.length;
}

/** The most bytes of a framed record with so many bytes of data. */
export function framedSizeBound(dataLength: number): number {
  return lengthFieldSize + 24 + dataLength;
}

/** Writes the framed record at `at`; returns where it ends. The caller must have made room. */
export function putFramed(out: Bytes, at: number, record: WalRecord): number {
  const length = recordSize(record);
  const padding = -length & 7;
  putUint32(out, at, length);
  putUint32(out, at + 4, padding === 0 ? 0 : (0x80 | padding) * 0x1000000);
  at += lengthFieldSize;
  const { type, crc, data } = record;
  out[at++] = 0x08;
  at = putVarint(out, at, type);
  out[at++] = 0x10;
  at = putVarint(out, at, crc);
  if (data.length > 0) at = putBytes(out, at, 0x1a, data);
  out.fill(0, at, at + padding);
  return at + padding;
}

function putUint32(out: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++, value = Math.floor(value / 256)) out[at + i] = value & 0xff;
}

/** Offsets of a frame's parts by its length field; they may exceed the available bytes. */
export interface Frame {
  /** Offset of the record's first byte. */
  readonly start: number;
  /** Offset after the record's last byte. */
  readonly end: number;
  /** Offset after the padding. */
  readonly next: number;
  /** Whether the high byte is what etcd writes for this length. */
  readonly exact: boolean;
}

/** Reads the length field at `at`. Undefined where it is zero: preallocated space. */
export function frameAt(bytes: Uint8Array, at: number): Frame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const low = view.getUint32(at, true);
  const high = view.getUint32(at + 4, true);
  if (low === 0 && high === 0) return undefined;
  const length = (high % 0x1000000) * 0x100000000 + low;
  const mark = high >>> 24;
  const padding = mark >= 0x80 ? mark & 7 : 0;
  const start = at + lengthFieldSize;
  const expected = -low & 7;
  const exact = mark === (expected === 0 ? 0 : 0x80 | expected);
  return { start, end: start + length, next: start + length + padding, exact };
}

/**
 * Decodes a record without frame; its data is a view of `bytes`. Throws DecodeError. Does not check
 * the CRC.
 */
export function decodeRecord(bytes: Uint8Array): WalRecord {
  return reader.readAll(bytes, readRecord);
}

const reader = new Reader();

function readRecord(reader: Reader): WalRecord {
  let [type, crc] = [0, 0];
  let data = noBytes;
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x08) type = reader.uint();
    else if (tag === 0x10) crc = reader.uint();
    else if (tag === 0x1a) data = reader.bytes();
    else throw new DecodeError(`a record has no field with tag ${tag}`);
  }
  if (crc > 0xffffffff) throw new DecodeError(`a CRC of 32 bits cannot be ${crc}`);
  return { type, crc, data };
}
