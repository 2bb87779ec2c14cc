/**
 * Locks and elections on plain keys, as in etcd's concurrency package: each client puts a key of
 * its own, and the oldest key holds the lock or leads.
 */

import { errors } from "../../../etcd/errors.ts";
import { GrpcCode } from "../../../etcd/grpc-code.ts";
import { concat } from "../../../proto/bytes.ts";
import {
  Compare,
  CompareTarget,
  DeleteRangeRequest,
  EventType,
  type KeyValue,
  LeaseGrantRequest,
  PutRequest,
  RangeRequest,
  type RangeResponse,
  RequestOp,
  type ResponseHeader,
  SortOrder,
  SortTarget,
  TxnRequest,
  type TxnResponse,
  WatchCreateRequest,
  WatchRequest,
  type WatchResponse,
} from "../../../proto/generated/etcd.ts";
import { ApiError, asApiError } from "../../base/error.ts";
import type { Context } from "../../http/context.ts";
import { answerOf } from "../../store/answer.ts";
import { prefixEnd } from "../../store/key.ts";
import { grantLease } from "../../store/lease.ts";
import { ClientWatches } from "../../watch/stream.ts";

const sessionTtlSeconds = 60;
const encoder = new TextEncoder();

/** Removes the codes of errors, as the client inside etcd's server does for these services. */
export async function withoutCodes<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw withoutCode(asApiError(error));
  }
}

export function withoutCode(error: ApiError): ApiError {
  const { message, kind } = error;
  // Not errors of etcd's, and clients should see that they may try again.
  if (kind === errors.tooManyAnswers || kind === errors.tooManyOpen) return error;
  return new ApiError(GrpcCode.Unknown, message, kind);
}

export const failed = (text: string): ApiError => new ApiError(GrpcCode.Unknown, text);

/**
 * Finishes work for a client that may leave meanwhile: waitUntil is what keeps the platform from
 * ending the request with its client.
 */
export function toItsEnd<T>(context: Context, work: Promise<T>): Promise<T> {
  const ended = () => undefined;
  context.waitUntil(work.then(ended, ended));
  return work;
}

/** The request's lease, or a new one, which is not kept alive. */
export async function sessionLease(context: Context, lease: bigint): Promise<bigint> {
  if (lease !== 0n) return lease;
  const request = LeaseGrantRequest.create({ TTL: sessionTtlSeconds });
  return (await grantLease(context, request)).ID;
}

export function joined(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return concat(parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part)));
}

/** `name/`, the prefix of all clients' keys. */
export const prefixOf = (name: Uint8Array): Uint8Array => joined(name, "/");

/** `name/<lease in hex>`; a negative lease has a minus sign, as Go prints it. */
export const keyOf = (prefix: Uint8Array, lease: bigint): Uint8Array =>
  joined(prefix, lease.toString(16));

export async function transact(
  context: Context,
  compare: readonly Compare[],
  success: readonly Partial<RequestOp>[],
  failure: readonly Partial<RequestOp>[] = [],
): Promise<TxnResponse> {
  const ops = (list: readonly Partial<RequestOp>[]) => list.map((op) => RequestOp.create(op));
  const txn = TxnRequest.create({ compare, success: ops(success), failure: ops(failure) });
  const reply = await context.cluster.propose({ txn }, context.call());
  return answerOf<TxnResponse>(context, reply, "txn");
}

export async function get(context: Context, range: RangeRequest): Promise<RangeResponse> {
  const reply = await context.cluster.query({ range }, "linearizable", context.call());
  return answerOf<RangeResponse>(context, reply, "range");
}

/** The comparison that the key was created at this revision; 0: that it does not exist. */
export const madeAt = (key: Uint8Array, createRevision: number): Compare =>
  Compare.create({ key, target: CompareTarget.CREATE, createRevision });

/** The range request for the oldest key below a prefix. */
export function oldest(prefix: Uint8Array): RangeRequest {
  const order = { sortOrder: SortOrder.ASCEND, sortTarget: SortTarget.CREATE, limit: 1 };
  return RangeRequest.create({ key: prefix, rangeEnd: prefixEnd(prefix), ...order });
}

/** Creates the caller's key unless it exists. */
export function enter(
  context: Context,
  key: Uint8Array,
  lease: bigint,
  value: Uint8Array,
  also: readonly Partial<RequestOp>[] = [],
): Promise<TxnResponse> {
  const put = { requestPut: PutRequest.create({ key, value, lease }) };
  const read = { requestRange: RangeRequest.create({ key }) };
  return transact(context, [madeAt(key, 0)], [put, ...also], [read, ...also]);
}

/** Deletes the key if it was created at this revision, even for a client whose time is over. */
async function leave(context: Context, key: Uint8Array, revision: number): Promise<void> {
  const requestDeleteRange = DeleteRangeRequest.create({ key });
  const success = [RequestOp.create({ requestDeleteRange })];
  const txn = TxnRequest.create({ compare: [madeAt(key, revision)], success });
  await context.cluster.propose({ txn }, context.lastCall());
}

/**
 * Resolves when no key below the prefix is older than `own`, with the header of the read that then
 * found `own` in place. Throws `expired` if `own` was deleted or expired with its lease. Throws
 * when the client goes away; its key is then deleted.
 */
export async function waitForOlder(
  context: Context,
  prefix: Uint8Array,
  own: Uint8Array,
  ownRevision: number,
  expired: ApiError,
): Promise<ResponseHeader | undefined> {
  const order = { sortOrder: SortOrder.DESCEND, sortTarget: SortTarget.CREATE, limit: 1 };
  const older = { maxCreateRevision: ownRevision - 1, rangeEnd: prefixEnd(prefix), ...order };
  let close: (() => void) | undefined;
  try {
    await context.proven();
    close = context.keepOpen();
    for (;;) {
      const { kvs, header } = await get(context, RangeRequest.create({ key: prefix, ...older }));
      const mine = await get(context, RangeRequest.create({ key: own }));
      if (mine.kvs[0]?.createRevision !== ownRevision) throw expired;
      const [before] = kvs;
      if (before === undefined) return mine.header;
      await oneDeleted(context, [before.key, own], (header?.revision ?? 0) + 1);
    }
  } catch (error) {
    context.waitUntil(leave(context, own, ownRevision).catch(() => undefined));
    throw error;
  } finally {
    close?.();
  }
}

/** Resolves when one of the keys is deleted at or after that revision. */
async function oneDeleted(
  context: Context,
  keys: readonly Uint8Array[],
  startRevision: number,
): Promise<void> {
  const watches = keys.map((key) => WatchCreateRequest.create({ key, startRevision }));
  for await (const { events } of watchFrom(context, ...watches)) {
    if (events.some(({ type }) => type === EventType.DELETE)) return;
  }
}

/** The events of some watches. Throws when one of them ends, or the client goes away. */
export async function* watchFrom(
  context: Context,
  ...createRequests: readonly WatchCreateRequest[]
): AsyncIterable<WatchResponse> {
  if (context.gone) throw ApiError.of(errors.canceled);
  const watches = new ClientWatches(context, { needsLeader: true });
  const forget = context.whenGone(() => watches.fail(ApiError.of(errors.canceled)));
  const ask = async () => {
    for (const createRequest of createRequests) {
      await watches.request(WatchRequest.create({ createRequest }));
    }
  };
  void ask();
  try {
    for await (const response of watches.responses()) {
      if (response.compactRevision > 0) {
        throw withoutCode(ApiError.of(errors.compacted));
      }
      if (response.canceled) throw failed(response.cancelReason);
      if (response.events.length > 0) yield response;
    }
    throw failed("lost watcher waiting for delete");
  } finally {
    forget();
    watches.close();
  }
}

/**
 * The key in an answer of `enter`: its create revision, and its key-value if it existed already.
 */
export function entered(answer: TxnResponse): { revision: number; found: KeyValue | undefined } {
  if (answer.succeeded) return { revision: answer.header?.revision ?? 0, found: undefined };
  const found = answer.responses[0]?.responseRange?.kvs[0];
  return { revision: found?.createRevision ?? 0, found };
}
