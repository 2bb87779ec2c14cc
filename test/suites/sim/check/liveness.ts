import type { Tuning } from "../../../../src/node/world/tuning.ts";
import type { MemberStatus } from "../../../../src/rpc/messages.ts";

/** What a member said of itself; undefined where it did not answer. */
export interface Health {
  readonly id: number;
  readonly status: MemberStatus | undefined;
}

/**
 * Why the cluster is not whole although nothing is wrong any more: there must be one leader, all
 * members at its commit index with the same state, no transfer hanging, and budgets kept.
 */
export function convergenceProblem(all: readonly Health[], tuning: Tuning): string | undefined {
  const statuses = all.flatMap(({ status }) => (status === undefined ? [] : [status]));
  const leaders = statuses.filter(({ role }) => role === "leader");
  const [leader] = leaders;
  if (leader === undefined || leaders.length > 1) return `${leaders.length} leaders`;
  for (const status of statuses) {
    const problem = memberProblem(status, leader, tuning);
    if (problem !== undefined) return `member ${status.header.memberId}: ${problem}`;
  }
  // Of a cluster that sleeps it is not known how far others are, since nobody is to ask.
  if (tuning.sleepAfterMs > 0) return undefined;
  const hanging = leader.progress.find(({ state, id }) => {
    return state !== "replicate" && id !== leader.header.memberId;
  });
  return hanging === undefined ? undefined : `member ${hanging.id} is in state ${hanging.state}`;
}

function memberProblem(
  status: MemberStatus,
  leader: MemberStatus,
  tuning: Tuning,
): string | undefined {
  if (status.damage !== "") return `damage: ${status.damage}`;
  if (status.phase !== "ready") return `is ${status.phase}`;
  if (status.header.leader !== leader.header.memberId) return `follows ${status.header.leader}`;
  if (status.commitIndex !== leader.commitIndex) {
    return `commit ${status.commitIndex} of ${leader.commitIndex}`;
  }
  if (status.appliedIndex !== status.commitIndex) {
    return `applied ${status.appliedIndex} of ${status.commitIndex}`;
  }
  if (status.fingerprint !== leader.fingerprint) return "has another fingerprint than the leader";
  if (status.checkpointRunning) return "still writes a checkpoint";
  return budgetProblem(status, tuning);
}

/** What must come down to nothing when nobody asks for anything, by etcd's names. */
const drained = [
  "etcd_server_proposals_pending",
  "etcd_server_snapshot_apply_in_progress_total",
  "etcd_network_snapshot_send_inflights_total",
  "etcd_network_snapshot_receive_inflights_total",
  "etcd_debugging_mvcc_slow_watcher_total",
];

/** Entries in a log beyond what it keeps on purpose: those of a checkpoint under way. */
const slackEntries = 1_000;

function budgetProblem(status: MemberStatus, tuning: Tuning): string | undefined {
  const { overlayBytes, log, gauges, snapshots } = status;
  if (overlayBytes > tuning.overlayBytes) return `overlay of ${overlayBytes} bytes`;
  if (log.bytes > tuning.logBytes) return `log of ${log.bytes} bytes`;
  const most = 2 * tuning.snapshotCount + tuning.snapshotCatchUpEntries + slackEntries;
  const entries = log.lastIndex - log.firstIndex + 1;
  if (entries > most) return `log of ${entries} entries`;
  if (snapshots.length > 2) return `${snapshots.length} snapshots`;
  for (const name of drained) {
    const value = gauges[name];
    if (value === undefined) return `no gauge ${name}`;
    if (value > 0) return `${name} is ${value}`;
  }
  return undefined;
}

/** One line about a member, for the trace of a cluster that does not become whole. */
export function healthText({ id, status }: Health): string {
  if (status === undefined) return `m${id} does not answer`;
  const { phase, role, term, header, commitIndex, appliedIndex, voters, learners, damage } = status;
  const { firstIndex, lastIndex } = status.log;
  const progress = status.progress.map((peer) => `${peer.id}:${peer.state}@${peer.match}`);
  return [
    `m${id} ${phase} ${role} term ${term} leader ${header.leader}`,
    `log ${firstIndex}..${lastIndex} commit ${commitIndex} applied ${appliedIndex}`,
    `voters ${voters.join(" ")} learners ${learners.join(" ")} progress ${progress.join(" ")}`,
    `members ${status.members.map((member) => member.id).join(" ")}`,
    `snapshot ${status.snapshotIndex} damage "${damage}"`,
  ].join(", ");
}
