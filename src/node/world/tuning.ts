import { quotaBytes } from "../../kv/alarm/quota.ts";
import { maxTurnWork } from "../../kv/watch/turn-work.ts";
import type { AutoCompactionPolicy } from "./auto-compaction-policy.ts";

/**
 * Figures of a member. Those that configuration may change come first; the rest are budgets. Bytes
 * are bytes, times are milliseconds, unless a name says otherwise.
 */
export interface Tuning {
  readonly tickMs: number;
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** A snapshot is due when applied - snapshotIndex is above this. */
  readonly snapshotCount: number;
  /** Entries kept below a snapshot, so that slow followers need none. */
  readonly snapshotCatchUpEntries: number;
  /** Stored bytes of keys and values, history and all, beyond which writes are refused. */
  readonly quotaBytes: number;
  /** Whatever the quota: bytes of a storage beyond which nothing is taken that makes it grow. */
  readonly maxDatabaseBytes: number;
  readonly autoCompaction: AutoCompactionPolicy;

  /** A proposal waits at most this long for others while an append is in flight. */
  readonly gatherMs: number;
  readonly maxAppendsInFlight: number;
  readonly maxPendingProposals: number;
  readonly maxPendingProposalBytes: number;
  /** Entries that raft holds uncommitted. */
  readonly maxUncommittedBytes: number;
  /** Of one MsgApp. */
  readonly maxMessageBytes: number;
  /** Of the entries that are applied at a stretch: no turn can end among them. */
  readonly maxReadyBytes: number;
  readonly maxInflightMessages: number;
  readonly maxInflightBytes: number;
  readonly logCacheBytes: number;

  /** Frames sent to a peer and not acknowledged by it. */
  readonly windowBytes: number;
  readonly ackMs: number;
  /** Another socket is tried where a frame waits longer than this for its acknowledgement. */
  readonly silentMs: number;
  /** How long the news of a commit waits for an append that carries it. */
  readonly commitDelayMs: number;
  readonly redialMinMs: number;
  readonly redialMaxMs: number;

  /** How far ahead the alarm is set, while ticks run. */
  readonly alarmAheadMs: number;
  /** The alarm is pushed when it is nearer than this. */
  readonly alarmRenewMs: number;

  readonly maxRequestMs: number;
  /** How long a client waits for a change of the membership. */
  readonly changeMs: number;
  readonly maxPendingReads: number;
  readonly maxReadRounds: number;
  /** A read round that got no answer is asked again. */
  readonly readRetryMs: number;
  /** How long a confirmed round waits for a majority without the leader before a fence row. */
  readonly fenceMs: number;

  /** What waits to be sent on all watch streams together, and on one of them at most. */
  readonly watchBytes: number;
  readonly watchStreamBytes: number;
  /** What watches may do in one turn; see kv/watch/turn-work.ts. */
  readonly watchTurnWork: number;

  /** An overlay or log beyond these asks for a snapshot, however few entries there are. */
  readonly overlayBytes: number;
  readonly logBytes: number;
  /** Beyond this overlay nothing more is taken until a checkpoint has made room. */
  readonly maxOverlayBytes: number;
  readonly checkpointSliceBytes: number;
  readonly checkpointSliceRows: number;
  /** Entries and rows of one slice of physical compaction, which takes a few ms at most. */
  readonly compactionSliceRows: number;
  readonly chunkBytes: number;
  readonly transferHoldMs: number;
  /** A transfer whose follower asks for nothing is given up after this. */
  readonly transferIdleMs: number;
  readonly transferHoldBytes: number;
  /** How long the base is left alone before it is read again from its beginning. */
  readonly scrubEveryMs: number;
  /** How often the leader compares the members' fingerprints, where something was applied. */
  readonly compareEveryMs: number;
  /** Entries replayed in one turn at start. */
  readonly replaySliceEntries: number;
}

export const defaultTuning: Tuning = {
  tickMs: 100,
  electionTicks: 10,
  heartbeatTicks: 1,
  snapshotCount: 10_000,
  snapshotCatchUpEntries: 10_000,
  quotaBytes: quotaBytes(0),
  // The platform holds 10 GB: the rest is for compaction, deletions and what is under way.
  maxDatabaseBytes: 9_000_000_000,
  autoCompaction: { mode: "off" },

  gatherMs: 5,
  maxAppendsInFlight: 4,
  maxPendingProposals: 1_024,
  maxPendingProposalBytes: 4 << 20,
  maxUncommittedBytes: 4 << 20,
  maxMessageBytes: 1 << 20,
  maxReadyBytes: 2_048,
  maxInflightMessages: 256,
  maxInflightBytes: 1 << 20,
  logCacheBytes: 4 << 20,

  windowBytes: 4 << 20,
  ackMs: 100,
  silentMs: 2_000,
  commitDelayMs: 5,
  redialMinMs: 100,
  redialMaxMs: 2_000,

  alarmAheadMs: 20_000,
  alarmRenewMs: 1_000,

  maxRequestMs: 60_000,
  changeMs: 10_000,
  maxPendingReads: 4_096,
  maxReadRounds: 4,
  readRetryMs: 500,
  fenceMs: 10,

  watchBytes: 2_000_000,
  watchStreamBytes: 256 << 10,
  watchTurnWork: maxTurnWork,

  overlayBytes: 4 << 20,
  logBytes: 64 << 20,
  maxOverlayBytes: 8 << 20,
  checkpointSliceBytes: 1 << 20,
  checkpointSliceRows: 1_000,
  compactionSliceRows: 150,
  chunkBytes: 1 << 20,
  transferHoldMs: 30 * 60_000,
  transferIdleMs: 15_000,
  transferHoldBytes: 256 << 20,
  scrubEveryMs: 60 * 60_000,
  compareEveryMs: 10_000,
  replaySliceEntries: 1_000,
};
