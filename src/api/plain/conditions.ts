/**
 * If-Match and If-None-Match (RFC 9110, 13.1): a key's entity tag is its mod revision. A writer's
 * become comparisons of a transaction, a reader's are held against what was read.
 */

import { GrpcCode } from "../../etcd/grpc-code.ts";
import { Compare, CompareResult, CompareTarget } from "../../proto/generated/etcd.ts";
import { ApiError } from "../base/error.ts";

export const etagOf = (modRevision: number): string => `"${modRevision}"`;

/** Entity tags that one header may list. */
export const maxEntityTags = 8;

/** `*` stands for any revision of a key that is there. */
type Revisions = "*" | readonly number[];

/** What a request demands of a key before it is carried out; undefined where it demands nothing. */
export interface Conditions {
  /** The revision must be one of these. */
  readonly match: Revisions | undefined;
  /** It must be none of these. */
  readonly noneMatch: Revisions | undefined;
}

const entityTag = /^\s*(W\/)?"([\x21\x23-\x7e\x80-\uffff]*)"\s*$/;

/** Throws ApiError for what is no list of entity tags. */
export function conditionsOf(headers: Headers): Conditions {
  const revisions = (name: string, weakToo: boolean): Revisions | undefined => {
    const value = headers.get(name);
    return value === null ? undefined : revisionsIn(name, value, weakToo);
  };
  return {
    // A weak tag never matches strongly.
    match: revisions("If-Match", false),
    noneMatch: revisions("If-None-Match", true),
  };
}

/** The revisions that a list names; tags that can be none of ours match nothing. */
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

/** The status that a read of a key at that revision has; undefined where nothing stands against. */
export function readStatus(
  { match, noneMatch }: Conditions,
  revision: number,
): 304 | 412 | undefined {
  const among = (revisions: Revisions) => revisions === "*" || revisions.includes(revision);
  if (match !== undefined && !among(match)) return 412;
  return noneMatch !== undefined && among(noneMatch) ? 304 : undefined;
}

/**
 * The comparisons under which a write is carried out: those of any one of the lists must hold. One
 * empty list is no condition.
 */
export function comparisonsOf({ match, noneMatch }: Conditions, key: Uint8Array): Compare[][] {
  const revision = (modRevision: number, result: number) =>
    Compare.create({ key, target: CompareTarget.MOD, result, modRevision });
  // A key that is not there was created at 0.
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
