/** Leases: etcd's Lease service, with the older spellings of its paths. */
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
import type { Context } from "../../http/context.ts";
import { grantLease } from "../../store/lease.ts";
import { type Method, proposal, query, stream, unary } from "./method.ts";

/** Renews a lease on the leader. TTL is 0 for an unknown lease. */
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

export const leaseMethods: Readonly<Record<string, Method>> = {
  "lease/grant": unary(LeaseGrantRequest, LeaseGrantResponse, grantLease),
  "lease/revoke": revoke,
  "kv/lease/revoke": revoke,
  "lease/keepalive": stream(LeaseKeepAliveRequest, LeaseKeepAliveResponse, renewals),
  "lease/timetolive": timeToLive,
  "kv/lease/timetolive": timeToLive,
  "lease/leases": leases,
  "kv/lease/leases": leases,
};
