/** Sizes of members' answers, and memory taken for them before members are asked. */
import { errors } from "../../etcd/errors.ts";
import { maxRequestBytes } from "../../kv/work/limits.ts";
import type {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from "../../proto/generated/etcd.ts";
import type { Holding } from "../base/answers.ts";
import { ApiError, isKind } from "../base/error.ts";
import type { MemberReply, QueryBody, RequestBody } from "./client.ts";

/** More bytes than most answers have. */
const usualBytes = 65_536;
/** More bytes than a page of a range has, unless its values are large. */
const usualPageBytes = 300_000;
/** The most bytes of one key and its value in an answer. */
const oneKeyBytes = maxRequestBytes + usualBytes;
const mostBytes = 8_400_000;

/** How often a member is asked again that has sent too many large answers. */
const busyTries = 20;
const busyPauseMs = 100;

/** A reply, and its bytes. */
export interface Sized {
  readonly reply: MemberReply;
  readonly bytes: number;
}

/** Queries with room for a usual answer, and again with room for the largest if it does not fit. */
export async function queryWithRoom(
  answers: Holding | undefined,
  body: QueryBody,
  ask: (room: number) => Promise<Sized>,
): Promise<MemberReply> {
  return withRoom(answers, answerOfQuery(body), ask);
}

/**
 * Proposes with room for a usual answer. If the answer does not fit, the request has been applied:
 * it is proposed again with its id, which only gets the answer, with room for the largest.
 */
export async function proposeWithRoom(
  answers: Holding | undefined,
  body: RequestBody,
  propose: (room: number) => Promise<Sized>,
): Promise<MemberReply> {
  let isDone = false;
  const noted = async (room: number) => {
    try {
      return await propose(room);
    } catch (error) {
      isDone ||= lacksRoom(error);
      throw error;
    }
  };
  try {
    return await withRoom(answers, answerOfRequest(body), noted);
  } catch (error) {
    if (isDone && lacksRoom(error)) throw ApiError.of(errors.responseTooLarge);
    throw error;
  }
}

/** Whether an answer exists but there is no room for it, at the member or here. */
export const lacksRoom = (error: unknown): boolean =>
  isKind(error, errors.moreRoom) || isKind(error, errors.tooManyAnswers);

/** The size of an answer in bytes. */
interface Expected {
  /** What it never exceeds. */
  readonly most: number;
  /** What it hardly ever exceeds. */
  readonly usual: number;
}

async function withRoom(
  answers: Holding | undefined,
  { most, usual }: Expected,
  ask: (room: number) => Promise<Sized>,
): Promise<MemberReply> {
  if (answers === undefined) return (await ask(0)).reply;
  let room = answers.expected(most, usual);
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
      answers.recordAnswer(room, bytes);
    }
    if (larger) {
      room = most;
    } else {
      busy += 1;
      await answers.pause(busyPauseMs);
    }
  }
}

function answerOfQuery({ range, txn }: QueryBody): Expected {
  if (txn !== undefined) return expected(ofTxn(txn));
  if (range === undefined) return { most: mostBytes, usual: usualBytes };
  const isOne = range.rangeEnd.length === 0 || range.limit === 1;
  const usual = isOne ? usualBytes : usualPageBytes;
  return { most: oneKeyBytes + usual, usual };
}

function answerOfRequest({ put, deleteRange, txn }: RequestBody): Expected {
  if (put !== undefined) return expected(ofPut(put));
  if (deleteRange !== undefined) return expected(ofDelete(deleteRange));
  return expected(txn === undefined ? nothing : ofTxn(txn));
}

/** What may be told besides the header: of keys that are asked for by name, and of others. */
interface Parts {
  /** Nearly always small: locks and compare-and-swap ask for such. */
  readonly named: number;
  readonly ranges: number;
}

const nothing: Parts = { named: 0, ranges: 0 };
const oneKey: Parts = { named: oneKeyBytes, ranges: 0 };

const expected = ({ named, ranges }: Parts): Expected => ({
  most: Math.min(mostBytes, usualBytes + named + ranges),
  usual: Math.min(mostBytes, usualBytes + ranges),
});

function ofTxn({ success, failure }: TxnRequest): Parts {
  const [one, other] = [ofAll(success), ofAll(failure)];
  return {
    named: Math.max(one.named, other.named),
    ranges: Math.max(one.ranges, other.ranges),
  };
}

function ofAll(operations: readonly RequestOp[]): Parts {
  let [named, ranges] = [0, 0];
  for (const operation of operations) {
    const parts = ofOperation(operation);
    named += parts.named;
    ranges += parts.ranges;
  }
  return { named, ranges };
}

function ofOperation(operation: RequestOp): Parts {
  const { requestRange, requestPut, requestDeleteRange, requestTxn } = operation;
  if (requestRange !== undefined) return ofRange(requestRange);
  if (requestPut !== undefined) return ofPut(requestPut);
  if (requestDeleteRange !== undefined) return ofDelete(requestDeleteRange);
  return requestTxn === undefined ? nothing : ofTxn(requestTxn);
}

function ofRange({ rangeEnd, limit, countOnly, keysOnly }: RangeRequest): Parts {
  if (countOnly) return nothing;
  const each = keysOnly ? usualBytes : oneKeyBytes;
  if (rangeEnd.length === 0 || limit === 1) return { named: each, ranges: 0 };
  return { named: 0, ranges: Math.min(mostBytes, (limit || Number.POSITIVE_INFINITY) * each) };
}

const ofPut = ({ prevKv }: PutRequest): Parts => (prevKv ? oneKey : nothing);

function ofDelete({ rangeEnd, prevKv }: DeleteRangeRequest): Parts {
  if (!prevKv) return nothing;
  return rangeEnd.length === 0 ? oneKey : { named: 0, ranges: mostBytes };
}
