/** Reads ranges page by page: an answer of any length is of one revision. */
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

/** Bytes of an answer's text that are ready before the first is sent. */
export const gatheredBytes = 1_000_000;
/** How often a range of the newest revision is read if its revision gets lost. */
const attempts = 3;

/** One page of a range: one answer of a member. */
export interface RangePage {
  readonly answer: RangeResponse;
  readonly isLast: boolean;
}

/** Where a range continues: at the member that holds its revision, with this key. */
interface Continuation {
  readonly member: number;
  readonly pageKey: Uint8Array;
}

/**
 * Reads a range page by page at one revision, which the first page's member holds for the others.
 */
class PageReader {
  readonly #context: Context;
  readonly #request: RangeRequest;
  readonly #hold: Uint8Array;
  #place: Continuation | undefined;
  #revision: number;
  /** Keys still wanted; 0 for any number. */
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
   * Reads the next page and returns what `take` makes of it; the page itself is dropped. Throws
   * errors.answerBrokeOff where the revision is lost, errors.compacted where the request named it.
   */
  async next<T>(take: (page: RangePage) => T): Promise<T> {
    const request = this.#request;
    const hold = this.#hold;
    // With all wanted keys read, the next page only tells whether there are more.
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

  /** Ends reading, and releases the hold. */
  close(): void {
    if (this.#place === undefined) return;
    this.#context.waitUntil(release(this.#context, this.#hold, this.#place.member));
  }
}

/** The results of `take` for all pages of a range. Throws as `PageReader.next` does. */
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

/** All pages of a range. Throws as `PageReader.next` does. */
export const pagesOf = (context: Context, request: RangeRequest): AsyncGenerator<RangePage> =>
  eachPage(context, request, (page) => page);

function firstPage(context: Context, body: QueryBody, serializable: boolean): Promise<MemberReply> {
  const consistency = serializable ? "serializable" : "linearizable";
  return context.cluster.query(body, consistency, context.call());
}

/**
 * Reads a later page. The holder needs no token, which may have expired meanwhile; another member
 * does, and asks the leader if it lags behind the revision.
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

/** Whether the member has more to look at than fits one of its turns. */
export const isTooMuch = (error: unknown): boolean => isKind(error, errors.tooManyLooks);

/** Releases a hold. If the call is lost, the hold soon ends by itself. */
async function release(context: Context, hold: Uint8Array, holder: number): Promise<void> {
  const body = { hold, holdRelease: HoldRelease.create() };
  const call = { ...context.lastCall(), holder, token: "" };
  await context.cluster.query(body, "serializable", call).catch(() => undefined);
}

/** Reads a range again if its revision was lost and any newer one will do. */
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

/** The text that a page adds to an answer; called in order. */
export type PageWriter = (page: RangePage) => string;

/** A whole answer, or one that continues as it is read. */
export type BegunRange = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Begins to read a range, so far that hardly any answer can fail after its first byte. Waiting
 * pages are kept as text: as objects, keys would take several times as much.
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
      answers.releaseSent(part.length);
    }
    for await (const part of rest) {
      await answers.keep(part.length);
      yield* piecesOf(part);
      answers.releaseSent(part.length);
    }
  } finally {
    await rest.return(undefined);
  }
}
