import * as etcd from "../etcd/errors.ts";
import { type ErrorKind, errors } from "../etcd/errors.ts";
import { GrpcCode } from "../etcd/grpc-code.ts";
import type { ErrorFields, Header, Refusal } from "./messages.ts";

export type Reason = (header: Header) => Refusal;

/** A pending request of an administrator: its deadline, and how it is answered. */
export interface AdminRequest<A> {
  readonly deadlineTick: number;
  answer(answer: A): void;
  failed(reason: Reason): void;
}

/** The text of a refusal. */
export function textOf(outcome: Refusal): string {
  return outcome.kind === "redirect" ? errors.noLeader.text : outcome.message;
}

/** An error kind as it is sent to a Worker; one without a number is no kind. */
type ErrorLike = Pick<ErrorKind, "code" | "text"> & Partial<ErrorKind>;

/** The fields of an error of this kind. */
export function errorFields({ code, text: message, number }: ErrorLike): ErrorFields {
  return number === undefined ? { code, message } : { code, message, number };
}

/** The error kind of a member's answer; undefined for one without a kind. */
export function kindOf({ number = 0, code, message }: ErrorFields): ErrorKind | undefined {
  return etcd.kindOf(number, code, message);
}

/** A definite error: nothing entered the log. */
export function refused(error: ErrorLike): Reason {
  const fields = errorFields(error);
  return (header) => ({ kind: "error", header, ...fields });
}

export const tooManyRequests = refused(errors.tooManyRequests);
export const requestTooLarge = refused(errors.requestTooLarge);
export const readTimedOut = refused(errors.timeout);

export const redirect: Reason = (header) => ({ kind: "redirect", header });

/** A definite error: the member cannot serve at all, for the given reason. */
export function unavailable(why: string): Reason {
  const code = GrpcCode.Unavailable;
  return (header) => ({ kind: "error", header, code, message: `etcdserver: ${why}` });
}

/** An unknown outcome: proposed, but not known to be applied. */
function unknown(kind: ErrorKind): Reason {
  const fields = errorFields(kind);
  return (header) => ({ kind: "unknown", header, ...fields });
}

export const leaderChanged = unknown(errors.timeoutLeaderFail);
export const timedOut = unknown(errors.timeout);
