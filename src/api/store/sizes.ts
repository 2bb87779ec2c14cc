/** How large a request may be, as etcd has it. */

import { errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { maxMessageBytes, maxRequestBytes } from "../../kv/work/limits.ts";
import { PutRequest } from "../../proto/generated/etcd.ts";
import type { Message } from "../../proto/message.ts";
import { ApiError } from "../base/error.ts";

/** Of the JSON of a message: base64 and names make it at most so much larger. */
export const maxJsonBytes = 2 * maxMessageBytes;

/** gRPC's refusal of a message of that size. */
export function messageTooLarge(bytes: number): ApiError {
  const text = `grpc: received message larger than max (${bytes} vs. ${maxMessageBytes})`;
  return new ApiError(GrpcCode.ResourceExhausted, text);
}

/** What a put has besides key and value, at most. */
const putOverheadBytes = 1_024;

/** Throws ApiError where the put is larger than an entry may be. */
export function checkPutSize(request: PutRequest): void {
  const bytes = request.key.length + request.value.length;
  // Only the few that come near are encoded for it.
  if (bytes + putOverheadBytes > maxRequestBytes) checkSize(PutRequest, request);
}

/** Throws ApiError where the request is larger than an entry may be. */
export function checkSize<Q extends object>(kind: Message<Q>, request: Q): void {
  const bytes = kind.encode(request).length;
  if (bytes > maxMessageBytes) throw messageTooLarge(bytes);
  if (bytes > maxRequestBytes) throw ApiError.of(errors.requestTooLarge);
}
