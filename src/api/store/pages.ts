/** Ranges page by page: however long it is, an answer is as of one revision. */
import { errors } from "../../etcd/errors.ts";
import { holdIdBytes } from "../../kv/range/holds.ts";
import type { RangeRequest, RangeResponse } from "../../proto/generated/etcd.ts";
import { HoldRelease } from "../../proto/generated/kv.ts";
import { ApiError, isKind } from "../base/error.ts";
import type { MemberReply, QueryBody } from "../cluster/client.ts";
import type { Context } from "../http/context.ts";
import { answerOf } from "./answer.ts";

/** Bytes of keys and values of an answer that are there before its first byte is sent. */
export const gatheredBytes = 1_000_000;
/** How often a range of the newest revision is read where its revision gets lost. */
const attempts = 3;

/** One page of a range: what a member answers at once. */
export interface RangePage {
  readonly answer: RangeResponse;
  readonly isLast: boolean;
}

/** Where a range goes on: the member that holds its revision, and the key. */
interface Continuation {
  readonly member: number;
  readonly pageKey: Uint8Array;
}

/**
 * The pages of a range, all as of one revision, which the member that gave the first one holds for
 * the others. Throws errors.answerBrokeOff where it is lost all the same, errors.compacted where
 * the request named it.
 */
export async function* pagesOf(context: Context, request: RangeRequest): AsyncGenerator<RangePage> {
  const hold = context.random(holdIdBytes);
  let place: Continuation | undefined;
  let { revision, limit } = request;
  try {
    for (let isLast = false; !isLast; ) {
      // After as many as were asked for, only whether there is another one is left to say.
      const full = request.limit > 0 && limit === 0;
      const keysOnly = request.keysOnly || full;
      const range = { ...request, revision, limit: full ? 1 : limit, keysOnly };
      const reply =
        place === undefined
          ? await firstPage(context, { range, hold }, request.serializable)
          : await nextPage(context, { range, hold }, place, request.revision > 0);
      const { nextKey: pageKey } = reply.response;
      place = pageKey.length > 0 ? { member: reply.header.memberId, pageKey } : undefined;
      const found = answerOf<RangeResponse>(context, reply, "range");
      const answer = full ? { ...found, kvs: [], more: found.kvs.length > 0 } : found;
      if (revision <= 0) revision = answer.header?.revision ?? 0;
      if (limit > 0) limit -= answer.kvs.length;
      isLast = place === undefined || answer.more;
      yield { answer, isLast };
    }
  } finally {
    if (place !== undefined) context.waitUntil(release(context, hold, place.member));
  }
}

function firstPage(context: Context, body: QueryBody, serializable: boolean): Promise<MemberReply> {
  const consistency = serializable ? "serializable" : "linearizable";
  return context.cluster.query(body, consistency, context.call());
}

/**
 * What was at a revision stays. Its holder asks for no token any more, which may have ended
 * meanwhile; only another member does, and one that lags behind the revision must ask the leader.
 */
async function nextPage(
  context: Context,
  query: QueryBody,
  { member: holder, pageKey }: Continuation,
  named: boolean,
): Promise<MemberReply> {
  const body = { ...query, pageKey };
  try {
    return await context.cluster.query(body, "serializable", {
      ...context.call(),
      ...{ holder, token: "" },
    });
  } catch (error) {
    if (isKind(error, errors.compacted) && !named) throw ApiError.of(errors.answerBrokeOff);
    if (!isKind(error, errors.futureRevision) && !isKind(error, errors.userEmpty)) throw error;
  }
  return context.cluster.query(body, "linearizable", { ...context.call(), holder });
}

/** Whether a member has more to look at than one of its turns has time for. */
export const isTooMuch = (error: unknown): boolean => isKind(error, errors.tooManyLooks);

/** If it gets lost, the time of what is held is soon over. */
async function release(context: Context, hold: Uint8Array, holder: number): Promise<void> {
  const body = { hold, holdRelease: HoldRelease.create() };
  const call = { ...context.lastCall(), holder, token: "" };
  await context.cluster.query(body, "serializable", call).catch(() => undefined);
}

/** Reads a range anew where its revision was lost and any newer one will do. */
export async function persistently<T>(request: RangeRequest, read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      const lost = isKind(error, errors.answerBrokeOff);
      if (!lost || request.revision > 0 || attempt >= attempts) throw error;
    }
  }
}

/** An answer whose first pages are there. */
export interface BegunRange {
  readonly pages: readonly RangePage[];
  /** The others: none where the last of the first is the last of all. */
  readonly rest: AsyncGenerator<RangePage>;
}

/** Begins to read a range, so far that hardly any answer can fail after its first byte. */
export function beginRange(context: Context, request: RangeRequest): Promise<BegunRange> {
  return persistently(request, async () => {
    const rest = pagesOf(context, request);
    const pages: RangePage[] = [];
    let bytes = 0;
    while (bytes < gatheredBytes) {
      const page = await rest.next();
      if (page.done) break;
      pages.push(page.value);
      const weight = weightOf(page.value);
      await context.answers.keep(weight);
      bytes += weight;
    }
    return { pages, rest };
  });
}

/** Bytes of the keys and values of a page. */
function weightOf({ answer }: RangePage): number {
  return answer.kvs.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
}

/** All pages, one after the other. */
export async function* allPages(
  { answers }: Context,
  { pages, rest }: BegunRange,
): AsyncGenerator<RangePage> {
  try {
    for (const page of pages) {
      yield page;
      answers.sent(weightOf(page));
    }
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
