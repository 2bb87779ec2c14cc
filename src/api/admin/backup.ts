/**
 * /cluster/backup and /cluster/restore: the state as a file, and a new cluster from such a file.
 */

import { GrpcCode } from "../../etcd/grpc-code.ts";
import { maxRestoredRevision } from "../../kv/work/limits.ts";
import { naturalOf } from "../../proto/decimal.ts";
import type { MemberStatus } from "../../rpc/messages.ts";
import { ApiError } from "../base/error.ts";
import type { OnlyMember } from "../cluster/client.ts";
import type { Context } from "../http/context.ts";
import type { Parameters } from "../http/parameters.ts";
import { type Headers, json, respond, written } from "../http/respond.ts";
import type { Asked } from "../http/route.ts";
import { streamOf } from "../http/stream.ts";
import { checkAdmin } from "../store/admin.ts";
import { backupBytes, withChecksum } from "../store/backup-file/format.ts";
import { readBackup } from "../store/backup-file/reader.ts";

const contentType = "application/octet-stream";

/**
 * Sends a backup as the body; one that breaks off lacks its checksum. With `possibly_old` it is one
 * member's state, without asking the others, for use when they are lost.
 */
export async function backup({ context, parameters }: Asked): Promise<Response> {
  const only = onlyOf(context, parameters);
  if (only === undefined) await checkAdmin(context);
  const bytes = backupBytes(context, () => undefined, only);
  const parts = withChecksum(bytes)[Symbol.asyncIterator]();
  // The second part, the manifest, comes only if there is a backup to be had.
  const [first, second] = [await parts.next(), await parts.next()];
  async function* body(): AsyncIterable<Uint8Array> {
    for (const part of [first, second]) if (!part.done) yield part.value;
    yield* { [Symbol.asyncIterator]: () => parts };
  }
  const time = new Date(context.clock.now()).toISOString().replaceAll(/[:.]/g, "-");
  const name = only === undefined ? time : `${time}-possibly-old-of-member-${only.member}`;
  const disposition = `attachment; filename="${name}.backup"`;
  const age: Headers = only === undefined ? {} : { "x-possibly-old": "true" };
  const headers = { "content-type": contentType, "content-disposition": disposition, ...age };
  return respond(200, streamOf(context, body(), { left: () => context.leave() }), headers);
}

function onlyOf({ deployment }: Context, parameters: Parameters): OnlyMember | undefined {
  const [member, possiblyOld] = [parameters.text("member"), parameters.text("possibly_old")];
  if (member === undefined && possiblyOld === undefined) return undefined;
  if (possiblyOld === "true" && /^[1-9][0-9]{0,14}$/.test(member ?? "")) {
    return { member: Number(member), deployment };
  }
  const text =
    "a backup of one member may be old: member=<id>&possibly_old=true says that you know";
  throw new ApiError(GrpcCode.InvalidArgument, text);
}

/** How long a restore's answer waits for the other members to have the state as well. */
const settleMs = 20_000;
const lookMs = 100;

/** Restores the backup in the body. The members check that the client is root. */
export async function restore({ context, request, parameters }: Asked): Promise<Response> {
  const bumpRevision = bumpOf(parameters.text("bump_revision"));
  const body = bodyOf(request);
  try {
    const { manifest, chunks } = await readBackup(body);
    const restored = { manifest, chunks: chunks(), bumpRevision };
    await context.cluster.restore(restored, () => context.call());
  } finally {
    // A client that is still writing would not read the answer.
    for await (const _ of body);
  }
  const members = await settled(context);
  const states = members.map(({ header, role, fingerprint, compactRevision }) => {
    return { id: header.memberId, role, revision: header.revision, compactRevision, fingerprint };
  });
  return json(200, written({ clusterId: members[0]?.header.clusterId ?? 0n, members: states }));
}

function bumpOf(text: string | undefined): number {
  const revisions = naturalOf(text ?? "0", maxRestoredRevision);
  if (revisions !== undefined) return revisions;
  const range = `bump_revision must be a number of revisions from 0 to ${maxRestoredRevision}`;
  throw new ApiError(GrpcCode.InvalidArgument, range);
}

/** Leaves the rest of the body to the next reader. */
async function* bodyOf({ body }: Request): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    yield part.value;
  }
}

/** The members, once all vote and hold the same state, or when the time is up. */
async function settled(context: Context): Promise<readonly MemberStatus[]> {
  const end = context.clock.now() + settleMs;
  for (;;) {
    const members = await context.cluster.statuses(context.call());
    const states = new Set(members.map((one) => `${one.appliedIndex} ${one.fingerprint}`));
    const known = members.some(({ header, learners, voters }) => {
      const leads = header.leader === header.memberId;
      return leads && learners.length === 0 && voters.length >= context.initialMembers;
    });
    if ((known && states.size === 1) || context.clock.now() >= end) return members;
    await new Promise<void>((resolve) => context.clock.after(lookMs, resolve));
  }
}
