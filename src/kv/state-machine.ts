import type { Event } from "../proto/generated/etcd.ts";
import type { Response } from "../proto/generated/kv.ts";
import type { ConfChangeV2, ConfState } from "../proto/raftpb.ts";
import type { Sql } from "../storage/sql.ts";
import type { KvError } from "./errors.ts";
import type { Alarms, Auth, History, Leases, Members } from "./tables.ts";

/** Bounds and constants. Those that change what an entry does are the same on every member. */
export interface Limits {
  /** Operations in one list of a transaction; part of the replicated behaviour. */
  readonly maxTxnOps: number;
  /** Indexes for which request ids are remembered; part of the replicated behaviour. */
  readonly requestWindow: number;
  /** Bytes of one answer, or of one page of a range. */
  readonly maxResponseBytes: number;
}

export const defaultLimits: Limits = {
  maxTxnOps: 128,
  requestWindow: 10_000,
  maxResponseBytes: 4_000_000,
};

/** A committed normal entry. Empty data: use applyEmpty. */
export interface CommittedEntry {
  readonly index: number;
  readonly term: number;
  /** An encoded kvpb.Request. */
  readonly data: Uint8Array;
}

export interface Applied {
  readonly index: number;
  /** Empty for what the cluster proposed itself. */
  readonly requestId: Uint8Array;
  /** Of the header only the revision is filled in. Undefined where `error` is there. */
  readonly response: Response | undefined;
  /** Definite, but for errors.unknownOutcome. */
  readonly error: KvError | undefined;
  /** The store's revision after the entry. */
  readonly revision: number;
  /** What it changed, in order, each with prevKv: for the watch hub. None on a retry. */
  readonly events: readonly Event[];
}

export interface Slice {
  readonly maxBytes: number;
  readonly maxRows: number;
}

/** One piece of a transfer. */
export interface ExportedChunk {
  /** An encoded kvpb.Chunk, with its CRC-32C in front. */
  readonly bytes: Uint8Array;
  /** Where the next chunk begins; undefined after the last. */
  readonly nextCursor: Uint8Array | undefined;
}

/** What a staging generation belongs to. */
export interface StagingKey {
  readonly source: number;
  readonly index: number;
  readonly term: number;
  readonly manifestCrc: number;
}

/**
 * The replicated state: everything that applying the log makes, and nothing else. Two members that
 * have applied the same entries hold the same. Synchronous, without a clock and without chance.
 */
export class StateMachine {
  readonly leases: Leases;
  readonly auth: Auth;
  readonly alarms: Alarms;
  readonly members: Members;
  /** For the watch hub. */
  readonly history: History;

  constructor(_sql: Sql, _limits: Limits = defaultLimits) {
    throw notBuilt();
  }

  /**
   * Rebuilds the state from a manifest and the base's rows at its revision (raft's
   * recoverFromSnapshot). Throws DecodeError and ManifestError.
   */
  restore(_manifest: Uint8Array): void {
    throw notBuilt();
  }

  /** Entries come once each and in order: throws where `index` is not the next one. */
  apply(_entry: CommittedEntry): Applied {
    throw notBuilt();
  }

  /** The empty entry of a new leader. */
  applyEmpty(_index: number, _term: number): void {
    throw notBuilt();
  }

  /** A committed configuration change, and the configuration that raft made of it. */
  applyConfChange(_index: number, _term: number, _change: ConfChangeV2, _conf: ConfState): void {
    throw notBuilt();
  }

  /** 0 on a new state machine. */
  get appliedIndex(): number {
    throw notBuilt();
  }

  get appliedTerm(): number {
    throw notBuilt();
  }

  get confState(): ConfState {
    throw notBuilt();
  }

  /** The store's revision: 1 while it is empty and unwritten. */
  get revision(): number {
    throw notBuilt();
  }

  /** -1 on a store that was never compacted. */
  get compactRevision(): number {
    throw notBuilt();
  }

  /** 32 hex digits; kept up by every entry. Equal on any two members at one applied index. */
  fingerprint(): string {
    throw notBuilt();
  }

  /** The same, summed from every live record. Costs a pass over the base. */
  recomputeFingerprint(): string {
    throw notBuilt();
  }

  /** Bytes of live keys and values, as the quota counts them. */
  get liveBytes(): number {
    throw notBuilt();
  }

  /**
   * The encoded kvpb.Response to an encoded kvpb.Query. `nowMs` is the host's clock, which only the
   * time to live of leases reads. Throws KvError and DecodeError.
   */
  query(_query: Uint8Array, _nowMs: number): Uint8Array {
    throw notBuilt();
  }

  // Checkpoints.

  /** Bytes of keys and values that no base holds yet. */
  get overlayBytes(): number {
    throw notBuilt();
  }

  /**
   * The manifest of the state as it is now; begins a checkpoint. Throws while one is in progress.
   * The snapshot may be recorded only when writeSlice has said that all its rows are written.
   */
  freeze(): Uint8Array {
    throw notBuilt();
  }

  /** Writes some of the frozen rows to the base. True when all are there. */
  writeSlice(_slice: Slice): boolean {
    throw notBuilt();
  }

  /** The snapshot record of this checkpoint was written in this same turn. */
  finishCheckpoint(): void {
    throw notBuilt();
  }

  /** Gives it up. Rows that were written stay: they say what the log says. */
  cancelCheckpoint(): void {
    throw notBuilt();
  }

  // Physical compaction.

  /**
   * The compaction of the oldest snapshot that is retained or being transferred: no row that it
   * needs is removed. Infinity where there is none. The host sets it; it starts at -1.
   */
  oldestRetainedCompaction = -1;

  /** Removes some rows that nobody needs. True when there are none left to remove now. */
  compactSlice(_slice: Slice): boolean {
    throw notBuilt();
  }

  /** Up to which compaction the base is free of what was compacted; for `physical: true`. */
  get physicalCompactRevision(): number {
    throw notBuilt();
  }

  // Transfer.

  /** The rows of a manifest from `cursor` (empty: the beginning) on, about `maxBytes` of them. */
  exportChunk(_manifest: Uint8Array, _cursor: Uint8Array, _maxBytes: number): ExportedChunk {
    throw notBuilt();
  }

  /**
   * Opens the staging generation of `key`: the one that is there already, if it belongs to it; any
   * other is dropped. Returns the cursor to ask for next, undefined when all is there.
   */
  openStaging(_key: StagingKey): Uint8Array | undefined {
    throw notBuilt();
  }

  /**
   * Writes a chunk to it, and returns the next cursor; undefined after the last. Throws
   * TransferError where the CRC does not hold or the chunk is not the one that comes next.
   */
  stageChunk(_bytes: Uint8Array): Uint8Array | undefined {
    throw notBuilt();
  }

  /** Throws TransferError unless all rows are there and count, sum and fingerprint hold. */
  verifyStaging(_manifest: Uint8Array): void {
    throw notBuilt();
  }

  /**
   * Makes the verified staging generation the base and the manifest the state, all in this turn.
   * Throws where the manifest is at or below the applied index. Cancels a checkpoint.
   */
  install(_manifest: Uint8Array): void {
    throw notBuilt();
  }

  dropStaging(): void {
    throw notBuilt();
  }

  /** Drops the tables of one generation that is no longer used. False when there was none. */
  releaseGeneration(): boolean {
    throw notBuilt();
  }
}

function notBuilt(): Error {
  return new Error("the state machine is not built yet");
}
