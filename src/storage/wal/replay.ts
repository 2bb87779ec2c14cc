import { sameBytes } from "../../proto/bytes.ts";
import { decodeEntry } from "../../proto/codec.ts";
import { DecodeError } from "../../proto/errors.ts";
import type { Entry, HardState } from "../../proto/raftpb.ts";
import {
  DamagedRowError,
  IndexGapError,
  MetadataConflictError,
  SnapshotMismatchError,
  SnapshotNotFoundError,
} from "./errors.ts";
import { decodeState, emptyHardState, stateFault } from "./hard-state.ts";
import { RecordType, type WalRecord } from "./record.ts";
import { decodeWalSnapshot, type SnapshotPosition, type WalSnapshot } from "./wal-snapshot.ts";

/** Takes entries in the order of their records. An entry below the log's end cuts the log there. */
export type EntrySink = (entry: Entry) => void;

/**
 * The rules by which a WAL's records become a log, as in etcd's ReadAll
 * (server/storage/wal/wal.go): entries up to the start's snapshot are skipped; a later record of an
 * index replaces the earlier one and everything after it; the snapshot's own record must be met.
 */
export class Replay {
  readonly #start: SnapshotPosition;
  readonly #sink: EntrySink;
  #metadata: Uint8Array | undefined;
  #hardState = emptyHardState;
  #lastIndex: number;
  #matched = false;

  constructor(start: SnapshotPosition, sink: EntrySink) {
    this.#start = start;
    this.#sink = sink;
    this.#lastIndex = start.index;
  }

  get metadata(): Uint8Array | undefined {
    return this.#metadata;
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  /** The index of the last entry, or of the snapshot if none follows it. */
  get lastIndex(): number {
    return this.#lastIndex;
  }

  /** Takes in a record whose CRC holds. Throws a WalError that names `where`. */
  record(record: WalRecord, where: string): void {
    const { type, data } = record;
    if (type === RecordType.metadata) this.metadataRecord(data, where);
    else if (type === RecordType.entry) this.entry(readable(decodeEntry, data, where), where);
    else if (type === RecordType.state) this.state(readable(decodeState, data, where), where);
    else if (type === RecordType.snapshot) {
      this.snapshot(readable(decodeWalSnapshot, data, where), where);
    } else if (type !== RecordType.crc || data.length > 0) {
      throw new DamagedRowError(where, `unexpected block type ${type}`);
    }
  }

  metadataRecord(data: Uint8Array, where: string): void {
    if (this.#metadata && !sameBytes(this.#metadata, data)) {
      throw new MetadataConflictError(where, "conflicting metadata found");
    }
    this.#metadata = data;
  }

  entry(entry: Entry, where: string): void {
    if (entry.index === 0) throw new DamagedRowError(where, "an entry without an index");
    if (entry.index <= this.#start.index) {
      // The skipped entry had cut off everything read above it. (etcd skips it without that, and so
      // brings back a tail that a later leader had removed.)
      this.#lastIndex = this.#start.index;
      return;
    }
    if (entry.index > this.#lastIndex + 1) {
      const gap = `entry ${entry.index} after ${this.#lastIndex}`;
      throw new IndexGapError(where, `slice bounds out of range: ${gap}`);
    }
    this.#lastIndex = entry.index;
    this.#sink(entry);
  }

  state(hardState: HardState, where: string): void {
    const fault = stateFault(this.#hardState, hardState);
    if (fault) throw new DamagedRowError(where, fault);
    this.#hardState = hardState;
  }

  snapshot(snapshot: WalSnapshot, where: string): void {
    if (snapshot.index !== this.#start.index) return;
    if (snapshot.term !== this.#start.term) {
      const terms = `index ${snapshot.index} has term ${snapshot.term}, not ${this.#start.term}`;
      throw new SnapshotMismatchError(where, `snapshot mismatch: ${terms}`);
    }
    this.#matched = true;
  }

  /** Called after the last record. Throws SnapshotNotFoundError where the start was not met. */
  end(where: string): void {
    if (this.#matched) return;
    const { term, index } = this.#start;
    throw new SnapshotNotFoundError(where, `snapshot not found: term ${term}, index ${index}`);
  }
}

function readable<T>(read: (bytes: Uint8Array) => T, bytes: Uint8Array, where: string): T {
  try {
    return read(bytes);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new DamagedRowError(where, cause.message, { cause });
  }
}
