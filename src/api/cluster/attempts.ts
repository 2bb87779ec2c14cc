/** What the attempts for one request come to: what is said of each, and how long each may take. */

import { errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { kindOf } from "../../rpc/answers.ts";
import type { Answer, BackupAnswer, Header, Refusal, RestoreAnswer } from "../../rpc/messages.ts";
import { ApiError } from "../base/error.ts";

/** A member that is silent for so long is given up, and another asked. */
export const attemptMs = 1_000;
/**
 * Who was silent once is given less time at first, where the others still name it: it may be cut
 * off, and the next leader is about to be elected. Then twice as much each time.
 */
const secondAttemptMs = 250;
const maxAttemptMs = 8_000;
/** What an attempt came to. A definite error is thrown. */
export type Attempt<T> =
  | { readonly kind: "done"; readonly value: T }
  /** Ask another; nothing was done. */
  | { readonly kind: "redirect"; readonly header: Header }
  /** This member cannot, others may; nothing was done. */
  | { readonly kind: "unfit"; readonly error: ApiError; readonly disk?: boolean }
  /** This one has no room for it, and is well otherwise; nothing was done. */
  | { readonly kind: "full"; readonly error: ApiError }
  /** Lost from sight. */
  | { readonly kind: "lost"; readonly error: ApiError };

/** What the attempts for one request have come to so far. */
export interface Tries {
  /** Not to be sent again once it was lost. */
  readonly once: boolean;
  /** Nothing can have been done by those that were lost. */
  readonly harmless: boolean;
  /** Attempts that were lost: whether they did anything is unknown. */
  lost: number;
  /** What was told of the last of them. */
  lastLost: ApiError | undefined;
}

const untried = (once: boolean, harmless: boolean): Tries => ({
  ...{ once, harmless, lost: 0, lastLost: undefined },
});
export const reading = () => untried(false, true);
/** It is much work for a member, and takes its time. */
export const readingOnce = () => untried(true, true);
export const changing = () => untried(false, false);
export const changingOnce = () => untried(true, false);

/** How long an attempt may take after so many that were lost. */
export function patienceMs(lost: number): number {
  if (lost === 0) return attemptMs;
  return Math.min(secondAttemptMs * 2 ** Math.min(lost - 1, 10), maxAttemptMs);
}

/**
 * This attempt was refused before it came to the log, and says nothing of the one that was lost:
 * what passes is tried again, for the one that gets through has the answer to both.
 */
export function stillUnknown(answer: Answer & { kind: "error" }): Attempt<never> {
  const error = ApiError.unknown(errors.unknownOutcome);
  if (!isPassing(answer.code)) throw error;
  return { kind: "unfit", error, disk: kindOf(answer) === errors.diskFull };
}

export const isPassing = (code: GrpcCode): boolean =>
  code === GrpcCode.ResourceExhausted || code === GrpcCode.Unavailable;

/** Only the member that began a backup can go on with it. */
export function backupLost(answer: BackupAnswer | undefined): ApiError {
  if (answer?.kind === "error") return ApiError.told(answer);
  return ApiError.of(errors.timeout);
}

export function restoreFailed(answer: RestoreAnswer | undefined): ApiError {
  if (answer?.kind === "error") return ApiError.told(answer);
  return ApiError.of(errors.restoreInterrupted);
}

/** The members no longer remember ids of that age, so that they carried nothing out. */
export class TooOldError extends Error {
  told(): ApiError {
    return ApiError.unknown(errors.unknownOutcome);
  }
}

/** Tokens live in memory: who came to the state by a snapshot, or anew, has none from before. */
function isForgotten(answer: Extract<Answer, { kind: "error" }>): boolean {
  const { memberId, leader } = answer.header;
  return kindOf(answer) === errors.invalidAuthToken && memberId !== leader;
}

/** The token is no user's, or there is none where one is needed: no member says otherwise. */
export function isNobody(answer: Answer): boolean {
  if (answer.kind !== "error" || isForgotten(answer)) return false;
  const kind = kindOf(answer);
  return kind === errors.invalidAuthToken || kind === errors.userEmpty;
}

export function refused(answer: Refusal): Attempt<never> {
  if (answer.kind === "redirect") return { kind: "redirect", header: answer.header };
  const error = ApiError.told(answer);
  if (error.kind === errors.unknownOutcome) throw new TooOldError(answer.message);
  if (answer.kind === "unknown") return { kind: "lost", error };
  if (isForgotten(answer)) return { kind: "redirect", header: answer.header };
  if (answer.code === GrpcCode.Unavailable) {
    return { kind: "unfit", error, disk: error.kind === errors.diskFull };
  }
  throw error;
}
