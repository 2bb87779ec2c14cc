/** The Grpc-Timeout header: how long the client waits. */
import { errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { ApiError } from "../base/error.ts";

const unitsMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** What a timer can count to, 24 days: one that is set for longer is over at once. */
const maxTimeoutMs = 2 ** 31 - 1;

/** Milliseconds, or undefined where the header is not there. Throws ApiError where it is none. */
export function grpcTimeoutMs(header: string | null): number | undefined {
  if (header === null || header === "") return undefined;
  const parts = /^([0-9]{1,8})([HMSmun])$/.exec(header);
  const unit = unitsMs[parts?.[2] ?? ""];
  if (parts === null || unit === undefined) {
    throw new ApiError(GrpcCode.InvalidArgument, `invalid grpc-timeout: ${header}`);
  }
  // A timeout of nothing is none, as in the gateway.
  const ms = Number(parts[1]) * unit;
  return ms === 0 ? undefined : Math.min(ms, maxTimeoutMs);
}

export const deadlineExceeded = ApiError.of(errors.deadlineExceeded);
