import type { Entry, HardState } from "../../../../src/proto/raftpb.ts";
import {
  Decoder,
  type FrameFault,
  faultError,
  isFault,
  isZero,
} from "../../../../src/storage/wal/decoder.ts";
import {
  frameAt,
  framedSizeBound,
  lengthFieldSize,
  putFramed,
  RecordType,
  type WalRecord,
} from "../../../../src/storage/wal/record.ts";
import { Replay } from "../../../../src/storage/wal/replay.ts";
import {
  decodeWalSnapshot,
  type SnapshotPosition,
  type WalSnapshot,
} from "../../../../src/storage/wal/wal-snapshot.ts";

/** Disks write whole sectors: a torn record is one with a sector of zeros in it. */
const sectorSize = 512;

/** A last record that was not written to its end. */
export interface TornTail {
  /** Offset in the last file up to which records are valid: where a repair cuts. */
  readonly offset: number;
  readonly reason: string;
}

export interface WalFileContents {
  readonly metadata: Uint8Array | undefined;
  readonly hardState: HardState;
  readonly entries: readonly Entry[];
  /** etcd's ReadAll passes over a torn tail while reading, and its Repair cuts it off. */
  readonly torn: TornTail | undefined;
}

/**
 * The records of etcd's WAL files (one WAL's, in order), each with its CRC verified. A file ends
 * with its bytes or with a length of zero (etcd preallocates). Returns the torn tail, if there is
 * one; throws CrcMismatchError or DamagedRowError where it is damage.
 */
export function* walFileRecords(
  files: readonly Uint8Array[],
): Generator<WalRecord, TornTail | undefined> {
  let crc = 0;
  for (const [i, bytes] of files.entries()) {
    const decoder = new Decoder(bytes, crc);
    for (let next = decoder.next(); next; next = decoder.next()) {
      if (!isFault(next)) {
        yield next;
        continue;
      }
      const isLast = i === files.length - 1;
      if (isLast && isTorn(bytes, decoder.at, next)) {
        return { offset: decoder.at, reason: next.reason };
      }
      throw faultError(`file ${i} byte ${decoder.at}`, next);
    }
    crc = decoder.crc;
    const rest = bytes.subarray(decoder.at);
    if (i === files.length - 1 && !isZero(rest)) {
      return { offset: decoder.at, reason: "bytes after a length of zero" };
    }
  }
  return undefined;
}

/** What etcd's ReadAll answers for these files, read from a snapshot. Throws WalErrors. */
export function readWalFiles(
  files: readonly Uint8Array[],
  start: SnapshotPosition,
): WalFileContents {
  let entries: Entry[] = [];
  const replay = new Replay(start, (entry) => {
    const kept = entry.index - start.index - 1;
    if (kept < entries.length) entries = entries.slice(0, kept);
    entries.push(entry);
  });
  const records = walFileRecords(files);
  let next = records.next();
  for (; !next.done; next = records.next()) replay.record(next.value, "file");
  replay.end("files");
  const { metadata, hardState } = replay;
  return { metadata, hardState, entries, torn: next.value };
}

/** The snapshots that these files know of, not above the last committed index. */
export function validSnapshotsOfFiles(files: readonly Uint8Array[]): WalSnapshot[] {
  const snapshots: WalSnapshot[] = [];
  const replay = new Replay({ index: 0, term: 0 }, () => undefined);
  for (const record of walFileRecords(files)) {
    if (record.type === RecordType.snapshot) snapshots.push(decodeWalSnapshot(record.data));
    if (record.type === RecordType.state) replay.record(record, "file");
  }
  return snapshots.filter(({ index }) => index <= replay.hardState.commit);
}

/** The bytes of a WAL file with these records, without a zero tail. */
export function encodeWalFile(records: Iterable<WalRecord>): Uint8Array {
  const all = [...records];
  const bound = all.reduce((size, { data }) => size + framedSizeBound(data.length), 0);
  const out = new Uint8Array(bound);
  return out.subarray(
    0,
    all.reduce((at, record) => putFramed(out, at, record), 0),
  );
}

/**
 * Whether the record at `at` was being written when the machine stopped, rather than damaged
 * later: it ends beyond the file, or a sector of it is all zeros.
 */
function isTorn(bytes: Uint8Array, at: number, fault: FrameFault): boolean {
  if (fault.kind === "incomplete") return true;
  const end = frameAt(bytes, at)?.next ?? at;
  for (let from = at + lengthFieldSize; from < end; ) {
    const to = Math.min(from + sectorSize - (from % sectorSize), end);
    if (isZero(bytes.subarray(from, to))) return true;
    from = to;
  }
  return false;
}
