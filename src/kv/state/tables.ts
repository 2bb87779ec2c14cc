/**
 * What the parts of the replicated state are to each other. The store of keys and values is in
 * store/; the small tables live in memory and in the manifest. The state machine composes them:
 * every change goes through it, in the order of the log.
 *
 * A key is a byte string here (key-range.ts): one code unit a byte, compared with `<`.
 */
import type {
  AlarmRequest,
  AlarmResponse,
  Event,
  KeyValue,
  LeaseCheckpointRequest,
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseLeasesResponse,
  LeaseRevokeRequest,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
  Member,
} from "../../proto/generated/etcd.ts";
import type { Query, Request, Response } from "../../proto/generated/kv.ts";
import type { ConfChangeV2, ConfState } from "../../proto/raftpb.ts";

/**
 * Where a table reports its canonical records as they come and go: the fingerprint is kept by
 * sums. Each table has a sink of its own, so equal bytes of two tables are two records.
 */
export interface RecordSink {
  add(record: Uint8Array): void;
  remove(record: Uint8Array): void;
}

/** One of the small replicated tables. Made empty, with its sink. */
export interface Table {
  /** Its name in the manifest. */
  readonly name: string;
  /** All of it, canonical: equal tables give equal bytes. */
  encode(): Uint8Array;
  /**
   * Replaces all of it, without a word to the sink (the manifest brings the sum). No bytes at all
   * are the empty table. Throws DecodeError and then leaves it as it was.
   */
  decode(data: Uint8Array): void;
  /** The records that the sink was told of and that were not taken away: the sum from scratch. */
  records(): Iterable<Uint8Array>;
}

/** The entry that is being applied, or who asks. */
export interface Caller {
  /** "" where no token came. */
  readonly user: string;
  readonly authRevision: number;
}

/** What the tables may do to the keys. */
export interface KeyWriter {
  /** Deletes those of `keys` that live, in key order and one revision; leases let go of them. */
  deleteKeys(keys: Iterable<string>): void;
}

/** What one lease takes with it when it ends. */
export interface LeaseLoad {
  readonly keys: number;
  readonly keyBytes: number;
  /** What deleting them all costs (work.ts). */
  readonly work: number;
}

export interface Leases extends Table {
  has(id: bigint): boolean;

  // What the store tells: a key's newest version has this lease, or has it no longer.
  attach(id: bigint, key: string, valueBytes: number): void;
  /** The value is the one it was attached with. */
  detach(id: bigint, key: string, valueBytes: number): void;
  /** Forgets which keys hang on which lease; the store attaches them anew. */
  clearKeys(): void;
  /** In key order; none for a lease that is not there. */
  keysOf(id: bigint): readonly string[];
  /** How many they are. */
  keyCount(id: bigint): number;
  /** The same in no order, and without a copy. */
  keys(id: bigint): Iterable<string>;
  /** What hangs on it; nothing on one that is not there. */
  loadOf(id: bigint): LeaseLoad;
  /** What the index of all leases' keys takes in memory, about: the same on every member. */
  readonly indexBytes: number;
  /** How many leases there are. */
  readonly size: number;
  /** Ids of all leases, ascending. */
  ids(): readonly bigint[];

  // Entries. Each throws KvError and then has changed nothing. A grant's id is never 0: whoever
  // proposes has picked one.
  grant(request: LeaseGrantRequest): LeaseGrantResponse;
  revoke(request: LeaseRevokeRequest, keys: KeyWriter): void;
  checkpoint(request: LeaseCheckpointRequest): void;

  // Reads. Permissions have been checked. `nowMs` is the host's clock.
  timeToLive(request: LeaseTimeToLiveRequest, nowMs: number): LeaseTimeToLiveResponse;
  leases(): LeaseLeasesResponse;

  // The leader's clock; never replicated. See the lease module.
  expired(nowMs: number): readonly bigint[];
  promote(nowMs: number, extendMs: number): void;
  demote(): void;
}

export interface Auth extends Table {
  readonly enabled: boolean;
  readonly revision: number;

  // Each throws KvError where the caller may not. All pass while auth is off.
  checkRange(caller: Caller, key: Uint8Array, rangeEnd: Uint8Array): void;
  checkWrite(caller: Caller, key: Uint8Array, rangeEnd: Uint8Array): void;
  checkReadKeys(caller: Caller, keys: Iterable<string>): void;
  checkWriteKeys(caller: Caller, keys: Iterable<string>): void;
  checkAdmin(caller: Caller): void;
  /** Any valid user. */
  checkUser(caller: Caller): void;

  /**
   * Applies the request if its body is one of auth's (authenticate, auth_*), permissions checked;
   * undefined if it is not. Headers are filled in by the state machine. `index` is the entry's: a
   * token ends with it. `maxBytes` is what the table may grow to.
   */
  apply(
    request: Request,
    caller: Caller,
    index: number,
    maxBytes: number,
  ): Partial<Response> | undefined;
  /** Likewise for reads (auth_status, auth_user_*, auth_role_*, password). */
  query(query: Query, caller: Caller): Partial<Response> | undefined;
}

export interface Alarms extends Table {
  /** How many are raised. */
  readonly size: number;
  /** NOSPACE or CORRUPT, raised by any member. */
  has(alarm: number): boolean;
  /** ACTIVATE, DEACTIVATE and GET. */
  apply(request: AlarmRequest): AlarmResponse;
}

export interface Members extends Table {
  readonly confState: ConfState;
  readonly clusterVersion: string;
  /**
   * A committed configuration change; its context is a kvpb.MemberContext. Raft has accepted it:
   * nothing is refused here, and what the context lacks stays as it is.
   */
  applyConfChange(change: ConfChangeV2, confState: ConfState): void;
  /** member_attributes, member_update, cluster_version_set, downgrade_info_set; else undefined. */
  apply(request: Request): Partial<Response> | undefined;
  /** As etcd lists them, by id. */
  list(): readonly Member[];
  isRemoved(id: number): boolean;
}

/** The events of some whole revisions, in order. */
export interface HistoryPage {
  readonly events: readonly Event[];
  /** The first revision that was not looked at. */
  readonly nextRevision: number;
}

export interface HistoryLimits {
  readonly maxRevisions: number;
  /** Bytes of keys and values. One revision is never divided, so that its events may exceed it. */
  readonly maxBytes: number;
}

/** What the watch hub reads. Synchronous, and always as of the applied state. */
export interface History {
  readonly revision: number;
  /** Revisions below it cannot be read; -1 where nothing was ever compacted. */
  readonly compactRevision: number;
  /**
   * The events from `fromRevision` on (which is above the compaction) of the keys that `wants`
   * says yes to. Their prevKv is undefined: ask `valueAt` for it.
   */
  eventsFrom(
    fromRevision: number,
    wants: (key: string) => boolean,
    limits: HistoryLimits,
  ): HistoryPage;
  /** The key as of a revision; undefined where it did not live, or that was compacted. */
  valueAt(key: Uint8Array, revision: number): KeyValue | undefined;
}
