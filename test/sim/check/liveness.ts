import type { MemberStatus } from "../../../src/node/rpc.ts";
import type { Tuning } from "../../../src/node/tuning.ts";

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
  if (status.overlayBytes > tuning.overlayBytes) return `overlay of ${status.overlayBytes} bytes`;
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
