import type { KvError } from "../../etcd/errors.ts";
import type { Event } from "../../proto/generated/etcd.ts";
import type { Outcome, Response } from "../../proto/generated/kv.ts";

/** A committed normal entry. An empty entry (of a new leader) goes to applyEmpty instead. */
export interface CommittedEntry {
  readonly index: number;
  readonly term: number;
  /** An encoded kvpb.Request. */
  readonly data: Uint8Array;
}

export interface Applied {
  /**
   * The response, its header with a revision alone; undefined where there is an `error`. Encode it
   * in this turn: a large value in it is read from disk when the field is read.
   */
  readonly response: Response | undefined;
  /**
   * Why the request was refused. A refused request changed nothing, with three exceptions:
   * errors.unknownOutcome (it may have been applied long ago), errors.responseTooLarge and
   * errors.answerCompacted (it was applied, but its answer cannot be given).
   */
  readonly error: KvError | undefined;
  /** The store's revision after the entry. */
  readonly revision: number;
  /**
   * What the entry changed, in order, for the watch hub; empty for a retry. An event has its prevKv
   * where that is in memory; otherwise the hub reads it from the history.
   */
  readonly events: readonly Event[];
}

/** The result of an entry applied for the first time, with the outcome to remember for retries. */
export interface FirstApplied extends Applied {
  readonly outcome: Outcome;
}
