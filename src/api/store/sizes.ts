/** Bounds on the size of a request, as in etcd. */

import { errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { maxMessageBytes, maxRequestBytes } from "../../kv/work/limits.ts";
import { PutRequest } from "../../proto/generated/etcd.ts";
import type { Message } from "../../proto/message.ts";
import { ApiError } from "../base/error.ts";

/** Bytes of a message as JSON: base64 and names at most double it. */
export const maxJsonBytes = 2 * maxMessageBytes;

/** gRPC's refusal of a message of so many bytes. */
export function messageTooLarge(bytes: number): ApiError {
  const text = `grpc: received message larger than max (${bytes} vs. ${maxMessageBytes})`;
  return new ApiError(GrpcCode.ResourceExhausted, text);
}

/** At most what a put has beside key and value. */
const putOverheadBytes = 1_024;

/** Throws ApiError where the put exceeds the size of an entry. */
export function checkPutSize(request: PutRequest): void {
  const bytes = request.key.length + request.value.length;
  // Only a put near the bound is encoded to measure it.
  if (bytes + putOverheadBytes > maxRequestBytes) checkSize(PutRequest, request);
}

/** Throws ApiError where the request exceeds the size of an entry. */
export function checkSize<Q extends object>(kind: Message<Q>, request: Q): void {
  const bytes = kind.encode(request).length;
  if (bytes > maxMessageBytes) throw messageTooLarge(bytes);
  if (bytes > maxRequestBytes) throw ApiError.of(errors.requestTooLarge);
}
