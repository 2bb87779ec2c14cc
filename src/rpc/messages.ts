/**
 * What a Worker asks of a member, and what it is answered.
 *
 * The hot path (`propose`, `query`) carries compact protobuf bytes over Workers RPC, written and
 * read by codec.ts; what is rare travels as plain objects by structured clone. Nothing here
 * throws for what a client did wrong: every outcome is an `Answer`. A rejected call means that the
 * member was not reached, or was lost while it worked: for a proposal that is an unknown outcome.
 */

import type { GrpcCode } from "../etcd/grpc-code.ts";
import type { HistogramStatus } from "./histogram.ts";

/** The version of the messages in rpc.proto. A member refuses a newer one than it knows. */
export const rpcFormat = 1;

/** Where the member stood when it answered. `leader` is 0 while none is known. */
export interface Header {
  /** Random 64 bits, given at birth; 0n before. */
  readonly clusterId: bigint;
  readonly memberId: number;
  /** The store's revision: after the write for a proposal, as of the read for a query. */
  readonly revision: number;
  readonly raftTerm: number;
  /** What a Worker puts into a later request as the index it last saw. */
  readonly appliedIndex: number;
  readonly leader: number;
}

/**
 * What stands in front of the token of a client that has nothing but its etcd token: such a client
 * is refused where etcd's auth is off by the time the member looks.
 */
export const tokenRequired = "required ";

/** Whether a call may not bring a member into the world. */
export function isStranger({ token, stranger = false }: { token: string; stranger?: boolean }) {
  return stranger || token.startsWith(tokenRequired);
}

export interface ProposeRequest {
  /**
   * kvpb.Request with request id and seen index. The member appends user and auth revision where
   * etcd's auth is on, and proposes the bytes unchanged otherwise. A retry repeats them exactly.
   */
  readonly request: Uint8Array;
  /** The client's etcd token, or ""; `tokenRequired` may stand in front of it. */
  readonly token: string;
  /** How long the client waits; afterwards the answer is "unknown". At most 60,000. */
  readonly timeoutMs: number;
  /** The client is not trusted: a member that is not born stays so, and says so. */
  readonly stranger?: boolean;
  /** Of an authentication: the attempt whose password was right. */
  readonly attempt?: number;
  /**
   * Bytes of an answer for which there is room; 0 for any. For a larger one the request is applied
   * all the same: who repeats it with more room gets its answer.
   */
  readonly room?: number;
}

/** An attempt to log in, whose password the Worker is about to check. */
export interface Login {
  /** A random number that is not 0, the same for every try of the query. */
  readonly attempt: number;
  readonly user: string;
  /** Where the client is, as far as is known; or "". */
  readonly source: string;
}

/**
 * linearizable: by ReadIndex, on any member. serializable: this member's state as it is. leader:
 * by ReadIndex and only on the leader (leases live in its clock), otherwise a redirect.
 */
export type Consistency = "linearizable" | "serializable" | "leader";

export interface QueryRequest {
  /** kvpb.Query. */
  readonly query: Uint8Array;
  readonly consistency: Consistency;
  readonly token: string;
  readonly timeoutMs: number;
  readonly stranger?: boolean;
  /** Counted by the leader, which refuses too many. */
  readonly login?: Login;
  /** Bytes of an answer for which there is room; 0 for any. */
  readonly room?: number;
}

/** An error as it crosses from a member to a Worker. */
export interface ErrorFields {
  readonly code: GrpcCode;
  readonly message: string;
  /** Of its ErrorKind; not there where it has none, and where an older version sent it. */
  readonly number?: number;
}

/**
 * ok: `response` is what the state machine answered (kvpb's bytes).
 * error: definite; nothing was changed. etcd's code and text. Where it is `settled` the state
 *   machine said so, and that holds for every attempt at the request: they share its id. Otherwise
 *   this attempt never came to the log, and nothing is said of those before it.
 * redirect: ask `header.leader` (0: none is known; wait a little and ask any member).
 *   Definite: nothing was proposed.
 * unknown: proposed, and lost from sight. It may be applied now, later, or never; only a retry with
 *   the same request id and seen index finds out.
 */
export type Answer =
  | { readonly kind: "ok"; readonly header: Header; readonly response: Uint8Array }
  | (ErrorFields & {
      readonly kind: "error";
      readonly header: Header;
      readonly settled?: boolean;
    })
  | { readonly kind: "redirect"; readonly header: Header }
  | (ErrorFields & { readonly kind: "unknown"; readonly header: Header });

/** Every answer but the one that was asked for, in etcd's codes and texts. */
export type Refusal = Exclude<Answer, { readonly kind: "ok" }>;

/** A cluster's member as configuration changes record it. */
export interface MemberRecord {
  readonly id: number;
  /** 16 hex digits, random, made with the member's storage. */
  readonly instanceId: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly locationHint: string;
  readonly isLearner: boolean;
}

/**
 * One change at a time; answered when it is applied (a joint one: when the joint configuration was
 * entered). `add`: `id` 0 takes the next free one; the object named by it is contacted first for
 * its instance id.
 */
export type MemberChange =
  | {
      readonly kind: "add";
      readonly id: number;
      readonly name: string;
      readonly peerUrls: readonly string[];
      readonly locationHint: string;
      readonly isLearner: boolean;
    }
  | { readonly kind: "promote"; readonly id: number }
  | { readonly kind: "remove"; readonly id: number };

/** Where `ok`: the members after the change, and the one that was added. */
export type MemberAnswer =
  | {
      readonly kind: "ok";
      readonly header: Header;
      readonly members: readonly MemberRecord[];
      readonly added: MemberRecord | undefined;
    }
  | Refusal;

/** Asks for a backup, or for the next rows of one. */
export interface BackupRequest {
  /** Looked at when it begins: whoever may begin one may read it to its end. */
  readonly token: string;
  /** 0: a new one, of the state as it is now; otherwise the index of one that was begun here. */
  readonly index: number;
  readonly cursor: Uint8Array;
  /** Of a member that need not lead: what it knows, which others may know better. */
  readonly possiblyOld?: boolean;
  /** Whoever asks has the deployment's own token. */
  readonly deployment?: boolean;
}

/** The beginning of a backup is its manifest, all that follows are chunks of its rows. */
export type BackupAnswer =
  | {
      readonly kind: "ok";
      readonly header: Header;
      readonly index: number;
      /** kvpb.Manifest, or a chunk as a transfer has it. */
      readonly bytes: Uint8Array;
      /** Where the next chunk begins; undefined after the last. */
      readonly nextCursor: Uint8Array | undefined;
    }
  | Refusal;

/**
 * A backup comes in parts: its manifest, which begins a restore and gives it an id; its rows, chunk
 * by chunk, in their order; and `commit`, answered when the cluster is the backup's. All of them to
 * the member that answered the first.
 */
export type RestoreRequest =
  | {
      readonly kind: "begin";
      readonly token: string;
      readonly manifest: Uint8Array;
      /** Revisions to go ahead by; then all that is older is compacted. 0: none. */
      readonly bumpRevision: number;
    }
  | {
      readonly kind: "rows";
      readonly token: string;
      readonly id: string;
      readonly chunk: Uint8Array;
    }
  | { readonly kind: "commit"; readonly token: string; readonly id: string };

export type RestoreAnswer =
  | { readonly kind: "ok"; readonly header: Header; readonly id: string }
  | Refusal;

/** Makes a new cluster of a member whose majority is lost. */
export interface ForceNewRequest {
  readonly token: string;
  /** Whoever asks has the deployment's own token. */
  readonly deployment?: boolean;
}

/** The header is of the new cluster. */
export type ForceNewAnswer =
  | {
      readonly kind: "ok";
      readonly header: Header;
      /** The id of the cluster that was left behind: 16 hex digits. */
      readonly former: string;
      readonly removed: readonly number[];
    }
  | Refusal;

export type RoleName = "leader" | "follower" | "candidate" | "pre-candidate" | "learner";

/**
 * empty: not born, no cluster. starting: replays. full: its disk is, so that it only answers from
 * its own state until there is room. stopped: removed, or see `damage`.
 */
export type Phase = "empty" | "starting" | "ready" | "full" | "stopped";

/** A follower as the leader sees it; indexes of the log. */
export interface PeerProgress {
  readonly id: number;
  readonly state: "probe" | "replicate" | "snapshot";
  readonly match: number;
  readonly next: number;
  readonly isLearner: boolean;
  readonly recentActive: boolean;
  readonly pendingSnapshot: number;
}

export interface SnapshotSummary {
  readonly name: string;
  readonly index: number;
  readonly term: number;
  readonly bytes: number;
}

/** An alarm of the replicated state: etcd's type (1 NOSPACE, 2 CORRUPT), and who raised it. */
export interface AlarmRecord {
  readonly memberId: bigint;
  readonly alarm: number;
}

export interface MemberStatus {
  readonly header: Header;
  readonly phase: Phase;
  /** Why the member neither votes nor serves; "" while it does. Meant for people. */
  readonly damage: string;
  readonly cluster: string;
  readonly instanceId: string;
  readonly role: RoleName;
  readonly term: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly appliedTerm: number;
  readonly members: readonly MemberRecord[];
  readonly voters: readonly number[];
  readonly votersOutgoing: readonly number[];
  readonly learners: readonly number[];
  /** Empty unless this member leads. */
  readonly progress: readonly PeerProgress[];
  /** Newest first. */
  readonly snapshots: readonly SnapshotSummary[];
  readonly snapshotIndex: number;
  readonly checkpointRunning: boolean;
  readonly log: { readonly firstIndex: number; readonly lastIndex: number; readonly bytes: number };
  readonly databaseBytes: number;
  readonly overlayBytes: number;
  /** Bytes of live keys and values. */
  readonly liveBytes: number;
  /** The same with all that is not compacted, as the quota counts it; what is refused beyond. */
  readonly storedBytes: number;
  readonly quotaBytes: number;
  /** -1 on a store that was never compacted. */
  readonly compactRevision: number;
  readonly alarms: readonly AlarmRecord[];
  /** Whether etcd's auth is on, as of appliedIndex. */
  readonly authEnabled: boolean;
  /** 128 bits in hex, of the state at appliedIndex. */
  readonly fingerprint: string;
  readonly formatVersion: number;
  /** What was counted since the member started, and what is so now. */
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, number>>;
  /** How long the writes of this member took to be durable, in seconds; some of them. */
  readonly commits: HistogramStatus | undefined;
}

/**
 * The methods of the Durable Object that a Worker may call (and nobody else can: they are not
 * reachable by HTTP). Bytes are rpc.proto's; see codec.ts.
 */
export interface MemberRpc {
  /** ProposeRequest -> Answer. */
  propose(request: Uint8Array): Promise<Uint8Array>;
  /**
   * QueryRequest -> Answer. A lease_keep_alive with consistency "leader" renews the lease, and is
   * answered with a lease_time_to_live whose TTL is the full one: 0 where there is no such lease.
   */
  query(request: Uint8Array): Promise<Uint8Array>;
  changeMember(change: MemberChange, token: string): Promise<MemberAnswer>;
  /** `target` 0: the most caught-up voter. `ok` once the target leads. */
  moveLeader(target: number, token: string): Promise<Answer>;
  /** Only for root. The later parts come from the member that gave the first. */
  backup(request: BackupRequest): Promise<BackupAnswer>;
  /** Only for root, and only the leader of a cluster that was never written to. */
  restore(request: RestoreRequest): Promise<RestoreAnswer>;
  /** Only for root or the deployment's token, and only a member that knows of no leader. */
  forceNew(request: ForceNewRequest): Promise<ForceNewAnswer>;
  /** Whoever is not born stays so: strangers may ask. */
  status(): Promise<MemberStatus>;
  /**
   * Responses are frames of 4 bytes big-endian length and an encoded WatchResponse; `requests` is
   * called with encoded WatchRequests. Disposing the control, or cancelling the stream, ends it,
   * and so does to say nothing for 90 s; an empty WatchRequest is enough. `from` says where the
   * client comes from, by which its share of what a member has room for is counted.
   */
  watch(token: string, from?: string): Promise<OpenedWatch>;
}

export interface OpenedWatch {
  readonly responses: ReadableStream<Uint8Array>;
  readonly control: WatchControl;
  /** Why there is none: this member has no room for it. Then `responses` ends at once. */
  readonly refused?: ErrorFields;
}

export interface WatchControl {
  request(bytes: Uint8Array): Promise<void>;
}
