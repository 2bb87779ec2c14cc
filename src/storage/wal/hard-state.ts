import { decodeHardState } from "../../proto/codec.ts";
import { DecodeError } from "../../proto/errors.ts";
import { varintSize } from "../../proto/put.ts";
import type { HardState } from "../../proto/raftpb.ts";
import { hardStateSize } from "../../proto/raftpb-size.ts";

export const emptyHardState: HardState = { term: 0, vote: 0, commit: 0 };

/**
 * The HardState of a state record. Throws DecodeError, also where something else follows in it: the
 * CRC of a record does not cover its type, and an entry reads as a HardState with more to it.
 */
export function decodeState(bytes: Uint8Array): HardState {
  const state = decodeHardState(bytes);
  const { term, vote, commit } = state;
  const withZeros = 3 + varintSize(term) + varintSize(vote) + varintSize(commit);
  if (bytes.length !== withZeros && bytes.length !== hardStateSize(state)) {
    throw new DecodeError(`${bytes.length} bytes that are no HardState`);
  }
  return state;
}

/** Why `next` cannot come after `state`; undefined where it can. Term and commit never go back. */
export function stateFault(state: HardState, next: HardState): string | undefined {
  const { term, vote, commit } = next;
  if (term >= state.term && commit >= state.commit && (term > 0 || vote + commit === 0)) {
    return undefined;
  }
  return `HardState ${JSON.stringify(next)} after ${JSON.stringify(state)}`;
}
