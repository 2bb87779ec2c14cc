import type { HardState } from "../../../../../src/proto/raftpb.ts";
import type { Incarnation, Invariant } from "./facts.ts";

/**
 * Term, commit index and applied index never go back: in one incarnation at any time, and over
 * restarts as far as they were durable (Raft paper, figure 2: "increases monotonically"). Entries
 * are applied one by one.
 */
export class Monotonic implements Invariant {
  readonly name = "monotonic";

  progressed(who: Incarnation, before: HardState, after: HardState): string | undefined {
    return goesBack(who, before, after);
  }

  persisted(who: Incarnation, before: HardState, after: HardState): string | undefined {
    return goesBack(who, before, after);
  }
}

function goesBack(who: Incarnation, before: HardState, after: HardState): string | undefined {
  if (after.term >= before.term && after.commit >= before.commit) return undefined;
  return `${who.name} goes from ${JSON.stringify(before)} to ${JSON.stringify(after)}`;
}
