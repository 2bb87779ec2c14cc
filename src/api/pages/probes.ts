/** /version, /health, /livez and /readyz: open to everybody, as they are in etcd. */

import { clusterVersion, serverVersion, storageVersion } from "../../etcd/version.ts";
import { AlarmType, RangeRequest } from "../../proto/generated/etcd.ts";
import type { Consistency } from "../../rpc/messages.ts";
import { asApiError } from "../base/error.ts";
import type { Context } from "../http/context.ts";
import type { Parameters } from "../http/parameters.ts";
import { json, plainly, text } from "../http/respond.ts";
import { alarmName } from "../store/alarm.ts";

export function version(): Response {
  const versions = {
    etcdserver: serverVersion,
    etcdcluster: clusterVersion,
    storage: storageVersion,
  };
  return json(200, JSON.stringify(versions));
}

/** Any key: whether it may be read does not matter, only whether somebody answers. */
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

/** Who has no room on its disk; "" where everybody has. */
async function fullDisks(context: Context): Promise<string> {
  const members = await context.cluster.statuses(context.call());
  const full = members.filter(({ phase }) => phase === "full");
  const ids = full.map(({ header }) => header.memberId);
  return ids.length === 0 ? "" : `DISK FULL of member ${ids.join(", ")}`;
}

/** Why the cluster is not well; "" while it is. */
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

export async function health(context: Context, parameters: Parameters): Promise<Response> {
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

const probes: Readonly<Record<string, readonly string[]>> = {
  livez: ["serializable_read"],
  readyz: ["data_corruption", "serializable_read", "linearizable_read", "non_learner"],
};

/** /livez, /readyz and their single checks, e.g. /readyz/linearizable_read. */
export async function probe(
  context: Context,
  path: string,
  parameters: Parameters,
): Promise<Response> {
  const [, name = "", single, more] = path.split("/");
  const all = probes[name] ?? [];
  if (more !== undefined || (single !== undefined && !all.includes(single)))
    return plainly.notFound();
  const excluded = new Set(parameters.all("exclude"));
  const wanted = single === undefined ? all.filter((check) => !excluded.has(check)) : [single];
  let report = "";
  let failed = false;
  for (const check of wanted) {
    try {
      await checks[check]?.(context);
      report += `[+]${check} ok\n`;
    } catch (error) {
      failed = true;
      const why = error instanceof Error ? error.message : String(error);
      report += `[-]${check} failed: ${why}\n`;
    }
  }
  const nosniff = { "x-content-type-options": "nosniff" };
  if (failed) return text(503, `${report}\n`, nosniff);
  return text(200, `${parameters.has("verbose") ? report : ""}ok\n`, nosniff);
}
