import { type HardState, type Message, MessageType } from "../../../../../src/proto/raftpb.ts";
import type { Incarnation, Invariant, Sender } from "./facts.ts";

/**
 * Each server votes for at most one candidate in a given term, over restarts too (Raft paper,
 * section 5.2): one that was given stays until the term is over. And a vote that is sent is durable
 * before it leaves (section 3.8 of the thesis).
 */
export class OneVote implements Invariant {
  readonly name = "one vote a term";
  readonly #votes = new Map<string, number>();

  progressed(who: Incarnation, before: HardState, { term, vote }: HardState): string | undefined {
    if (term !== before.term || before.vote === 0 || vote === before.vote) return undefined;
    return `${who.name} turns its vote for ${before.vote} in term ${term} into one for ${vote}`;
  }

  persisted(who: Incarnation, before: HardState, after: HardState): string | undefined {
    const { term, vote } = after;
    if (vote === 0) return this.progressed(who, before, after);
    return this.#cast(who.member, term, vote, `${who.name} stored`);
  }

  sent(message: Message, from: Sender): string | undefined {
    if (message.type !== MessageType.MsgVoteResp || message.reject) return undefined;
    const { term, to } = message;
    const { hardState } = from.durable;
    if (hardState.term < term || (hardState.term === term && hardState.vote !== to)) {
      const stored = JSON.stringify(hardState);
      return `${from.name} votes for ${to} in term ${term}, its storage holds ${stored}`;
    }
    return this.#cast(from.member, term, to, `${from.name} sent`);
  }

  #cast(member: number, term: number, vote: number, by: string): string | undefined {
    const name = `${member} in ${term}`;
    const before = this.#votes.get(name);
    this.#votes.set(name, vote);
    if (before === undefined || before === vote) return undefined;
    return `member ${member} voted for ${before} in term ${term}, then for ${vote}: ${by}`;
  }
}
