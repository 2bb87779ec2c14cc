import type { Running } from "./running.ts";

type Metrics = Readonly<Record<string, number>>;

/** Counters of a member; of one that does not run, only those of its outer parts. */
export function memberMetrics(
  outer: readonly { readonly counters: Metrics }[],
  running: Running | undefined,
): { readonly counters: Metrics; readonly gauges: Metrics } {
  const counted: Metrics = Object.assign({}, ...outer.map(({ counters }) => counters));
  if (running === undefined) return { counters: counted, gauges: {} };
  const { raft } = running;
  const { sleep } = running;
  const own = { ...counted, ...raft.counters, ...raft.rounds.counters, ...sleep.counters };
  return { counters: { ...own, ...countersOf(running) }, gauges: gaugesOf(running) };
}

/** Counters of a running member, under etcd's names where the meaning is the same. */
function countersOf(running: Running): Metrics {
  const { machine, raft, watches, storage } = running;
  const { counts, leases } = machine;
  const { sender, receiver } = raft.snapshots;
  return {
    etcd_server_leader_changes_seen_total: raft.role.leaderChanges,
    etcd_server_proposals_failed_total: raft.proposals.failures,
    etcd_mvcc_put_total: counts.puts,
    etcd_mvcc_range_total: counts.ranges,
    etcd_mvcc_delete_total: counts.deletes,
    etcd_mvcc_txn_total: counts.txns,
    etcd_debugging_mvcc_total_put_size_in_bytes: counts.putBytes,
    etcd_debugging_mvcc_events_total: watches.hub.eventsSent,
    etcd_debugging_lease_granted_total: leases.counts.granted,
    etcd_debugging_lease_revoked_total: leases.counts.revoked,
    etcd_debugging_lease_renewed_total: leases.counts.renewed,
    etcd_debugging_server_lease_expired_total: running.leasesExpired,
    etcd_disk_wal_write_bytes_total: storage.walBytesWritten,
    etcd_network_snapshot_send_success: sender.counts.succeeded,
    etcd_network_snapshot_send_failures: sender.counts.failed,
    etcd_network_snapshot_receive_success: receiver.counts.succeeded,
    etcd_network_snapshot_receive_failures: receiver.counts.failed,
  };
}

/** Gauges of a running member, likewise. */
function gaugesOf(running: Running): Metrics {
  const { clients, machine, raft, watches } = running;
  const { sender, receiver } = raft.snapshots;
  const receiving = receiver.pulling === undefined ? 0 : 1;
  return {
    etcd_server_proposals_pending: raft.proposals.gathered + raft.proposals.waiting,
    etcd_server_snapshot_apply_in_progress_total: receiving,
    logins_remembered: clients.loginsRemembered,
    etcd_debugging_mvcc_keys_total: machine.status.keyCount,
    etcd_debugging_mvcc_watch_stream_total: watches.hub.streamCount,
    etcd_debugging_mvcc_watcher_total: watches.hub.watcherCount,
    etcd_debugging_mvcc_slow_watcher_total: watches.hub.slowWatcherCount,
    etcd_debugging_auth_revision: machine.auth.revision,
    etcd_network_snapshot_send_inflights_total: sender.transfers,
    etcd_network_snapshot_receive_inflights_total: receiving,
    revisions_held: machine.holds.size,
  };
}
