/** /cluster: the status of every member, and changes of the membership. */

import { errors } from "../../etcd/errors.ts";
import { naturalOf } from "../../proto/decimal.ts";
import type { MemberChange, MemberRecord, MemberStatus } from "../../rpc/messages.ts";
import { ApiError } from "../base/error.ts";
import type { Context } from "../http/context.ts";
import { json, written } from "../http/respond.ts";
import type { Asked } from "../http/route.ts";
import { checkAdmin } from "../store/admin.ts";
import { bad, fieldsOf } from "./fields.ts";

/** GET /cluster: the status of every member. */
export async function overview({ context }: Asked): Promise<Response> {
  const members = await context.cluster.statuses(context.call());
  if (members.some(({ authEnabled }) => authEnabled)) {
    // Without a leader, only what each member knows itself can be shown.
    const led = members.some(({ header }) => header.leader !== 0);
    await checkAdmin(context, led ? "linearizable" : "serializable");
  }
  const newest = members.reduce((a, b) => (b.header.raftTerm > a.header.raftTerm ? b : a));
  const { clusterId, leader, raftTerm } = newest.header;
  const summary = { cluster: newest.cluster, clusterId, leader, term: raftTerm };
  const unreachable = newest.members
    .filter(({ id }) => !members.some(({ header }) => header.memberId === id))
    .map(({ id, name }) => ({ id, name, reason: context.cluster.whyAbsent(id) }));
  const absent = unreachable.length === 0 ? {} : { unreachable };
  return shown({ ...summary, members: members.map(memberOf), ...absent });
}

const shown = (value: unknown): Response => json(200, written(value));

function memberOf({ header, members, ...status }: MemberStatus) {
  const record = members.find(({ id }) => id === header.memberId);
  const { name = "", locationHint = "" } = record ?? {};
  return { id: header.memberId, name, locationHint, revision: header.revision, ...status };
}

function memberId(text = ""): number {
  const id = naturalOf(text);
  if (id === undefined || id < 1) throw bad(`no member id: ${text.slice(0, 40)}`);
  return id;
}

/** The id for a new member; 0 for the next free one. Members check its range. */
function wantedId(id: unknown): number {
  if (id === undefined) return 0;
  if (typeof id === "number" || typeof id === "string") return memberId(String(id));
  throw bad("id must be a number");
}

/** A text among the fields, "" without it. */
function textOf(name: string, value: unknown = ""): string {
  if (typeof value !== "string" || !value.isWellFormed()) throw bad(`${name} must be a text`);
  return value;
}

/** POST /cluster/leader */
export async function moveLeader(asked: Asked): Promise<Response> {
  const { context } = asked;
  const { target = 0 } = await fieldsOf(asked, ["target"]);
  if (typeof target !== "number" || !Number.isSafeInteger(target) || target < 0) {
    throw bad("target must be a member id, or 0 for the most caught-up voter");
  }
  const { leader } = await context.cluster.moveLeader(target, context.call());
  return shown({ leader });
}

/** GET /cluster/members */
export async function list({ context }: Asked): Promise<Response> {
  return shown({ members: await records(context) });
}

/** GET /cluster/members/<id> */
export async function show({ context, parts }: Asked): Promise<Response> {
  const id = memberId(parts.id);
  const member = (await records(context)).find((record) => record.id === id);
  if (member === undefined) throw ApiError.of(errors.memberNotFound);
  return shown(member);
}

/** The members as known to the member that answers, the leader if one is known. */
async function records(context: Context): Promise<readonly MemberRecord[]> {
  return (await context.cluster.status(0, context.call())).members;
}

/** POST /cluster/force-new: makes a new cluster of one member whose majority is lost. */
export async function forceNew(asked: Asked): Promise<Response> {
  const { context } = asked;
  const { member, confirm } = await fieldsOf(asked, ["member", "confirm"]);
  if (typeof member !== "number" || !Number.isSafeInteger(member) || member < 1) {
    throw bad("member must be the id of the member that is left");
  }
  const { cluster, header } = await context.cluster.status(member, context.call());
  if (header.clusterId === 0n) throw bad(`member ${member} belongs to no cluster`);
  if (confirm !== cluster) throw bad(`confirm must be the cluster's name: ${cluster}`);
  const only = { member, deployment: context.deployment };
  const forced = await context.cluster.forceNew(only, context.call());
  const { clusterId, revision } = forced.header;
  const warning =
    "this is what one member knew: writes that the lost majority acknowledged may be missing; " +
    "the members that were removed must not come back, add new ones";
  const formerClusterId = BigInt(`0x${forced.former}`);
  const summary = { clusterId, formerClusterId, member, revision, removed: forced.removed };
  return shown({ warning, ...summary });
}

/** POST /cluster/members */
export async function add(asked: Asked): Promise<Response> {
  const { context } = asked;
  const fields = await fieldsOf(asked, ["id", "name", "locationHint"]);
  const id = wantedId(fields.id);
  const name = textOf("name", fields.name);
  const locationHint = textOf("locationHint", fields.locationHint);
  // A voter without the log would only cost votes: promote the learner when it has caught up.
  const isLearner = true;
  return change(context, { kind: "add", id, name, peerUrls: [], locationHint, isLearner });
}

/** DELETE /cluster/members/<id> */
export function remove({ context, parts }: Asked): Promise<Response> {
  return change(context, { kind: "remove", id: memberId(parts.id) });
}

/** POST /cluster/members/<id>/promote */
export async function promote(asked: Asked): Promise<Response> {
  const { context, parts } = asked;
  await fieldsOf(asked, []);
  return change(context, { kind: "promote", id: memberId(parts.id) });
}

async function change(context: Context, wanted: MemberChange): Promise<Response> {
  const { members, added } = await context.cluster.changeMember(wanted, context.call());
  return shown({ ...(added === undefined ? {} : { added }), members });
}
