/** Keys and values: etcd's KV service. */
import { errors } from "../../kv/errors.ts";
import { defaultLimits } from "../../kv/limits.ts";
import { checkRangeRequest, fetchedFirst, Sorter } from "../../kv/range/range.ts";
import {
  checkDeleteRequest,
  checkPutRequest,
  checkTxnRequest,
  isReadOnly,
} from "../../kv/txn/check.ts";
import type { Consistency } from "../../node/rpc.ts";
import {
  CompactionRequest,
  CompactionResponse,
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  SortOrder,
  SortTarget,
  TxnRequest,
  TxnResponse,
} from "../../proto/generated/etcd.ts";
import type { QueryBody, Reply } from "../cluster/client.ts";
import type { Context } from "../context.ts";
import { readMessage } from "../json/read.ts";
import { writeMessage } from "../json/write.ts";
import { ApiError } from "../status.ts";
import { answerOf, proposal, type Route, unary } from "./route.ts";
import { checkPutSize, checkSize } from "./sizes.ts";

/** One page of a range: what a member answers at once. */
interface Page {
  readonly answer: RangeResponse;
  /** Undefined after the last. */
  readonly next: Uint8Array | undefined;
}

/** The pages of a range, all as of one revision. */
export async function* pagesOf(context: Context, request: RangeRequest): AsyncIterable<Page> {
  let pageKey: Uint8Array | undefined;
  let { revision, limit } = request;
  do {
    const range = { ...request, revision, limit };
    const reply =
      pageKey === undefined
        ? await query({ range }, request.serializable ? "serializable" : "linearizable")
        : await nextPage({ range, pageKey });
    const answer = answerOf<RangeResponse>(context, reply, "range");
    const { nextKey } = reply.response;
    pageKey = nextKey.length > 0 ? nextKey : undefined;
    if (revision <= 0) revision = answer.header?.revision ?? 0;
    if (limit > 0) limit -= answer.kvs.length;
    yield { answer, next: pageKey };
  } while (pageKey !== undefined);

  function query(body: QueryBody, consistency: Consistency): Promise<Reply> {
    return context.cluster.query(body, consistency, context.call());
  }

  /** What was at a revision stays: only a member that lags behind it must ask the leader. */
  async function nextPage(body: QueryBody): Promise<Reply> {
    try {
      return await query(body, "serializable");
    } catch (error) {
      const lags = error instanceof ApiError && error.message === errors.futureRevision.text;
      if (!lags) throw error;
      return query(body, "linearizable");
    }
  }
}

/** The JSON of a range that came in several pages, one after the other. */
async function* joined(first: Page, rest: AsyncIterator<Page>): AsyncIterable<string> {
  const { header, count } = first.answer;
  const head = writeMessage(RangeResponse, RangeResponse.create({ header, kvs: first.answer.kvs }));
  yield head.slice(0, head.lastIndexOf("]"));
  let { more } = first.answer;
  for (;;) {
    const page = await rest.next();
    if (page.done) break;
    const { kvs } = page.value.answer;
    ({ more } = page.value.answer);
    const text = writeMessage(RangeResponse, RangeResponse.create({ kvs }));
    if (kvs.length > 0) yield `,${text.slice(text.indexOf("[") + 1, text.lastIndexOf("]"))}`;
  }
  const tail = writeMessage(RangeResponse, RangeResponse.create({ more, count }));
  yield `]${tail === "{}" ? "}" : `,${tail.slice(1)}`}`;
}

/** Whether a member has more to look at than one of its turns has time for. */
export const isTooMuch = (error: unknown): boolean =>
  error instanceof ApiError && error.message === errors.tooManyLooks.text;

/** Gathers what a member will not sort in one turn page by page, and sorts it here. */
async function sortedHere(context: Context, request: RangeRequest): Promise<RangeResponse> {
  const byValue = request.sortTarget === SortTarget.VALUE;
  const keysOnly = request.keysOnly && !byValue;
  const inOrder = { sortTarget: SortTarget.KEY, sortOrder: SortOrder.NONE };
  const fetched = { ...request, ...inOrder, keysOnly, limit: fetchedFirst(request) };
  const sorter = new Sorter(request);
  let first: RangeResponse | undefined;
  for await (const { answer } of pagesOf(context, fetched)) {
    first ??= answer;
    for (const kv of answer.kvs) sorter.add(kv);
  }
  const { kvs, more } = sorter.take();
  return RangeResponse.create({ header: first?.header, kvs, more, count: first?.count ?? 0 });
}

const range: Route = {
  kind: "unary",
  async answer(context, json) {
    const request = readMessage(RangeRequest, json);
    checkRangeRequest(request);
    const pages = pagesOf(context, request)[Symbol.asyncIterator]();
    let first: IteratorResult<Page>;
    try {
      first = await pages.next();
    } catch (error) {
      if (!isTooMuch(error)) throw error;
      return writeMessage(RangeResponse, await sortedHere(context, request));
    }
    if (first.done) throw new Error("a range has at least one page");
    const page = first.value;
    // A page without keys may still be followed by one that has some.
    if (page.next === undefined) return writeMessage(RangeResponse, page.answer);
    return joined(page, pages);
  },
};

const isSerializable = ({ success, failure }: TxnRequest): boolean =>
  [...success, ...failure].every((op) => op.requestRange?.serializable === true);

const txn = unary(TxnRequest, TxnResponse, async (context, request) => {
  checkTxnRequest(request, defaultLimits.maxTxnOps);
  checkSize(TxnRequest, request);
  if (!isReadOnly(request)) {
    const reply = await context.cluster.propose({ txn: request }, context.call());
    return answerOf<TxnResponse>(context, reply, "txn");
  }
  const operations = request.success.length + request.failure.length;
  const serializable = operations > 0 && isSerializable(request);
  const consistency = serializable ? "serializable" : "linearizable";
  const reply = await context.cluster.query({ txn: request }, consistency, context.call());
  return answerOf<TxnResponse>(context, reply, "txn");
});

const put = unary(PutRequest, PutResponse, async (context, request) => {
  checkPutRequest(request);
  checkPutSize(request);
  const reply = await context.cluster.propose({ put: request }, context.call());
  return answerOf<PutResponse>(context, reply, "put");
});

const deleteRange = unary(DeleteRangeRequest, DeleteRangeResponse, async (context, request) => {
  checkDeleteRequest(request);
  const reply = await context.cluster.propose({ deleteRange: request }, context.call());
  return answerOf<DeleteRangeResponse>(context, reply, "deleteRange");
});

export const kvRoutes: Readonly<Record<string, Route>> = {
  "kv/range": range,
  "kv/put": put,
  "kv/deleterange": deleteRange,
  "kv/txn": txn,
  "kv/compaction": proposal(CompactionRequest, CompactionResponse, "compaction"),
};
