import type { CommitFact, Incarnation, Invariant } from "./facts.ts";
import type { Mark } from "./shadow-log.ts";

interface Committed {
  readonly index: number;
  readonly mark: Mark;
}

/**
 * If a log entry is committed in a given term, then that entry will be present in the logs of the
 * leaders for all higher-numbered terms (Raft paper, figure 3). With log matching it is enough to
 * look at the last entry committed in each term.
 */
export class LeaderCompleteness implements Invariant {
  readonly name = "leader completeness";
  /** By the term of the leader that committed. */
  readonly #last = new Map<number, Committed>();

  committed({ term, index, mark }: CommitFact): string | undefined {
    const last = this.#last.get(term);
    if (mark === undefined || (last !== undefined && last.index >= index)) return undefined;
    this.#last.set(term, { index, mark });
    return undefined;
  }

  leads(who: Incarnation, term: number): string | undefined {
    for (const [earlier, { index, mark }] of this.#last) {
      if (earlier >= term || who.log.holds(index, mark.term)) continue;
      const has = who.log.termAt(index);
      return (
        `${who.name} leads in term ${term} with term ${has} at ${index}, where ` +
        `${mark.term} was committed in term ${earlier}`
      );
    }
    return undefined;
  }
}
