import type { ConfState, HardState } from "../../proto/raftpb.ts";
import type { SleepRecord } from "../../storage/wal/sleep-record.ts";

/** What a start knows once it has replayed what was committed. */
export interface StartFacts {
  readonly self: number;
  readonly record: SleepRecord;
  /** Snapshots that turned out damaged. */
  readonly setAside: number;
  readonly hardState: HardState;
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly appliedIndex: number;
  readonly confState: ConfState;
}

type Condition = readonly [text: string, holds: (facts: StartFacts) => boolean];

/**
 * Under which a life leads in the term of the life before, without an election. Together they say
 * that nothing which a later life of this term would have to know ever left this member.
 */
const conditions: readonly Condition[] = [
  ["no snapshot was set aside", ({ setAside }) => setAside === 0],
  ["the term is this member's", ({ record, hardState }) => record.term === hardState.term],
  ["its last entry is of that term", ({ record, lastTerm }) => record.term === lastTerm],
  ["nothing follows in the log", ({ record, lastIndex }) => record.index === lastIndex],
  ["all of it is committed", ({ record, hardState }) => record.index === hardState.commit],
  ["its vote is its own", ({ self, hardState }) => hardState.vote === self],
  ["all of it is applied", ({ record, appliedIndex }) => record.index === appliedIndex],
  ["it is a voter", ({ self, confState }) => confState.voters.includes(self)],
  ["the configuration is not joint", ({ confState }) => confState.votersOutgoing.length === 0],
];

/** The first condition that does not hold; undefined where the record may be taken up. */
export function takeUpFault(facts: StartFacts): string | undefined {
  return conditions.find(([, holds]) => !holds(facts))?.[0];
}
