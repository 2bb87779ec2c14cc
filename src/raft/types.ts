/** Small types shared in the core. Source: etcd's raft.go and node.go. */

/** A node's role. The text is what logs print. */
export const StateType = {
  StateFollower: "StateFollower",
  StateCandidate: "StateCandidate",
  StateLeader: "StateLeader",
  StatePreCandidate: "StatePreCandidate",
} as const;
export type StateType = (typeof StateType)[keyof typeof StateType];

/** How linearizable reads are served. */
export const ReadOnlyOption = {
  /** By asking a quorum whether the leader still leads. The default. */
  ReadOnlySafe: "safe",
  /** By the leader's lease, which diverging clocks can break. Needs check-quorum. */
  ReadOnlyLeaseBased: "lease-based",
} as const;
export type ReadOnlyOption = (typeof ReadOnlyOption)[keyof typeof ReadOnlyOption];

/** Why a node campaigns. A transfer's text is sent with its vote requests, so it is fixed. */
export const CampaignType = {
  CampaignPreElection: "CampaignPreElection",
  CampaignElection: "CampaignElection",
  CampaignTransfer: "CampaignTransfer",
} as const;
export type CampaignType = (typeof CampaignType)[keyof typeof CampaignType];

/** The result of a snapshot's transfer. */
export const SnapshotStatus = { SnapshotFinish: "finish", SnapshotFailure: "failure" } as const;
export type SnapshotStatus = (typeof SnapshotStatus)[keyof typeof SnapshotStatus];

/** State that needs no persistence: the leader, and this node's role. */
export interface SoftState {
  readonly lead: number;
  readonly raftState: StateType;
}

/** Allows a read once the applied index reaches `index`. */
export interface ReadState {
  readonly index: number;
  /** The context given to readIndex. */
  readonly requestCtx: Uint8Array;
}

/** An id as logs print it: hexadecimal, of 64 bits. */
export function hex(id: number): string {
  return id < 0 ? BigInt.asUintN(64, BigInt(id)).toString(16) : id.toString(16);
}
