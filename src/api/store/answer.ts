import { GrpcCode } from "../../etcd/grpc-code.ts";
import type { ResponseHeader } from "../../proto/generated/etcd.ts";
import type { Response } from "../../proto/generated/kv.ts";
import { ApiError } from "../base/error.ts";
import type { MemberReply } from "../cluster/client.ts";
import type { Context } from "../http/context.ts";

export interface WithHeader {
  readonly header: ResponseHeader | undefined;
}

/** A reply's answer under this name, with its header completed. */
export function answerOf<R extends WithHeader>(
  context: Context,
  reply: MemberReply,
  field: keyof Response,
): R {
  const response = reply.response[field] as R | undefined;
  if (response === undefined) {
    throw new ApiError(GrpcCode.Internal, `the member answered with no ${field}`);
  }
  const header = context.header(reply.header, response.header?.revision ?? 0);
  return { ...response, header };
}
