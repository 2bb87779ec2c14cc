/** The Grpc-Timeout header: the client's deadline. */
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

/** The longest time of a timer, 24 days: a longer one would end at once. */
const maxTimeoutMs = 2 ** 31 - 1;

/** The timeout in milliseconds; undefined without a header. Throws ApiError where it is invalid. */
export function grpcTimeoutMs(header: string | null): number | undefined {
  if (header === null || header === "") return undefined;
  const parts = /^([0-9]{1,8})([HMSmun])$/.exec(header);
  const unit = unitsMs[parts?.[2] ?? ""];
  if (parts === null || unit === undefined) {
    throw new ApiError(GrpcCode.InvalidArgument, `invalid grpc-timeout: ${header}`);
  }
  // As in the gateway, a timeout of 0 means none.
  const ms = Number(parts[1]) * unit;
  return ms === 0 ? undefined : Math.min(ms, maxTimeoutMs);
}

export const deadlineExceeded = ApiError.of(errors.deadlineExceeded);
