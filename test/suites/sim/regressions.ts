import type { ProfileName } from "./profiles.ts";

export interface Regression {
  readonly profile: ProfileName;
  readonly seed: number;
  /** What was wrong when this seed was found. */
  readonly found: string;
}

/** Seeds that have found something. What they found is mended, and they stay. */
export const regressions: readonly Regression[] = [
  {
    profile: "everything",
    seed: 7,
    found: "a renewal that was answered with TTL 0 was taken for one that had taken place",
  },
  {
    profile: "everything",
    seed: 207,
    found: "frames went for ten seconds into a socket whose handshake hung, past a live follower",
  },
  {
    profile: "slow-disk",
    seed: 1,
    found: "initial members that lost their storage one after the other began a second cluster",
  },
  {
    profile: "reads",
    seed: 1,
    found: "a gate that stayed shut for more than 30 s did not reset its object",
  },
  {
    profile: "lossy",
    seed: 7000,
    found: "a refusal was taken for final although the request had been delivered twice",
  },
  {
    profile: "everything",
    seed: 20026,
    found: "a member whose code did not know the cluster's version was added",
  },
];
