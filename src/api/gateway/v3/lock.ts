/** etcd's Lock service. */
import {
  DeleteRangeRequest,
  type DeleteRangeResponse,
  LockRequest,
  LockResponse,
  UnlockRequest,
  UnlockResponse,
} from "../../../proto/generated/etcd.ts";
import type { Context } from "../../http/context.ts";
import { answerOf } from "../../store/answer.ts";
import { type Method, unary } from "./method.ts";
import * as session from "./session.ts";

async function lock(context: Context, request: LockRequest): Promise<LockResponse> {
  const lease = await session.sessionLease(context, request.lease);
  const prefix = session.prefixOf(request.name);
  const key = session.keyOf(prefix, lease);
  const owner = { requestRange: session.oldest(prefix) };
  const answer = await session.enter(context, key, lease, new Uint8Array(), [owner]);
  const { revision } = session.entered(answer);
  const first = answer.responses[1]?.responseRange?.kvs[0];
  if (first === undefined || first.createRevision === revision) {
    return { header: answer.header, key };
  }
  const expired = session.failed("mutex: session is expired");
  const header = await session.waitForOlder(context, prefix, key, revision, expired);
  return { header, key };
}

async function unlock(context: Context, { key }: UnlockRequest): Promise<UnlockResponse> {
  const deleteRange = DeleteRangeRequest.create({ key });
  const reply = await context.cluster.propose({ deleteRange }, context.call());
  const { header } = answerOf<DeleteRangeResponse>(context, reply, "deleteRange");
  return { header };
}

export const lockMethods: Readonly<Record<string, Method>> = {
  "lock/lock": unary(LockRequest, LockResponse, (context, request) =>
    session.withoutCodes(session.toItsEnd(context, lock(context, request))),
  ),
  "lock/unlock": unary(UnlockRequest, UnlockResponse, (context, request) =>
    session.withoutCodes(unlock(context, request)),
  ),
};
