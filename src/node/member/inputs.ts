import type {
  Answer,
  BackupAnswer,
  BackupRequest,
  ForceNewAnswer,
  ForceNewRequest,
  MemberAnswer,
  MemberChange,
  MemberStatus,
  ProposeRequest,
  QueryRequest,
  RestoreAnswer,
  RestoreRequest,
} from "../../rpc/messages.ts";
import type { WatchClient, WatchSession } from "../watch/service.ts";
import type { PeerMethod, PeerSocket, SocketReceiver } from "../world/environment.ts";

/**
 * All inputs of a member. Each call is one turn: synchronous up to its first await, so that its
 * writes are one transaction and its sends are gated as environment.ts says. Promises settle when
 * the client may be answered; the gate holds back the caller's return.
 */
export interface MemberInputs {
  /**
   * A peer has dialled, or a socket survived the memory of an earlier instance. Its frames name the
   * peer.
   */
  acceptSocket(socket: PeerSocket): SocketReceiver;
  /** The object's alarm fired. */
  alarm(): void;
  /** Handles a call of another member's `Peers.call`. Rejects a sender of another cluster. */
  peerCall(method: PeerMethod, body: Uint8Array): Promise<Uint8Array>;

  propose(request: ProposeRequest): Promise<Answer>;
  query(request: QueryRequest): Promise<Answer>;
  /** `from`: where the client comes from, "" if unknown. */
  openWatch(token: string, receiver: WatchClient, from?: string): WatchSession;
  changeMember(change: MemberChange, token: string): Promise<MemberAnswer>;
  moveLeader(target: number, token: string): Promise<Answer>;
  backup(request: BackupRequest): Promise<BackupAnswer>;
  restore(request: RestoreRequest): Promise<RestoreAnswer>;
  forceNew(request: ForceNewRequest): Promise<ForceNewAnswer>;
  status(): MemberStatus;
}
