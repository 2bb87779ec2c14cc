/**
 * If-Match and If-None-Match (RFC 9110, 13.1): a key's entity tag is its mod revision. Conditions
 * of a write become comparisons of a transaction; those of a read are checked after it.
 */

import { GrpcCode } from "../../etcd/grpc-code.ts";
import { Compare, CompareResult, CompareTarget } from "../../proto/generated/etcd.ts";
import { ApiError } from "../base/error.ts";

export const etagOf = (modRevision: number): string => `"${modRevision}"`;

/** Entity tags that one header may list. */
export const maxEntityTags = 8;

/** `*` stands for any revision of an existing key. */
type Revisions = "*" | readonly number[];

/** The conditions of a request; a field is undefined without its header. */
export interface Conditions {
  /** The key's revision must be one of these. */
  readonly match: Revisions | undefined;
  /** The key's revision must not be one of these. */
  readonly noneMatch: Revisions | undefined;
}

const entityTag = /^\s*(W\/)?"([\x21\x23-\x7e\x80-\uffff]*)"\s*$/;

/** The conditions in the headers. Throws ApiError for an invalid list of entity tags. */
export function conditionsOf(headers: Headers): Conditions {
  const revisions = (name: string, weakToo: boolean): Revisions | undefined => {
    const value = headers.get(name);
    return value === null ? undefined : revisionsIn(name, value, weakToo);
  };
  return {
    // A weak tag never matches in a strong comparison.
    match: revisions("If-Match", false),
    noneMatch: revisions("If-None-Match", true),
  };
}

/** The revisions in a list of tags; a tag that is no revision matches nothing. */
function revisionsIn(header: string, value: string, weakToo: boolean): Revisions {
  if (value.trim() === "*") return "*";
  const parts = value.match(/(?:[^,"]|"[^"]*")+/g) ?? [];
  const tags = parts.filter((part) => part.trim() !== "").map((part) => entityTag.exec(part));
  if (tags.length === 0 || tags.length > maxEntityTags || tags.includes(null)) {
    const text = `${header} must be * or at most ${maxEntityTags} entity tags, such as "7"`;
    throw new ApiError(GrpcCode.InvalidArgument, text);
  }
  return tags.flatMap((tag) => {
    const [, weak, opaque = ""] = tag ?? [];
    const usable = (weak === undefined || weakToo) && /^[1-9][0-9]{0,15}$/.test(opaque);
    return usable && Number.isSafeInteger(Number(opaque)) ? [Number(opaque)] : [];
  });
}

/** The status for a read of a key at this revision; undefined where the conditions hold. */
export function readStatus(
  { match, noneMatch }: Conditions,
  revision: number,
): 304 | 412 | undefined {
  const among = (revisions: Revisions) => revisions === "*" || revisions.includes(revision);
  if (match !== undefined && !among(match)) return 412;
  return noneMatch !== undefined && among(noneMatch) ? 304 : undefined;
}

/** Why a request whose conditions do not hold is refused. */
export function refusalText({ match, noneMatch }: Conditions): string {
  if (match !== undefined && noneMatch !== undefined)
    return "the conditions on the key do not hold";
  if (noneMatch === "*") return "the key exists already";
  if (noneMatch !== undefined) return "the key's revision is one that If-None-Match names";
  return match === "*" ? "the key does not exist" : "the key's revision is not the expected one";
}

/**
 * The alternatives under which a write is done: one list of comparisons must hold. An empty list
 * always holds.
 */
export function comparisonsOf({ match, noneMatch }: Conditions, key: Uint8Array): Compare[][] {
  const revision = (modRevision: number, result: number) =>
    Compare.create({ key, target: CompareTarget.MOD, result, modRevision });
  // A missing key has create revision 0.
  const created = (result: number) =>
    Compare.create({ key, target: CompareTarget.CREATE, result, createRevision: 0 });
  const always =
    noneMatch === "*"
      ? [created(CompareResult.EQUAL)]
      : (noneMatch ?? []).map((one) => revision(one, CompareResult.NOT_EQUAL));
  if (match === undefined) return [always];
  if (match === "*") return [[...always, created(CompareResult.GREATER)]];
  return match.map((one) => [...always, revision(one, CompareResult.EQUAL)]);
}
