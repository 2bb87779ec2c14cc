import { type ErrorKind, errors } from "../etcd/errors.ts";
import { GrpcCode } from "../etcd/grpc-code.ts";
import type { Answer, Header } from "./messages.ts";

/** What a member says that the state machine did not, in etcd's codes and texts. */
export type Outcome = Exclude<Answer, { readonly kind: "ok" }>;
export type Reason = (header: Header) => Outcome;

/** A pending request of an administrator: its deadline, and how it is answered. */
export interface AdminRequest<A> {
  readonly deadlineTick: number;
  answer(answer: A): void;
  failed(reason: Reason): void;
}

/** Its text alone. */
export function textOf(outcome: Outcome): string {
  return outcome.kind === "redirect" ? errors.noLeader.text : outcome.message;
}

/** Definite: nothing entered the log. */
export function refused({ code, text }: Pick<ErrorKind, "code" | "text">): Reason {
  return (header) => ({ kind: "error", header, code, message: text });
}

export const tooManyRequests = refused(errors.tooManyRequests);
export const requestTooLarge = refused(errors.requestTooLarge);
export const readTimedOut = refused(errors.timeout);

export const redirect: Reason = (header) => ({ kind: "redirect", header });

/** Definite: the member cannot serve at all, and says why. */
export function unavailable(why: string): Reason {
  const code = GrpcCode.Unavailable;
  return (header) => ({ kind: "error", header, code, message: `etcdserver: ${why}` });
}

/** Proposed, and lost from sight. */
function unknown({ code, text }: Pick<ErrorKind, "code" | "text">): Reason {
  return (header) => ({ kind: "unknown", header, code, message: text });
}

export const leaderChanged = unknown({
  code: GrpcCode.Unavailable,
  text: "etcdserver: request timed out, possibly due to previous leader failure",
});
export const timedOut = unknown(errors.timeout);
