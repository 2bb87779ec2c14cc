/** Lists of keys: /kv/?prefix=...&limit=..., as JSON or as events. */

import { GrpcCode } from "../../etcd/grpc-code.ts";
import type { DeleteRangeResponse } from "../../proto/generated/etcd.ts";
import { DeleteRangeRequest, type KeyValue, RangeRequest } from "../../proto/generated/etcd.ts";
import { ApiError } from "../base/error.ts";
import { json } from "../http/respond.ts";
import type { Asked } from "../http/route.ts";
import { bodyOf, streamOf, unreadMs } from "../http/stream.ts";
import { answerOf } from "../store/answer.ts";
import { keyAfter, prefixRange } from "../store/key.ts";
import { beginRange, type PageWriter } from "../store/pages.ts";
import { isSerializable, limitOf } from "./query.ts";
import { textMember } from "./text.ts";

/** A key as JSON. */
export function entryOf(kv: KeyValue, keysOnly: boolean): Record<string, unknown> {
  return {
    ...textMember("key", kv.key),
    ...(keysOnly ? {} : textMember("value", kv.value)),
    create_revision: String(kv.createRevision),
    mod_revision: String(kv.modRevision),
    version: String(kv.version),
    ...(kv.lease === 0n ? {} : { lease: String(kv.lease) }),
  };
}

/** GET /kv/?prefix=&limit=&after=&keys_only=true */
export async function list({ context, parameters }: Asked): Promise<Response> {
  const { key, rangeEnd } = prefixRange(parameters.bytes("prefix") ?? new Uint8Array());
  const after = parameters.bytes("after");
  const keysOnly = parameters.flag("keys_only");
  const range = RangeRequest.create({
    key: after === undefined ? key : keyAfter(after),
    ...{ rangeEnd, keysOnly, limit: limitOf(parameters), serializable: isSerializable(parameters) },
  });
  // Read before the first byte is sent, so that an error still has its status.
  const begun = await beginRange(context, range, () => listWriter(keysOnly));
  if (begun instanceof Uint8Array) return json(200, bodyOf(context, begun));
  const body = streamOf(context, begun, { unreadMs });
  return json(200, body);
}

/** Writes the JSON of a list. */
function listWriter(keysOnly: boolean): PageWriter {
  let isFirst = true;
  let separator = "";
  return ({ answer: { header, count, kvs, more }, isLast }) => {
    const head = `{"revision":"${header?.revision ?? 0}","count":"${count}","kvs":[`;
    let text = isFirst ? head : "";
    isFirst = false;
    if (kvs.length > 0) {
      text += separator + kvs.map((kv) => JSON.stringify(entryOf(kv, keysOnly))).join(",");
      separator = ",";
    }
    return isLast ? `${text}],"more":${more}}\n` : text;
  };
}

/** A list of keys has no entity tag, so a condition is refused rather than ignored. */
function refuseConditions(headers: Headers): void {
  if (!headers.has("if-match") && !headers.has("if-none-match")) return;
  const text = "If-Match and If-None-Match are for a single key";
  throw new ApiError(GrpcCode.InvalidArgument, text);
}

/** PUT /kv: refused, since it names no key. */
export function writeUnnamed(): never {
  throw new ApiError(GrpcCode.InvalidArgument, "name a key: PUT /kv/<key>");
}

/** DELETE /kv/?prefix= */
export async function removePrefix(asked: Asked): Promise<Response> {
  const { context, request, parameters } = asked;
  refuseConditions(request.headers);
  const prefix = parameters.bytes("prefix");
  if (prefix === undefined) {
    const text = "name a key, or a prefix (an empty one for every key)";
    throw new ApiError(GrpcCode.InvalidArgument, text);
  }
  const deleteRange = DeleteRangeRequest.create(prefixRange(prefix));
  const reply = await context.cluster.propose({ deleteRange }, context.call());
  const answer = answerOf<DeleteRangeResponse>(context, reply, "deleteRange");
  const revision = String(answer.header?.revision ?? 0);
  const body = JSON.stringify({ revision, deleted: String(answer.deleted) });
  return json(200, body, { "x-revision": revision });
}
