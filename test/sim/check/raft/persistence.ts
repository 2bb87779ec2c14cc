import type { Recovered } from "../../../../src/node/observer.ts";
import type { Incarnation, Invariant } from "./facts.ts";
import { markOf, sameMark } from "./shadow-log.ts";

/**
 * A restarted member begins with exactly what was durable: term, vote, every entry, and a commit
 * index that is not below the one that went with the last row (Raft paper, figure 2: persistent
 * state on all servers; DESIGN.md: every WAL row carries the newest HardState).
 */
export class Persistence implements Invariant {
  readonly name = "persistence";

  recovered(who: Incarnation, state: Recovered): string | undefined {
    const { durable, harmed } = who;
    // What was never written cannot be missing: the member is being born.
    const blank = durable.lastIndex === 0 && durable.hardState.term === 0;
    if (harmed || blank) return undefined;
    const { hardState, snapshot, entries } = state;
    const expected = durable.hardState;
    if (hardState.term !== expected.term || hardState.vote !== expected.vote) {
      return `${who.name} found ${show(hardState)}, stored was ${show(expected)}`;
    }
    if (hardState.commit < expected.commit) {
      return `${who.name} found commit ${hardState.commit}, stored was ${expected.commit}`;
    }
    const last = entries.at(-1)?.index ?? snapshot.index;
    if (last !== durable.lastIndex) {
      return `${who.name} found a log up to ${last}, stored was ${durable.lastIndex}`;
    }
    if (snapshot.index < durable.baseIndex) {
      return `${who.name} found the snapshot ${snapshot.index}, installed was ${durable.baseIndex}`;
    }
    const wrong = entries.find((entry) => !sameMark(markOf(entry), durable.at(entry.index)));
    if (wrong === undefined) return undefined;
    return `${who.name} found another entry ${wrong.index} than the one stored`;
  }
}

function show({ term, vote }: { readonly term: number; readonly vote: number }): string {
  return `term ${term} vote ${vote}`;
}
