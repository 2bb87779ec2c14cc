/** Ranges page by page: however long it is, an answer is as of one revision. */
import { errors } from "../../etcd/errors.ts";
import { holdIdBytes } from "../../kv/range/holds.ts";
import { concat } from "../../proto/bytes.ts";
import type { RangeRequest, RangeResponse } from "../../proto/generated/etcd.ts";
import { HoldRelease } from "../../proto/generated/kv.ts";
import { ApiError, isKind } from "../base/error.ts";
import type { MemberReply, QueryBody } from "../cluster/client.ts";
import type { Context } from "../http/context.ts";
import { piecesOf } from "../http/stream.ts";
import { answerOf } from "./answer.ts";

/** Bytes of the text of an answer that are there before its first byte is sent. */
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
 * Reads a range page by page, all as of one revision, which the member that gave the first page
 * holds for the others.
 */
class PageReader {
  readonly #context: Context;
  readonly #request: RangeRequest;
  readonly #hold: Uint8Array;
  #place: Continuation | undefined;
  #revision: number;
  /** Keys that are still wanted; 0 for any number. */
  #limit: number;
  #isAtEnd = false;

  constructor(context: Context, request: RangeRequest) {
    this.#context = context;
    this.#request = request;
    this.#hold = context.random(holdIdBytes);
    this.#revision = request.revision;
    this.#limit = request.limit;
  }

  get isAtEnd(): boolean {
    return this.#isAtEnd;
  }

  /**
   * What `take` makes of the next page: nothing else of it stays in memory. Throws
   * errors.answerBrokeOff where the revision is lost all the same, errors.compacted where the
   * request named it.
   */
  async next<T>(take: (page: RangePage) => T): Promise<T> {
    const request = this.#request;
    const hold = this.#hold;
    // After as many as were asked for, only whether there is another one is left to say.
    const full = request.limit > 0 && this.#limit === 0;
    const keysOnly = request.keysOnly || full;
    const more = { revision: this.#revision, limit: full ? 1 : this.#limit, keysOnly };
    const query = { range: { ...request, ...more }, hold };
    const reply =
      this.#place === undefined
        ? await firstPage(this.#context, query, request.serializable)
        : await nextPage(this.#context, query, this.#place, request.revision > 0);
    const { nextKey: pageKey } = reply.response;
    this.#place = pageKey.length > 0 ? { member: reply.header.memberId, pageKey } : undefined;
    const found = answerOf<RangeResponse>(this.#context, reply, "range");
    const answer = full ? { ...found, kvs: [], more: found.kvs.length > 0 } : found;
    if (this.#revision <= 0) this.#revision = answer.header?.revision ?? 0;
    if (this.#limit > 0) this.#limit -= answer.kvs.length;
    this.#isAtEnd = this.#place === undefined || answer.more;
    return take({ answer, isLast: this.#isAtEnd });
  }

  /** No more is read. */
  close(): void {
    if (this.#place === undefined) return;
    this.#context.waitUntil(release(this.#context, this.#hold, this.#place.member));
  }
}

/** What `take` makes of each page of a range. Throws as `PageReader.next` does. */
async function* eachPage<T>(
  context: Context,
  request: RangeRequest,
  take: (page: RangePage) => T,
): AsyncGenerator<T> {
  const reader = new PageReader(context, request);
  try {
    while (!reader.isAtEnd) yield await reader.next(take);
  } finally {
    reader.close();
  }
}

/** The pages of a range. Throws as `PageReader.next` does. */
export const pagesOf = (context: Context, request: RangeRequest): AsyncGenerator<RangePage> =>
  eachPage(context, request, (page) => page);

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

/** Makes an answer of its pages: the text that each of them adds, in their order. */
export type PageWriter = (page: RangePage) => string;

/** An answer that is there as a whole, or one that goes on when what is there has been read. */
export type BegunRange = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Begins to read a range, so far that hardly any answer can fail after its first byte. What waits
 * to be sent is text: as objects its keys would be several times as large.
 */
export function beginRange(
  context: Context,
  request: RangeRequest,
  writer: () => PageWriter,
): Promise<BegunRange> {
  return persistently(request, async () => {
    const write = writer();
    const parts = eachPage(context, request, (page) => encoder.encode(write(page)));
    const gathered: Uint8Array[] = [];
    for (let length = 0; length < gatheredBytes; ) {
      const part = await parts.next();
      if (part.done) return concat(gathered);
      gathered.push(part.value);
      length += part.value.length;
      await context.answers.keep(part.value.length);
    }
    return continued(context, gathered, parts);
  });
}

const encoder = new TextEncoder();

async function* continued(
  { answers }: Context,
  gathered: Uint8Array[],
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let part = gathered.shift(); part !== undefined; part = gathered.shift()) {
      yield* piecesOf(part);
      answers.sent(part.length);
    }
    for await (const part of rest) {
      await answers.keep(part.length);
      yield* piecesOf(part);
      answers.sent(part.length);
    }
  } finally {
    await rest.return(undefined);
  }
}
