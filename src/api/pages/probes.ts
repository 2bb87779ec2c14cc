/** /version, /health, /livez and /readyz: open to every client, as in etcd. */

import { clusterVersion, serverVersion, storageVersion } from "../../etcd/version.ts";
import { messageOf } from "../../proto/errors.ts";
import { AlarmType, RangeRequest } from "../../proto/generated/etcd.ts";
import type { Consistency } from "../../rpc/messages.ts";
import { asApiError } from "../base/error.ts";
import type { Context } from "../http/context.ts";
import type { Parameters } from "../http/parameters.ts";
import { json, plainly, text } from "../http/respond.ts";
import type { Asked, Handler } from "../http/route.ts";
import { alarmName } from "../store/alarm.ts";

/** GET /debug/vars */
export function variables(): Response {
  return text(200, JSON.stringify({ cmdline: ["durable-raft"] }), {
    "content-type": "application/json; charset=utf-8",
  });
}

/** GET /version */
export function version(): Response {
  const versions = {
    etcdserver: serverVersion,
    etcdcluster: clusterVersion,
    storage: storageVersion,
  };
  return json(200, JSON.stringify(versions));
}

/** Reads some key: permission does not matter, only whether a member answers. */
async function read(context: Context, consistency: Consistency): Promise<void> {
  const key = new TextEncoder().encode("health");
  const serializable = consistency === "serializable";
  const range = RangeRequest.create({ key, limit: 1, serializable, keysOnly: true });
  try {
    await context.cluster.query({ range }, consistency, context.call());
  } catch (error) {
    if (asApiError(error).httpStatus >= 500) throw error;
  }
}

/** The members whose disk is full, as text; "" for none. */
async function fullDisks(context: Context): Promise<string> {
  const members = await context.cluster.statuses(context.call());
  const full = members.filter(({ phase }) => phase === "full");
  const ids = full.map(({ header }) => header.memberId);
  return ids.length === 0 ? "" : `DISK FULL of member ${ids.join(", ")}`;
}

/** Why the cluster is unhealthy; "" if it is healthy. */
async function sickness(context: Context, parameters: Parameters): Promise<string> {
  const excluded = new Set(parameters.all("exclude"));
  const serializable = parameters.text("serializable") === "true";
  try {
    const { alarms, header } = await context.cluster.status(0, context.call());
    const alarm = alarms.map((one) => alarmName(one.alarm)).find((name) => !excluded.has(name));
    if (alarm !== undefined) return `ALARM ${alarm}`;
    if (!serializable && header.leader === 0) return (await fullDisks(context)) || "RAFT NO LEADER";
    await read(context, serializable ? "serializable" : "linearizable");
    return "";
  } catch (error) {
    return `RANGE ERROR:${asApiError(error).message}`;
  }
}

/** GET /health */
export async function health({ context, parameters }: Asked): Promise<Response> {
  const reason = await sickness(context, parameters);
  const body = JSON.stringify({ health: String(reason === ""), reason });
  return reason === "" ? text(200, body) : text(503, `${body}\n`);
}

type Check = (context: Context) => Promise<void>;

const checks: Readonly<Record<string, Check>> = {
  async data_corruption(context) {
    const { alarms } = await context.cluster.status(0, context.call());
    if (alarms.some(({ alarm }) => alarm === AlarmType.CORRUPT))
      throw new Error("alarm CORRUPT is active");
  },
  serializable_read: (context) => read(context, "serializable"),
  linearizable_read: (context) => read(context, "linearizable"),
  async non_learner(context) {
    const { role } = await context.cluster.status(0, context.call());
    if (role === "learner") throw new Error("the member is a learner");
  },
};

export const probes = {
  livez: ["serializable_read"],
  readyz: ["data_corruption", "serializable_read", "linearizable_read", "non_learner"],
} as const;

/** /livez, /readyz and their single checks, e.g. /readyz/linearizable_read. */
export const probe =
  (all: readonly string[]): Handler =>
  ({ context, parameters, parts: { check } }) =>
    check === undefined || all.includes(check)
      ? report(context, parameters, all, check)
      : plainly.notFound();

async function report(
  context: Context,
  parameters: Parameters,
  all: readonly string[],
  single: string | undefined,
): Promise<Response> {
  const excluded = new Set(parameters.all("exclude"));
  const wanted = single === undefined ? all.filter((check) => !excluded.has(check)) : [single];
  let lines = "";
  let failed = false;
  for (const check of wanted) {
    try {
      await checks[check]?.(context);
      lines += `[+]${check} ok\n`;
    } catch (error) {
      failed = true;
      const why = messageOf(error);
      lines += `[-]${check} failed: ${why}\n`;
    }
  }
  const nosniff = { "x-content-type-options": "nosniff" };
  if (failed) return text(503, `${lines}\n`, nosniff);
  return text(200, `${parameters.has("verbose") ? lines : ""}ok\n`, nosniff);
}
