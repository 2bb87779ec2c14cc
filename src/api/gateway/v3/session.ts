/**
 * Locks and elections on plain keys, as etcd's concurrency package builds them: a key of its own
 * for each client that wants one, and the oldest key has it.
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

/** The client that etcd has inside strips all codes of these services' errors. */
export async function withoutCodes<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw withoutCode(asApiError(error));
  }
}

export function withoutCode(error: ApiError): ApiError {
  const { message, kind } = error;
  // etcd knows neither of them, and a client does well to try again.
  if (kind === errors.tooManyAnswers || kind === errors.tooManyOpen) return error;
  return new ApiError(GrpcCode.Unknown, message, kind);
}

export const failed = (text: string): ApiError => new ApiError(GrpcCode.Unknown, text);

/**
 * What is done for a client that may go away meanwhile: it is brought to an end all the same, since
 * the platform lets the request of a client that has gone live on for this alone.
 */
export function toItsEnd<T>(context: Context, work: Promise<T>): Promise<T> {
  const ended = () => undefined;
  context.waitUntil(work.then(ended, ended));
  return work;
}

/** The lease of a request, or a new one, which is not kept alive. */
export async function sessionLease(context: Context, lease: bigint): Promise<bigint> {
  if (lease !== 0n) return lease;
  const request = LeaseGrantRequest.create({ TTL: sessionTtlSeconds });
  return (await grantLease(context, request)).ID;
}

export function joined(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return concat(parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part)));
}

/** `name/`, below which everybody's keys are. */
export const prefixOf = (name: Uint8Array): Uint8Array => joined(name, "/");

/** `name/<lease in hex>`: Go prints a negative one with its sign. */
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

/** That the key is the one made at this revision; 0: that it is not there. */
export const madeAt = (key: Uint8Array, createRevision: number): Compare =>
  Compare.create({ key, target: CompareTarget.CREATE, createRevision });

/** The range of the oldest key below a prefix. */
export function oldest(prefix: Uint8Array): RangeRequest {
  const order = { sortOrder: SortOrder.ASCEND, sortTarget: SortTarget.CREATE, limit: 1 };
  return RangeRequest.create({ key: prefix, rangeEnd: prefixEnd(prefix), ...order });
}

/** Makes the caller's key unless it is there. */
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

/** Deletes the key that was made at this revision, also for a client whose time is over. */
async function leave(context: Context, key: Uint8Array, revision: number): Promise<void> {
  const requestDeleteRange = DeleteRangeRequest.create({ key });
  const success = [RequestOp.create({ requestDeleteRange })];
  const txn = TxnRequest.create({ compare: [madeAt(key, revision)], success });
  await context.cluster.propose({ txn }, context.lastCall());
}

/**
 * Resolves when no key below the prefix is older than the own one, with the header of the read that
 * found that one in its place. Throws `expired` where that is gone, deleted or with its lease: a
 * wait outlives neither. Throws when the client goes away, too: its key is then deleted.
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

/** Resolves when one of the keys is deleted at that revision or later. */
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

/** The events of some watches. Throws where one ends, and when the client goes away. */
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

/** The key that an answer of `enter` speaks of: when it was made, and its value where it was. */
export function entered(answer: TxnResponse): { revision: number; found: KeyValue | undefined } {
  if (answer.succeeded) return { revision: answer.header?.revision ?? 0, found: undefined };
  const found = answer.responses[0]?.responseRange?.kvs[0];
  return { revision: found?.createRevision ?? 0, found };
}
