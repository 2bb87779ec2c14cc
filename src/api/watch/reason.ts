/** Why members refuse and end watches: texts as gRPC prints an error. */
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { ApiError } from "../base/error.ts";

const printed = /^rpc error: code = (\w+) desc = (.*)$/s;

/** The error that was printed; undefined where the reason is another text. */
export function errorOfReason(reason: string): ApiError | undefined {
  const [, name, message = ""] = printed.exec(reason) ?? [];
  const code = Object.entries(GrpcCode).find(([known]) => known === name)?.[1];
  return code === undefined ? undefined : ApiError.told({ code, message });
}
