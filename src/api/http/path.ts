/** Checks paths as they were sent, before URL parsers change them. */
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { ApiError } from "../base/error.ts";

const dotSegment = /^(?:\.|%2e){1,2}$/i;

/**
 * Throws ApiError for a path that is not percent-encoded, or that URL parsers change: with a
 * segment `.` or `..`, percent-encoded or not, or with a backslash, which they read as a slash. A
 * key with such a part can be named with its slashes percent-encoded.
 */
export function checkPath(requestUrl: string): void {
  const path = /^[a-z]+:\/\/[^/?#\\]*([^?#]*)/i.exec(requestUrl)?.[1] ?? "";
  if (/%(?![0-9a-f]{2})/i.test(path)) {
    throw new ApiError(GrpcCode.InvalidArgument, "the path is not percent-encoded");
  }
  const ambiguous = path.includes("\\") || path.split("/").some((part) => dotSegment.test(part));
  if (!ambiguous) return;
  const text =
    "the path has a segment . or .., or a backslash: percent-encode the slashes of a key";
  throw new ApiError(GrpcCode.InvalidArgument, text);
}
