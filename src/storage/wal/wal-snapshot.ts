import { sameBytes } from "../../proto/bytes.ts";
import { DecodeError } from "../../proto/errors.ts";
import { walpb } from "../../proto/generated/wal.js";
import { type ConfState, newConfState } from "../../proto/raftpb.ts";
import { decode, encode } from "../../proto/wire.ts";
import { confStateOf, mutableConfState } from "../conf-state.ts";

/** Which snapshot: the index and term of the last entry in it. */
export interface SnapshotPosition {
  readonly index: number;
  readonly term: number;
}

/** walpb.Snapshot: that a snapshot was taken, with its configuration and never with its data. */
export interface WalSnapshot extends SnapshotPosition {
  readonly confState: ConfState;
}

/** The beginning: what a WAL that was created, and not begun by a snapshot, starts from. */
export const origin: WalSnapshot = { index: 0, term: 0, confState: newConfState() };

export function samePosition(a: SnapshotPosition, b: SnapshotPosition): boolean {
  return a.index === b.index && a.term === b.term;
}

/** As etcd writes it: index and term also where they are zero, no configuration at index 0. */
export function encodeWalSnapshot({ index, term, confState }: WalSnapshot): Uint8Array {
  if (index === 0) return encode(walpb.Snapshot, { index, term });
  return encode(walpb.Snapshot, { index, term, confState: mutableConfState(confState) });
}

/**
 * Throws DecodeError, also where there is more or less in it than is ever written: the CRC of a
 * record does not cover its type, so that any other record may turn up as one of a snapshot.
 */
export function decodeWalSnapshot(bytes: Uint8Array): WalSnapshot {
  const { index, term, confState } = decode(walpb.Snapshot, bytes);
  const read = { index, term, confState: confStateOf(confState) };
  const whole = confState
    ? { ...read, confState: mutableConfState(read.confState) }
    : { index, term };
  if (!sameBytes(encode(walpb.Snapshot, whole), bytes)) {
    throw new DecodeError(`${bytes.length} bytes that are no snapshot record`);
  }
  return read;
}
