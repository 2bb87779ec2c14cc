/** Keys and values: etcd's KV service. */
import { checkRangeRequest, fetchedFirst, maxSortBytes, Sorter } from "../../../kv/range/range.ts";
import {
  checkDeleteRequest,
  checkPutRequest,
  checkTxnRequest,
  isReadOnly,
} from "../../../kv/txn/check.ts";
import { defaultLimits } from "../../../kv/work/limits.ts";
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
} from "../../../proto/generated/etcd.ts";
import type { Context } from "../../http/context.ts";
import { answerOf } from "../../store/answer.ts";
import {
  allPages,
  type BegunRange,
  beginRange,
  isTooMuch,
  pagesOf,
  persistently,
  type RangePage,
} from "../../store/pages.ts";
import { checkPutSize, checkSize } from "../../store/sizes.ts";
import { readMessage } from "../json/read.ts";
import { writeMessage } from "../json/write.ts";
import { type Method, proposal, unary } from "./method.ts";

const inside = (text: string, opening: string, closing: string): string =>
  text.slice(text.indexOf(opening) + 1, text.lastIndexOf(closing));

/** The JSON of a range that comes in pages, in parts: any page may be without keys. */
async function* textOf(pages: AsyncIterable<RangePage>): AsyncGenerator<string> {
  let first: RangeResponse | undefined;
  let more = false;
  let keys = 0;
  for await (const { answer } of pages) {
    const { header, kvs } = answer;
    if (first === undefined) {
      const head = writeMessage(RangeResponse, RangeResponse.create({ header }));
      yield head.slice(0, -1);
    }
    first ??= answer;
    ({ more } = answer);
    if (kvs.length === 0) continue;
    const list = inside(writeMessage(RangeResponse, RangeResponse.create({ kvs })), "[", "]");
    yield keys === 0 ? `,"kvs":[${list}` : `,${list}`;
    keys += kvs.length;
  }
  const rest = { more, count: first?.count ?? 0 };
  const tail = inside(writeMessage(RangeResponse, RangeResponse.create(rest)), "{", "}");
  yield `${keys > 0 ? "]" : ""}${tail === "" ? "" : ","}${tail}}`;
}

/** Gathers what a member will not sort in one turn page by page, and sorts it here. */
async function sortedHere(context: Context, request: RangeRequest): Promise<RangeResponse> {
  const byValue = request.sortTarget === SortTarget.VALUE;
  const keysOnly = request.keysOnly && !byValue;
  const inOrder = { sortTarget: SortTarget.KEY, sortOrder: SortOrder.NONE };
  const fetched = { ...request, ...inOrder, keysOnly, limit: fetchedFirst(request) };
  const sorter = new Sorter(request);
  let first: RangeResponse | undefined;
  await context.answers.keep(maxSortBytes);
  for await (const { answer } of pagesOf(context, fetched)) {
    first ??= answer;
    for (const kv of answer.kvs) sorter.add(kv);
  }
  const { kvs, more } = sorter.take();
  return RangeResponse.create({ header: first?.header, kvs, more, count: first?.count ?? 0 });
}

const range: Method = {
  kind: "unary",
  async answer(context, json) {
    const request = readMessage(RangeRequest, json);
    checkRangeRequest(request);
    let begun: BegunRange;
    try {
      begun = await beginRange(context, request);
    } catch (error) {
      if (!isTooMuch(error)) throw error;
      const sorted = await persistently(request, () => sortedHere(context, request));
      return writeMessage(RangeResponse, sorted);
    }
    const [first, ...others] = begun.pages;
    if (first === undefined) throw new Error("a range has at least one page");
    if (first.isLast) return writeMessage(RangeResponse, first.answer);
    const parts = textOf(allPages(context, begun));
    if (others.at(-1)?.isLast !== true) return parts;
    let text = "";
    for await (const part of parts) text += part;
    return text;
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

export const kvMethods: Readonly<Record<string, Method>> = {
  "kv/range": range,
  "kv/put": put,
  "kv/deleterange": deleteRange,
  "kv/txn": txn,
  "kv/compaction": proposal(CompactionRequest, CompactionResponse, "compaction"),
};
