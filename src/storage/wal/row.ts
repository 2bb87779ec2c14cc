import { decodeEntry, encodeEntry, encodeHardState } from "../../proto/codec.ts";
import { DecodeError } from "../../proto/errors.ts";
import { type Bytes, encodedAlone } from "../../proto/put.ts";
import { type Entry, type HardState, noBytes } from "../../proto/raftpb.ts";
import { entrySize } from "../../proto/raftpb-size.ts";
import { crc32c } from "../crc32c.ts";
import { Decoder, faultError, isFault } from "./decoder.ts";
import { DamagedRowError } from "./errors.ts";
import { decodeState } from "./hard-state.ts";
import { framedSizeBound, putFramed, RecordType, type WalRecord } from "./record.ts";
import { decodeSleepRecord, encodeSleepRecord, type SleepRecord } from "./sleep-record.ts";
import { decodeWalSnapshot, encodeWalSnapshot, type WalSnapshot } from "./wal-snapshot.ts";

/**
 * A row has the writes of one turn as framed records in this order:
 *
 *     crc [metadata] [snapshot] entry* [sleep] state
 *
 * The crc record chains the row to the one before, and lets it be verified alone. Every row has the
 * newest HardState. Since a CRC does not cover its record's type, the order is verified, too.
 */
export interface RowContents {
  readonly metadata?: Uint8Array | undefined;
  readonly snapshot?: WalSnapshot | undefined;
  /** Without gaps. */
  readonly entries: readonly Entry[];
  /** Never beside entries: it says that there is nothing new. */
  readonly sleep?: SleepRecord | undefined;
  readonly hardState: HardState;
}

export interface DecodedRow extends RowContents {
  readonly crcBefore: number;
  readonly crcAfter: number;
}

/** Columns that tell what a row holds without reading it. */
export interface RowRange {
  /** The index of the first entry; 0 for none. */
  readonly first: number;
  /** The index of the last entry, or of the snapshot if there is no entry, or 0. */
  readonly last: number;
}

/** The most bytes of `data`: the platform's limit of a row less its head and other columns. */
const rowBytesBound = 1_999_900;

/** The most bytes of metadata, with which every segment begins. */
export const metadataBytesBound = 4_096;

/** Bytes reserved in a row for other records: a configuration is some bytes for each member. */
const overheadBound = 48 * 1_024;

/** The most bytes of an entry, so that it fits a row with any other records. */
export const entryBytesBound = rowBytesBound - overheadBound;

export function rowRange({ entries, snapshot }: RowContents): RowRange {
  const first = entries[0]?.index ?? 0;
  return { first, last: entries.at(-1)?.index ?? snapshot?.index ?? 0 };
}

/**
 * Splits entries into lists that each fill a row, in order; at least one list. Throws RangeError
 * for an entry that fits none.
 */
export function splitOverRows(entries: readonly Entry[]): (readonly Entry[])[] {
  const lists: (readonly Entry[])[] = [];
  let start = 0;
  let size = 0;
  for (const [i, entry] of entries.entries()) {
    const bytes = framedSizeBound(entrySize(entry));
    if (bytes > entryBytesBound) {
      const limit = `${entryBytesBound} that a row can hold`;
      throw new RangeError(`entry ${entry.index} takes ${bytes} bytes, more than the ${limit}`);
    }
    if (size + bytes > entryBytesBound) {
      lists.push(entries.slice(start, i));
      start = i;
      size = 0;
    }
    size += bytes;
  }
  lists.push(start === 0 ? entries : entries.slice(start));
  return lists;
}

/** The row's bytes, and the CRC to continue from. Throws RangeError where it is too large. */
export function encodeRow(
  contents: RowContents,
  crcBefore: number,
): { data: Uint8Array; crcAfter: number } {
  const { metadata, snapshot, entries, sleep, hardState } = contents;
  if (sleep && entries.length > 0) throw new Error("a row with a sleep record and entries");
  const row: Row = { types: [], data: [], crc: crcBefore };
  let bound = 0;
  const add = (type: RecordType, data: Uint8Array): void => {
    bound += framedSizeBound(data.length);
    row.types.push(type);
    row.data.push(data);
  };
  add(RecordType.crc, noBytes);
  if (metadata) add(RecordType.metadata, metadata);
  if (snapshot) add(RecordType.snapshot, encodeWalSnapshot(snapshot));
  for (const entry of entries) add(RecordType.entry, encodeEntry(entry));
  if (sleep) add(RecordType.sleep, encodeSleepRecord(sleep));
  add(RecordType.state, encodeHardState(hardState));
  const data = encodedAlone(bound, putRow, row);
  if (data.length > rowBytesBound) {
    throw new RangeError(`a row of ${data.length} bytes, at most ${rowBytesBound}`);
  }
  return { data, crcAfter: row.crc };
}

/** A row's records by type and data, and the CRC rolled over those written. */
interface Row {
  readonly types: RecordType[];
  readonly data: Uint8Array[];
  crc: number;
}

function putRow(out: Bytes, at: number, row: Row): number {
  let { crc } = row;
  for (let i = 0; i < row.types.length; i++) {
    const type = row.types[i] as RecordType;
    const data = row.data[i] as Uint8Array;
    crc = crc32c(data, crc);
    at = putFramed(out, at, { type, crc, data });
  }
  row.crc = crc;
  return at;
}

/**
 * Decodes a row and verifies everything: frames, CRCs, order, and its columns. Throws
 * CrcMismatchError or DamagedRowError, naming `where`.
 */
export function decodeRow(bytes: Uint8Array, range: RowRange, where: string): DecodedRow {
  const decoder = new Decoder(bytes);
  const next = (): WalRecord => {
    const record = decoder.next();
    if (!record) throw new DamagedRowError(where, `ends at byte ${decoder.at} without a state`);
    if (isFault(record)) throw faultError(`${where} byte ${decoder.at}`, record);
    return record;
  };
  let record = next();
  if (record.type !== RecordType.crc || record.data.length > 0) {
    throw new DamagedRowError(where, `begins with a record of type ${record.type}, not with a crc`);
  }
  const crcBefore = record.crc;
  record = next();
  const metadata = record.type === RecordType.metadata ? record.data : undefined;
  if (metadata) record = next();
  try {
    const snapshot =
      record.type === RecordType.snapshot ? decodeWalSnapshot(record.data) : undefined;
    if (snapshot) record = next();
    const entries: Entry[] = [];
    for (; record.type === RecordType.entry; record = next()) {
      entries.push(decodeEntry(record.data));
    }
    const sleeps = record.type === RecordType.sleep;
    const sleep = sleeps ? decodeSleepRecord(record.data) : undefined;
    if (sleeps) record = next();
    if (record.type !== RecordType.state) {
      throw new DamagedRowError(where, `unexpected block type ${record.type}`);
    }
    const hardState = decodeState(record.data);
    const contents = { metadata, snapshot, entries, sleep, hardState };
    if (sleeps && entries.length > 0) {
      throw new DamagedRowError(where, "a sleep record beside entries");
    }
    verifyWhole(bytes, decoder, contents, range, where);
    return { ...contents, crcBefore, crcAfter: decoder.crc };
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new DamagedRowError(where, cause.message, { cause });
  }
}

function verifyWhole(
  bytes: Uint8Array,
  decoder: Decoder,
  contents: RowContents,
  range: RowRange,
  where: string,
): void {
  if (decoder.at !== bytes.length) {
    throw new DamagedRowError(where, `${bytes.length - decoder.at} bytes after the state`);
  }
  if (!decoder.exact) throw new DamagedRowError(where, "padding that was never written");
  const { first, last } = rowRange(contents);
  if (first !== range.first || last !== range.last) {
    const columns = `${range.first} to ${range.last}`;
    throw new DamagedRowError(where, `holds ${first} to ${last} where its columns say ${columns}`);
  }
  const { entries } = contents;
  if (entries.some((entry, i) => entry.index !== first + i)) {
    throw new DamagedRowError(where, "entries that do not follow each other");
  }
}
