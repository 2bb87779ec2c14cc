/** The outcome of an election so far (etcd's quorum/quorum.go). The text is what logs print. */
export const VoteResult = {
  /** Undecided: the votes that are missing can still tip it either way. */
  VotePending: "VotePending",
  /** So many rejections that a quorum can no longer be reached. */
  VoteLost: "VoteLost",
  VoteWon: "VoteWon",
} as const;
export type VoteResult = (typeof VoteResult)[keyof typeof VoteResult];

/** The log index a voter has acknowledged, or undefined where it has not been heard of. */
export type AckedIndexer = (id: number) => number | undefined;

/** Yes, no, or undefined where the voter has not answered. */
export type VoteLookup = (id: number) => boolean | undefined;
