import type { CommitFact, Incarnation, Invariant } from "./facts.ts";
import type { ShadowLog } from "./shadow-log.ts";

/**
 * A leader commits an entry of its own term once a majority of the voters has it in storage, and
 * earlier ones only through such a one (Raft paper, section 5.4.2 and figure 8). In a joint
 * configuration, majorities of both (section 6). Looked at when the commit can be known outside:
 * by then every acknowledgement that was counted rests on something durable.
 */
export class CommitRule implements Invariant {
  readonly name = "commit rule";
  /** What each member has in storage; those of wiped members are kept. */
  readonly #logs: (member: number) => readonly ShadowLog[];

  constructor(logs: (member: number) => readonly ShadowLog[]) {
    this.#logs = logs;
  }

  committed({ leader, term, index, mark, confState }: CommitFact): string | undefined {
    if (mark === undefined) return undefined;
    if (mark.term !== term) {
      return `${leader.name} of term ${term} commits ${index} of term ${mark.term} by counting`;
    }
    for (const voters of [confState.voters, confState.votersOutgoing]) {
      const having = voters.filter((id) => this.#has(leader, id, index, term));
      if (having.length * 2 > voters.length || voters.length === 0) continue;
      return (
        `${leader.name} commits ${index} in term ${term}; of the voters ${voters.join(" ")} only ` +
        `${having.join(" ") || "none"} hold it in storage`
      );
    }
    return undefined;
  }

  #has(_leader: Incarnation, member: number, index: number, term: number): boolean {
    return this.#logs(member).some((log) => log.holds(index, term));
  }
}
