/**
 * /metrics: Prometheus text with the values of every member, under etcd's names where they mean the
 * same.
 */

import { clusterVersion, serverVersion } from "../../etcd/version.ts";
import type { MemberStatus } from "../../rpc/messages.ts";
import { respond } from "../http/respond.ts";
import type { Asked } from "../http/route.ts";

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
  gauge("etcd_mvcc_db_total_size_in_use_in_bytes", "Bytes of the log and of what lives.", (s) => {
    return s.storedBytes + s.log.bytes;
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

/** Help texts of metrics that members count under etcd's names. */
const helpOf: Readonly<Record<string, string>> = {
  etcd_server_leader_changes_seen_total: "Times that another leader was seen.",
  etcd_server_proposals_failed_total: "Proposals that were not taken, or lost from sight.",
  etcd_server_proposals_pending: "Proposals that wait to be committed.",
  etcd_server_snapshot_apply_in_progress_total: "Whether a leader's snapshot is taken: 1 or 0.",
  etcd_mvcc_put_total: "Puts, those in transactions too.",
  etcd_mvcc_range_total: "Ranges that this member answered, and those in transactions.",
  etcd_mvcc_delete_total: "Deletions, those in transactions too.",
  etcd_mvcc_txn_total: "Transactions of more than one operation.",
  etcd_debugging_mvcc_total_put_size_in_bytes: "Bytes of keys and values that were put.",
  etcd_debugging_mvcc_keys_total: "Keys that live.",
  etcd_debugging_mvcc_events_total: "Events that this member sent to watches.",
  etcd_debugging_mvcc_watch_stream_total: "Watch streams of this member.",
  etcd_debugging_mvcc_watcher_total: "Watches of this member.",
  etcd_debugging_mvcc_slow_watcher_total: "Watches that have not caught up.",
  etcd_debugging_auth_revision: "The revision of the auth store.",
  etcd_debugging_lease_granted_total: "Leases that were granted.",
  etcd_debugging_lease_revoked_total: "Leases that were revoked, those that expired too.",
  etcd_debugging_lease_renewed_total: "Renewals by this member, while it led.",
  etcd_debugging_server_lease_expired_total: "Leases that this member found expired.",
  etcd_disk_wal_write_bytes_total: "Bytes written to the write-ahead log.",
  etcd_network_snapshot_send_success: "Snapshots that followers have taken.",
  etcd_network_snapshot_send_failures: "Snapshots that followers have not taken.",
  etcd_network_snapshot_send_inflights_total: "Snapshots that followers are taking.",
  etcd_network_snapshot_receive_success: "Snapshots of a leader that were taken.",
  etcd_network_snapshot_receive_failures: "Snapshots of a leader that were not taken.",
  etcd_network_snapshot_receive_inflights_total: "Snapshots of a leader that are being taken.",
  durable_raft_logins_remembered: "Attempts to log in that count, and what they count for.",
  durable_raft_revisions_held: "Long answers that this member holds a revision for.",
};

const label = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

/** The name of a counter; a name of etcd's stays unchanged. */
const counterName = (name: string): string =>
  /^(?:etcd|grpc|process)_/.test(name) ? name : `durable_raft_${name}`;

function lines(name: string, type: string, help: string, values: readonly string[]): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${values.join("\n")}\n`;
}

/** The labels of one member's values. */
const series = (status: MemberStatus, more = ""): string =>
  `{cluster="${label(status.cluster)}",member="${status.header.memberId}"${more}}`;

function metricsText(statuses: readonly MemberStatus[]): string {
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
  const ids = statuses.map((status) => {
    const id = status.header.memberId.toString(16);
    return `etcd_server_id${series(status, `,server_id="${id}"`)} 1`;
  });
  if (ids.length > 0) text += lines("etcd_server_id", "gauge", "Which member, in hex.", ids);
  const peers = statuses.flatMap((status) =>
    status.progress.map((peer) => {
      return `durable_raft_peer_match_index${series(status, `,peer="${peer.id}"`)} ${peer.match}`;
    }),
  );
  if (peers.length > 0) {
    const help = "Index up to which the leader knows a peer's log to match.";
    text += lines("durable_raft_peer_match_index", "gauge", help, peers);
  }
  text += named("counter", statuses, ({ counters }) => counters);
  text += named("gauge", statuses, ({ gauges }) => gauges);
  return text + commitTimes(statuses);
}

/** Counters by the names that the members gave them. */
function named(
  type: Metric["type"],
  statuses: readonly MemberStatus[],
  of: (status: MemberStatus) => Readonly<Record<string, number>>,
): string {
  const names = new Set(statuses.flatMap((status) => Object.keys(of(status))));
  let text = "";
  for (const counted of [...names].sort()) {
    const name = counterName(counted);
    const values = statuses.flatMap((status) => {
      const value = of(status)[counted];
      return value === undefined ? [] : [`${name}${series(status)} ${value}`];
    });
    const help = helpOf[name] ?? `Since the member started: ${counted}.`;
    text += lines(name, type, help, values);
  }
  return text;
}

/** How long commits took: nearly every commit of a member has a row of the log. */
function commitTimes(statuses: readonly MemberStatus[]): string {
  const name = "etcd_disk_wal_fsync_duration_seconds";
  const values = statuses.flatMap((status) => {
    if (status.commits === undefined) return [];
    const { bounds, counts, sum } = status.commits;
    let below = 0;
    const buckets = counts.map((count, i) => {
      below += count;
      return `${name}_bucket${series(status, `,le="${bounds[i] ?? "+Inf"}"`)} ${below}`;
    });
    const total = [
      `${name}_sum${series(status)} ${sum}`,
      `${name}_count${series(status)} ${below}`,
    ];
    return [...buckets, ...total];
  });
  if (values.length === 0) return "";
  const help = "How long the log's rows took to be durable; measured of one commit in 100 ms.";
  return lines(name, "histogram", help, values);
}

/** GET /metrics */
export async function metricsPage({ context }: Asked): Promise<Response> {
  const statuses = await context.cluster.statuses(context.call());
  const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
  return respond(200, metricsText(statuses), headers);
}
