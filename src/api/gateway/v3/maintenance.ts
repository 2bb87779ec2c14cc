/** etcd's Maintenance service. */

import { errors } from "../../../etcd/errors.ts";
import { GrpcCode } from "../../../etcd/grpc-code.ts";
import { clusterVersion, serverVersion, storageVersion } from "../../../etcd/version.ts";
import { fold } from "../../../kv/apply/reader.ts";
import { Fingerprint } from "../../../kv/fingerprint/fingerprint.ts";
import {
  AlarmRequest,
  AlarmResponse,
  DefragmentRequest,
  DefragmentResponse,
  DowngradeInfo,
  DowngradeRequest,
  DowngradeResponse,
  HashKVRequest,
  HashKVResponse,
  HashRequest,
  HashResponse,
  MemberListRequest,
  MoveLeaderRequest,
  MoveLeaderResponse,
  RangeRequest,
  type ResponseHeader,
  StatusRequest,
  StatusResponse,
} from "../../../proto/generated/etcd.ts";
import type { MemberStatus } from "../../../rpc/messages.ts";
import { ApiError } from "../../base/error.ts";
import type { Context } from "../../http/context.ts";
import { checkAdmin } from "../../store/admin.ts";
import { alarmName } from "../../store/alarm.ts";
import { answerOf } from "../../store/answer.ts";
import { isTooMuch, pagesOf } from "../../store/pages.ts";
import { type Method, query, unary } from "./method.ts";

const getAlarms = 0;

const alarm = unary(AlarmRequest, AlarmResponse, async (context, request) => {
  const reads = request.action === getAlarms;
  const reply = reads
    ? await context.cluster.query({ alarm: request }, "linearizable", context.call())
    : await context.cluster.propose({ alarm: request }, context.call());
  return answerOf<AlarmResponse>(context, reply, "alarm");
});

function troubles(status: MemberStatus): string[] {
  const found: string[] = [];
  if (status.header.leader === 0) found.push(errors.noLeader.text);
  for (const { memberId, alarm: type } of status.alarms) {
    found.push(`memberID:${memberId} alarm:${alarmName(type)} `);
  }
  if (status.damage !== "") found.push(status.damage);
  return found;
}

const status = unary(StatusRequest, StatusResponse, async (context) => {
  // Any valid user may ask; the members refuse others.
  const memberList = MemberListRequest.create();
  await context.cluster.query({ memberList }, "serializable", context.call());
  const found = await context.cluster.status(0, context.call());
  const { header, role, term, commitIndex, appliedIndex, databaseBytes } = found;
  const { storedBytes, quotaBytes, log } = found;
  return StatusResponse.create({
    header: context.header(header, header.revision),
    version: serverVersion,
    dbSize: databaseBytes,
    // Bytes that are neither log nor uncompacted keys and values are free for reuse.
    dbSizeInUse: storedBytes + log.bytes,
    dbSizeQuota: quotaBytes,
    leader: BigInt(header.leader),
    raftIndex: commitIndex,
    raftTerm: term,
    raftAppliedIndex: appliedIndex,
    errors: troubles(found),
    isLearner: role === "learner",
    storageVersion,
    downgradeInfo: DowngradeInfo.create(),
  });
});

// There is nothing to defragment: SQLite reuses what compaction frees.
const defragment = unary(DefragmentRequest, DefragmentResponse, async (context) => {
  await checkAdmin(context);
  return DefragmentResponse.create();
});

const transfer = unary(MoveLeaderRequest, MoveLeaderResponse, async (context, { targetID }) => {
  const target = targetID <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(targetID) : 0;
  // Target 0 would let the member choose, which etcd's API does not have.
  if (target === 0) throw ApiError.of(errors.badLeaderTransferee);
  await context.cluster.moveLeader(target, context.call());
  return MoveLeaderResponse.create();
});

const cancelDowngrade = 2;
/** Downgrades name versions without the patch. */
const minorVersion = clusterVersion.replace(/\.[0-9]+$/, "");

const downgrade = unary(DowngradeRequest, DowngradeResponse, async (context, request) => {
  await checkAdmin(context);
  const { header } = await context.cluster.status(0, context.call());
  const answer = { header: context.header(header, header.revision), version: minorVersion };
  if (request.action === cancelDowngrade) return answer;
  const parts = /^([0-9]+)\.([0-9]+)(?:\.([0-9]+))?$/.exec(request.version);
  if (parts === null) throw ApiError.of(errors.wrongDowngradeVersionFormat);
  const [major, minor] = clusterVersion.split(".").map(Number);
  const isNext = Number(parts[1]) === major && Number(parts[2]) + 1 === minor;
  if (!isNext) throw ApiError.of(errors.invalidDowngradeTargetVersion);
  if (request.action === 0) return answer;
  const text = "etcdserver: members change version with the deployment, not by downgrade";
  throw new ApiError(GrpcCode.Unimplemented, text);
});

async function hashOf(context: Context, hashKv: HashKVRequest): Promise<HashKVResponse> {
  const reply = await context.cluster.query({ hashKv }, "linearizable", context.call());
  return answerOf<HashKVResponse>(context, reply, "hashKv");
}

/** A range too large for one turn of a member is hashed here, page by page. */
async function hashKv(context: Context, request: HashKVRequest): Promise<HashKVResponse> {
  try {
    return await hashOf(context, request);
  } catch (error) {
    if (!isTooMuch(error)) throw error;
  }
  const { revision } = request;
  const sums = new Fingerprint();
  let header: ResponseHeader | undefined;
  const everything = RangeRequest.create({ key: fromKey, rangeEnd: fromKey, revision });
  for await (const { answer } of pagesOf(context, everything)) {
    header ??= answer.header;
    for (const kv of answer.kvs) sums.addKey(kv);
  }
  const hashRevision = revision > 0 ? revision : (header?.revision ?? 0);
  const { compactRevision } = await context.cluster.status(0, context.call());
  return { header, hash: fold(sums.keys), compactRevision, hashRevision };
}

const fromKey = new Uint8Array(1);

export const maintenanceMethods: Readonly<Record<string, Method>> = {
  "maintenance/alarm": alarm,
  "maintenance/status": status,
  "maintenance/defragment": defragment,
  "maintenance/hash": query(HashRequest, HashResponse, "hash"),
  "maintenance/hashkv": unary(HashKVRequest, HashKVResponse, hashKv),
  "maintenance/transfer-leadership": transfer,
  "maintenance/downgrade": downgrade,
};
