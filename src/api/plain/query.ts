/** The parameters of /kv. */

import { GrpcCode } from "../../etcd/grpc-code.ts";
import { int64Of, naturalOf } from "../../proto/decimal.ts";
import { ApiError } from "../base/error.ts";
import type { Parameters } from "../http/parameters.ts";

const defaultLimit = 1_000;
const maxLimit = 999_999_999;

const bad = (text: string) => new ApiError(GrpcCode.InvalidArgument, text);

/** Whether a serializable read is asked for. Throws ApiError. */
export function isSerializable(parameters: Parameters): boolean {
  const consistency = parameters.text("consistency") ?? "linearizable";
  if (consistency === "linearizable" || consistency === "serializable") {
    return consistency === "serializable";
  }
  throw bad("consistency must be linearizable or serializable");
}

/** The limit of a list; 0 for none. Throws ApiError. */
export function limitOf(parameters: Parameters): number {
  const limit = parameters.text("limit");
  if (limit === undefined) return defaultLimit;
  const keys = naturalOf(limit, maxLimit);
  if (keys !== undefined && keys > 0) return keys;
  throw bad(`limit must be a number from 1 to ${maxLimit}`);
}

/** What `?ttl=` and `?lease=` ask for: a new lease of so many seconds, or an existing one. */
export type LeaseWish =
  | { readonly kind: "none" }
  | { readonly kind: "new"; readonly seconds: number }
  | { readonly kind: "known"; readonly id: bigint };

/** The lease asked for. A TTL above the maximum is left to the grant to refuse. Throws ApiError. */
export function leaseWish(parameters: Parameters): LeaseWish {
  const ttl = parameters.text("ttl");
  const lease = parameters.text("lease");
  if (ttl === undefined && lease === undefined) return { kind: "none" };
  if (ttl !== undefined && lease !== undefined) {
    throw bad("ttl asks for a new lease, and lease for one there is: give one of them");
  }
  if (lease === undefined) {
    const seconds = naturalOf(ttl ?? "");
    if (seconds !== undefined && seconds > 0) return { kind: "new", seconds };
    throw bad("ttl must be a whole number of seconds, 1 or more");
  }
  const id = int64Of(lease);
  if (id !== undefined && id !== 0n) return { kind: "known", id };
  throw bad("lease must be the id of a lease, a decimal number");
}
