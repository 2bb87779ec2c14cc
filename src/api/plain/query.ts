/** The parameters of /kv. */
import { GrpcCode } from "../../proto/grpc-code.ts";
import { ApiError } from "../status.ts";
import { keyOfPath } from "./key.ts";

const defaultLimit = 1_000;

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
  if (/^[1-9][0-9]{0,8}$/.test(limit)) return Number(limit);
  throw new ApiError(GrpcCode.InvalidArgument, "limit must be a positive number");
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
