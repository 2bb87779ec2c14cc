/** The attempts for one request: what each results in, and how long it may take. */

import { errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { kindOf } from "../../rpc/answers.ts";
import type { Answer, BackupAnswer, Header, Refusal, RestoreAnswer } from "../../rpc/messages.ts";
import { ApiError } from "../base/error.ts";

/** Milliseconds without an answer until another member is asked. */
export const attemptMs = 1_000;
/**
 * After a lost attempt a member gets less time, if others still name it as leader: it may be cut
 * off, and the next leader is about to be elected. Doubles with each loss.
 */
const secondAttemptMs = 250;
const maxAttemptMs = 8_000;
/** The result of one attempt; a definite error is thrown instead. */
export type Attempt<T> =
  | { readonly kind: "done"; readonly value: T }
  /** Another member must be asked; nothing was done. */
  | { readonly kind: "redirect"; readonly header: Header }
  /** This member cannot answer, others may; nothing was done. */
  | { readonly kind: "unfit"; readonly error: ApiError; readonly disk?: boolean }
  /** This member has no room for the request, but is otherwise well; nothing was done. */
  | { readonly kind: "full"; readonly error: ApiError }
  /** Sent, but without an answer: the outcome is unknown. */
  | { readonly kind: "lost"; readonly error: ApiError };

/** The attempts for one request so far. */
export interface AttemptLog {
  /** Whether it must not be sent again after it was lost. */
  readonly atMostOnce: boolean;
  /** Whether lost attempts can have changed nothing. */
  readonly readOnly: boolean;
  /** How many attempts were lost. */
  lost: number;
  /** The error of the last lost attempt. */
  lastLost: ApiError | undefined;
}

const newLog = (atMostOnce: boolean, readOnly: boolean): AttemptLog => ({
  ...{ atMostOnce, readOnly, lost: 0, lastLost: undefined },
});
export const readAttempts = () => newLog(false, true);
/** For a read that is expensive for a member and takes long. */
export const readOnce = () => newLog(true, true);
export const writeAttempts = () => newLog(false, false);
export const writeOnce = () => newLog(true, false);

/** How long an attempt may take after so many were lost. */
export function patienceMs(lost: number): number {
  if (lost === 0) return attemptMs;
  return Math.min(secondAttemptMs * 2 ** Math.min(lost - 1, 10), maxAttemptMs);
}

/**
 * For an attempt that was refused before it reached the log while an earlier one is lost: a passing
 * error is tried again, since the attempt that succeeds has the answer to both.
 */
export function stillUnknown(answer: Answer & { kind: "error" }): Attempt<never> {
  const error = ApiError.unknown(errors.unknownOutcome);
  if (!isPassing(answer.code)) throw error;
  return { kind: "unfit", error, disk: kindOf(answer) === errors.diskFull };
}

export const isPassing = (code: GrpcCode): boolean =>
  code === GrpcCode.ResourceExhausted || code === GrpcCode.Unavailable;

/** The error for a lost backup: only the member that began it can continue it. */
export function backupLost(answer: BackupAnswer | undefined): ApiError {
  if (answer?.kind === "error") return ApiError.fromAnswer(answer);
  return ApiError.of(errors.timeout);
}

export function restoreFailed(answer: RestoreAnswer | undefined): ApiError {
  if (answer?.kind === "error") return ApiError.fromAnswer(answer);
  return ApiError.of(errors.restoreInterrupted);
}

/** Members have forgotten request ids of that age, and refuse them without applying anything. */
export class TooOldError extends Error {
  clientError(): ApiError {
    return ApiError.unknown(errors.unknownOutcome);
  }
}

/**
 * Whether a member may only have lost the token: tokens are kept in memory, and a snapshot or a
 * restart brings none.
 */
function isForgotten(answer: Extract<Answer, { kind: "error" }>): boolean {
  const { memberId, leader } = answer.header;
  return kindOf(answer) === errors.invalidAuthToken && memberId !== leader;
}

/** Whether the token is invalid, or missing where one is needed: every member says the same. */
export function hasNoUser(answer: Answer): boolean {
  if (answer.kind !== "error" || isForgotten(answer)) return false;
  const kind = kindOf(answer);
  return kind === errors.invalidAuthToken || kind === errors.userEmpty;
}

export function refused(answer: Refusal): Attempt<never> {
  if (answer.kind === "redirect") return { kind: "redirect", header: answer.header };
  const error = ApiError.fromAnswer(answer);
  if (error.kind === errors.unknownOutcome) throw new TooOldError(answer.message);
  if (answer.kind === "unknown") return { kind: "lost", error };
  if (isForgotten(answer)) return { kind: "redirect", header: answer.header };
  if (answer.code === GrpcCode.Unavailable) {
    return { kind: "unfit", error, disk: error.kind === errors.diskFull };
  }
  throw error;
}
