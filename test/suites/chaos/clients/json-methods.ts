import { readMessage } from "../../../../src/api/gateway/json/read.ts";
import { JsonReader } from "../../../../src/api/gateway/json/text.ts";
import { writeMessage } from "../../../../src/api/gateway/json/write.ts";
import {
  CompactionRequest,
  CompactionResponse,
  DeleteRangeRequest,
  DeleteRangeResponse,
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseRevokeRequest,
  LeaseRevokeResponse,
  LeaseTimeToLiveResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  TxnRequest,
  TxnResponse,
} from "../../../../src/proto/generated/etcd.ts";
import { Query, Request, Response } from "../../../../src/proto/generated/kv.ts";
import type { Message } from "../../../../src/proto/message.ts";
import type { Consistency } from "../../../../src/rpc/messages.ts";

/** What members take and give, as the calls of etcd's JSON API that mean the same. */

/** One call: its path, its JSON, and what kvpb.Response its answer is. */
export interface JsonCall {
  readonly path: string;
  readonly json: string;
  /** Throws where the text is no answer to this call. */
  read(text: string): Response;
}

interface Method {
  readonly path: string;
  readonly request: Message<object>;
  readonly response: Message<object>;
}

function method<Q extends object, R extends object>(
  path: string,
  request: Message<Q>,
  response: Message<R>,
): Method {
  return {
    path,
    request: request as unknown as Message<object>,
    response: response as unknown as Message<object>,
  };
}

/** By the names of kvpb's bodies. */
const methods = {
  range: method("/v3/kv/range", RangeRequest, RangeResponse),
  put: method("/v3/kv/put", PutRequest, PutResponse),
  deleteRange: method("/v3/kv/deleterange", DeleteRangeRequest, DeleteRangeResponse),
  txn: method("/v3/kv/txn", TxnRequest, TxnResponse),
  compaction: method("/v3/kv/compaction", CompactionRequest, CompactionResponse),
  leaseGrant: method("/v3/lease/grant", LeaseGrantRequest, LeaseGrantResponse),
  leaseRevoke: method("/v3/lease/revoke", LeaseRevokeRequest, LeaseRevokeResponse),
} as const;

type BodyName = keyof typeof methods;

export function callOfRequest(bytes: Uint8Array): JsonCall {
  const body = Request.decode(bytes) as Partial<Record<BodyName, object>>;
  return callOf(body);
}

export function callOfQuery(bytes: Uint8Array, consistency: Consistency): JsonCall {
  const { range, txn, leaseKeepAlive } = Query.decode(bytes);
  if (leaseKeepAlive !== undefined) return keepAlive(leaseKeepAlive);
  const serializable = consistency === "serializable";
  if (range !== undefined) return callOf({ range: { ...range, serializable } });
  if (txn === undefined) throw new Error("a query of a kind that no client here asks");
  const success = txn.success.map(({ requestRange }) => {
    if (requestRange === undefined) throw new Error("a query that writes");
    return RequestOp.create({ requestRange: { ...requestRange, serializable } });
  });
  return callOf({ txn: { ...txn, success } });
}

function callOf(body: Partial<Record<BodyName, object>>): JsonCall {
  for (const [name, { path, request, response }] of Object.entries(methods)) {
    const message = body[name as BodyName];
    if (message === undefined) continue;
    return {
      path,
      json: writeMessage(request, message),
      read: (text) => Response.create({ [name]: readMessage(response, text) }),
    };
  }
  throw new Error(`a request of a kind that no client here asks: ${Object.keys(body)}`);
}

/** A stream of renewals in etcd; of one only, here. */
function keepAlive(request: LeaseKeepAliveRequest): JsonCall {
  return {
    path: "/v3/lease/keepalive",
    json: writeMessage(LeaseKeepAliveRequest, request),
    read: (text) => {
      const { ID, TTL } = readMessage(LeaseKeepAliveResponse, resultOf(text));
      const leaseTimeToLive = LeaseTimeToLiveResponse.create({ ID, TTL });
      return Response.create({ leaseTimeToLive });
    },
  };
}

/** The message in one line of a stream. Throws where it is another end of the stream. */
export function resultOf(line: string): string {
  const reader = new JsonReader(line);
  let result: string | undefined;
  reader.object((name) => {
    if (name === "result") result = reader.raw();
    else reader.skip();
  });
  if (result === undefined) throw new Error(`no result: ${line}`);
  return result;
}
