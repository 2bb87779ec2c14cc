import type { Incarnation, Invariant } from "./facts.ts";

/** At most one leader can be elected in a given term (Raft paper, figure 3). */
export class ElectionSafety implements Invariant {
  readonly name = "election safety";
  readonly #leaders = new Map<number, Incarnation>();
  /** Terms that had a leader. */
  get elections(): number {
    return this.#leaders.size;
  }

  leads(who: Incarnation, term: number): string | undefined {
    const leader = this.#leaders.get(term);
    if (leader !== undefined && leader.member !== who.member) {
      return `${who.name} leads in term ${term}, and so did ${leader.name}`;
    }
    this.#leaders.set(term, who);
    return undefined;
  }
}
