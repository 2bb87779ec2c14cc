/** The calls that routes make to a cluster: without members, retries or leaders. */

import type { Query, Request, Response } from "../../proto/generated/kv.ts";
import type {
  Consistency,
  ForceNewAnswer,
  Header,
  Login,
  MemberChange,
  MemberRecord,
  MemberStatus,
  WatchControl,
} from "../../rpc/messages.ts";
import type { Holding } from "../base/answers.ts";

/** For whom a call is made, and until when. */
export interface Terms {
  /** The client's etcd token, or "". */
  readonly token: string;
  /** Where the client comes from, if known: its share of memory is counted under it. */
  readonly from?: string;
  /** Until when, in milliseconds of the clock that the client was made with. */
  readonly deadlineMs: number;
  /** Whether the client is not authenticated: nothing is created for it. */
  readonly stranger?: boolean;
  /** Called when a member has accepted the token. */
  readonly admitted?: () => void;
  /** Where the answer's memory is counted; without it, it is not. */
  readonly answers?: Holding;
  /** A member that holds the requested revision: asked first, and its refusal is final. */
  readonly holder?: number;
}

/** A request that changes the state: exactly one field is set. */
export type RequestBody = Partial<
  Omit<Request, "format" | "requestId" | "seenIndex" | "user" | "authRevision">
>;

export type QueryBody = Partial<Omit<Query, "format" | "user" | "authRevision">>;

/** An answer, and the header of the member that gave it. */
export interface MemberReply {
  readonly header: Header;
  readonly response: Response;
}

export interface ChangedMembers {
  readonly header: Header;
  readonly members: readonly MemberRecord[];
  readonly added: MemberRecord | undefined;
}

/** A watch stream of one member. */
export interface MemberWatch {
  /** The member's header when the stream began. */
  readonly header: Header;
  /** Encoded WatchResponses, each after its length in 4 bytes, big-endian. */
  readonly responses: ReadableStream<Uint8Array>;
  readonly control: WatchControl;
}

/** Every method throws ApiError where there is no answer. */
export interface ClusterClient {
  /** Applied once, however often it is sent. */
  propose(body: RequestBody, call: Terms, attempt?: number): Promise<MemberReply>;
  query(
    body: QueryBody,
    consistency: Consistency,
    call: Terms,
    login?: Login,
  ): Promise<MemberReply>;
  changeMember(change: MemberChange, call: Terms): Promise<ChangedMembers>;
  /** Resolves when the target leads; 0 is any voter. */
  moveLeader(target: number, call: Terms): Promise<Header>;
  /** The status of one member; for 0 that of any serving one, the leader if one is known. */
  status(member: number, call: Terms): Promise<MemberStatus>;
  /** The statuses of all members that answer. */
  statuses(call: Terms): Promise<readonly MemberStatus[]>;
  /** Why a member was missing in the last `statuses`. */
  whyAbsent(member: number): string;
  /**
   * A watch stream of a member that has applied everything acknowledged before this call, and is
   * not in `avoid`. Throws ApiError with ResourceExhausted where no member has room for it.
   */
  watch(call: Terms, avoid?: ReadonlySet<number>): Promise<MemberWatch>;
  /**
   * A backup of the state, no older than this call; or of what one member knows, which may be older
   * than the others' state. `call` is used once for every part.
   */
  backup(call: () => Terms, only?: OnlyMember): BackupParts;
  /** Makes a new cluster of one member after the majority is lost for good. */
  forceNew(only: OnlyMember, call: Terms): Promise<ForcedNew>;
  /**
   * Restores a backup into a cluster that was never written to. Resolves when the leader has it;
   * rejects with what the chunks reject with, and then has changed nothing.
   */
  restore(backup: RestoredBackup, call: () => Terms): Promise<Header>;
}

/** One member to ask, without the others. */
export interface OnlyMember {
  readonly member: number;
  /** Whether the client has shown the deployment's own token. */
  readonly deployment: boolean;
}

export type ForcedNew = Extract<ForceNewAnswer, { readonly kind: "ok" }>;

/** A backup that is being read. */
export interface RestoredBackup {
  readonly manifest: Uint8Array;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** By how much to raise the revision; 0 for not at all. */
  readonly bumpRevision: number;
}

/** The parts of a backup: its manifest, then the chunks of its rows. */
export type BackupParts = AsyncIterable<Uint8Array>;
