/** The parameters of /kv. */
import { int64Of, naturalOf } from "../../proto/decimal.ts";
import { GrpcCode } from "../../proto/grpc-code.ts";
import { ApiError } from "../status.ts";
import { keyOfPath } from "./key.ts";

const defaultLimit = 1_000;
const maxLimit = 999_999_999;

/** Whether a member's state is asked for as it is. Throws ApiError. */
export function isSerializable(url: URL): boolean {
  const consistency = url.searchParams.get("consistency") ?? "linearizable";
  if (consistency === "linearizable" || consistency === "serializable") {
    return consistency === "serializable";
  }
  const text = "consistency must be linearizable or serializable";
  throw new ApiError(GrpcCode.InvalidArgument, text);
}

/** Throws ApiError. */
export function limitOf(url: URL): number {
  const limit = url.searchParams.get("limit");
  if (limit === null) return defaultLimit;
  const keys = naturalOf(limit, maxLimit);
  if (keys !== undefined && keys > 0) return keys;
  throw new ApiError(GrpcCode.InvalidArgument, `limit must be a number from 1 to ${maxLimit}`);
}

/** The bytes of a percent-encoded parameter; undefined where it is not there. Throws ApiError. */
export function parameter(url: URL, name: string): Uint8Array | undefined {
  const parts = url.search.slice(1).split("&");
  const raw = parts.find((part) => part.split("=")[0] === name);
  if (raw === undefined) return undefined;
  const bytes = keyOfPath(raw.slice(name.length + 1).replaceAll("+", "%20"));
  if (bytes === undefined) {
    throw new ApiError(GrpcCode.InvalidArgument, `${name} is not percent-encoded`);
  }
  return bytes;
}

/** What `?ttl=` and `?lease=` ask for: a new lease of so many seconds, or one that is there. */
export type LeaseWish =
  | { readonly kind: "none" }
  | { readonly kind: "new"; readonly seconds: number }
  | { readonly kind: "known"; readonly id: bigint };

/** Seconds beyond which no lease is granted are refused where leases are. Throws ApiError. */
export function leaseWish(url: URL): LeaseWish {
  const ttl = url.searchParams.get("ttl");
  const lease = url.searchParams.get("lease");
  if (ttl === null && lease === null) return { kind: "none" };
  const seconds = naturalOf(ttl ?? "");
  const id = int64Of(lease ?? "");
  if (lease === null && seconds !== undefined && seconds > 0) return { kind: "new", seconds };
  if (ttl === null && id !== undefined && id !== 0n) return { kind: "known", id };
  const text = "ttl must be a number of seconds, or lease the id of a lease, not both";
  throw new ApiError(GrpcCode.InvalidArgument, text);
}
