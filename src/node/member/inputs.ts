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
 * Everything that reaches a member from outside. Each call is one turn: synchronous up to its
 * first await, so that what it writes is one transaction and what it sends is gated as
 * environment.ts says. Promises settle when the client may be answered; the caller's own return is
 * what the gate holds back.
 */
export interface MemberInputs {
  /**
   * A peer has dialled. Also called for every socket that outlived the memory of an earlier
   * instance. Its frames say which peer it belongs to.
   */
  acceptSocket(socket: PeerSocket): SocketReceiver;
  /** The object's alarm fired. */
  alarm(): void;
  /** The other end of `Peers.call`. Rejects where the sender is not of this cluster. */
  peerCall(method: PeerMethod, body: Uint8Array): Promise<Uint8Array>;

  propose(request: ProposeRequest): Promise<Answer>;
  query(request: QueryRequest): Promise<Answer>;
  /** `from`: where the client comes from, "" where that is not known. */
  openWatch(token: string, receiver: WatchClient, from?: string): WatchSession;
  changeMember(change: MemberChange, token: string): Promise<MemberAnswer>;
  moveLeader(target: number, token: string): Promise<Answer>;
  backup(request: BackupRequest): Promise<BackupAnswer>;
  restore(request: RestoreRequest): Promise<RestoreAnswer>;
  forceNew(request: ForceNewRequest): Promise<ForceNewAnswer>;
  status(): MemberStatus;
}
