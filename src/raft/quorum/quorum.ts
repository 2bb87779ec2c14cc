/** The outcome of an election so far (etcd's quorum/quorum.go). The text is what logs print. */
export const VoteResult = {
  /** Undecided: the missing votes can still decide either way. */
  VotePending: "VotePending",
  /** Lost: so many rejections that a quorum cannot be reached. */
  VoteLost: "VoteLost",
  VoteWon: "VoteWon",
} as const;
export type VoteResult = (typeof VoteResult)[keyof typeof VoteResult];

/** The log index that a voter has acknowledged; undefined if it was not heard of. */
export type AckedIndexer = (id: number) => number | undefined;

/** The voter's vote; undefined before it answers. */
export type VoteLookup = (id: number) => boolean | undefined;
