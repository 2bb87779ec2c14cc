/** What the routes ask of a cluster. They know no members, no retries and no leaders. */

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

/** On whose behalf, and until when. */
export interface Terms {
  /** The client's etcd token, or "". */
  readonly token: string;
  /** Where the client comes from, as far as that is known: what it may hold is counted by it. */
  readonly from?: string;
  /** By the clock of the client's construction, in milliseconds. */
  readonly deadlineMs: number;
  /** Not trusted: nothing is brought into the world for it. */
  readonly stranger?: boolean;
  /** A member has looked at the token, and took it. */
  readonly admitted?: () => void;
  /** Holds the answer for the client; without it, it is not counted. */
  readonly answers?: Holding;
  /** The member that holds what is asked for, if one does: asked first, and believed alone. */
  readonly holder?: number;
}

/** One of the requests that change the state: the others are undefined. */
export type RequestBody = Partial<
  Omit<Request, "format" | "requestId" | "seenIndex" | "user" | "authRevision">
>;

export type QueryBody = Partial<Omit<Query, "format" | "user" | "authRevision">>;

/** An answer, and where the member stood that gave it. */
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
  /** Where the member stood when the stream began. */
  readonly header: Header;
  /** Encoded WatchResponses, each behind 4 bytes of its length, big-endian. */
  readonly responses: ReadableStream<Uint8Array>;
  readonly control: WatchControl;
}

/** Every method throws ApiError where there is no answer. */
export interface ClusterClient {
  /** Carried out once, however often it is tried. */
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
  /** The status of one member; for 0 of one that serves, the leader if one is known. */
  status(member: number, call: Terms): Promise<MemberStatus>;
  /** The status of every member that answers. */
  statuses(call: Terms): Promise<readonly MemberStatus[]>;
  /** Why a member was not among those that answered last. */
  whyAbsent(member: number): string;
  /**
   * A watch stream of a member that has applied what was acknowledged before this call; of none of
   * those to be avoided. Throws ApiError with ResourceExhausted where no member has room for it.
   */
  watch(call: Terms, avoid?: ReadonlySet<number>): Promise<MemberWatch>;
  /**
   * A backup of the state, no older than this call; or of what one member knows, which others may
   * know better. `call` is made for every part.
   */
  backup(call: () => Terms, only?: OnlyMember): BackupParts;
  /** Makes a new cluster of a member that is left of a majority which is lost for good. */
  forceNew(only: OnlyMember, call: Terms): Promise<ForcedNew>;
  /**
   * Gives a cluster that was never written to the state of a backup. Resolves when it has it, on
   * the leader; rejects with what the chunks reject with, and nothing has changed then.
   */
  restore(backup: RestoredBackup, call: () => Terms): Promise<Header>;
}

/** One member, whatever the others say. */
export interface OnlyMember {
  readonly member: number;
  /** The client has shown the deployment's own token. */
  readonly deployment: boolean;
}

export type ForcedNew = Extract<ForceNewAnswer, { readonly kind: "ok" }>;

/** A backup as it comes in. */
export interface RestoredBackup {
  readonly manifest: Uint8Array;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Revisions to go ahead by; 0 for none. */
  readonly bumpRevision: number;
}

/** The parts of a backup: its manifest, then the chunks of its rows. */
export type BackupParts = AsyncIterable<Uint8Array>;
