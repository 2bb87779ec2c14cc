import { ProgressStateType, StateType } from "../../raft/index.ts";
import { id64ToBigInt } from "../../rpc/id64.ts";
import type { Header, MemberStatus, PeerProgress, Phase, RoleName } from "../../rpc/messages.ts";
import type { Identity } from "../peers/identity.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";
import { supportedVersion } from "../world/version.ts";
import type { Running } from "./running.ts";

export interface StatusParts {
  readonly phase: Phase;
  /** Why the member neither votes nor serves; "" while it does. */
  readonly reason: string;
  readonly cluster: string;
  readonly version: number | undefined;
  readonly header: Header;
  readonly identity: Identity;
  readonly databaseBytes: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, number>>;
  /** Undefined while the member has no readable log. */
  readonly running: Running | undefined;
}

const progressStates = {
  [ProgressStateType.StateProbe]: "probe",
  [ProgressStateType.StateReplicate]: "replicate",
  [ProgressStateType.StateSnapshot]: "snapshot",
} as const;

/** The status of one member, for `GET /cluster` and etcd's status. */
export function memberStatus(parts: StatusParts): MemberStatus {
  const { phase, reason, cluster, version, header, identity, databaseBytes } = parts;
  const { counters, gauges, running } = parts;
  return {
    header,
    phase,
    damage: reason,
    cluster,
    instanceId: identity.instance,
    databaseBytes,
    formatVersion: version ?? supportedVersion,
    counters,
    gauges,
    // Filled in by the Durable Object; elsewhere there is no disk to measure.
    commits: undefined,
    ...(running === undefined ? nothingRuns : { ...raftStatus(running), ...stateStatus(running) }),
  };
}

/** Of a member that does not run. */
export function headerOf({ clusterId }: Identity, memberId: number): Header {
  const none = { revision: 0, raftTerm: 0, appliedIndex: 0, leader: 0 };
  return { clusterId: id64ToBigInt(clusterId), memberId, ...none };
}

const nothingRuns = {
  role: "follower",
  term: 0,
  commitIndex: 0,
  appliedIndex: 0,
  appliedTerm: 0,
  members: [],
  voters: [],
  votersOutgoing: [],
  learners: [],
  progress: [],
  snapshots: [],
  snapshotIndex: 0,
  checkpointRunning: false,
  log: { firstIndex: 0, lastIndex: 0, bytes: 0 },
  overlayBytes: 0,
  liveBytes: 0,
  storedBytes: 0,
  quotaBytes: 0,
  compactRevision: -1,
  alarms: [],
  authEnabled: false,
  fingerprint: "",
} as const;

function raftStatus({ raft, storage }: Running) {
  const { hardState, softState, progress, config } = raft.node.status();
  const { firstIndex, lastIndex, wal } = storage.status;
  const leads = softState.raftState === StateType.StateLeader;
  return {
    role: roleOf(raft),
    term: hardState.term,
    commitIndex: hardState.commit,
    progress: leads ? [...progress].map((peer) => peerOf(peer, raft)) : [],
    voters: config.voters.incoming.ids,
    votersOutgoing: config.voters.outgoing.ids,
    learners: config.learners,
    snapshots: raft.snapshots.retained.list,
    snapshotIndex: storage.raft.newest.index,
    checkpointRunning: raft.snapshots.checkpoint.running,
    log: { firstIndex, lastIndex, bytes: wal.bytes },
  };
}

function stateStatus({ machine, core }: Running) {
  const { roster, options } = core;
  return {
    appliedIndex: machine.appliedIndex,
    appliedTerm: machine.appliedTerm,
    members: roster.records,
    overlayBytes: machine.status.overlayBytes,
    liveBytes: machine.status.liveBytes,
    storedBytes: machine.status.storedBytes,
    quotaBytes: options.tuning.quotaBytes,
    compactRevision: machine.compactRevision,
    alarms: machine.alarms.list().map(({ memberID: memberId, alarm }) => ({ memberId, alarm })),
    authEnabled: machine.auth.enabled,
    fingerprint: machine.status.fingerprint(),
  };
}

function roleOf(raft: RaftNode): RoleName {
  const { softState, id } = raft.node.basicStatus();
  switch (softState.raftState) {
    case StateType.StateLeader:
      return "leader";
    case StateType.StateCandidate:
      return "candidate";
    case StateType.StatePreCandidate:
      return "pre-candidate";
    default:
      return raft.role.voters.has(id) ? "follower" : "learner";
  }
}

type RaftProgress =
  ReturnType<RaftNode["node"]["status"]>["progress"] extends Iterable<infer P> ? P : never;

function peerOf(progress: RaftProgress, raft: RaftNode): PeerProgress {
  return {
    id: progress.id,
    state: progressStates[progress.state],
    match: progress.match,
    next: progress.next,
    isLearner: progress.isLearner,
    recentActive: raft.hears(progress.id),
    pendingSnapshot: progress.pendingSnapshot,
  };
}
