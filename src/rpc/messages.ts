/**
 * Requests of a Worker to a member, and the answers.
 *
 * The hot path (`propose`, `query`) sends compact protobuf bytes over Workers RPC, with codec.ts;
 * rarer calls send plain objects by structured clone. No method throws for a client's mistake:
 * every outcome is an `Answer`. A rejected call means that the member was not reached, or was lost
 * while it worked: for a proposal that is an unknown outcome.
 */

import type { GrpcCode } from "../etcd/grpc-code.ts";
import type { HistogramStatus } from "./histogram.ts";

/** The version of rpc.proto's messages. A member refuses a newer one than it knows. */
export const rpcFormat = 1;

/** A member's state when it answered. `leader` is 0 if unknown. */
export interface Header {
  /** Random 64 bits, given at the cluster's birth; 0n before. */
  readonly clusterId: bigint;
  readonly memberId: number;
  /** The store's revision: after the write of a proposal, at the read of a query. */
  readonly revision: number;
  readonly raftTerm: number;
  /** The applied index, which a Worker sends in later requests as the seen index. */
  readonly appliedIndex: number;
  readonly leader: number;
}

/**
 * Prefix of the token of a client that has only its etcd token: the member refuses it if etcd's
 * auth is off by then.
 */
export const tokenRequired = "required ";

/** Whether a call must not create a member. */
export function isStranger({ token, stranger = false }: { token: string; stranger?: boolean }) {
  return stranger || token.startsWith(tokenRequired);
}

export interface ProposeRequest {
  /**
   * kvpb.Request with request id and seen index. Where etcd's auth is on, the member appends user
   * and auth revision; otherwise it proposes the bytes unchanged. A retry sends the same bytes.
   */
  readonly request: Uint8Array;
  /** The client's etcd token, or ""; `tokenRequired` may precede it. */
  readonly token: string;
  /** How long the client waits, at most 60,000; after that the answer is "unknown". */
  readonly timeoutMs: number;
  /** Whether the client is untrusted: a member without a cluster stays so, and refuses it. */
  readonly stranger?: boolean;
  /** Of an authentication: the number of the attempt whose password was right. */
  readonly attempt?: number;
  /**
   * Bytes that the answer may have; 0 for any. The request is applied even if its answer is larger:
   * a retry with more room gets it.
   */
  readonly room?: number;
}

/** A log-in attempt, whose password the Worker is about to check. */
export interface Login {
  /** A random non-zero number, the same for each try of the query. */
  readonly attempt: number;
  readonly user: string;
  /** Where the client comes from, or "" if unknown. */
  readonly source: string;
}

/**
 * linearizable: by ReadIndex, on any member. serializable: this member's current state. leader: by
 * ReadIndex on the leader, otherwise a redirect (leases use the leader's clock).
 */
export type Consistency = "linearizable" | "serializable" | "leader";

export interface QueryRequest {
  /** kvpb.Query. */
  readonly query: Uint8Array;
  readonly consistency: Consistency;
  readonly token: string;
  readonly timeoutMs: number;
  readonly stranger?: boolean;
  /** Counted by the leader, which refuses too many attempts. */
  readonly login?: Login;
  /** Bytes that the answer may have; 0 for any. */
  readonly room?: number;
}

/** An error as a member sends it to a Worker. */
export interface ErrorFields {
  readonly code: GrpcCode;
  readonly message: string;
  /** The number of its ErrorKind; absent without a kind, or from an older version. */
  readonly number?: number;
}

/**
 * ok: `response` is the state machine's answer (encoded kvpb). error: definite, nothing was
 * changed; etcd's code and text. If `settled`, it comes from the state machine, and holds for every
 * attempt at the request, which share its id; otherwise this attempt did not reach the log, and
 * earlier ones are still open. redirect: ask `header.leader` (0: unknown; wait a little and ask any
 * member). Definite: nothing was proposed. unknown: proposed, without a known outcome. It may be
 * applied now, later, or never; only a retry with the same request id and seen index tells.
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

/** All answers but ok, in etcd's codes and texts. */
export type Refusal = Exclude<Answer, { readonly kind: "ok" }>;

/** A member of a cluster, as configuration changes record it. */
export interface MemberRecord {
  readonly id: number;
  /** 16 random hex digits, created with the member's storage. */
  readonly instanceId: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly locationHint: string;
  readonly isLearner: boolean;
}

/**
 * One change at a time; answered when it is applied (a joint one: when the joint configuration is
 * entered). `add`: `id` 0 takes the next free one; the object of that id is first asked for its
 * instance id.
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

/** Where `ok`: the members after the change, and the added one. */
export type MemberAnswer =
  | {
      readonly kind: "ok";
      readonly header: Header;
      readonly members: readonly MemberRecord[];
      readonly added: MemberRecord | undefined;
    }
  | Refusal;

/** Requests a backup, or its next rows. */
export interface BackupRequest {
  /** Checked when the backup begins; its later parts need no permission. */
  readonly token: string;
  /** 0: a new backup of the current state; otherwise the index of one begun on this member. */
  readonly index: number;
  readonly cursor: Uint8Array;
  /** Whether the member need not lead: its state may be older than the others'. */
  readonly possiblyOld?: boolean;
  /** Whether the client has the deployment's own token. */
  readonly deployment?: boolean;
}

/** A backup's first part is its manifest, all others are chunks of its rows. */
export type BackupAnswer =
  | {
      readonly kind: "ok";
      readonly header: Header;
      readonly index: number;
      /** kvpb.Manifest, or a chunk as in a transfer. */
      readonly bytes: Uint8Array;
      /** Where the next chunk begins; undefined after the last. */
      readonly nextCursor: Uint8Array | undefined;
    }
  | Refusal;

/**
 * A restore comes in parts: the backup's manifest, which begins it and gets an id; its rows, chunk
 * by chunk in order; and `commit`, answered when the cluster has the backup's state. All parts go
 * to the member that answered the first.
 */
export type RestoreRequest =
  | {
      readonly kind: "begin";
      readonly token: string;
      readonly manifest: Uint8Array;
      /** By how much to raise the revision, which also compacts all older ones. 0: not at all. */
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

/** Makes a new cluster of one member whose majority is lost. */
export interface ForceNewRequest {
  readonly token: string;
  /** Whether the client has the deployment's own token. */
  readonly deployment?: boolean;
}

/** The header is of the new cluster. */
export type ForceNewAnswer =
  | {
      readonly kind: "ok";
      readonly header: Header;
      /** The lost cluster's id: 16 hex digits. */
      readonly former: string;
      readonly removed: readonly number[];
    }
  | Refusal;

export type RoleName = "leader" | "follower" | "candidate" | "pre-candidate" | "learner";

/**
 * empty: no cluster yet. starting: replays its log. full: its disk is full, so that it only answers
 * from its own state until there is room. stopped: for the reason in `damage`.
 */
export type Phase = "empty" | "starting" | "ready" | "full" | "stopped";

/** A follower's progress as the leader sees it; indexes are of the log. */
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

/** A raised alarm: etcd's type (1 NOSPACE, 2 CORRUPT), and the member that raised it. */
export interface AlarmRecord {
  readonly memberId: bigint;
  readonly alarm: number;
}

export interface MemberStatus {
  readonly header: Header;
  readonly phase: Phase;
  /**
   * Why the member neither votes nor serves, for people: damage, its removal, a full disk, or what
   * a new member waits for. "" while it serves.
   */
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
  /** Bytes of all that is not compacted, and the quota on them. */
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
  /** Counters since the member's start, and current values. */
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, number>>;
  /** How long some of this member's commits took until they were durable, in seconds. */
  readonly commits: HistogramStatus | undefined;
}

/**
 * The Durable Object's methods that a Worker may call; they cannot be reached by HTTP. Bytes are
 * rpc.proto's; see codec.ts.
 */
export interface MemberRpc {
  /** ProposeRequest -> Answer. */
  propose(request: Uint8Array): Promise<Uint8Array>;
  /**
   * QueryRequest -> Answer. A lease_keep_alive with consistency "leader" renews the lease. Its
   * answer is a lease_time_to_live with the full TTL; 0 for an unknown lease.
   */
  query(request: Uint8Array): Promise<Uint8Array>;
  changeMember(change: MemberChange, token: string): Promise<MemberAnswer>;
  /** `target` 0: the most caught-up voter. `ok` once the target leads. */
  moveLeader(target: number, token: string): Promise<Answer>;
  /** For root only. Later parts come from the member that gave the first. */
  backup(request: BackupRequest): Promise<BackupAnswer>;
  /** For root only, and only on the leader of a cluster that was never written to. */
  restore(request: RestoreRequest): Promise<RestoreAnswer>;
  /** For root or the deployment's token, and only on a member without a leader. */
  forceNew(request: ForceNewRequest): Promise<ForceNewAnswer>;
  /** Does not create a member, so that strangers may ask. */
  status(): Promise<MemberStatus>;
  /**
   * Responses are frames: a length of 4 bytes, big-endian, and an encoded WatchResponse; `requests`
   * is called with encoded WatchRequests. The stream ends when the control is disposed, the stream
   * is cancelled, or no request comes for 90 s; an empty WatchRequest is enough. The client's share
   * of the member's room is counted under `from`.
   */
  watch(token: string, from?: string): Promise<OpenedWatch>;
}

export interface OpenedWatch {
  readonly responses: ReadableStream<Uint8Array>;
  readonly control: WatchControl;
  /** Why the member refuses the stream. Then `responses` ends at once. */
  readonly refused?: ErrorFields;
}

export interface WatchControl {
  request(bytes: Uint8Array): Promise<void>;
}
