import { decodeHardState } from "../../proto/codec.ts";
import { DecodeError } from "../../proto/errors.ts";
import { varintSize } from "../../proto/put.ts";
import type { HardState } from "../../proto/raftpb.ts";
import { hardStateSize } from "../../proto/raftpb-size.ts";

export const emptyHardState: HardState = { term: 0, vote: 0, commit: 0 };

/**
 * Decodes a state record's HardState. Throws DecodeError, also for further fields: a record's CRC
 * does not cover its type, and an entry would decode as a HardState with further fields.
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

/** Why `next` cannot follow `state`; undefined where it can. Term and commit never decrease. */
export function stateFault(state: HardState, next: HardState): string | undefined {
  const { term, vote, commit } = next;
  if (term >= state.term && commit >= state.commit && (term > 0 || vote + commit === 0)) {
    return undefined;
  }
  return `HardState ${JSON.stringify(next)} after ${JSON.stringify(state)}`;
}
