/** /cluster: what every member says of itself, changes of the membership, and backups. */

import { errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { naturalOf } from "../../proto/decimal.ts";
import type { MemberChange, MemberRecord, MemberStatus } from "../../rpc/messages.ts";
import { ApiError, asApiError } from "../base/error.ts";
import { readBody } from "../http/body.ts";
import type { Context } from "../http/context.ts";
import type { Parameters } from "../http/parameters.ts";
import {
  failure,
  json,
  methodNotAllowed,
  notFound,
  withoutBody,
  written,
} from "../http/respond.ts";
import { textOfBody } from "../http/utf8.ts";
import { checkAdmin } from "../store/admin.ts";
import { restoreBackup, takeBackup } from "./backup.ts";

const maxBodyBytes = 65_536;

const bad = (text: string) => new ApiError(GrpcCode.InvalidArgument, text);

/** The response to a request under /cluster. */
export async function clusterAdmin(
  context: Context,
  request: Request,
  path: string,
  parameters: Parameters,
): Promise<Response> {
  try {
    const [, , what, id, verb, ...more] = path.split("/");
    if (what === undefined || what === "") return await overview(context, request);
    // Who may restore is for the members to say: a cluster that is not born yet has none to ask.
    if (what === "restore" && id === undefined)
      return await restoreBackup(context, request, parameters);
    // These two are for where no majority is left to say who is root: a member says what it knows.
    if (what === "backup" && id === undefined)
      return await takeBackup(context, request, parameters);
    if (what === "force-new" && id === undefined) return await forceNew(context, request);
    await checkAdmin(context);
    if (what === "leader" && id === undefined) return await moveLeader(context, request);
    if (what !== "members" || more.length > 0) return notFound();
    if (id === undefined) return await membersOf(context, request);
    return await memberOfId(context, request, memberId(id), verb);
  } catch (error) {
    return failure(asApiError(error));
  }
}

async function overview(context: Context, request: Request): Promise<Response> {
  if (!isLook(request)) return methodNotAllowed("GET, HEAD");
  const members = await context.cluster.statuses(context.call());
  if (members.some(({ authEnabled }) => authEnabled)) {
    // Without a leader nobody could be asked for anything but what he knows.
    const led = members.some(({ header }) => header.leader !== 0);
    await checkAdmin(context, led ? "linearizable" : "serializable");
  }
  const newest = members.reduce((a, b) => (b.header.raftTerm > a.header.raftTerm ? b : a));
  const { clusterId, leader, raftTerm } = newest.header;
  const told = { cluster: newest.cluster, clusterId, leader, term: raftTerm };
  const unreachable = newest.members
    .filter(({ id }) => !members.some(({ header }) => header.memberId === id))
    .map(({ id, name }) => ({ id, name, reason: context.cluster.whyAbsent(id) }));
  const absent = unreachable.length === 0 ? {} : { unreachable };
  return shown(request, { ...told, members: members.map(memberOf), ...absent });
}

const isLook = ({ method }: Request): boolean => method === "GET" || method === "HEAD";

function shown({ method }: Request, value: unknown): Response {
  const response = json(200, written(value));
  return method === "HEAD" ? withoutBody(response) : response;
}

function memberOf({ header, members, ...status }: MemberStatus) {
  const record = members.find(({ id }) => id === header.memberId);
  const { name = "", locationHint = "" } = record ?? {};
  return { id: header.memberId, name, locationHint, revision: header.revision, ...status };
}

async function bodyOf(context: Context, request: Request): Promise<Record<string, unknown>> {
  const tooLarge = () => bad(`the body is larger than ${maxBodyBytes} bytes`);
  const text = textOfBody(await readBody(context, request, maxBodyBytes, tooLarge));
  let value: unknown;
  try {
    value = text.trim() === "" ? {} : JSON.parse(text);
  } catch (error) {
    throw bad(`the body is no JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw bad("the body must be a JSON object");
  }
  return value as Record<string, unknown>;
}

function memberId(text: string): number {
  const id = naturalOf(text);
  if (id === undefined || id < 1) throw bad(`no member id: ${text.slice(0, 40)}`);
  return id;
}

/** The id that a new member is to have; 0 for the next one. Its range is for members to say. */
function wantedId(id: unknown): number {
  if (id === undefined) return 0;
  if (typeof id === "number" || typeof id === "string") return memberId(String(id));
  throw bad("id must be a number");
}

function textField(body: Record<string, unknown>, name: string): string {
  const value = body[name] ?? "";
  if (typeof value !== "string" || !value.isWellFormed()) throw bad(`${name} must be a text`);
  return value;
}

async function moveLeader(context: Context, request: Request): Promise<Response> {
  if (request.method !== "POST") return methodNotAllowed("POST");
  const { target = 0 } = await bodyOf(context, request);
  if (typeof target !== "number" || !Number.isSafeInteger(target) || target < 0) {
    throw bad("target must be a member id, or 0 for the most caught-up voter");
  }
  const { leader } = await context.cluster.moveLeader(target, context.call());
  return json(200, written({ leader }));
}

async function membersOf(context: Context, request: Request): Promise<Response> {
  if (isLook(request)) return shown(request, { members: await records(context) });
  if (request.method !== "POST") return methodNotAllowed("GET, HEAD, POST");
  return addMember(context, request);
}

/** The members as the one that answers has them; the leader where one is known. */
async function records(context: Context): Promise<readonly MemberRecord[]> {
  return (await context.cluster.status(0, context.call())).members;
}

/** What is left of a cluster whose majority is lost for good is made a new one. */
async function forceNew(context: Context, request: Request): Promise<Response> {
  if (request.method !== "POST") return methodNotAllowed("POST");
  const { member, confirm } = await bodyOf(context, request);
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
  const told = { clusterId, formerClusterId, member, revision, removed: forced.removed };
  return json(200, written({ warning, ...told }));
}

async function addMember(context: Context, request: Request): Promise<Response> {
  const body = await bodyOf(context, request);
  const id = wantedId(body.id);
  const name = textField(body, "name");
  const locationHint = textField(body, "locationHint");
  // A voter that has nothing yet would only take votes away: promote it when it has caught up.
  const isLearner = true;
  return applied(context, { kind: "add", id, name, peerUrls: [], locationHint, isLearner });
}

async function memberOfId(
  context: Context,
  request: Request,
  id: number,
  verb: string | undefined,
): Promise<Response> {
  if (verb === undefined) {
    if (isLook(request)) {
      const member = (await records(context)).find((record) => record.id === id);
      return member === undefined
        ? failure(ApiError.of(errors.memberNotFound))
        : shown(request, member);
    }
    if (request.method !== "DELETE") return methodNotAllowed("GET, HEAD, DELETE");
    return applied(context, { kind: "remove", id });
  }
  if (verb !== "promote") return notFound();
  if (request.method !== "POST") return methodNotAllowed("POST");
  return applied(context, { kind: "promote", id });
}

async function applied(context: Context, change: MemberChange): Promise<Response> {
  const { members, added } = await context.cluster.changeMember(change, context.call());
  return json(200, written({ ...(added === undefined ? {} : { added }), members }));
}
