import { sameBytes } from "../../proto/bytes.ts";
import { DecodeError } from "../../proto/errors.ts";
import { Snapshot } from "../../proto/generated/wal.ts";
import { type ConfState, newConfState } from "../../proto/raftpb.ts";
import { confStateOf } from "../conf-state.ts";

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
  return Snapshot.encode({ index, term, confState: index === 0 ? undefined : confState });
}

/**
 * Throws DecodeError, also where there is more or less in it than is ever written: the CRC of a
 * record does not cover its type, so that any other record may turn up as one of a snapshot.
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
