import { errors } from "../../etcd/errors.ts";
import { leaseIdFrom } from "../../kv/lease/lease-table.ts";
import type { LeaseGrantRequest, LeaseGrantResponse } from "../../proto/generated/etcd.ts";
import { isKind } from "../base/error.ts";
import type { Context } from "../http/context.ts";
import { answerOf } from "./answer.ts";

const maxTries = 4;

/** Grants a lease, with a random id where the request has none. */
export async function grantLease(
  context: Context,
  request: LeaseGrantRequest,
): Promise<LeaseGrantResponse> {
  for (let tries = 1; ; tries += 1) {
    const ID = request.ID === 0n ? leaseIdFrom(context.random(8)) : request.ID;
    try {
      const body = { leaseGrant: { ...request, ID } };
      const reply = await context.cluster.propose(body, context.call());
      return answerOf<LeaseGrantResponse>(context, reply, "leaseGrant");
    } catch (error) {
      const taken = isKind(error, errors.leaseExists);
      if (!taken || request.ID !== 0n || tries === maxTries) throw error;
    }
  }
}
