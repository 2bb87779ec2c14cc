/** /cluster/backup and /cluster/restore: the state as a file, and a new cluster from one. */

import { maxRestoredRevision } from "../../kv/limits.ts";
import type { MemberStatus } from "../../node/rpc.ts";
import { naturalOf } from "../../proto/decimal.ts";
import { GrpcCode } from "../../proto/grpc-code.ts";
import { backupBytes, withChecksum } from "../backup/format.ts";
import { readBackup } from "../backup/reader.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../status.ts";
import { checkAdmin } from "../v3/maintenance.ts";
import { json, methodNotAllowed, respond, streamOf, written } from "./respond.ts";

const contentType = "application/octet-stream";

/** The whole backup as the body; one that breaks off lacks its checksum. */
export async function takeBackup(context: Context, request: Request): Promise<Response> {
  if (request.method !== "GET") return methodNotAllowed("GET");
  await checkAdmin(context);
  const parts = withChecksum(backupBytes(context))[Symbol.asyncIterator]();
  // Whether there is one to be had shows with its second part, the manifest.
  const [first, second] = [await parts.next(), await parts.next()];
  async function* body(): AsyncIterable<Uint8Array> {
    for (const part of [first, second]) if (!part.done) yield part.value;
    yield* { [Symbol.asyncIterator]: () => parts };
  }
  const name = new Date(context.clock.now()).toISOString().replaceAll(/[:.]/g, "-");
  const disposition = `attachment; filename="${name}.backup"`;
  const headers = { "content-type": contentType, "content-disposition": disposition };
  return respond(200, streamOf(body(), { left: () => context.leave() }), headers);
}

/** How long the answer waits for the other members to have the state as well. */
const settleMs = 20_000;
const lookMs = 100;

/** Takes a backup as the body. The members themselves see to it that only root may. */
export async function restoreBackup(
  context: Context,
  request: Request,
  url: URL,
): Promise<Response> {
  if (request.method !== "POST") return methodNotAllowed("POST");
  const bumpRevision = bumpOf(url.searchParams.get("bump_revision"));
  const body = bodyOf(request);
  try {
    const { manifest, chunks } = await readBackup(body);
    const backup = { manifest, chunks: chunks(), bumpRevision };
    await context.cluster.restore(backup, () => context.call());
  } finally {
    // A client that still writes would not read the answer.
    for await (const _ of body);
  }
  const members = await settled(context);
  const told = members.map(({ header, role, fingerprint, compactRevision }) => {
    return { id: header.memberId, role, revision: header.revision, compactRevision, fingerprint };
  });
  return json(200, written({ clusterId: members[0]?.header.clusterId ?? 0n, members: told }));
}

function bumpOf(text: string | null): number {
  const revisions = naturalOf(text ?? "0", maxRestoredRevision);
  if (revisions !== undefined) return revisions;
  const range = `bump_revision must be a number of revisions from 0 to ${maxRestoredRevision}`;
  throw new ApiError(GrpcCode.InvalidArgument, range);
}

/** What is left of it can be read by whoever comes next. */
async function* bodyOf({ body }: Request): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    yield part.value;
  }
}

/** The members when all of them vote and hold the same, or as they are when time is up. */
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
