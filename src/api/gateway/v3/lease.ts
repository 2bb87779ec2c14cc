/** Leases: etcd's Lease service, with the older spellings of its paths. */
import { errors } from "../../../etcd/errors.ts";
import { leaseIdFrom } from "../../../kv/lease/lease-table.ts";
import {
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseLeasesRequest,
  LeaseLeasesResponse,
  LeaseRevokeRequest,
  LeaseRevokeResponse,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
} from "../../../proto/generated/etcd.ts";
import type { Context } from "../../context.ts";
import { isKind } from "../../error.ts";
import { answerOf, proposal, query, type Route, stream, unary } from "./route.ts";

const maxTries = 4;

/** Grants a lease; picks its id where the request names none. */
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

/** Renews a lease on the leader. TTL is 0 where there is none. */
async function renew(
  context: Context,
  leaseKeepAlive: LeaseKeepAliveRequest,
): Promise<LeaseKeepAliveResponse> {
  const { ID } = leaseKeepAlive;
  const reply = await context.cluster.query({ leaseKeepAlive }, "leader", context.call());
  const { leaseTimeToLive } = reply.response;
  const header = context.header(reply.header, reply.header.revision);
  return { header, ID, TTL: Math.max(0, leaseTimeToLive?.TTL ?? 0) };
}

async function* renewals(
  context: Context,
  requests: AsyncIterable<LeaseKeepAliveRequest>,
): AsyncIterable<LeaseKeepAliveResponse> {
  for await (const request of requests) yield await renew(context, request);
}

const revoke = proposal(LeaseRevokeRequest, LeaseRevokeResponse, "leaseRevoke");
const timeToLive = query(
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
  "leaseTimeToLive",
  "leader",
);
const leases = query(LeaseLeasesRequest, LeaseLeasesResponse, "leaseLeases");

export const leaseRoutes: Readonly<Record<string, Route>> = {
  "lease/grant": unary(LeaseGrantRequest, LeaseGrantResponse, grantLease),
  "lease/revoke": revoke,
  "kv/lease/revoke": revoke,
  "lease/keepalive": stream(LeaseKeepAliveRequest, LeaseKeepAliveResponse, renewals),
  "lease/timetolive": timeToLive,
  "kv/lease/timetolive": timeToLive,
  "lease/leases": leases,
  "kv/lease/leases": leases,
};
