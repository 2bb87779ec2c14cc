/** Keys and values: etcd's KV service. */
import { checkRangeRequest, fetchedFirst, Sorter } from "../../../kv/range/range.ts";
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
  beginRange,
  isTooMuch,
  type PageWriter,
  pagesOf,
  persistently,
} from "../../store/pages.ts";
import { checkPutSize, checkSize } from "../../store/sizes.ts";
import { readMessage } from "../json/read.ts";
import { writeMessage } from "../json/write.ts";
import { type Method, proposal, unary } from "./method.ts";

const inside = (text: string, opening: string, closing: string): string =>
  text.slice(text.indexOf(opening) + 1, text.lastIndexOf(closing));

/** Writes the JSON of a range in pages, any of which may have no keys. */
function rangeWriter(): PageWriter {
  let isFirst = true;
  let count = 0;
  let keys = 0;
  return ({ answer, isLast }) => {
    const { header, kvs, more } = answer;
    let text = "";
    if (isFirst) {
      isFirst = false;
      if (isLast) return writeMessage(RangeResponse, answer);
      ({ count } = answer);
      text = writeMessage(RangeResponse, RangeResponse.create({ header })).slice(0, -1);
    }
    if (kvs.length > 0) {
      text += keys === 0 ? `,"kvs":[` : ",";
      text += inside(writeMessage(RangeResponse, RangeResponse.create({ kvs })), "[", "]");
      keys += kvs.length;
    }
    if (!isLast) return text;
    const rest = writeMessage(RangeResponse, RangeResponse.create({ more, count }));
    const tail = inside(rest, "{", "}");
    return `${text}${keys > 0 ? "]" : ""}${tail === "" ? "" : ","}${tail}}`;
  };
}

/** Sorts a range that is too large for one turn of a member: gathers its pages and sorts here. */
async function sortedHere(context: Context, request: RangeRequest): Promise<RangeResponse> {
  const byValue = request.sortTarget === SortTarget.VALUE;
  const keysOnly = request.keysOnly && !byValue;
  const inOrder = { sortTarget: SortTarget.KEY, sortOrder: SortOrder.NONE };
  const fetched = { ...request, ...inOrder, keysOnly, limit: fetchedFirst(request) };
  const sorter = new Sorter(request);
  let first: RangeResponse | undefined;
  let kept = 0;
  for await (const { answer } of pagesOf(context, fetched)) {
    first ??= answer;
    for (const kv of answer.kvs) sorter.add(kv);
    if (sorter.bytes > kept) {
      await context.answers.keep(sorter.bytes - kept);
      kept = sorter.bytes;
    }
  }
  const { kvs, more } = sorter.take();
  return RangeResponse.create({ header: first?.header, kvs, more, count: first?.count ?? 0 });
}

const range: Method = {
  kind: "unary",
  async answer(context, json) {
    const request = readMessage(RangeRequest, json);
    checkRangeRequest(request);
    try {
      return await beginRange(context, request, rangeWriter);
    } catch (error) {
      if (!isTooMuch(error)) throw error;
      const sorted = await persistently(request, () => sortedHere(context, request));
      return writeMessage(RangeResponse, sorted);
    }
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
