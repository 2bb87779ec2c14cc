import {
  Compare,
  CompareResult,
  CompareTarget,
  DeleteRangeRequest,
  type KeyValue,
  PutRequest,
  RangeRequest,
  RequestOp,
  type ResponseOp,
  TxnRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { Query, Request, Response } from "../../../../src/proto/generated/kv.ts";
import type { Held, Compare as KvCompare, Step, TxnInput, TxnOutput } from "../check/kv-model.ts";

/** A client's operations as a Worker would hand them to a member, and back. */

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** Nearly all is ASCII, and short: the encoder would make a buffer outside of the heap for each. */
export function toBytes(value: string): Uint8Array {
  const bytes = new Uint8Array(value.length);
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit > 127) return utf8.encode(value);
    bytes[i] = unit;
  }
  return bytes;
}

export const toText = (bytes: Uint8Array): string => text.decode(bytes);

/** What is behind this in a stored value only takes room. */
const padding = "~";

export function padded(value: string, bytes: number): string {
  return value.padEnd(bytes, padding);
}

function unpadded(value: string): string {
  const end = value.indexOf(padding);
  return end < 0 ? value : value.slice(0, end);
}

export interface RequestId {
  readonly id: Uint8Array;
  readonly seenIndex: number;
}

type Body = Partial<Omit<Request, "format" | "requestId" | "seenIndex" | "user" | "authRevision">>;

export function encodeRequest({ id, seenIndex }: RequestId, body: Body): Uint8Array {
  return Request.encode(Request.create({ format: 1, requestId: id, seenIndex, ...body }));
}

/** The body of a write: a transaction, or the plain request that means the same. */
export function bodyOf(input: TxnInput, sizes: (value: string) => number): Body {
  const [only, more] = input.success;
  if (only !== undefined && more === undefined && input.compares.length === 0) {
    const { requestPut, requestDeleteRange } = operation(only, sizes);
    if (requestPut !== undefined) return { put: requestPut };
    if (requestDeleteRange !== undefined) return { deleteRange: requestDeleteRange };
  }
  return { txn: txnOf(input, sizes) };
}

/** A read: one range, or a transaction of ranges. */
export function encodeReads(input: TxnInput): Uint8Array {
  const txn = txnOf(input, () => 0);
  const [only, more] = txn.success;
  if (only?.requestRange !== undefined && more === undefined && input.compares.length === 0) {
    return Query.encode(Query.create({ format: 1, range: only.requestRange }));
  }
  return Query.encode(Query.create({ format: 1, txn }));
}

/** Throws where the answer is not one to this input. */
export function decodeOutput(input: TxnInput, bytes: Uint8Array): TxnOutput {
  const { put, deleteRange, range, txn } = Response.decode(bytes);
  if (txn !== undefined) {
    const steps = txn.succeeded ? input.success : input.failure;
    if (txn.responses.length !== steps.length) {
      throw new Error(`${txn.responses.length} responses to ${steps.length} operations`);
    }
    const found = txn.responses.map((response, i) => foundBy(steps[i], response));
    return { succeeded: txn.succeeded, revision: txn.header?.revision ?? 0, found };
  }
  const header = (put ?? deleteRange ?? range)?.header;
  if (header === undefined) throw new Error("an answer without a body or header");
  const response = {
    responsePut: put,
    responseDeleteRange: deleteRange,
    responseRange: range,
    responseTxn: undefined,
  };
  return {
    succeeded: true,
    revision: header.revision,
    found: [foundBy(input.success[0], response)],
  };
}

function foundBy(step: Step | undefined, response: ResponseOp): Held | undefined {
  const { responsePut, responseDeleteRange, responseRange } = response;
  switch (step?.kind) {
    case "get":
      if (responseRange === undefined) break;
      return heldOf(responseRange.kvs, responseRange.count);
    case "delete":
      if (responseDeleteRange === undefined) break;
      return heldOf(responseDeleteRange.prevKvs, responseDeleteRange.deleted);
    case "put":
      if (responsePut === undefined) break;
      return undefined;
  }
  throw new Error(`no answer to a ${step?.kind}: ${JSON.stringify(Object.keys(response))}`);
}

function heldOf(kvs: readonly KeyValue[], count: number): Held | undefined {
  const [kv] = kvs;
  if (kvs.length !== count || count > 1) throw new Error(`${kvs.length} pairs, count ${count}`);
  return kv === undefined ? undefined : held(kv);
}

export function held(kv: KeyValue): Held {
  return { value: unpadded(toText(kv.value)), modRevision: kv.modRevision };
}

function txnOf(input: TxnInput, sizes: (value: string) => number): TxnRequest {
  return TxnRequest.create({
    compare: input.compares.map(compareOf),
    success: input.success.map((step) => operation(step, sizes)),
    failure: input.failure.map((step) => operation(step, sizes)),
  });
}

function compareOf(compare: KvCompare): Compare {
  const shared = { result: CompareResult.EQUAL, key: toBytes(compare.key) };
  if (compare.target === "mod") {
    const { revision: modRevision } = compare;
    return Compare.create({ ...shared, target: CompareTarget.MOD, modRevision });
  }
  const value = toBytes(compare.value);
  return Compare.create({ ...shared, target: CompareTarget.VALUE, value });
}

function operation(step: Step, sizes: (value: string) => number): RequestOp {
  const key = toBytes(step.key);
  switch (step.kind) {
    case "get":
      return RequestOp.create({ requestRange: RangeRequest.create({ key }) });
    case "delete":
      return RequestOp.create({
        requestDeleteRange: DeleteRangeRequest.create({ key, prevKv: true }),
      });
    case "put": {
      const value = toBytes(padded(step.value, sizes(step.value)));
      return RequestOp.create({ requestPut: PutRequest.create({ key, value }) });
    }
  }
}
