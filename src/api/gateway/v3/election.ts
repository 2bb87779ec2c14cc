/** etcd's Election service. */
import { errors } from "../../../etcd/errors.ts";
import { sameBytes } from "../../../proto/bytes.ts";
import {
  CampaignRequest,
  CampaignResponse,
  DeleteRangeRequest,
  EventType,
  LeaderKey,
  LeaderRequest,
  LeaderResponse,
  ProclaimRequest,
  ProclaimResponse,
  PutRequest,
  ResignRequest,
  ResignResponse,
  type ResponseHeader,
  WatchCreateRequest,
} from "../../../proto/generated/etcd.ts";
import { ApiError } from "../../base/error.ts";
import type { Context } from "../../http/context.ts";
import { prefixEnd } from "../../store/key.ts";
import { type Method, stream, unary } from "./method.ts";
import * as session from "./session.ts";

const notLeader = () => ApiError.of(errors.electionNotLeader);

function given(leader: LeaderKey | undefined): LeaderKey {
  if (leader === undefined) throw session.failed('"leader" field must be provided');
  return leader;
}

async function campaign(context: Context, request: CampaignRequest): Promise<CampaignResponse> {
  const { name, value } = request;
  const lease = await session.sessionLease(context, request.lease);
  const prefix = session.prefixOf(name);
  const key = session.keyOf(prefix, lease);
  const answer = await session.enter(context, key, lease, value);
  const { revision: rev, found } = session.entered(answer);
  const leader = LeaderKey.create({ name, key, rev, lease });
  if (found !== undefined && !sameBytes(found.value, value)) {
    await setValue(context, leader, value);
  }
  await session.waitForOlder(context, prefix, key, rev, notLeader());
  return { header: answer.header, leader };
}

async function setValue(
  context: Context,
  { key, rev, lease }: LeaderKey,
  value: Uint8Array,
): Promise<ResponseHeader | undefined> {
  const requestPut = PutRequest.create({ key, value, lease });
  const answer = await session.transact(context, [session.madeAt(key, rev)], [{ requestPut }]);
  if (!answer.succeeded) throw notLeader();
  return answer.header;
}

async function proclaim(context: Context, request: ProclaimRequest): Promise<ProclaimResponse> {
  return { header: await setValue(context, given(request.leader), request.value) };
}

async function resign(context: Context, request: ResignRequest): Promise<ResignResponse> {
  const { key, rev } = given(request.leader);
  const requestDeleteRange = DeleteRangeRequest.create({ key });
  const still = [session.madeAt(key, rev)];
  const { header } = await session.transact(context, still, [{ requestDeleteRange }]);
  return { header };
}

async function leader(context: Context, { name }: LeaderRequest): Promise<LeaderResponse> {
  const { header, kvs } = await session.get(context, session.oldest(session.prefixOf(name)));
  const [kv] = kvs;
  if (kv === undefined) throw session.failed("election: no leader");
  return { header, kv };
}

/** The header of an observation has the revision at which its value was written. */
const at = (header: ResponseHeader | undefined, revision: number): ResponseHeader | undefined =>
  header === undefined ? undefined : { ...header, revision };

/** The current leader, then every new value and leader. */
async function* observe(context: Context, name: Uint8Array): AsyncIterable<LeaderResponse> {
  const prefix = session.prefixOf(name);
  for (;;) {
    const { header, kvs } = await session.get(context, session.oldest(prefix));
    let current: LeaderResponse;
    if (kvs[0] === undefined) {
      current = await firstPut(context, prefix, header?.revision ?? 0);
    } else {
      current = { header, kv: kvs[0] };
    }
    yield current;
    yield* changes(context, current);
  }
}

async function firstPut(
  context: Context,
  key: Uint8Array,
  startRevision: number,
): Promise<LeaderResponse> {
  const range = WatchCreateRequest.create({ key, rangeEnd: prefixEnd(key), startRevision });
  for await (const { header, events } of session.watchFrom(context, range)) {
    const kv = events.find(({ type }) => type === EventType.PUT)?.kv;
    if (kv !== undefined) return { header: at(header, kv.modRevision), kv };
  }
  throw new Error("a watch ends by an error only");
}

/** A leader's new values, until its key is gone. */
async function* changes(
  context: Context,
  { header: since, kv }: LeaderResponse,
): AsyncIterable<LeaderResponse> {
  const startRevision = (since?.revision ?? 0) + 1;
  const request = WatchCreateRequest.create({ key: kv?.key ?? new Uint8Array(), startRevision });
  for await (const { header, events } of session.watchFrom(context, request)) {
    for (const event of events) {
      if (event.type === EventType.DELETE) return;
      yield { header: at(header, event.kv?.modRevision ?? 0), kv: event.kv };
    }
  }
}

async function* observed(
  context: Context,
  requests: AsyncIterable<LeaderRequest>,
): AsyncIterable<LeaderResponse> {
  let name: Uint8Array = new Uint8Array();
  for await (const request of requests) {
    ({ name } = request);
    break;
  }
  try {
    yield* observe(context, name);
  } catch (error) {
    throw error instanceof ApiError ? session.withoutCode(error) : error;
  }
}

export const electionMethods: Readonly<Record<string, Method>> = {
  "election/campaign": unary(CampaignRequest, CampaignResponse, (context, request) =>
    session.withoutCodes(session.toItsEnd(context, campaign(context, request))),
  ),
  "election/proclaim": unary(ProclaimRequest, ProclaimResponse, (context, request) =>
    session.withoutCodes(proclaim(context, request)),
  ),
  "election/leader": unary(LeaderRequest, LeaderResponse, (context, request) =>
    session.withoutCodes(leader(context, request)),
  ),
  "election/observe": stream(LeaderRequest, LeaderResponse, observed),
  "election/resign": unary(ResignRequest, ResignResponse, (context, request) =>
    session.withoutCodes(resign(context, request)),
  ),
};
