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
import { Query, Request } from "../../proto/generated/kv.ts";
import type { Holding } from "../base/answers.ts";
import { ApiError, isKind } from "../base/error.ts";
import type { MemberReply, QueryBody, RequestBody } from "./client.ts";

/** More bytes than most answers have. */
const usualBytes = 65_536;
/** More bytes than a page of a range has, unless its values are large. */
const usualPageBytes = 300_000;
/** A key among several, with its value, that is not large. */
const usualKeyBytes = 4_096;
/** The most bytes of one key and its value in an answer. */
const oneKeyBytes = maxRequestBytes + usualBytes;
const mostBytes = 8_400_000;

/** How often a busy member is asked again. */
const busyTries = 50;
const busyPauseMs = 100;
/** A request that waits is there as text, as an object and encoded. */
const copies = 4;

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
  const size = () => Query.encode(Query.create(body)).length;
  return withRoom(answers, answerOfQuery(body), size, ask);
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
    const size = () => Request.encode(Request.create(body)).length;
    return await withRoom(answers, answerOfRequest(body), size, noted);
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
  size: () => number,
  ask: (room: number) => Promise<Sized>,
): Promise<MemberReply> {
  if (answers === undefined) return (await ask(0)).reply;
  let room = answers.expected(most, usual);
  /** Bytes of the request, while it is kept for another try. */
  let kept = 0;
  try {
    for (let busy = 0; ; ) {
      const { found, error } = await tried(answers, room, ask);
      if (found !== undefined) return found;
      if (isKind(error, errors.moreRoom) && room < most) {
        room = most;
        continue;
      }
      if (!isBusy(error) || busy === busyTries) throw error;
      if (busy === 0) {
        const bytes = copies * size();
        if (!answers.tryReserve(bytes)) throw error;
        kept = bytes;
      }
      busy += 1;
      await answers.pause(busyPauseMs);
    }
  } finally {
    answers.give(kept);
  }
}

/** What one try came to. Throws ApiError where there is no room for it. */
async function tried(
  answers: Holding,
  room: number,
  ask: (room: number) => Promise<Sized>,
): Promise<{ readonly found?: MemberReply; readonly error?: unknown }> {
  await answers.reserve(room);
  let bytes = 0;
  try {
    const { reply, bytes: received } = await ask(room);
    bytes = received;
    return { found: reply };
  } catch (error) {
    return { error };
  } finally {
    answers.recordAnswer(room, bytes);
  }
}

/** Whether a member refused for now: nothing was done, or what was done can be asked for again. */
const isBusy = (error: unknown): boolean =>
  isKind(error, errors.tooManyAnswers) || isKind(error, errors.tooManyRequests);

function answerOfQuery({ range, txn }: QueryBody): Expected {
  if (txn !== undefined) return withHeader(ofTxn(txn));
  if (range === undefined) return { most: mostBytes, usual: usualBytes };
  const keys = range.rangeEnd.length === 0 ? 1 : range.limit || Number.POSITIVE_INFINITY;
  const usual = usualBytes + (keys === 1 ? 0 : usualOf(keys));
  return { most: oneKeyBytes + usual, usual };
}

function answerOfRequest({ put, deleteRange, txn }: RequestBody): Expected {
  if (put !== undefined) return withHeader(ofPut(put));
  if (deleteRange !== undefined) return withHeader(ofDelete(deleteRange));
  return withHeader(txn === undefined ? nothing : ofTxn(txn));
}

const withHeader = ({ most, usual }: Expected): Expected => ({
  most: Math.min(mostBytes, usualBytes + most),
  usual: Math.min(mostBytes, usualBytes + usual),
});

const nothing: Expected = { most: 0, usual: 0 };
/** Keys that are named are nearly always small: locks and compare-and-swap ask for such. */
const oneKey: Expected = { most: oneKeyBytes, usual: 0 };
/** Bytes of so many keys, as they usually are. */
const usualOf = (keys: number): number => Math.min(usualPageBytes, keys * usualKeyBytes);

function ofTxn({ success, failure }: TxnRequest): Expected {
  const [one, other] = [ofAll(success), ofAll(failure)];
  return { most: Math.max(one.most, other.most), usual: Math.max(one.usual, other.usual) };
}

function ofAll(operations: readonly RequestOp[]): Expected {
  let [most, usual] = [0, 0];
  for (const operation of operations) {
    const one = ofOperation(operation);
    most += one.most;
    usual += one.usual;
  }
  return { most, usual };
}

function ofOperation(operation: RequestOp): Expected {
  const { requestRange, requestPut, requestDeleteRange, requestTxn } = operation;
  if (requestRange !== undefined) return ofRange(requestRange);
  if (requestPut !== undefined) return ofPut(requestPut);
  if (requestDeleteRange !== undefined) return ofDelete(requestDeleteRange);
  return requestTxn === undefined ? nothing : ofTxn(requestTxn);
}

function ofRange({ rangeEnd, limit, countOnly, keysOnly }: RangeRequest): Expected {
  if (countOnly) return nothing;
  const each = keysOnly ? usualBytes : oneKeyBytes;
  if (rangeEnd.length === 0 || limit === 1) return { most: each, usual: 0 };
  const keys = limit || Number.POSITIVE_INFINITY;
  return { most: Math.min(mostBytes, keys * each), usual: usualOf(keys) };
}

const ofPut = ({ prevKv }: PutRequest): Expected => (prevKv ? oneKey : nothing);

function ofDelete({ rangeEnd, prevKv }: DeleteRangeRequest): Expected {
  if (!prevKv) return nothing;
  return rangeEnd.length === 0 ? oneKey : { most: mostBytes, usual: usualPageBytes };
}
