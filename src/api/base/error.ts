/** Errors as the gateway answers them: gRPC's codes, their HTTP statuses, and the bodies. */

import { type ErrorKind, KvError } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { kindOf } from "../../rpc/answers.ts";
import type { ErrorFields } from "../../rpc/messages.ts";

/** gRPC code -> HTTP status, as grpc-gateway v2 has it. */
const httpStatuses: Readonly<Record<GrpcCode, number>> = {
  [GrpcCode.OK]: 200,
  [GrpcCode.Canceled]: 499,
  [GrpcCode.Unknown]: 500,
  [GrpcCode.InvalidArgument]: 400,
  [GrpcCode.DeadlineExceeded]: 504,
  [GrpcCode.NotFound]: 404,
  [GrpcCode.AlreadyExists]: 409,
  [GrpcCode.PermissionDenied]: 403,
  [GrpcCode.ResourceExhausted]: 429,
  [GrpcCode.FailedPrecondition]: 400,
  [GrpcCode.Aborted]: 409,
  [GrpcCode.OutOfRange]: 400,
  [GrpcCode.Unimplemented]: 501,
  [GrpcCode.Internal]: 500,
  [GrpcCode.Unavailable]: 503,
  [GrpcCode.DataLoss]: 500,
  [GrpcCode.Unauthenticated]: 401,
};

const reasons: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  429: "Too Many Requests",
  499: "Client Closed Request",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** The error that a client gets in place of an answer. Handlers throw nothing else to it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: GrpcCode;
  /** The kind that code compares; undefined for an error whose text is all there is to it. */
  readonly kind: ErrorKind | undefined;
  /** Whether the request may have been applied, now or later, so that the client must find out. */
  readonly outcomeUnknown: boolean;

  constructor(code: GrpcCode, message: string, kind?: ErrorKind, outcomeUnknown = false) {
    super(message);
    this.code = code;
    this.kind = kind;
    this.outcomeUnknown = outcomeUnknown;
  }

  static of(kind: ErrorKind): ApiError {
    return new ApiError(kind.code, kind.text, kind);
  }

  /** The error for a request that may have been applied. */
  static unknown(kind: ErrorKind): ApiError {
    return new ApiError(kind.code, kind.text, kind, true);
  }

  /** The error in a member's answer. */
  static fromAnswer(fields: ErrorFields): ApiError {
    return new ApiError(fields.code, fields.message, kindOf(fields));
  }

  get httpStatus(): number {
    return httpStatuses[this.code];
  }

  /** The body of a failed call, with the keys of every version of the gateway. */
  body(): string {
    return JSON.stringify({ error: this.message, code: this.code, message: this.message });
  }

  /** The last message of a failed stream, with the keys of every version of the gateway. */
  streamBody(): string {
    const error = {
      grpc_code: this.code,
      http_code: this.httpStatus,
      message: this.message,
      http_status: reasons[this.httpStatus] ?? "",
      code: this.code,
    };
    return JSON.stringify({ error });
  }
}

/** Input of a client that cannot be read; the message says why. */
export class InputError extends Error {}

/** Whether an error of this kind was thrown. */
export function isKind(thrown: unknown, kind: ErrorKind): boolean {
  return thrown instanceof ApiError && thrown.kind === kind;
}

/** The ApiError for a thrown value. A value of no declared type is an internal error. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof KvError) return ApiError.of(thrown.kind);
  if (thrown instanceof InputError) return new ApiError(GrpcCode.InvalidArgument, thrown.message);
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new ApiError(GrpcCode.Internal, `internal error: ${text}`);
}
