/** Keys for curl and fetch: /kv/<key>, whose body is the value. */

import { errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { maxRequestBytes } from "../../kv/work/limits.ts";
import {
  Compare,
  CompareResult,
  CompareTarget,
  DeleteRangeRequest,
  type KeyValue,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
  type TxnResponse,
} from "../../proto/generated/etcd.ts";
import { ApiError } from "../base/error.ts";
import { readBody } from "../http/body.ts";
import type { Context } from "../http/context.ts";
import type { Parameters } from "../http/parameters.ts";
import { json, respond } from "../http/respond.ts";
import type { Asked } from "../http/route.ts";
import { bytesBody } from "../http/stream.ts";
import { answerOf } from "../store/answer.ts";
import { grantLease } from "../store/lease.ts";
import { pagesOf } from "../store/pages.ts";
import { checkPutSize } from "../store/sizes.ts";
import {
  type Conditions,
  comparisonsOf,
  conditionsOf,
  etagOf,
  readStatus,
  refusalText,
} from "./conditions.ts";
import { keyOf } from "./key.ts";
import { isSerializable, leaseWish } from "./query.ts";

const tooLarge = () => ApiError.of(errors.requestTooLarge);
const notThere = () => new ApiError(GrpcCode.NotFound, "key not found");

function describe(kv: KeyValue, revision: number): Record<string, string> {
  return {
    etag: etagOf(kv.modRevision),
    "x-revision": String(revision),
    "x-create-revision": String(kv.createRevision),
    "x-version": String(kv.version),
    ...(kv.lease === 0n ? {} : { "x-lease": String(kv.lease) }),
  };
}

/** GET and HEAD /kv/<key> */
export async function read(asked: Asked): Promise<Response> {
  const { context, request, parameters } = asked;
  const key = keyOf(asked);
  const conditions = conditionsOf(request.headers);
  const serializable = isSerializable(parameters);
  const range = RangeRequest.create({ key, serializable });
  let found: KeyValue | undefined;
  let revision = 0;
  for await (const { answer } of pagesOf(context, range)) {
    found ??= answer.kvs[0];
    revision = answer.header?.revision ?? revision;
  }
  if (found === undefined) throw notThere();
  const headers = describe(found, revision);
  const status = readStatus(conditions, found.modRevision);
  if (status === 304) return respond(304, null, headers);
  if (status === 412) return refusedCondition(conditions);
  const content = request.method === "HEAD" ? null : bytesBody(context, found.value);
  return respond(200, content, {
    ...headers,
    "content-type": "application/octet-stream",
    "content-length": String(found.value.length),
  });
}

/** The lease that `?ttl=` or `?lease=` asks for; 0 for none. Throws ApiError. */
async function leaseFor(
  context: Context,
  parameters: Parameters,
): Promise<{ id: bigint; granted: boolean }> {
  const wish = leaseWish(parameters);
  if (wish.kind === "none") return { id: 0n, granted: false };
  if (wish.kind === "known") return { id: wish.id, granted: false };
  const granted = await grantLease(context, LeaseGrantRequest.create({ TTL: wish.seconds }));
  return { id: granted.ID, granted: true };
}

/**
 * Does one operation if the request's conditions hold; undefined if they do not. All alternatives
 * are tried in one transaction, each after the failure of those before.
 */
async function conditionally(
  context: Context,
  conditions: Conditions,
  key: Uint8Array,
  operation: Partial<RequestOp>,
): Promise<TxnResponse | undefined> {
  const success = [RequestOp.create(operation)];
  let txn: TxnRequest | undefined;
  for (const compare of comparisonsOf(conditions, key).reverse()) {
    const failure = txn === undefined ? [] : [RequestOp.create({ requestTxn: txn })];
    txn = TxnRequest.create({ compare, success, failure });
  }
  // No revision can match; the transaction still checks permission to write.
  txn ??= TxnRequest.create({ compare: [never(key)], success });
  const reply = await context.cluster.propose({ txn }, context.call());
  const { header, ...answer } = answerOf<TxnResponse>(context, reply, "txn");
  let taken: TxnResponse | undefined = { ...answer, header };
  while (taken !== undefined && !taken.succeeded) taken = taken.responses[0]?.responseTxn;
  return taken && { ...taken, header };
}

/** A comparison that never holds: no version is below 0. */
const never = (key: Uint8Array) =>
  Compare.create({ key, target: CompareTarget.VERSION, result: CompareResult.LESS, version: 0 });

const refusedCondition = (conditions: Conditions) =>
  json(412, bodyOf(refusalText(conditions), GrpcCode.FailedPrecondition));

const bodyOf = (message: string, code: number): string =>
  JSON.stringify({ error: message, code, message });

/** PUT /kv/<key> */
export async function write(asked: Asked): Promise<Response> {
  const { context, request, parameters } = asked;
  const key = keyOf(asked);
  const conditions = conditionsOf(request.headers);
  const value = await readBody(context, request, maxRequestBytes, tooLarge);
  checkPutSize(PutRequest.create({ key, value }));
  const { id: lease, granted } = await leaseFor(context, parameters);
  const requestPut = PutRequest.create({ key, value, lease });
  let answer: TxnResponse | undefined;
  try {
    answer = await conditionally(context, conditions, key, { requestPut });
  } catch (error) {
    // With an unknown outcome the key may exist, so its lease must live on.
    const refused = error instanceof ApiError && !error.outcomeUnknown;
    if (granted && refused) await forget(context, lease);
    throw error;
  }
  if (answer === undefined) {
    if (granted) await forget(context, lease);
    return refusedCondition(conditions);
  }
  const revision = answer.header?.revision ?? 0;
  const headers = { etag: etagOf(revision), "x-revision": String(revision) };
  const body = { revision: String(revision), ...(lease === 0n ? {} : { lease: String(lease) }) };
  return json(200, JSON.stringify(body), headers);
}

async function forget(context: Context, ID: bigint): Promise<void> {
  const leaseRevoke = LeaseRevokeRequest.create({ ID });
  try {
    await context.cluster.propose({ leaseRevoke }, context.call());
  } catch (error) {
    // The put's error is reported; the lease then expires by itself.
    if (!(error instanceof ApiError)) throw error;
  }
}

/** DELETE /kv/<key> */
export async function remove(asked: Asked): Promise<Response> {
  const { context, request } = asked;
  const key = keyOf(asked);
  const requestDeleteRange = DeleteRangeRequest.create({ key });
  const conditions = conditionsOf(request.headers);
  const answer = await conditionally(context, conditions, key, { requestDeleteRange });
  if (answer === undefined) return refusedCondition(conditions);
  const deleted = answer.responses[0]?.responseDeleteRange?.deleted ?? 0;
  if (deleted === 0) throw notThere();
  const revision = String(answer.header?.revision ?? 0);
  const body = JSON.stringify({ revision, deleted: String(deleted) });
  return json(200, body, { "x-revision": revision });
}
