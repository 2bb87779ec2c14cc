import { damageMutants } from "./damage.ts";
import { hostMutants } from "./host.ts";
import { kvMutants } from "./kv.ts";
import type { Mutant } from "./mutant.ts";
import { raftMutants } from "./raft.ts";
import { sleepMutants } from "./sleep.ts";
import { storageMutants } from "./storage.ts";

export const mutants: readonly Mutant[] = [
  ...raftMutants,
  ...storageMutants,
  ...hostMutants,
  ...kvMutants,
  ...damageMutants,
  ...sleepMutants,
];
