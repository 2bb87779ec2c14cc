/** etcd's Cluster service. Its headers have no revision. */
import { errors } from "../../../etcd/errors.ts";
import { checkPeerUrls } from "../../../kv/members/reconfiguration.ts";
import {
  type Member,
  MemberAddRequest,
  MemberAddResponse,
  MemberListRequest,
  MemberListResponse,
  MemberPromoteRequest,
  MemberPromoteResponse,
  MemberRemoveRequest,
  MemberRemoveResponse,
  MemberUpdateRequest,
  MemberUpdateResponse,
} from "../../../proto/generated/etcd.ts";
import type { Header, MemberChange, MemberRecord } from "../../../rpc/messages.ts";
import { ApiError } from "../../base/error.ts";
import type { ChangedMembers } from "../../cluster/client.ts";
import type { Context } from "../../http/context.ts";
import { answerOf } from "../../store/answer.ts";
import { type Method, unary } from "./method.ts";

/** The member with the deployment's address, by which this client reaches all members. */
function reachable(context: Context, member: Member): Member {
  const started = member.name !== "";
  if (!started || member.clientURLs.length > 0) return member;
  return { ...member, clientURLs: [context.origin] };
}

function memberOf(context: Context, record: MemberRecord): Member {
  return reachable(context, {
    ID: BigInt(record.id),
    name: record.name,
    peerURLs: record.peerUrls,
    clientURLs: record.clientUrls,
    isLearner: record.isLearner,
  });
}

function listed(context: Context, from: Header, members: readonly Member[]) {
  const header = context.header(from, 0);
  return { header, members: members.map((member) => reachable(context, member)) };
}

/** A member id for a configuration change. Throws "member not found" for an impossible id. */
function memberId(ID: bigint): number {
  if (ID === 0n || ID > BigInt(Number.MAX_SAFE_INTEGER)) throw ApiError.of(errors.memberNotFound);
  return Number(ID);
}

async function change(context: Context, wanted: MemberChange): Promise<ChangedMembers> {
  return context.cluster.changeMember(wanted, context.call());
}

function membersOf(context: Context, { header, members }: ChangedMembers) {
  return {
    header: context.header(header, 0),
    members: members.map((record) => memberOf(context, record)),
  };
}

const add = unary(MemberAddRequest, MemberAddResponse, async (context, request) => {
  const { peerURLs, isLearner } = request;
  checkPeerUrls(peerURLs);
  const unnamed = { id: 0, name: "", locationHint: "" };
  const added = { kind: "add", ...unnamed, peerUrls: peerURLs, isLearner } as const;
  const members = await change(context, added);
  const member = members.added === undefined ? undefined : memberOf(context, members.added);
  return { ...membersOf(context, members), member };
});

// Changes no configuration: raft has no URLs.
const update = unary(MemberUpdateRequest, MemberUpdateResponse, async (context, memberUpdate) => {
  memberId(memberUpdate.ID);
  const reply = await context.cluster.propose({ memberUpdate }, context.call());
  const { members } = answerOf<MemberUpdateResponse>(context, reply, "memberUpdate");
  return listed(context, reply.header, members);
});

const remove = unary(MemberRemoveRequest, MemberRemoveResponse, async (context, { ID }) =>
  membersOf(context, await change(context, { kind: "remove", id: memberId(ID) })),
);

const promote = unary(MemberPromoteRequest, MemberPromoteResponse, async (context, { ID }) =>
  membersOf(context, await change(context, { kind: "promote", id: memberId(ID) })),
);

const list = unary(MemberListRequest, MemberListResponse, async (context, memberList) => {
  const consistency = memberList.linearizable ? "linearizable" : "serializable";
  const reply = await context.cluster.query({ memberList }, consistency, context.call());
  const { members } = answerOf<MemberListResponse>(context, reply, "memberList");
  return listed(context, reply.header, members);
});

export const membershipMethods: Readonly<Record<string, Method>> = {
  "cluster/member/add": add,
  "cluster/member/update": update,
  "cluster/member/remove": remove,
  "cluster/member/promote": promote,
  "cluster/member/list": list,
};
