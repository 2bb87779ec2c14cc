/** Parses why members refuse and end watches: errors as gRPC prints them. */
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { ApiError } from "../base/error.ts";

const printed = /^rpc error: code = (\w+) desc = (.*)$/s;

/** The printed error; undefined for another text. */
export function errorOfReason(reason: string): ApiError | undefined {
  const [, name, message = ""] = printed.exec(reason) ?? [];
  const code = Object.entries(GrpcCode).find(([known]) => known === name)?.[1];
  return code === undefined ? undefined : ApiError.fromAnswer({ code, message });
}
