import { quotaBytes } from "../../kv/alarm/quota.ts";
import { maxTurnWork } from "../../kv/watch/turn-work.ts";
import type { AutoCompactionPolicy } from "./auto-compaction-policy.ts";

/**
 * Parameters of a member. Configurable ones come first; the rest are budgets. Sizes are in bytes
 * and times in milliseconds, unless a name says otherwise.
 */
export interface Tuning {
  readonly tickMs: number;
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** A snapshot is due when applied - snapshotIndex exceeds this. */
  readonly snapshotCount: number;
  /** Entries kept below a snapshot, so that slow followers need no snapshot. */
  readonly snapshotCatchUpEntries: number;
  /** Stored bytes of keys, values and history beyond which writes are refused. */
  readonly quotaBytes: number;
  /** Bytes of the database beyond which writes are refused, whatever the quota. */
  readonly maxDatabaseBytes: number;
  readonly autoCompaction: AutoCompactionPolicy;

  /** How long a proposal waits for others while an append is in flight. */
  readonly gatherMs: number;
  readonly maxAppendsInFlight: number;
  readonly maxPendingProposals: number;
  readonly maxPendingProposalBytes: number;
  /** Uncommitted bytes that raft holds. */
  readonly maxUncommittedBytes: number;
  /** Bytes of one MsgApp. */
  readonly maxMessageBytes: number;
  /** Bytes of entries in one Ready, which a turn applies without a break. */
  readonly maxReadyBytes: number;
  readonly maxInflightMessages: number;
  readonly maxInflightBytes: number;
  readonly logCacheBytes: number;

  /** Bytes of frames sent to a peer and not acknowledged. */
  readonly windowBytes: number;
  readonly ackMs: number;
  /** Milliseconds that a frame waits for its acknowledgement before another socket is tried. */
  readonly silentMs: number;
  /** How long a commit index waits for an append to carry it. */
  readonly commitDelayMs: number;
  readonly redialMinMs: number;
  readonly redialMaxMs: number;

  /** How far ahead the alarm is set while ticks run. */
  readonly alarmAheadMs: number;
  /** The alarm is pushed when it is nearer than this. */
  readonly alarmRenewMs: number;

  /** A cluster sleeps after so long without anything to do; 0: never. */
  readonly sleepAfterMs: number;
  /** The most that this becomes where sleeps end as soon as they begin. */
  readonly maxSleepAfterMs: number;

  readonly maxRequestMs: number;
  /** How long a client waits for a change of the membership. */
  readonly changeMs: number;
  readonly maxPendingReads: number;
  readonly maxReadRounds: number;
  /** Milliseconds until a read round without an answer is sent again. */
  readonly readRetryMs: number;
  /**
   * How long a confirmed round waits for a majority without the leader before a fence row is
   * written.
   */
  readonly fenceMs: number;

  /** Bytes waiting on all watch streams together, and on one of them at most. */
  readonly watchBytes: number;
  readonly watchStreamBytes: number;
  /** Work of watches in one turn; see kv/watch/turn-work.ts. */
  readonly watchTurnWork: number;

  /** Bytes of overlay or log at which a snapshot is taken, however few the entries. */
  readonly overlayBytes: number;
  readonly logBytes: number;
  /** Bytes of the overlay beyond which writes wait for a checkpoint. */
  readonly maxOverlayBytes: number;
  readonly checkpointSliceBytes: number;
  readonly checkpointSliceRows: number;
  /** Entries and rows of one slice of physical compaction, a few milliseconds at most. */
  readonly compactionSliceRows: number;
  readonly chunkBytes: number;
  readonly transferHoldMs: number;
  /** A transfer whose follower asks for nothing ends after this. */
  readonly transferIdleMs: number;
  readonly transferHoldBytes: number;
  /** The pause between two checks of the base. */
  readonly scrubEveryMs: number;
  /** How often the leader compares fingerprints, if something was applied. */
  readonly compareEveryMs: number;
  /** Entries replayed in one turn at the start. */
  readonly replaySliceEntries: number;
}

export const defaultTuning: Tuning = {
  tickMs: 100,
  electionTicks: 10,
  heartbeatTicks: 1,
  snapshotCount: 10_000,
  snapshotCatchUpEntries: 10_000,
  quotaBytes: quotaBytes(0),
  // The platform holds 10 GB: the rest is for compaction, deletions and work in progress.
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

  sleepAfterMs: 0,
  maxSleepAfterMs: 30_000,

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
