/** How large the answers of members may be, and room for them before they are asked for. */
import { errors } from "../../etcd/errors.ts";
import { maxRequestBytes } from "../../kv/work/limits.ts";
import type {
  DeleteRangeRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from "../../proto/generated/etcd.ts";
import type { Holding } from "../base/answers.ts";
import { isKind } from "../base/error.ts";
import type { MemberReply, QueryBody, RequestBody } from "./client.ts";

/** What most answers are smaller than. */
const usualBytes = 65_536;
/** A page of a range whose values are not large. */
const usualPageBytes = 300_000;
/** One key and its value, and what is around them. */
const oneKeyBytes = maxRequestBytes + usualBytes;
const mostBytes = 8_400_000;

/** A member that has given too much is asked again, so often. */
const busyTries = 20;
const busyPauseMs = 100;

/** A reply, and what it takes. */
export interface Sized {
  readonly reply: MemberReply;
  readonly bytes: number;
}

/** Asks with room for a usual answer, and again with room for the largest where it is larger. */
export async function queryWithRoom(
  answers: Holding | undefined,
  body: QueryBody,
  ask: (room: number) => Promise<Sized>,
): Promise<MemberReply> {
  if (answers === undefined) return (await ask(0)).reply;
  const { most, usual } = answerOfQuery(body);
  let room = answers.usual(most, usual);
  for (let busy = 0; ; ) {
    await answers.reserve(room);
    let bytes = 0;
    let larger = false;
    try {
      const found = await ask(room);
      ({ bytes } = found);
      return found.reply;
    } catch (error) {
      if (isKind(error, errors.moreRoom) && room < most) larger = true;
      else if (!isKind(error, errors.tooManyAnswers) || busy === busyTries) throw error;
    } finally {
      answers.came(room, bytes);
    }
    if (larger) {
      room = most;
    } else {
      busy += 1;
      await answers.pause(busyPauseMs);
    }
  }
}

/** Proposes with room for the largest answer: what was done cannot be asked for twice. */
export async function proposeWithRoom(
  answers: Holding | undefined,
  body: RequestBody,
  propose: () => Promise<Sized>,
): Promise<MemberReply> {
  if (answers === undefined) return (await propose()).reply;
  const room = answerOfRequest(body);
  await answers.reserve(room);
  let bytes = 0;
  try {
    const done = await propose();
    ({ bytes } = done);
    return done.reply;
  } finally {
    answers.came(room, bytes);
  }
}

/** Bytes that the answer to a query may have, and those that it usually has not more than. */
export function answerOfQuery({ range }: QueryBody): { most: number; usual: number } {
  if (range === undefined) return { most: mostBytes, usual: usualBytes };
  const usual = range.rangeEnd.length > 0 ? usualPageBytes : usualBytes;
  return { most: oneKeyBytes + usual, usual };
}

/** Bytes that the answer to a request may have. */
export function answerOfRequest({ put, deleteRange, txn }: RequestBody): number {
  let bytes = usualBytes;
  if (put?.prevKv) bytes += oneKeyBytes;
  if (deleteRange !== undefined) bytes += ofDelete(deleteRange);
  if (txn !== undefined) bytes += ofTxn(txn);
  return Math.min(mostBytes, bytes);
}

function ofTxn({ success, failure }: TxnRequest): number {
  const sum = (list: readonly RequestOp[]) => list.reduce((all, one) => all + ofOperation(one), 0);
  return Math.max(sum(success), sum(failure));
}

function ofOperation(operation: RequestOp): number {
  const { requestRange, requestPut, requestDeleteRange, requestTxn } = operation;
  if (requestRange !== undefined) return ofRange(requestRange);
  if (requestPut !== undefined) return requestPut.prevKv ? oneKeyBytes : 0;
  if (requestDeleteRange !== undefined) return ofDelete(requestDeleteRange);
  return requestTxn === undefined ? 0 : ofTxn(requestTxn);
}

function ofRange({ rangeEnd, limit, countOnly, keysOnly }: RangeRequest): number {
  if (countOnly) return 0;
  const keys = rangeEnd.length === 0 ? 1 : limit || Number.POSITIVE_INFINITY;
  return Math.min(mostBytes, keys * (keysOnly ? usualBytes : oneKeyBytes));
}

function ofDelete({ rangeEnd, prevKv }: DeleteRangeRequest): number {
  if (!prevKv) return 0;
  return rangeEnd.length === 0 ? oneKeyBytes : mostBytes;
}
