/** If-Match and If-None-Match as comparisons of a transaction: a key's ETag is its mod revision. */

import { Compare, CompareResult, CompareTarget } from "../../proto/generated/etcd.ts";
import { GrpcCode } from "../../proto/grpc-code.ts";
import { ApiError } from "../status.ts";

export const etagOf = (modRevision: number): string => `"${modRevision}"`;

/** The revision that an entity tag names; undefined for `*`. Throws ApiError. */
function revisionOf(header: string, value: string): number | undefined {
  if (value.trim() === "*") return undefined;
  const digits = /^\s*(?:W\/)?"([0-9]{1,15})"\s*$/.exec(value)?.[1];
  if (digits !== undefined) return Number(digits);
  const text = `${header} must be * or one ETag of this key, such as "7"`;
  throw new ApiError(GrpcCode.InvalidArgument, text);
}

/** What must hold for the request to be carried out; none where it names no condition. */
export function conditionsOf(headers: Headers, key: Uint8Array): Compare[] {
  const conditions: Compare[] = [];
  const match = headers.get("if-match");
  if (match !== null) {
    const modRevision = revisionOf("If-Match", match);
    conditions.push(
      modRevision === undefined
        ? exists(key, CompareResult.GREATER)
        : Compare.create({ key, target: CompareTarget.MOD, modRevision }),
    );
  }
  const noneMatch = headers.get("if-none-match");
  if (noneMatch !== null) {
    const modRevision = revisionOf("If-None-Match", noneMatch);
    const result = CompareResult.NOT_EQUAL;
    conditions.push(
      modRevision === undefined
        ? exists(key, CompareResult.EQUAL)
        : Compare.create({ key, target: CompareTarget.MOD, result, modRevision }),
    );
  }
  return conditions;
}

/** A key that is not there was created at 0. */
function exists(key: Uint8Array, result: number): Compare {
  return Compare.create({ key, target: CompareTarget.CREATE, result, createRevision: 0 });
}
