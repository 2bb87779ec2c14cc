import { type Answer, GrpcCode, type Header } from "../rpc.ts";

/** What a member says that the state machine did not: etcd's codes and texts. */
type Outcome = Exclude<Answer, { readonly kind: "ok" }>;
type Reason = (header: Header) => Outcome;

const error =
  (code: GrpcCode, message: string): Reason =>
  (header) => ({ kind: "error", header, code, message });

const unknown =
  (code: GrpcCode, message: string): Reason =>
  (header) => ({ kind: "unknown", header, code, message });

/** Definite: nothing entered the log. */
export const tooManyRequests = error(GrpcCode.ResourceExhausted, "etcdserver: too many requests");
export const requestTooLarge = error(GrpcCode.InvalidArgument, "etcdserver: request is too large");
export const noLeader = error(GrpcCode.Unavailable, "etcdserver: no leader");
export const stopped = error(GrpcCode.Unavailable, "etcdserver: server stopped");
export const learnerCannotServe = error(
  GrpcCode.FailedPrecondition,
  "etcdserver: rpc not supported for learner",
);
export const readTimedOut = error(GrpcCode.Unavailable, "etcdserver: request timed out");
export const badTransferee = error(
  GrpcCode.FailedPrecondition,
  "etcdserver: bad leader transferee",
);
export const transferTimedOut = error(
  GrpcCode.Unknown,
  "etcdserver: request timed out, leader transfer took too long",
);

export const redirect: Reason = (header) => ({ kind: "redirect", header });

/** Proposed, and lost from sight. */
export const leaderChanged = unknown(
  GrpcCode.Unavailable,
  "etcdserver: request timed out, possibly due to previous leader failure",
);
export const timedOut = unknown(GrpcCode.Unavailable, "etcdserver: request timed out");

/** Definite: the member cannot serve at all, and says why. */
export function unavailable(why: string): Reason {
  return error(GrpcCode.Unavailable, `etcdserver: ${why}`);
}

export function malformed(why: string): Reason {
  return error(GrpcCode.InvalidArgument, `etcdserver: malformed request: ${why}`);
}

export type { Outcome, Reason };
