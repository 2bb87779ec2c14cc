import type { Incarnation, Invariant } from "./facts.ts";
import { sameMark } from "./shadow-log.ts";

/**
 * A restarted member begins with exactly what was durable: term, vote, every entry, and a commit
 * index that is not below the one that went with the last row (Raft paper, figure 2: persistent
 * state on all servers; docs/architecture.md, One turn of a member: every row carries the newest
 * HardState).
 */
export class Persistence implements Invariant {
  readonly name = "persistence";

  recovered(who: Incarnation): string | undefined {
    const { durable, hardState, log, applied } = who;
    // What was never written cannot be missing: the member is being born.
    const blank = durable.lastIndex === 0 && durable.hardState.term === 0;
    if (blank) return undefined;
    const expected = durable.hardState;
    if (hardState.term !== expected.term || hardState.vote !== expected.vote) {
      return `${who.name} found ${show(hardState)}, stored was ${show(expected)}`;
    }
    if (hardState.commit < expected.commit) {
      return `${who.name} found commit ${hardState.commit}, stored was ${expected.commit}`;
    }
    if (log.lastIndex !== durable.lastIndex) {
      return `${who.name} found a log up to ${log.lastIndex}, stored was ${durable.lastIndex}`;
    }
    if (applied < durable.baseIndex) {
      return `${who.name} found the snapshot ${applied}, installed was ${durable.baseIndex}`;
    }
    const from = Math.max(log.firstIndex, durable.firstIndex);
    for (let index = from; index <= log.lastIndex; index++) {
      if (sameMark(log.at(index), durable.at(index))) continue;
      return `${who.name} found another entry ${index} than the one stored`;
    }
    return undefined;
  }
}

function show({ term, vote }: { readonly term: number; readonly vote: number }): string {
  return `term ${term} vote ${vote}`;
}
