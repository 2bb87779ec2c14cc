import { GrpcCode } from "../../etcd/grpc-code.ts";
import { ApiError } from "../base/error.ts";
import { percentDecoded } from "../http/percent.ts";
import type { Asked } from "../http/route.ts";

/** The key that a path names. Throws ApiError. */
export function keyOf({ parts }: Asked): Uint8Array {
  const key = percentDecoded(parts.key ?? "");
  if (key !== undefined) return key;
  throw new ApiError(GrpcCode.InvalidArgument, "the key is not percent-encoded");
}
