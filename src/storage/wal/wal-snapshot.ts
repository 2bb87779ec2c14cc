import { sameBytes } from "../../proto/bytes.ts";
import { DecodeError } from "../../proto/errors.ts";
import { Snapshot } from "../../proto/generated/wal.ts";
import { type ConfState, newConfState } from "../../proto/raftpb.ts";
import { confStateOf } from "../conf-state.ts";

/** The position of a snapshot: index and term of its last entry. */
export interface SnapshotPosition {
  readonly index: number;
  readonly term: number;
}

/** walpb.Snapshot: records that a snapshot was taken, with its configuration but not its data. */
export interface WalSnapshot extends SnapshotPosition {
  readonly confState: ConfState;
}

/** The start of a WAL that did not begin with a snapshot. */
export const origin: WalSnapshot = { index: 0, term: 0, confState: newConfState() };

export function samePosition(a: SnapshotPosition, b: SnapshotPosition): boolean {
  return a.index === b.index && a.term === b.term;
}

/** Encodes as etcd does: index and term even if zero, no configuration at index 0. */
export function encodeWalSnapshot({ index, term, confState }: WalSnapshot): Uint8Array {
  return Snapshot.encode({ index, term, confState: index === 0 ? undefined : confState });
}

/**
 * Throws DecodeError, also for missing or further fields: a record's CRC does not cover its type,
 * so that another record may be read as a snapshot's.
 */
export function decodeWalSnapshot(bytes: Uint8Array): WalSnapshot {
  const { index = 0, term = 0, confState } = Snapshot.decodeStrict(bytes);
  const read = { index, term, confState: confStateOf(confState) };
  const whole = { ...read, confState: confState && read.confState };
  if (!sameBytes(Snapshot.encode(whole), bytes)) {
    throw new DecodeError(`${bytes.length} bytes that are no snapshot record`);
  }
  return read;
}
