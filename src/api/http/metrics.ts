/** /metrics: Prometheus text, etcd's names where the meaning is the same, every member's own. */
import type { MemberStatus } from "../../node/rpc.ts";
import type { Context } from "../context.ts";
import { clusterVersion, serverVersion } from "../version.ts";
import { respond } from "./respond.ts";

interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly value: (status: MemberStatus) => number;
}

const gauge = (name: string, help: string, value: Metric["value"]): Metric => ({
  ...{ name, type: "gauge", help, value },
});

const metrics: readonly Metric[] = [
  gauge("etcd_server_has_leader", "Whether a leader is known: 1 or 0.", ({ header }) =>
    header.leader === 0 ? 0 : 1,
  ),
  gauge("etcd_server_is_leader", "Whether this member leads: 1 or 0.", ({ role }) =>
    role === "leader" ? 1 : 0,
  ),
  gauge("etcd_server_is_learner", "Whether this member is a learner: 1 or 0.", ({ role }) =>
    role === "learner" ? 1 : 0,
  ),
  gauge(
    "etcd_server_proposals_committed_total",
    "Index up to which entries are committed.",
    (s) => {
      return s.commitIndex;
    },
  ),
  gauge("etcd_server_proposals_applied_total", "Index up to which entries are applied.", (s) => {
    return s.appliedIndex;
  }),
  gauge("etcd_server_quota_backend_bytes", "Bytes of the quota.", (s) => s.quotaBytes),
  gauge("etcd_mvcc_db_total_size_in_bytes", "Bytes of the database.", (s) => s.databaseBytes),
  gauge("etcd_mvcc_db_total_size_in_use_in_bytes", "Bytes of live keys and values.", (s) => {
    return s.liveBytes;
  }),
  gauge("etcd_debugging_mvcc_current_revision", "The store's revision.", (s) => s.header.revision),
  gauge("etcd_debugging_mvcc_compact_revision", "The store's compaction.", (s) => {
    return Math.max(0, s.compactRevision);
  }),
  gauge("durable_raft_term", "The raft term.", (s) => s.term),
  gauge("durable_raft_ready", "Whether the member serves: 1 or 0.", (s) => {
    return s.phase === "ready" && s.damage === "" ? 1 : 0;
  }),
  gauge("durable_raft_log_first_index", "The log's first index.", (s) => s.log.firstIndex),
  gauge("durable_raft_log_last_index", "The log's last index.", (s) => s.log.lastIndex),
  gauge("durable_raft_log_bytes", "Bytes of the log.", (s) => s.log.bytes),
  gauge("durable_raft_snapshot_index", "Index of the newest snapshot.", (s) => s.snapshotIndex),
  gauge("durable_raft_overlay_bytes", "Bytes that no checkpoint holds yet.", (s) => s.overlayBytes),
];

const label = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

/** A counter's name: what members count under etcd's own names stays as it is. */
const counterName = (name: string): string =>
  /^(?:etcd|grpc|process)_/.test(name) ? name : `durable_raft_${name}`;

function lines(name: string, type: string, help: string, values: readonly string[]): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${values.join("\n")}\n`;
}

export function metricsText(statuses: readonly MemberStatus[]): string {
  const series = (status: MemberStatus, more = "") =>
    `{cluster="${label(status.cluster)}",member="${status.header.memberId}"${more}}`;
  let text = "";
  for (const { name, type, help, value } of metrics) {
    const values = statuses.map((status) => `${name}${series(status)} ${value(status)}`);
    text += lines(name, type, help, values);
  }
  const versions = (name: string, version: string) =>
    statuses.map((s) => `etcd_${name}{cluster="${label(s.cluster)}",${name}="${version}"} 1`)[0];
  for (const [name, version] of [
    ["server_version", serverVersion],
    ["cluster_version", clusterVersion],
  ] as const) {
    const line = versions(name, version);
    if (line !== undefined) text += lines(`etcd_${name}`, "gauge", "Which version.", [line]);
  }
  const peers = statuses.flatMap((status) =>
    status.progress.map((peer) => {
      return `durable_raft_peer_match_index${series(status, `,peer="${peer.id}"`)} ${peer.match}`;
    }),
  );
  if (peers.length > 0) {
    const help = "Index up to which the leader knows a peer's log to match.";
    text += lines("durable_raft_peer_match_index", "gauge", help, peers);
  }
  const counted = new Set(statuses.flatMap(({ counters }) => Object.keys(counters)));
  for (const counter of [...counted].sort()) {
    const name = counterName(counter);
    const values = statuses.flatMap((status) => {
      const value = status.counters[counter];
      return value === undefined ? [] : [`${name}${series(status)} ${value}`];
    });
    text += lines(name, "counter", `Since the member started: ${counter}.`, values);
  }
  return text;
}

export async function metricsPage(context: Context): Promise<Response> {
  const statuses = await context.cluster.statuses(context.call());
  const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
  return respond(200, metricsText(statuses), headers);
}
