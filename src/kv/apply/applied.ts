import type { KvError } from "../../etcd/errors.ts";
import type { Event } from "../../proto/generated/etcd.ts";
import type { Outcome, Response } from "../../proto/generated/kv.ts";

/** A committed normal entry. Empty data: use applyEmpty. */
export interface CommittedEntry {
  readonly index: number;
  readonly term: number;
  /** An encoded kvpb.Request. */
  readonly data: Uint8Array;
}

export interface Applied {
  /**
   * Of the header only the revision is filled in. Undefined where `error` is there. To be encoded
   * in this turn: large values in it are read from disk when they are looked at.
   */
  readonly response: Response | undefined;
  /**
   * Nothing was changed, but for errors.unknownOutcome (it may have been, long ago),
   * errors.responseTooLarge and errors.answerCompacted (it was, and has no answer).
   */
  readonly error: KvError | undefined;
  /** The store's revision after the entry. */
  readonly revision: number;
  /**
   * What it changed, in order, for the watch hub. None on a retry. With prevKv where that is in
   * memory: else the history has it.
   */
  readonly events: readonly Event[];
}

/** Of an entry that was applied for the first time: with what is remembered of it. */
export interface FirstApplied extends Applied {
  readonly outcome: Outcome;
}
